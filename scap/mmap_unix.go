//go:build unix

package scap

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// mapStep is how much of a mapped file is looked at at once, and how much behind the
// reader stays in memory.
const mapStep = 2 << 20

// mapping is a file in memory.
type mapping struct {
	f *os.File
	b []byte
	// freed is up to where pages were given back.
	freed int
	// alone says that nothing is touched ahead; ahead ends when the touching does, nil before.
	alone bool
	ahead chan struct{}
	// touched keeps the compiler from leaving the touching out.
	touched byte
}

// mapFile maps a file, nil where that is not possible or not worth it.
func mapFile(f *os.File, size int64, workers int) *mapping {
	if size < windowBytes || int64(int(size)) != size {
		return nil
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil
	}
	_ = unix.Madvise(b, unix.MADV_SEQUENTIAL)
	return &mapping{f: f, b: b, alone: workers == 1 || runtime.GOMAXPROCS(0) == 1}
}

// extend gives the window more of the file, and the system back what lies behind it.
func (m *mapping) extend(w *window) {
	end := min(len(w.buf)+mapStep, len(m.b))
	// A file that was cut meanwhile ends where it ends now.
	if st, err := m.f.Stat(); err != nil || st.Size() < int64(end) {
		w.end, w.err = true, io.ErrUnexpectedEOF
		return
	}
	w.buf = m.b[:end]
	if end == len(m.b) {
		w.end, w.err = true, io.EOF
	}
	// Events that are looked at still lie less than a step behind.
	keep := max(w.pos&^(mapStep-1)-mapStep, m.freed)
	if !m.touch(end, m.b[m.freed:keep]) {
		free(m.b[m.freed:keep])
	}
	m.freed = keep
}

// free gives pages back to the system.
func free(b []byte) {
	if len(b) > 0 {
		_ = unix.Madvise(b, unix.MADV_DONTNEED) // an advice
	}
}

// touch reads what comes next in a goroutine of its own, so that the reader finds it in
// memory and, where processors share a cache, there; old is freed there too. It is no loss
// where it is late: then it returns false, and does neither.
func (m *mapping) touch(from int, old []byte) bool {
	if m.alone || from >= len(m.b) {
		return false
	}
	if m.ahead != nil {
		select {
		case <-m.ahead:
		default:
			return false
		}
	}
	done := make(chan struct{})
	m.ahead = done
	b := m.b[from:min(from+mapStep, len(m.b))]
	go func() {
		defer close(done)
		// A file that was cut faults here too, and the reader says so when it comes to it.
		debug.SetPanicOnFault(true)
		defer func() {
			if _, fault := recover().(interface{ Addr() uintptr }); fault {
				return
			}
		}()
		const line = 64 // bytes of a cache line
		var sum byte
		for i := 0; i < len(b); i += line {
			sum += b[i]
		}
		m.touched = sum
		free(old)
	}()
	return true
}

func (m *mapping) close() {
	if m.ahead != nil {
		<-m.ahead
	}
	if m.b != nil {
		_ = unix.Munmap(m.b)
		m.b = nil
	}
}

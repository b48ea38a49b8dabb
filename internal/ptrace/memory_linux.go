//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Bounds of what is read from a program, in bytes.
const (
	maxPath = 4096 // PATH_MAX
	// maxArgs bounds command lines and environments, as the capture format does.
	maxArgs = 4096
	// maxOutput is how much of one write to descriptors 1 and 2 is kept, maxDNS of a DNS
	// message. The same as with eBPF.
	maxOutput = 1024
	maxDNS    = 512
)

const pageSize = 4096

// memory reads the memory of a stopped thread. buf is reused.
type memory struct{ buf []byte }

// read fills p from addr, as far as it can be read, and gives how much.
func (*memory) read(tid int, addr uint64, p []byte) int {
	if len(p) == 0 || addr == 0 {
		return 0
	}
	local := unix.Iovec{Base: &p[0], Len: uint64(len(p))}
	remote := unix.RemoteIovec{Base: uintptr(addr), Len: len(p)}
	n, _, e := unix.Syscall6(unix.SYS_PROCESS_VM_READV, uintptr(tid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	switch e {
	case 0:
		return int(n)
	case unix.ENOSYS, unix.EPERM:
		// Forbidden by a filter of the container: word by word.
		n, _ := unix.PtracePeekData(tid, uintptr(addr), p)
		return n
	}
	return 0
}

// text reads the string at addr, at most limit bytes, without its NUL. It is false where
// the memory cannot be read; the string is valid until the next one is read.
func (m *memory) text(tid int, addr uint64, limit int) ([]byte, bool) {
	if addr == 0 {
		return nil, false
	}
	if cap(m.buf) < maxPath {
		m.buf = make([]byte, maxPath)
	}
	b := m.buf[:0]
	for len(b) < limit {
		// Most paths are short; nothing is read over the end of a page, which may be the last.
		at := addr + uint64(len(b))
		n := min(int(pageSize-at%pageSize), limit-len(b))
		if len(b) == 0 {
			n = min(n, 256)
		}
		got := m.read(tid, at, b[len(b):len(b)+n])
		chunk := b[len(b) : len(b)+got]
		if i := bytes.IndexByte(chunk, 0); i >= 0 {
			return b[:len(b)+i], true
		}
		b = b[:len(b)+got]
		if got < n {
			return b, false
		}
	}
	return b, true
}

// words reads n words of 8 bytes.
func (m *memory) words(tid int, addr uint64, out []uint64) bool {
	var raw [64]byte
	b := raw[:8*len(out)]
	if m.read(tid, addr, b) != len(b) {
		return false
	}
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return true
}

// list reads an array of strings, as execve takes them: each ended by a NUL, joined, at most
// maxArgs bytes. The first is apart.
func (m *memory) list(tid int, addr uint64) (first string, rest []byte) {
	var ptr [1]uint64
	for i := range maxArgs / 2 {
		if !m.words(tid, addr+uint64(8*i), ptr[:]) || ptr[0] == 0 {
			break
		}
		s, ok := m.text(tid, ptr[0], maxArgs)
		if !ok {
			break
		}
		if i == 0 {
			first = string(s)
			continue
		}
		if len(rest)+len(s)+1 > maxArgs {
			break
		}
		rest = append(append(rest, s...), 0)
	}
	return first, rest
}

// vector reads the buffers of an iovec array, at most limit bytes, and gives the length of
// all of them.
func (m *memory) vector(tid int, addr uint64, count int, limit int) (data []byte, total uint64) {
	for i := range min(count, 1024) { // IOV_MAX
		var iov [2]uint64
		if !m.words(tid, addr+uint64(16*i), iov[:]) {
			break
		}
		total += iov[1]
		if n := min(int64(iov[1]), int64(limit-len(data))); n > 0 {
			at := len(data)
			data = append(data, make([]byte, n)...)
			data = data[:at+m.read(tid, iov[0], data[at:])]
		}
		if total > 1<<31 {
			break
		}
	}
	return data, total
}

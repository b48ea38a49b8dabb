package main

import (
	"encoding/binary"
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// Event codes, enters; the exit is the next number.
const (
	evGeneric   event.Type = 0
	evOpen      event.Type = 2
	evClose     event.Type = 4
	evRead      event.Type = 6
	evWrite     event.Type = 8
	evSocket    event.Type = 18
	evBind      event.Type = 20
	evConnect   event.Type = 22
	evListen    event.Type = 24
	evSendto    event.Type = 30
	evRecvfrom  event.Type = 34
	evShutdown  event.Type = 36
	evPipe      event.Type = 60
	evFutex     event.Type = 64
	evStat      event.Type = 66
	evFstat     event.Type = 70
	evEpollWait event.Type = 78
	evPoll      event.Type = 80
	evLseek     event.Type = 86
	evPread     event.Type = 112
	evWritev    event.Type = 118
	evKill      event.Type = 128
	evNanosleep event.Type = 134
	evSwitch    event.Type = 152
	evBrk       event.Type = 158
	evMmap      event.Type = 160
	evMunmap    event.Type = 164
	evProcexit  event.Type = 186
	evSendfile  event.Type = 188
	evClone     event.Type = 222
	evSignal    event.Type = 232
	evProcinfo  event.Type = 234
	evAccept    event.Type = 246
	evAccess    event.Type = 264
	evExecve    event.Type = 292
	evOpenat    event.Type = 306
	evContainer event.Type = 324
)

const (
	eNOENT      = 2
	eAGAIN      = 11
	eACCES      = 13
	eINPROGRESS = 115
	eREFUSED    = 111
	eTIMEDOUT   = 110

	atCwd            = -100
	cloneThreadFlags = 1 | 2 | 0x800 | 0x2000 | 0x8000
	snapLen          = 80
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// open opens a file and gives its descriptor, or a negative error.
func (g *gen) open(t *thread, path string, flags uint32, errno int64) int64 {
	fd := -errno
	if errno == 0 {
		fd = t.fd()
	}
	at := g.rnd.IntN(5) == 0
	if at {
		g.enter(t, evOpenat, 4)
		g.i64(atCwd)
	} else {
		g.enter(t, evOpen, 3)
	}
	g.str(path)
	g.u32(flags)
	g.u32(0)
	g.end()
	if at {
		g.enter(t, evOpenat+1, 6)
		g.i64(fd)
		g.i64(atCwd)
	} else {
		g.enter(t, evOpen+1, 5)
		g.i64(fd)
	}
	g.str(path)
	g.u32(flags)
	g.u32(0)
	g.u32(0x801)
	g.end()
	return fd
}

func (g *gen) shut(t *thread, fd int64) {
	g.enter(t, evClose, 1)
	g.i64(fd)
	g.end()
	g.result(t, evClose, 0)
	t.free(fd)
}

// result writes an exit whose only parameter is the result.
func (g *gen) result(t *thread, typ event.Type, res int64) {
	g.enter(t, typ+1, 1)
	g.i64(res)
	g.end()
}

// onFD writes the enter of a call with a descriptor and a size.
func (g *gen) onFD(t *thread, typ event.Type, fd int64, size int) {
	g.enter(t, typ, 2)
	g.i64(fd)
	g.u32(uint32(size))
	g.end()
}

// moved writes the exit of a call that moved bytes.
func (g *gen) moved(t *thread, typ event.Type, res int64, data string) {
	g.enter(t, typ+1, 2)
	g.i64(res)
	g.text(data[:min(len(data), snapLen)])
	g.end()
}

func (g *gen) read(t *thread, fd int64, size int, res int64, data string) {
	g.onFD(t, evRead, fd, size)
	g.moved(t, evRead, res, data)
}

func (g *gen) write(t *thread, fd int64, data string) {
	g.onFD(t, evWrite, fd, len(data))
	g.moved(t, evWrite, int64(len(data)), data)
}

func (g *gen) writev(t *thread, fd int64, data string) {
	g.onFD(t, evWritev, fd, len(data))
	g.moved(t, evWritev, int64(len(data)), data)
}

func (g *gen) pread(t *thread, fd int64, size int, pos uint64, data string) {
	g.enter(t, evPread, 3)
	g.i64(fd)
	g.u32(uint32(size))
	g.u64(pos)
	g.end()
	g.moved(t, evPread, int64(size), data)
}

// generic is a call that has no event of its own. Numbers are the project's.
func (g *gen) generic(t *thread, id uint16) {
	g.enter(t, evGeneric, 2)
	g.u16(id)
	g.u16(id)
	g.end()
	g.enter(t, evGeneric+1, 1)
	g.u16(id)
	g.end()
}

func (g *gen) fstat(t *thread, fd int64) {
	g.enter(t, evFstat, 1)
	g.i64(fd)
	g.end()
	g.result(t, evFstat, 0)
}

func (g *gen) stat(t *thread, path string, res int64) {
	g.enter(t, evStat, 0)
	g.end()
	g.enter(t, evStat+1, 2)
	g.i64(res)
	g.str(path)
	g.end()
}

func (g *gen) futex(t *thread, res int64) {
	g.enter(t, evFutex, 3)
	g.u64(0x7f00_1234_0000 + uint64(g.rnd.IntN(4096))*8)
	g.u16(uint16(129 - g.rnd.IntN(2)))
	g.u64(1)
	g.end()
	g.result(t, evFutex, res)
}

func (g *gen) memory(t *thread) {
	switch g.rnd.IntN(3) {
	case 0:
		g.enter(t, evMmap, 6)
		g.u64(0)
		g.u64(uint64(1+g.rnd.IntN(64)) << 12)
		g.u32(3)
		g.u32(2 | 8)
		g.i64(-1)
		g.u64(0)
		g.end()
		g.enter(t, evMmap+1, 4)
		g.u64(0x7f11_0000_0000 + uint64(g.rnd.IntN(1<<20))<<12)
	case 1:
		g.enter(t, evMunmap, 2)
		g.u64(0x7f11_0000_0000)
		g.u64(1 << 16)
		g.end()
		g.enter(t, evMunmap+1, 4)
		g.i64(0)
	default:
		g.enter(t, evBrk, 1)
		g.u64(0)
		g.end()
		t.rss += uint32(g.rnd.IntN(20))
		g.enter(t, evBrk+1, 4)
		g.u64(0x5555_0000_0000)
	}
	g.u32(t.vm)
	g.u32(t.rss)
	g.u32(0)
	g.end()
}

// wait enters epoll_wait; woke ends it. Others act in between.
func (g *gen) wait(t *thread) {
	if !t.waits {
		g.enter(t, evEpollWait, 1)
		g.i64(512)
		g.end()
		t.waits = true
	}
}

func (g *gen) woke(t *thread, n int64) {
	if t.waits {
		g.result(t, evEpollWait, n)
		t.waits = false
	}
}

func (g *gen) poll(t *thread, fd int64, flags uint16) {
	list := func() {
		b := binary.LittleEndian.AppendUint16(g.scratch[:0], 1)
		b = binary.LittleEndian.AppendUint64(b, uint64(fd))
		g.scratch = binary.LittleEndian.AppendUint16(b, flags)
		g.raw(g.scratch)
	}
	g.enter(t, evPoll, 2)
	list()
	g.i64(5000)
	g.end()
	g.enter(t, evPoll+1, 2)
	g.i64(1)
	list()
	g.end()
}

func (g *gen) sleep(t *thread, nanos uint64) {
	g.enter(t, evNanosleep, 1)
	g.u64(nanos)
	g.end()
	g.result(t, evNanosleep, 0)
}

func (g *gen) lseek(t *thread, fd int64) {
	g.enter(t, evLseek, 3)
	g.i64(fd)
	g.u64(0)
	g.u8(0)
	g.end()
	g.result(t, evLseek, 0)
}

func (g *gen) socket(t *thread, domain, kind uint32) int64 {
	fd := t.fd()
	g.enter(t, evSocket, 3)
	g.u32(domain)
	g.u32(kind)
	g.u32(0)
	g.end()
	g.result(t, evSocket, fd)
	return fd
}

// connect connects to what the tuple says; res is 0 or a negative error.
func (g *gen) connect(t *thread, fd int64, tuple []byte, res int64) {
	g.enter(t, evConnect, 2)
	g.i64(fd)
	switch tuple[0] {
	case 2:
		g.size(7)
		g.buf = append(append(g.buf, 2), tuple[7:13]...)
	case 10:
		g.size(19)
		g.buf = append(append(g.buf, 10), tuple[19:37]...)
	default:
		g.size(1 + len(tuple) - 17)
		g.buf = append(append(g.buf, 1), tuple[17:]...)
	}
	g.end()
	g.enter(t, evConnect+1, 2)
	g.i64(res)
	g.raw(tuple)
	g.end()
}

func (g *gen) accept(t *thread, tuple []byte) int64 {
	fd := t.fd()
	g.enter(t, evAccept, 0)
	g.end()
	g.enter(t, evAccept+1, 5)
	g.i64(fd)
	g.raw(tuple)
	g.u8(0)
	g.u32(0)
	g.u32(511)
	g.end()
	return fd
}

func (g *gen) sendto(t *thread, fd int64, tuple []byte, data string) {
	g.enter(t, evSendto, 3)
	g.i64(fd)
	g.u32(uint32(len(data)))
	g.raw(tuple)
	g.end()
	g.moved(t, evSendto, int64(len(data)), data)
}

func (g *gen) recvfrom(t *thread, fd int64, tuple []byte, res int64, data string) {
	g.onFD(t, evRecvfrom, fd, 4096)
	g.enter(t, evRecvfrom+1, 3)
	g.i64(res)
	g.text(data[:min(len(data), snapLen)])
	g.raw(tuple)
	g.end()
}

func (g *gen) sendfile(t *thread, to, from int64, n int64) {
	g.enter(t, evSendfile, 4)
	g.i64(to)
	g.i64(from)
	g.u64(0)
	g.u64(uint64(n))
	g.end()
	g.enter(t, evSendfile+1, 2)
	g.i64(n)
	g.u64(uint64(n))
	g.end()
}

func (g *gen) shutdown(t *thread, fd int64) {
	g.enter(t, evShutdown, 2)
	g.i64(fd)
	g.u8(1)
	g.end()
	g.result(t, evShutdown, 0)
}

func (g *gen) pipe(t *thread) (r, w int64) {
	r, w = t.fd(), t.fd()
	g.enter(t, evPipe, 0)
	g.end()
	g.enter(t, evPipe+1, 4)
	g.i64(0)
	g.i64(r)
	g.i64(w)
	g.u64(g.inode())
	g.end()
	return r, w
}

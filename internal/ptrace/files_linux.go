//go:build linux && (amd64 || arm64)

package ptrace

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

func enterOpen(t *tracer, k *task) bool {
	t.emit(2, k, t.path(k, 0, 0), openFlags(k.u32(1)), openMode(k.u32(1), k.u32(2)))
	return true
}

// Device and inode would cost a look-up for each file that is opened; they stay empty.
func exitOpen(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(3, k, res, k.string(0), openFlags(k.u32(1)), openMode(k.u32(1), k.u32(2)))
}

func enterOpenat(t *tracer, k *task) bool {
	t.emit(306, k, k.fd(0), t.path(k, 0, 1), openFlags(k.u32(2)), openMode(k.u32(2), k.u32(3)))
	return true
}

func exitOpenat(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(307, k, res, k.fd(0), k.string(0), openFlags(k.u32(2)), openMode(k.u32(2), k.u32(3)))
}

// enterOpenat2 reads struct open_how: flags, mode and resolve, 64 bits each.
func enterOpenat2(t *tracer, k *task) bool {
	how := k.num[:3]
	if !t.mem.words(k.tid, k.args[2], how) {
		k.num = [8]uint64{}
		k.unread = true
	}
	flags := uint32(how[0])
	t.emit(326, k, k.fd(0), t.path(k, 0, 1), openFlags(flags), openMode(flags, uint32(how[1])), resolveBits.Of(uint64(uint32(how[2]))))
	return true
}

func exitOpenat2(t *tracer, k *task, res int64) {
	k.made(res)
	flags := uint32(k.num[0])
	t.emit(327, k, res, k.fd(0), k.string(0), openFlags(flags), openMode(flags, uint32(k.num[1])), resolveBits.Of(uint64(uint32(k.num[2]))))
}

func enterCreat(t *tracer, k *task) bool {
	t.emit(58, k, t.path(k, 0, 0), k.u32(1)&0o7777)
	return true
}

func exitCreat(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(59, k, res, k.string(0), k.u32(1)&0o7777)
}

func enterMkdir(t *tracer, k *task) bool {
	t.path(k, 0, 0)
	t.emit(276, k, k.u32(1)&0o7777)
	return true
}

func exitMkdirat(t *tracer, k *task, res int64) {
	t.emit(305, k, res, k.fd(0), k.string(0), k.u32(2)&0o7777)
}

func exitUnlinkat(t *tracer, k *task, res int64) {
	t.emit(303, k, res, k.fd(0), k.string(0), unlinkBits.Of(uint64(k.u32(2))))
}

// exitRenameat is the exit of renameat, and of renameat2, whose flags are the kernel's own.
func exitRenameat(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) {
		v := []any{res, k.fd(0), k.string(0), k.fd(2), k.string(1)}
		if typ == 319 {
			v = append(v, k.u32(4))
		}
		t.emit(typ, k, v...)
	}
}

func exitLinkat(t *tracer, k *task, res int64) {
	t.emit(311, k, res, k.fd(0), k.string(0), k.fd(2), k.string(1), linkBits.Of(uint64(k.u32(4))))
}

func exitSymlinkat(t *tracer, k *task, res int64) {
	t.emit(181, k, res, k.string(0), k.fd(1), k.string(1))
}

func exitFchmod(t *tracer, k *task, res int64) { t.emit(317, k, res, k.fd(0), k.u32(1)&0o7777) }

func exitFchmodat(t *tracer, k *task, res int64) {
	t.emit(313, k, res, k.fd(0), k.string(0), k.u32(2)&0o7777)
}

// exitOwner is the exit of chown and lchown.
func exitOwner(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, res, k.string(0), k.u32(1), k.u32(2)) }
}

func exitFchown(t *tracer, k *task, res int64) { t.emit(383, k, res, k.fd(0), k.u32(1), k.u32(2)) }

func exitFchownat(t *tracer, k *task, res int64) {
	t.emit(385, k, res, k.fd(0), k.string(0), k.u32(2), k.u32(3), kernelbits.Chown.Of(uint64(k.u32(4))))
}

// Source, target and type of a mount; its data, which may hold passwords, is not read.
func enterMount(t *tracer, k *task) bool {
	t.path(k, 0, 0)
	t.path(k, 1, 1)
	t.path(k, 2, 2)
	t.emit(256, k, mountFlags(k.args[3]))
	return true
}

func exitMount(t *tracer, k *task, res int64) {
	t.emit(257, k, res, k.string(0), k.string(1), k.string(2), mountFlags(k.args[3]))
}

func enterUmount(t *tracer, k *task) bool {
	t.path(k, 0, 0)
	t.emit(390, k, umountBits.Of(uint64(k.u32(1))))
	return true
}

func exitUmount(t *tracer, k *task, res int64) {
	t.emit(391, k, res, k.string(0), umountBits.Of(uint64(k.u32(1))))
}

// Every way to copy a descriptor is told as dup, which all readers know.
func enterDup(t *tracer, k *task) bool {
	t.emit(124, k, k.fd(0))
	return true
}

func exitDup(t *tracer, k *task, res int64) {
	k.copied(k.fd(0), res)
	t.emit(125, k, res)
}

// fcntlCommand gives the capture format's numbers of the two commands that the filter stops.
func fcntlCommand(cmd uint32) uint8 {
	if cmd == unix.F_DUPFD_CLOEXEC {
		return 26
	}
	return 1
}

func enterFcntl(t *tracer, k *task) bool {
	t.emit(150, k, k.fd(0), fcntlCommand(k.u32(1)))
	return true
}

func exitFcntl(t *tracer, k *task, res int64) {
	k.copied(k.fd(0), res)
	t.emit(151, k, res, k.fd(0), fcntlCommand(k.u32(1)))
}

// exitPipe is the exit of pipe and pipe2: two descriptors of 32 bits in memory.
func exitPipe(t *tracer, k *task, res int64) {
	if res < 0 {
		t.emit(61, k, res)
		return
	}
	fd1, fd2, ok := t.twoFDs(k, k.args[0])
	if !ok {
		t.emit(61, k, res)
		return
	}
	k.made(fd1)
	k.made(fd2)
	var st unix.Stat_t
	var ino any
	if unix.Stat(fmt.Sprintf("/proc/%d/fd/%d", k.tid, fd1), &st) == nil {
		ino = st.Ino
	}
	t.emit(61, k, res, fd1, fd2, ino)
}

func (t *tracer) twoFDs(k *task, addr uint64) (fd1, fd2 int64, ok bool) {
	var b [8]byte
	if t.mem.read(k.tid, addr, b[:]) != len(b) {
		k.unread = true
		return 0, 0, false
	}
	return int64(int32(binary.LittleEndian.Uint32(b[:]))), int64(int32(binary.LittleEndian.Uint32(b[4:]))), true
}

func enterEvent(t *tracer, k *task) bool {
	t.emit(62, k, uint64(k.u32(0)), 0)
	return true
}

// Flags of these descriptors are zero in the capture format: its recorders never had them.
func exitEvent(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(63, k, res, uint64(k.u32(0)), 0)
}

// enterEpollCreate is the enter of epoll_create, and of epoll_create1, whose one flag is
// bit 0 in the capture format.
func enterEpollCreate(t *tracer, k *task) bool {
	if k.call.nr == unix.SYS_EPOLL_CREATE1 {
		t.emit(376, k, k.u32(0)/unix.EPOLL_CLOEXEC&1)
		return true
	}
	t.emit(374, k, int32(k.u32(0)))
	return true
}

func exitEpollCreate(t *tracer, k *task, res int64) {
	k.made(res)
	if k.call.nr == unix.SYS_EPOLL_CREATE1 {
		t.emit(377, k, res, k.u32(0)/unix.EPOLL_CLOEXEC&1)
		return
	}
	t.emit(375, k, res, int32(k.u32(0)))
}

func enterInotify(t *tracer, k *task) bool {
	t.emit(138, k, 0)
	return true
}

func exitInotify(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(139, k, res, 0)
}

func enterSignalfd(t *tracer, k *task) bool {
	t.emit(126, k, k.fd(0), 0, 0)
	return true
}

func exitSignalfd(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(127, k, res, k.fd(0), 0, 0)
}

func enterTimerfd(t *tracer, k *task) bool {
	t.emit(136, k, 0, 0)
	return true
}

func exitTimerfd(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(137, k, res, 0, 0)
}

// exitMemfd has flags with the same numbers as the kernel's.
func exitMemfd(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(405, k, res, k.string(0), k.u32(1))
}

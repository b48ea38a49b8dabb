//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// shapeKind says what the kernel's side takes along with a call: flight/record.h.
type shapeKind uint8

const (
	shapeNone shapeKind = iota
	shapeArgs
	shapePath
	shapePaths
	shapeOut
	shapeIn
	shapeIovOut
	shapeIovIn
	shapeTo
	shapeFrom
	shapeMsgOut
	shapeMsgIn
	shapeMmsgOut
	shapeMmsgIn
	shapeAddr
	shapeAccept
	shapeBytes
	shapeBytesIn
	shapePoll
	shapeMem
	shapeFork
	shapeOpen
)

const (
	// bulk calls are what rate limits are for.
	bulk = 1
	// failed calls are recorded only where they fail.
	failed = 2
	// probe marks the call that a source asks itself with.
	probe = 4
)

// call is one system call that is recorded.
type call struct {
	name string
	// enter is the code of the enter event; that of the exit is the next one.
	enter event.Type
	// kind, a, b and flags are the shape: what is read from where.
	kind        shapeKind
	a, b, flags uint8
	// in and out make the parameters of enter and exit, in the portable layout.
	in, out []op
}

func list(ops ...op) []op { return ops }

// calls are the recorded system calls. What is missing here never leaves the kernel:
// futexes, clocks, getpid and the like, which tell nothing of a crash and are many.
var calls = []call{
	// Files by name.
	{"open", 2, shapeOpen, 0, 0, 0, list(text0, via(kernelbits.Open, 1), arg32(2)), list(ret, text0, via(kernelbits.Open, 1), arg32(2), dev, ino)},
	{"openat", 306, shapeOpen, 1, 0, 0, list(fd(0), text0, via(kernelbits.Open, 2), arg32(3)), list(ret, fd(0), text0, via(kernelbits.Open, 2), arg32(3), dev, ino)},
	{"openat2", 326, shapeOpen, 1, 0, 0, list(fd(0), text0, zero32, zero32, zero32), list(ret, fd(0), text0, zero32, zero32, zero32, dev, ino)},
	{"creat", 58, shapeOpen, 0, 0, 0, list(text0, arg32(1)), list(ret, text0, arg32(1), dev, ino, op{do: func(e *encoder, _ record, _ int) { e.u16(0) }})},
	{"unlink", 300, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"unlinkat", 302, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, arg32(2))},
	{"rename", 174, shapePaths, 0, 1, 0, nil, list(ret, text0, text1)},
	{"renameat", 176, shapePaths, 1, 3, 0, nil, list(ret, fd(0), text0, fd(2), text1)},
	{"renameat2", 318, shapePaths, 1, 3, 0, nil, list(ret, fd(0), text0, fd(2), text1, arg32(4))},
	{"link", 308, shapePaths, 0, 1, 0, nil, list(ret, text0, text1)},
	{"linkat", 310, shapePaths, 1, 3, 0, nil, list(ret, fd(0), text0, fd(2), text1, arg32(4))},
	{"symlink", 178, shapePaths, 0, 1, 0, nil, list(ret, text0, text1)},
	{"symlinkat", 180, shapePaths, 0, 2, 0, nil, list(ret, text0, fd(1), text1)},
	{"mkdir", 276, shapePath, 0, 0, 0, list(arg32(1)), list(ret, text0, arg32(1))},
	{"mkdirat", 304, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, arg32(2))},
	{"rmdir", 278, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"mknod", 414, shapePath, 0, 0, 0, nil, list(ret, text0, arg32(1), arg32(2))},
	{"mknodat", 416, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, arg32(2), arg32(3))},
	{"chmod", 314, shapePath, 0, 0, 0, nil, list(ret, text0, via(modeBits, 1))},
	{"fchmod", 316, shapeArgs, 0, 0, 0, nil, list(ret, fd(0), via(modeBits, 1))},
	{"fchmodat", 312, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, via(modeBits, 2))},
	{"chown", 378, shapePath, 0, 0, 0, nil, list(ret, text0, arg32(1), arg32(2))},
	{"lchown", 380, shapePath, 0, 0, 0, nil, list(ret, text0, arg32(1), arg32(2))},
	{"fchown", 382, shapeArgs, 0, 0, 0, nil, list(ret, fd(0), arg32(1), arg32(2))},
	{"fchownat", 384, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, arg32(2), arg32(3), via(kernelbits.Chown.Of, 4))},
	{"access", 264, shapePath, 0, 0, 0, list(arg32(1)), list(ret, text0, arg32(1))},
	{"faccessat", 264, shapePath, 1, 0, 0, list(arg32(2)), list(ret, text0, arg32(2))},
	{"faccessat2", 264, shapePath, 1, 0, 0, list(arg32(2)), list(ret, text0, arg32(2))},
	{"stat", 66, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"lstat", 68, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"newfstatat", 418, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, via(statFlags, 3))},
	{"statx", 418, shapePath, 1, 0, 0, nil, list(ret, fd(0), text0, via(statFlags, 2))},
	{"fstat", 70, shapeArgs, 0, 0, failed, list(fd(0)), list(ret, fd(0))},
	{"chdir", 94, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"fchdir", 96, shapeArgs, 0, 0, 0, list(fd(0)), list(ret, fd(0))},
	{"getcwd", 92, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"chroot", 266, shapePath, 0, 0, 0, nil, list(ret, text0)},
	{"mount", 256, shapePaths, 0, 1, 0, list(via(mountFlags, 3)), list(ret, text0, text1, none, via(mountFlags, 3))},
	{"umount2", 390, shapePath, 0, 0, 0, list(arg32(1)), list(ret, text0, arg32(1))},
	{"memfd_create", 404, shapePath, 0, 0, 0, nil, list(ret, text0, arg32(1))},

	// Descriptors.
	{"close", 4, shapeArgs, 0, 0, 0, list(fd(0)), list(ret, fd(0))},
	{"close_range", 450, shapeArgs, 0, 0, 0, nil, list(ret, arg32(0), arg32(1), arg32(2))},
	{"dup", 124, shapeArgs, 0, 0, 0, list(fd(0)), list(ret)},
	{"dup2", 124, shapeArgs, 0, 0, 0, list(fd(0)), list(ret)},
	{"dup3", 124, shapeArgs, 0, 0, 0, list(fd(0)), list(ret)},
	{"fcntl", 150, shapeArgs, 0, 0, 0, list(fd(0), via8(fcntlCommand, 1)), list(ret, fd(0), via8(fcntlCommand, 1))},
	{"pipe", 60, shapeBytes, 0, 8, 0, nil, list(ret, fdWord(0), fdWord(4), word64(8))},
	{"pipe2", 60, shapeBytes, 0, 8, 0, nil, list(ret, fdWord(0), fdWord(4), word64(8))},
	{"eventfd", 62, shapeArgs, 0, 0, 0, list(arg64(0), zero32), list(ret, arg64(0), zero32)},
	{"eventfd2", 62, shapeArgs, 0, 0, 0, list(arg64(0), zero32), list(ret, arg64(0), zero32)},
	{"epoll_create", 374, shapeArgs, 0, 0, 0, list(arg32(0)), list(ret, arg32(0))},
	{"epoll_create1", 376, shapeArgs, 0, 0, 0, list(via(cloexec, 0)), list(ret, via(cloexec, 0))},
	{"timerfd_create", 136, shapeArgs, 0, 0, 0, list(arg8(0), arg8(1)), list(ret, arg8(0), arg8(1))},
	{"inotify_init", 138, shapeArgs, 0, 0, 0, list(const8), list(ret, const8)},
	{"inotify_init1", 138, shapeArgs, 0, 0, 0, list(const8), list(ret, const8)},
	{"signalfd4", 126, shapeArgs, 0, 0, 0, list(fd(0), zero32, const8), list(ret, fd(0), zero32, const8)},
	{"pidfd_open", 408, shapeArgs, 0, 0, 0, nil, list(ret, pid(0), zero32)},
	{"ioctl", 170, shapeArgs, 0, 0, bulk, list(fd(0), arg64(1), arg64(2)), list(ret, fd(0), arg64(1), arg64(2))},
	{"lseek", 86, shapeArgs, 0, 0, bulk, list(fd(0), arg64(1), arg8(2)), list(ret, fd(0), arg64(1), arg8(2))},

	// Reading and writing.
	{"read", 6, shapeIn, 1, 2, bulk, list(fd(0), arg32(2)), list(ret, data, fd(0), arg32(2))},
	{"write", 8, shapeOut, 1, 2, bulk, list(fd(0), arg32(2)), list(ret, data, fd(0), arg32(2))},
	{"pread64", 112, shapeIn, 1, 2, bulk, list(fd(0), arg32(2), arg64(3)), list(ret, data, fd(0), arg32(2), arg64(3))},
	{"pwrite64", 114, shapeOut, 1, 2, bulk, list(fd(0), arg32(2), arg64(3)), list(ret, data, fd(0), arg32(2), arg64(3))},
	{"readv", 116, shapeIovIn, 1, 2, bulk, list(fd(0)), list(ret, size32, data, fd(0))},
	{"writev", 118, shapeIovOut, 1, 2, bulk, list(fd(0), size32), list(ret, data, fd(0), size32)},
	{"preadv", 120, shapeIovIn, 1, 2, bulk, list(fd(0), arg64(3)), list(ret, size32, data, fd(0), arg64(3))},
	{"pwritev", 122, shapeIovOut, 1, 2, bulk, list(fd(0), size32, arg64(3)), list(ret, data, fd(0), size32, arg64(3))},
	{"sendfile", 188, shapeArgs, 0, 0, bulk, list(fd(0), fd(1), zero64, arg64(3)), list(ret, zero64, fd(0), fd(1), arg64(3))},
	{"splice", 166, shapeArgs, 0, 0, bulk, list(fd(0), fd(2), arg64(4), arg32(5)), list(ret, fd(0), fd(2), arg64(4), arg32(5))},
	{"copy_file_range", 332, shapeArgs, 0, 0, bulk, list(fd(0), zero64, arg64(4)), list(ret, fd(2), zero64, fd(0), zero64, arg64(4))},

	// Sockets.
	{"socket", 18, shapeArgs, 0, 0, 0, list(arg32(0), arg32(1), arg32(2)), list(ret, arg32(0), arg32(1), arg32(2))},
	{"socketpair", 42, shapeBytes, 3, 8, 0, list(arg32(0), arg32(1), arg32(2)), list(ret, fdWord(0), fdWord(4), word64(8), word64(16), arg32(0), arg32(1), arg32(2))},
	{"bind", 20, shapeAddr, 1, 2, 0, list(fd(0)), list(ret, given, fd(0))},
	{"connect", 22, shapeAddr, 1, 2, 0, list(fd(0), given), list(ret, connTuple, fd(0), given)},
	{"listen", 24, shapeArgs, 0, 0, 0, list(fd(0), arg32(1)), list(ret, fd(0), arg32(1))},
	{"accept", 246, shapeAccept, 0, 0, 0, nil, list(ret, acceptTuple, queuePct, queueLen, queueMax)},
	{"accept4", 246, shapeAccept, 0, 0, 0, nil, list(ret, acceptTuple, queuePct, queueLen, queueMax)},
	{"sendto", 30, shapeTo, 1, 2, bulk, list(fd(0), arg32(2), toTuple), list(ret, data, fd(0), arg32(2), toTuple)},
	{"recvfrom", 34, shapeFrom, 1, 2, bulk, list(fd(0), arg32(2)), list(ret, data, fromTuple, fd(0), arg32(2))},
	{"sendmsg", 48, shapeMsgOut, 1, 0, bulk, list(fd(0), size32, toTuple), list(ret, data, fd(0), size32, toTuple)},
	{"recvmsg", 52, shapeMsgIn, 1, 0, bulk, list(fd(0)), list(ret, size32, data, fromTuple, none, fd(0))},
	{"sendmmsg", 50, shapeMmsgOut, 1, 2, bulk, nil, list(ret, fd(0), msgSize, data, toTuple)},
	{"recvmmsg", 54, shapeMmsgIn, 1, 2, bulk, nil, list(ret, fd(0), msgSize, data, fromTuple, none)},
	{"shutdown", 36, shapeArgs, 0, 0, 0, list(fd(0), arg8(1)), list(ret, fd(0), arg8(1))},
	{"getsockopt", 46, shapeBytes, 3, 4, 0, nil, list(ret, fd(0), via8(sockLevel, 1), arg8(2), optValue, zero32)},
	{"setsockopt", 44, shapeBytesIn, 3, 4, failed, nil, list(ret, fd(0), via8(sockLevel, 1), arg8(2), optValue, arg32(4))},

	// Waiting.
	{"poll", 80, shapePoll, 0, 1, bulk, list(pollList(false), pollTimeout), list(ret, pollList(true), pollTimeout)},
	{"ppoll", 254, shapePoll, 0, 1, bulk, list(pollList(false), none, none), list(ret, pollList(true), none, none)},
	{"select", 82, shapeArgs, 0, 0, bulk, nil, list(ret)},
	{"pselect6", 82, shapeArgs, 0, 0, bulk, nil, list(ret)},
	{"epoll_wait", 78, shapeArgs, 0, 0, bulk, list(fd(2)), list(ret, fd(2))},
	{"epoll_pwait", 78, shapeArgs, 0, 0, bulk, list(fd(2)), list(ret, fd(2))},
	{"nanosleep", 134, shapeBytesIn, 0, 16, failed, list(interval), list(ret, interval)},
	{"clock_nanosleep", 134, shapeBytesIn, 2, 16, failed, list(interval), list(ret, interval)},

	// Memory.
	{"mmap", 160, shapeMem, 0, 0, bulk, list(arg64(0), arg64(1), via(protFlags, 2), via(mapFlags, 3), fd(4), arg64(5)), list(ret, word32(0), word32(4), word32(8), arg64(0), arg64(1), via(protFlags, 2), via(mapFlags, 3), fd(4), arg64(5))},
	{"munmap", 164, shapeMem, 0, 0, bulk, list(arg64(0), arg64(1)), list(ret, word32(0), word32(4), word32(8), arg64(0), arg64(1))},
	{"brk", 158, shapeMem, 0, 0, bulk, list(arg64(0)), list(ret, word32(0), word32(4), word32(8), arg64(0))},
	{"mprotect", 328, shapeArgs, 0, 0, bulk, list(arg64(0), arg64(1), via(protFlags, 2)), list(ret, arg64(0), arg64(1), via(protFlags, 2))},
	{"mlock", 344, shapeArgs, 0, 0, 0, nil, list(ret, arg64(0), arg64(1))},
	{"mlockall", 348, shapeArgs, 0, 0, 0, nil, list(ret, arg32(0))},

	// Processes.
	{"clone", 222, shapeFork, 0, 0, 0, nil, nil},
	{"clone3", 334, shapeFork, 0, 0, 0, nil, nil},
	{"fork", 224, shapeFork, 0, 0, 0, nil, nil},
	{"vfork", 226, shapeFork, 0, 0, 0, nil, nil},
	{"execve", 292, shapePath, 0, 0, failed, list(text0), nil},
	{"execveat", 330, shapePath, 1, 0, failed, list(fd(0), text0, via(kernelbits.Execveat.Of, 4)), nil},
	{"kill", 128, shapeArgs, 0, 0, 0, list(pid(0), arg8(1)), list(ret, pid(0), arg8(1))},
	{"tkill", 130, shapeArgs, 0, 0, 0, list(pid(0), arg8(1)), list(ret, pid(0), arg8(1))},
	{"tgkill", 132, shapeArgs, 0, 0, failed, list(pid(0), pid(1), arg8(2)), list(ret, pid(0), pid(1), arg8(2))},
	{"setsid", 274, shapeArgs, 0, 0, 0, nil, list(ret)},
	{"setpgid", 294, shapeArgs, 0, 0, 0, list(pid(0), pid(1)), list(ret, pid(0), pid(1))},
	{"setuid", 198, shapeArgs, 0, 0, 0, list(arg32(0)), list(ret, arg32(0))},
	{"setgid", 200, shapeArgs, 0, 0, 0, list(arg32(0)), list(ret, arg32(0))},
	{"setreuid", 426, shapeArgs, 0, 0, 0, nil, list(ret, arg32(0), arg32(1))},
	{"setregid", 428, shapeArgs, 0, 0, 0, nil, list(ret, arg32(0), arg32(1))},
	{"setresuid", 192, shapeArgs, 0, 0, 0, list(arg32(0), arg32(1), arg32(2)), list(ret, arg32(0), arg32(1), arg32(2))},
	{"setresgid", 194, shapeArgs, 0, 0, 0, list(arg32(0), arg32(1), arg32(2)), list(ret, arg32(0), arg32(1), arg32(2))},
	{"setns", 240, shapeArgs, 0, 0, 0, list(fd(0), via(kernelbits.Clone.Of, 1)), list(ret, fd(0), via(kernelbits.Clone.Of, 1))},
	{"unshare", 284, shapeArgs, 0, 0, 0, list(via(kernelbits.Clone.Of, 0)), list(ret, via(kernelbits.Clone.Of, 0))},
	{"prctl", 400, shapeArgs, 0, 0, probe, nil, list(ret, arg32(0), none, arg64(1))},
	{"seccomp", 298, shapeArgs, 0, 0, 0, list(arg64(0)), list(ret, arg64(0), arg64(1))},
	{"setrlimit", 142, shapeBytesIn, 1, 16, 0, list(via8(rlimit, 0)), list(ret, word64(0), word64(8), via8(rlimit, 0))},
	{"prlimit64", 144, shapeBytesIn, 2, 16, 0, list(pid(0), via8(rlimit, 1)), list(ret, word64(0), word64(8), none, none, pid(0), via8(rlimit, 1))},
	{"ptrace", 168, shapeArgs, 0, 0, failed, list(arg16(0), pid(1)), list(ret, none, none, arg16(0), pid(1))},
	{"io_uring_enter", 340, shapeArgs, 0, 0, bulk, nil, list(ret, fd(0), arg32(1), arg32(2), arg32(3), zero32)},
}

var (
	const8 = op{do: func(e *encoder, _ record, _ int) { e.u8(0) }}
	zero64 = op{do: func(e *encoder, _ record, _ int) { e.u64(0) }}
	// size32 is how many bytes calls on lists of buffers have moved; where they failed, nothing.
	size32 = op{do: func(e *encoder, r record, _ int) { e.u32(uint32(max(r.ret(), 0))) }}
	// msgSize is the same for calls on lists of messages, whose result counts messages:
	// what is known of the one.
	msgSize = op{do: func(e *encoder, r record, _ int) { e.u32(uint32(len(r.data()))) }}
	// interval is a timespec as nanoseconds.
	interval = op{do: func(e *encoder, r record, _ int) {
		b := r.part(0, 0)
		if len(b) < 16 {
			e.missing()
			return
		}
		e.u64(binary.LittleEndian.Uint64(b)*1e9 + binary.LittleEndian.Uint64(b[8:]))
	}}
	pollTimeout = fd(2)
	// optValue is an option of a socket: an error for SO_ERROR, else a number of 32 bits.
	// The first byte chooses the variant: event/table_kinds.go, code 47.
	optValue = op{args: 1<<1 | 1<<2, do: func(e *encoder, r record, _ int) {
		b := r.part(0, 0)
		before := len(e.data)
		switch {
		case len(b) < 4:
		case sockLevel(r.arg(1)) == 1 && r.arg(2) == 4: // SO_ERROR
			e.data = append(e.data, 1)
			e.data = binary.LittleEndian.AppendUint64(e.data, uint64(-int64(binary.LittleEndian.Uint32(b))))
		default:
			e.data = append(append(e.data, 2), b[:4]...)
		}
		e.done(before)
	}}
)

// cloexec: EPOLL_CLOEXEC is 1 in captures.
func cloexec(v uint64) uint32 {
	if v&0o2000000 != 0 {
		return 1
	}
	return 0
}

// byNumber gives the recorded call for each number of the machine's table.
var byNumber = func() (t [512]*call) {
	for i := range calls {
		c := &calls[i]
		if n, ok := numbers[c.name]; ok {
			t[n] = c
		}
	}
	return t
}()

func shapeOf(r record) *call {
	if n := r.nr(); int(n) < len(byNumber) && byNumber[n] != nil {
		return byNumber[n]
	}
	return &noCall
}

var noCall call

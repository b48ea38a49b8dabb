//go:build linux && (amd64 || arm64)

package ptrace

import (
	"slices"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
)

// call is one system call that stops.
type call struct {
	nr int
	// when narrows it down by arguments, in the filter: what does not fit never stops.
	when rule
	// enter looks at the arguments and tells of the enter. It reports whether the end of
	// the call is wanted too.
	enter func(*tracer, *task) bool
	// exit tells of the end; nil where enter never wants it.
	exit func(*tracer, *task, int64)
}

const (
	stdout = 1
	stderr = 2
)

// aDatagram are the sends that are worth a stop: to a given address, or short and with
// MSG_NOSIGNAL alone, as the resolver of the C library asks. Streams of bytes over TCP mostly
// pass.
var aDatagram = rule{{set(4)}, {is(3, unix.MSG_NOSIGNAL), upTo(2, maxDNS)}}

// calls are the landmark calls; the index is the filter's word.
var calls = buildCalls()

func buildCalls() []call {
	return slices.Concat([]call{
		{nr: unix.SYS_OPENAT, enter: enterOpenat, exit: exitOpenat},
		{nr: unix.SYS_EXECVE, enter: enterExec, exit: exitExec},
		{nr: unix.SYS_CONNECT, enter: enterConnect, exit: exitConnect},
		{nr: unix.SYS_WRITE, enter: enterWrite, exit: exitWrite, when: rule{{is(0, stdout)}, {is(0, stderr)}}},
		{nr: unix.SYS_WRITEV, enter: enterWritev, exit: exitWrite, when: rule{{is(0, stdout)}, {is(0, stderr)}}},
		{nr: unix.SYS_EXIT_GROUP, enter: enterExitGroup},
		{nr: unix.SYS_CLONE, enter: enterFork(222), exit: exitFork(223)},
		{nr: unix.SYS_CLONE3, enter: enterFork(334), exit: exitFork(335)},

		{nr: unix.SYS_OPENAT2, enter: enterOpenat2, exit: exitOpenat2},
		{nr: unix.SYS_EXECVEAT, enter: enterExecveat, exit: exitExec},
		{nr: unix.SYS_UNLINKAT, enter: paths(302, 1), exit: exitUnlinkat},
		{nr: unix.SYS_RENAMEAT, enter: paths(176, 1, 3), exit: exitRenameat(177)},
		{nr: unix.SYS_RENAMEAT2, enter: paths(318, 1, 3), exit: exitRenameat(319)},
		{nr: unix.SYS_MKDIRAT, enter: paths(304, 1), exit: exitMkdirat},
		{nr: unix.SYS_LINKAT, enter: paths(310, 1, 3), exit: exitLinkat},
		{nr: unix.SYS_SYMLINKAT, enter: paths(180, 0, 2), exit: exitSymlinkat},
		{nr: unix.SYS_FCHMOD, enter: quiet(316), exit: exitFchmod},
		{nr: unix.SYS_FCHMODAT, enter: paths(312, 1), exit: exitFchmodat},
		{nr: unix.SYS_FCHMODAT2, enter: paths(312, 1), exit: exitFchmodat},
		{nr: unix.SYS_FCHOWN, enter: quiet(382), exit: exitFchown},
		{nr: unix.SYS_FCHOWNAT, enter: paths(384, 1), exit: exitFchownat},
		{nr: unix.SYS_MOUNT, enter: enterMount, exit: exitMount},
		{nr: unix.SYS_UMOUNT2, enter: enterUmount, exit: exitUmount},
		{nr: unix.SYS_CHDIR, enter: paths(94, 0), exit: exitPath(95)},
		{nr: unix.SYS_FCHDIR, enter: enterFD(96), exit: exitFD(97)},
		{nr: unix.SYS_CHROOT, enter: paths(266, 0), exit: exitPath(267)},

		{nr: unix.SYS_DUP, enter: enterDup, exit: exitDup},
		{nr: unix.SYS_DUP3, enter: enterDup, exit: exitDup},
		{nr: unix.SYS_FCNTL, enter: enterFcntl, exit: exitFcntl, when: rule{{is(1, unix.F_DUPFD)}, {is(1, unix.F_DUPFD_CLOEXEC)}}},
		{nr: unix.SYS_PIPE2, enter: quiet(60), exit: exitPipe},
		{nr: unix.SYS_EVENTFD2, enter: enterEvent, exit: exitEvent},
		{nr: unix.SYS_EPOLL_CREATE1, enter: enterEpollCreate, exit: exitEpollCreate},
		{nr: unix.SYS_INOTIFY_INIT1, enter: enterInotify, exit: exitInotify},
		{nr: unix.SYS_SIGNALFD4, enter: enterSignalfd, exit: exitSignalfd},
		{nr: unix.SYS_TIMERFD_CREATE, enter: enterTimerfd, exit: exitTimerfd},
		{nr: unix.SYS_MEMFD_CREATE, enter: paths(404, 0), exit: exitMemfd},

		{nr: unix.SYS_SOCKET, enter: enterSocket(18), exit: exitSocket},
		{nr: unix.SYS_SOCKETPAIR, enter: enterSocket(42), exit: exitSocketpair},
		{nr: unix.SYS_BIND, enter: enterBind, exit: exitBind},
		{nr: unix.SYS_LISTEN, enter: enterListen, exit: exitListen},
		{nr: unix.SYS_ACCEPT, enter: quiet(246), exit: exitAccept},
		{nr: unix.SYS_ACCEPT4, enter: quiet(246), exit: exitAccept},
		{nr: unix.SYS_GETSOCKOPT, enter: quiet(46), exit: exitGetsockopt, when: rule{{is(1, unix.SOL_SOCKET), is(2, unix.SO_ERROR)}}},
		{nr: unix.SYS_SENDTO, enter: enterSendto, exit: exitSendto, when: aDatagram},
		{nr: unix.SYS_RECVFROM, enter: enterRecvfrom, exit: exitRecvfrom, when: rule{{set(4)}}},
		{nr: unix.SYS_SENDMSG, enter: enterSendmsg, exit: exitSendmsg},
		{nr: unix.SYS_RECVMSG, enter: enterRecvmsg, exit: exitRecvmsg},
		{nr: unix.SYS_SENDMMSG, enter: enterSendmmsg, exit: exitSendmmsg, when: rule{{is(2, 1)}, {is(2, 2)}}},

		{nr: unix.SYS_KILL, enter: enterKill(128, 2), exit: exitKill(129, 2)},
		{nr: unix.SYS_TKILL, enter: enterKill(130, 2), exit: exitKill(131, 2)},
		{nr: unix.SYS_TGKILL, enter: enterKill(132, 3), exit: exitKill(133, 3)},
		{nr: unix.SYS_SETRLIMIT, enter: enterSetrlimit, exit: exitSetrlimit},
		{nr: unix.SYS_PRLIMIT64, enter: enterPrlimit, exit: exitPrlimit, when: rule{{set(2)}}},
		{nr: unix.SYS_SETUID, enter: enterIDs(198, 1), exit: exitIDs(199, 1)},
		{nr: unix.SYS_SETGID, enter: enterIDs(200, 1), exit: exitIDs(201, 1)},
		{nr: unix.SYS_SETRESUID, enter: enterIDs(192, 3), exit: exitIDs(193, 3)},
		{nr: unix.SYS_SETRESGID, enter: enterIDs(194, 3), exit: exitIDs(195, 3)},
		{nr: unix.SYS_SETSID, enter: quiet(274), exit: exitNumbers(275)},
	}, oldCalls)
}

// quiet is the enter of a call whose enter event has no parameters.
func quiet(typ event.Type) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		t.emit(typ, k)
		return true
	}
}

// exitNumbers is an exit that has nothing but the result.
func exitNumbers(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, res) }
}

// fd is an argument that is a descriptor: the kernel takes its low half, with its sign.
func (k *task) fd(arg int) int64 { return int64(int32(k.args[arg])) }

// u32 is an argument of 32 bits.
func (k *task) u32(arg int) uint32 { return uint32(k.args[arg]) }

// path reads the string that an argument points to into slot n of the task, where the exit
// finds it again: the memory may have changed by then.
func (t *tracer) path(k *task, n, arg int) any { return t.pathAt(k, n, k.args[arg]) }

func (t *tracer) pathAt(k *task, n int, addr uint64) any {
	b, ok := t.mem.text(k.tid, addr, maxPath)
	k.has[n] = ok
	k.text[n] = append(k.text[n][:0], b...)
	if !ok && addr != 0 {
		k.unread = true
	}
	return k.string(n)
}

// string is what path has read, as a value for an event.
func (k *task) string(n int) any {
	if !k.has[n] {
		return nil
	}
	return k.text[n]
}

// paths is the enter of a call whose enter event has no parameters, or the mode alone. It
// keeps the paths that the arguments point to.
func paths(typ event.Type, args ...int) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		for n, arg := range args {
			t.path(k, n, arg)
		}
		t.emit(typ, k)
		return true
	}
}

func exitPath(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, res, k.string(0)) }
}

func exitPaths(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, res, k.string(0), k.string(1)) }
}

// exitPathMode is the exit of mkdir and chmod.
func exitPathMode(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, res, k.string(0), k.u32(1)&0o7777) }
}

func enterFD(typ event.Type) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		t.emit(typ, k, k.fd(0))
		return true
	}
}

func exitFD(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, res, k.fd(0)) }
}

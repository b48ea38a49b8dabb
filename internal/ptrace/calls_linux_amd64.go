package ptrace

import (
	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
)

// nativeArch is AUDIT_ARCH_X86_64; foreignBit marks calls of the x32 table.
// Source: include/uapi/linux/audit.h and arch/x86/include/uapi/asm/unistd.h.
const (
	nativeArch = 0xC000003E
	foreignBit = 0x40000000
	// largeFile is O_LARGEFILE as the kernel has it; x/sys has what 64-bit programs pass.
	largeFile = 0o100000
)

// foreignNumbers are the calls of 32-bit programs that are counted: open, creat, execve,
// socketcall, exit_group, openat, execveat, connect.
// Source: arch/x86/entry/syscalls/syscall_32.tbl.
var foreignNumbers = []uint32{5, 8, 11, 102, 252, 295, 358, 362}

// oldCalls are calls that newer architectures do not have.
var oldCalls = []call{
	{nr: unix.SYS_OPEN, enter: enterOpen, exit: exitOpen},
	{nr: unix.SYS_CREAT, enter: enterCreat, exit: exitCreat},
	{nr: unix.SYS_UNLINK, enter: paths(300, 0), exit: exitPath(301)},
	{nr: unix.SYS_RENAME, enter: paths(174, 0, 1), exit: exitPaths(175)},
	{nr: unix.SYS_MKDIR, enter: enterMkdir, exit: exitPathMode(277)},
	{nr: unix.SYS_RMDIR, enter: paths(278, 0), exit: exitPath(279)},
	{nr: unix.SYS_LINK, enter: paths(308, 0, 1), exit: exitPaths(309)},
	{nr: unix.SYS_SYMLINK, enter: paths(178, 0, 1), exit: exitPaths(179)},
	{nr: unix.SYS_CHMOD, enter: paths(314, 0), exit: exitPathMode(315)},
	{nr: unix.SYS_CHOWN, enter: paths(378, 0), exit: exitOwner(379)},
	{nr: unix.SYS_LCHOWN, enter: paths(380, 0), exit: exitOwner(381)},
	{nr: unix.SYS_DUP2, enter: enterDup, exit: exitDup},
	{nr: unix.SYS_PIPE, enter: quiet(60), exit: exitPipe},
	{nr: unix.SYS_EVENTFD, enter: enterEvent, exit: exitEvent},
	{nr: unix.SYS_EPOLL_CREATE, enter: enterEpollCreate, exit: exitEpollCreate},
	{nr: unix.SYS_INOTIFY_INIT, enter: enterInotify, exit: exitInotify},
	{nr: unix.SYS_SIGNALFD, enter: enterSignalfd, exit: exitSignalfd},
	{nr: unix.SYS_FORK, enter: enterFork(224), exit: exitFork(225)},
	{nr: unix.SYS_VFORK, enter: enterFork(226), exit: exitFork(227)},
}

// setFirstArg changes the first argument of the call at whose beginning a thread stands;
// restoreFirstArg gives its register back at the end.
func setFirstArg(tid int, v uint64) error {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		return err
	}
	r.Rdi = v
	return unix.PtraceSetRegs(tid, &r)
}

func restoreFirstArg(tid int, v uint64) { _ = setFirstArg(tid, v) }

func oldForkExit(nr int) event.Type {
	switch nr {
	case unix.SYS_FORK:
		return 225
	case unix.SYS_VFORK:
		return 227
	}
	return 223
}

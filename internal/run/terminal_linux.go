package run

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminal is the controlling terminal, which the command gets while it runs: its process
// group becomes the foreground group, so that keys such as Ctrl-C reach the command and
// only it, and programs that use the terminal work as without unloop.
type terminal struct {
	f *os.File
	// own is this process's group, which the shell knows as its job.
	own int
}

// openTerminal returns nil where there is no terminal to pass on: no controlling one, or
// the command neither reads from it nor writes to it.
func openTerminal(in, out *os.File) *terminal {
	if !isTerminal(in) && !isTerminal(out) {
		return nil
	}
	f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return nil
	}
	return &terminal{f, unix.Getpgrp()}
}

func isTerminal(f *os.File) bool {
	if f == nil {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// ours reports whether this process's group is in the foreground.
func (t *terminal) ours() bool {
	group, err := unix.IoctlGetInt(int(t.f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == t.own
}

// give makes a process group the foreground group.
func (t *terminal) give(group int) {
	quietly(func() { _ = unix.IoctlSetPointerInt(int(t.f.Fd()), unix.TIOCSPGRP, group) }) // the terminal may have hung up
}

// take makes this process's group the foreground group again, where group has it.
func (t *terminal) take(group int) {
	if now, err := unix.IoctlGetInt(int(t.f.Fd()), unix.TIOCGPGRP); err != nil || now != group && syscall.Kill(-now, 0) == nil {
		return // the shell has moved on, or the command made groups of its own that live
	}
	t.give(t.own)
}

func (t *terminal) close() { t.f.Close() }

// quietly does something that the kernel answers with SIGTTOU where it comes from the
// background, such as to set the foreground group (tty_ioctl(4)). The signal is blocked
// in one thread, not ignored: what is ignored stays so in the command.
func quietly(do func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, old unix.Sigset_t
	set.Val[0] = 1 << (uint(unix.SIGTTOU) - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old); err != nil {
		return
	}
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil) }() // it was valid before
	do()
}

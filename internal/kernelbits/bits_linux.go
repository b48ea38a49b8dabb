package kernelbits

import "golang.org/x/sys/unix"

// Bits translates the flags of one parameter: pairs of the kernel's flag, or of several
// that only count together, and the format's.
type Bits [][2]uint64

// Of gives the format's bits of a call's flags. Those without one are left out.
func (b Bits) Of(flags uint64) uint32 {
	var out uint32
	for _, x := range b {
		if flags&x[0] == x[0] {
			out |= uint32(x[1])
		}
	}
	return out
}

var openBits = Bits{
	{unix.O_CREAT, 4}, {unix.O_APPEND, 8}, {unix.O_DSYNC, 0x10}, {unix.O_EXCL, 0x20},
	{unix.O_NONBLOCK, 0x40}, {unix.O_SYNC, 0x80}, {unix.O_TRUNC, 0x100}, {unix.O_DIRECT, 0x200},
	{unix.O_DIRECTORY, 0x400}, {unix.O_CLOEXEC, 0x1000}, {unix.O_TMPFILE, 0x2000},
}

// Open translates the flags of open: reading is 1, writing 2, both 3.
func Open(flags uint64) uint32 {
	out := openBits.Of(flags)
	switch flags & unix.O_ACCMODE {
	case unix.O_RDONLY:
		out |= 1
	case unix.O_WRONLY:
		out |= 2
	case unix.O_RDWR:
		out |= 3
	}
	return out
}

// Clone translates the flags of clone, unshare and setns.
var Clone = Bits{
	{unix.CLONE_FILES, 1}, {unix.CLONE_FS, 2}, {unix.CLONE_IO, 4}, {unix.CLONE_NEWIPC, 8},
	{unix.CLONE_NEWNET, 0x10}, {unix.CLONE_NEWNS, 0x20}, {unix.CLONE_NEWPID, 0x40}, {unix.CLONE_NEWUTS, 0x80},
	{unix.CLONE_PARENT, 0x100}, {unix.CLONE_PARENT_SETTID, 0x200}, {unix.CLONE_PTRACE, 0x400},
	{unix.CLONE_SIGHAND, 0x800}, {unix.CLONE_SYSVSEM, 0x1000}, {unix.CLONE_THREAD, 0x2000},
	{unix.CLONE_UNTRACED, 0x4000}, {unix.CLONE_VM, 0x8000}, {unix.CLONE_NEWUSER, 0x100000},
	{unix.CLONE_CHILD_CLEARTID, 0x800000}, {unix.CLONE_CHILD_SETTID, 0x1000000}, {unix.CLONE_SETTLS, 0x2000000},
	{unix.CLONE_VFORK, 0x8000000}, {unix.CLONE_NEWCGROUP, 0x10000000},
}

// Chown translates the flags of fchownat, Execveat those of execveat.
var (
	Chown    = Bits{{unix.AT_SYMLINK_NOFOLLOW, 0x400}, {unix.AT_EMPTY_PATH, 0x1000}}
	Execveat = Bits{{unix.AT_EMPTY_PATH, 1}, {unix.AT_SYMLINK_NOFOLLOW, 2}}
)

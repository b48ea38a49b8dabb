//go:build linux && (amd64 || arm64)

package ptrace

import (
	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// openFlags translates the flags of open.
func openFlags(flags uint32) uint32 {
	out := kernelbits.Open(uint64(flags))
	if flags&largeFile != 0 {
		out |= 0x800
	}
	return out
}

// openMode is the mode of a file that is created; for others the argument says nothing.
func openMode(flags, mode uint32) uint32 {
	if flags&(unix.O_CREAT|unix.O_TMPFILE&^unix.O_DIRECTORY) == 0 {
		return 0
	}
	return mode & 0o7777
}

var (
	unlinkBits  = kernelbits.Bits{{unix.AT_REMOVEDIR, 0x200}}
	linkBits    = kernelbits.Bits{{unix.AT_SYMLINK_FOLLOW, 0x400}, {unix.AT_EMPTY_PATH, 0x1000}}
	umountBits  = kernelbits.Bits{{unix.MNT_FORCE, 1}, {unix.MNT_DETACH, 2}, {unix.MNT_EXPIRE, 4}, {unix.UMOUNT_NOFOLLOW, 8}}
	resolveBits = kernelbits.Bits{
		{unix.RESOLVE_BENEATH, 1},
		{unix.RESOLVE_IN_ROOT, 2},
		{unix.RESOLVE_NO_MAGICLINKS, 4},
		{unix.RESOLVE_NO_SYMLINKS, 8},
		{unix.RESOLVE_NO_XDEV, 0x10},
		{resolveCached, 0x20},
	}
)

// resolveCached is RESOLVE_CACHED, which x/sys lacks. Source: include/uapi/linux/openat2.h.
const resolveCached = 0x20

// mountMagic is what very old programs put into the upper half of the flags of mount.
// Source: include/uapi/linux/mount.h, MS_MGC_VAL.
const mountMagic = 0xC0ED0000

func mountFlags(flags uint64) uint32 {
	f := uint32(flags)
	if f&0xFFFF0000 == mountMagic {
		f &= 0xFFFF
	}
	return f
}

//go:build linux && (amd64 || arm64)

package bpf

import (
	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// Flags of the kernel in the capture format's own bits, those that kernelbits lacks.

var mapBits = kernelbits.Bits{
	{unix.MAP_SHARED, 1}, {unix.MAP_PRIVATE, 2}, {unix.MAP_FIXED, 4}, {unix.MAP_ANONYMOUS, 8},
	{unix.MAP_NORESERVE, 0x40}, {unix.MAP_POPULATE, 0x80}, {unix.MAP_NONBLOCK, 0x100},
	{unix.MAP_GROWSDOWN, 0x200}, {unix.MAP_DENYWRITE, 0x400}, {unix.MAP_EXECUTABLE, 0x800}, {unix.MAP_LOCKED, 0x4000},
}

func mapFlags(v uint64) uint32 { return mapBits.Of(v) }

func protFlags(v uint64) uint32 {
	return uint32(v&15) | kernelbits.Bits{{unix.PROT_GROWSDOWN, 0x10}, {unix.PROT_GROWSUP, 0x20}}.Of(v)
}

var atStat = kernelbits.Bits{{unix.AT_EMPTY_PATH, 0x1000}, {unix.AT_NO_AUTOMOUNT, 0x800}, {unix.AT_SYMLINK_NOFOLLOW, 0x100}}

func statFlags(v uint64) uint32 { return atStat.Of(v) }

var mountBits = kernelbits.Bits{
	{unix.MS_RDONLY, 1}, {unix.MS_NOSUID, 2}, {unix.MS_NODEV, 4}, {unix.MS_NOEXEC, 8}, {unix.MS_SYNCHRONOUS, 0x10},
	{unix.MS_REMOUNT, 0x20}, {unix.MS_NOATIME, 0x400}, {unix.MS_BIND, 0x1000}, {unix.MS_MOVE, 0x2000}, {unix.MS_REC, 0x4000},
	{unix.MS_PRIVATE, 0x40000}, {unix.MS_SLAVE, 0x80000}, {unix.MS_SHARED, 0x100000}, {unix.MS_RELATIME, 0x200000},
}

func mountFlags(v uint64) uint32 { return mountBits.Of(v) }

// fcntlCommand: the format has numbers of its own.
func fcntlCommand(v uint64) uint32 {
	switch v {
	case unix.F_DUPFD:
		return 1
	case unix.F_GETFD:
		return 2
	case unix.F_SETFD:
		return 3
	case unix.F_GETFL:
		return 4
	case unix.F_SETFL:
		return 5
	case unix.F_GETLK:
		return 6
	case unix.F_SETLK:
		return 8
	case unix.F_SETLKW:
		return 9
	case unix.F_SETOWN:
		return 10
	case unix.F_GETOWN:
		return 12
	case unix.F_SETSIG:
		return 13
	case unix.F_GETSIG:
		return 15
	case unix.F_DUPFD_CLOEXEC:
		return 26
	case unix.F_SETPIPE_SZ:
		return 28
	case unix.F_GETPIPE_SZ:
		return 29
	case unix.F_OFD_GETLK:
		return 30
	case unix.F_OFD_SETLK:
		return 31
	case unix.F_OFD_SETLKW:
		return 32
	}
	return 0
}

func sockLevel(v uint64) uint32 {
	switch v {
	case unix.SOL_SOCKET:
		return 1
	case unix.SOL_TCP:
		return 2
	}
	return 0
}

// pollBits: only POLLRDHUP and what is behind it lie elsewhere.
func pollBits(v uint16) uint16 {
	out := v & 7 // POLLIN, POLLPRI, POLLOUT
	for _, b := range [...][2]uint16{{unix.POLLRDHUP, 8}, {unix.POLLERR, 0x10}, {unix.POLLHUP, 0x20}, {unix.POLLNVAL, 0x40}} {
		if v&b[0] != 0 {
			out |= b[1]
		}
	}
	return out
}

// modeBits: permission bits are the kernel's.
func modeBits(v uint64) uint32 { return uint32(v & 07777) }

// rlimit: resources are the kernel's, all others are unknown.
func rlimit(v uint64) uint32 {
	if v > 15 {
		return 255
	}
	return uint32(v)
}

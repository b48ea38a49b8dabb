package ptrace

import (
	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
)

// nativeArch is AUDIT_ARCH_AARCH64; there is no other table of 64 bits.
// Source: include/uapi/linux/audit.h.
const (
	nativeArch = 0xC00000B7
	foreignBit = 0
	// largeFile is O_LARGEFILE. Source: arch/arm64/include/uapi/asm/fcntl.h.
	largeFile = 0o400000
)

// foreignNumbers are the calls of 32-bit programs that are counted: open, creat, execve,
// exit_group, connect, openat, execveat. Source: arch/arm/tools/syscall.tbl.
var foreignNumbers = []uint32{5, 8, 11, 248, 283, 322, 387}

// oldCalls are calls that this architecture does not have.
var oldCalls []call

// setFirstArg changes the first argument of the call at whose beginning a thread stands. At
// the end of the call its register holds the result: there is nothing to give back.
func setFirstArg(tid int, v uint64) error {
	var r unix.PtraceRegsArm64
	const prstatus = 1 // NT_PRSTATUS
	if err := unix.PtraceGetRegSetArm64(tid, prstatus, &r); err != nil {
		return err
	}
	r.Regs[0] = v
	return unix.PtraceSetRegSetArm64(tid, prstatus, &r)
}

func restoreFirstArg(int, uint64) {}

func oldForkExit(int) event.Type { return 223 }

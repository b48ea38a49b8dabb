//go:build linux && (amd64 || arm64)

package ptrace

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// traceOptions are set on the command and inherited by all that it starts.
const traceOptions = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACESECCOMP |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK |
	unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACEEXIT | unix.PTRACE_O_EXITKILL

// syscallInfo is struct ptrace_syscall_info. Source: include/uapi/linux/ptrace.h, Linux
// 5.3 and later. Union holds nr, args and the filter's word at a stop of the filter; the
// result and whether it is an error at the end of a call.
type syscallInfo struct {
	Op    uint8
	_     [3]uint8
	Arch  uint32
	IP    uint64
	SP    uint64
	Union [8]uint64
}

func (i *syscallInfo) nr() uint64      { return i.Union[0] }
func (i *syscallInfo) args() [6]uint64 { return [6]uint64(i.Union[1:7]) }
func (i *syscallInfo) word() uint32    { return uint32(i.Union[7]) }
func (i *syscallInfo) result() int64   { return int64(i.Union[0]) }
func ptrace(req, tid int, addr, data uintptr) error {
	if _, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(req), uintptr(tid), addr, data, 0, 0); e != 0 {
		return e
	}
	return nil
}

func seize(tid int) error {
	return ptrace(unix.PTRACE_SEIZE, tid, 0, traceOptions)
}

func getSyscallInfo(tid int, i *syscallInfo) error {
	return ptrace(unix.PTRACE_GET_SYSCALL_INFO, tid, unsafe.Sizeof(*i), uintptr(unsafe.Pointer(i)))
}

func getEventMsg(tid int) (uint64, error) {
	var msg uint64
	err := ptrace(unix.PTRACE_GETEVENTMSG, tid, 0, uintptr(unsafe.Pointer(&msg)))
	return msg, err
}

// sigInfo is the head of siginfo_t, the same on both architectures: for signals of
// processes and for SIGCHLD the sender follows.
type sigInfo struct {
	Signo, Errno, Code int32
	_                  int32
	Pid                int32
	UID                uint32
	_                  [104]byte
}

func getSigInfo(tid int) (sigInfo, error) {
	var i sigInfo
	err := ptrace(unix.PTRACE_GETSIGINFO, tid, 0, uintptr(unsafe.Pointer(&i)))
	return i, err
}

// poke writes one word into the memory of a stopped thread.
func poke(tid int, addr, word uint64) error {
	return ptrace(unix.PTRACE_POKEDATA, tid, uintptr(addr), uintptr(word))
}

// wait waits for one of ours. __WNOTHREAD leaves children of other threads of this
// process, which os/exec may have started, alone.
func wait(tid int) (int, syscall.WaitStatus, error) {
	var ws syscall.WaitStatus
	for {
		n, err := syscall.Wait4(tid, &ws, unix.WALL|unix.WNOTHREAD, nil)
		if err != syscall.EINTR {
			return n, ws, err
		}
	}
}

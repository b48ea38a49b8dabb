//go:build linux && (amd64 || arm64)

package ptrace

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data. Source: include/uapi/linux/seccomp.h, Linux 6.12. Both
// architectures are little-endian: the low half of an argument comes first.
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16
)

// foreignCall is the filter's word for a call of another architecture's table.
const foreignCall = 0xFFFF

// cond is one condition on the low half of an argument.
type cond struct {
	arg   int
	op    condOp
	value uint32
}

type condOp uint8

const (
	equal condOp = iota
	differs
	atMost
)

// A rule is a list of alternatives, each a list of conditions that all hold; none stands
// for any arguments.
type rule [][]cond

func is(arg int, value uint32) cond { return cond{arg, equal, value} }

// set says that an argument, a pointer, is not NULL. Pointers of programs have bits in their
// low half, save for addresses that end in 32 zeros, which nobody hands to a call.
func set(arg int) cond { return cond{arg, differs, 0} }

func upTo(arg int, value uint32) cond { return cond{arg, atMost, value} }

func stmt(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }

func jump(code uint16, k uint32, jt, jf uint8) unix.SockFilter {
	return unix.SockFilter{Code: code, Jt: jt, Jf: jf, K: k}
}

const (
	ld  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	jeq = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	jge = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	jgt = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	ret = unix.BPF_RET | unix.BPF_K
)

// program makes the filter: calls of the table stop, with their index in it as the word
// for the tracer; everything else passes. The kernel remembers which calls always pass
// (since 5.11), so that the length of the program costs them nothing.
func program(table []call) []unix.SockFilter {
	allow := stmt(ret, unix.SECCOMP_RET_ALLOW)
	foreign := stmt(ret, unix.SECCOMP_RET_TRACE|foreignCall)
	p := []unix.SockFilter{
		stmt(ld, dataArch),
		jump(jeq, nativeArch, uint8(2*len(foreignNumbers)+2), 0),
		stmt(ld, dataNr),
	}
	for _, nr := range foreignNumbers {
		p = append(p, jump(jeq, nr, 0, 1), foreign)
	}
	p = append(p, allow, stmt(ld, dataNr))
	if foreignBit != 0 {
		p = append(p, jump(jge, foreignBit, 0, 1), foreign)
	}
	for i := range table {
		c := &table[i]
		stop := stmt(ret, unix.SECCOMP_RET_TRACE|uint32(i))
		if len(c.when) == 0 {
			p = append(p, jump(jeq, uint32(c.nr), 0, 1), stop)
			continue
		}
		var body []unix.SockFilter
		for _, all := range c.when {
			for n, x := range all {
				// What does not hold goes on behind the stop of this alternative.
				skip := uint8(2*(len(all)-n-1) + 1)
				j := jump(jeq, x.value, 0, skip)
				switch x.op {
				case differs:
					j = jump(jeq, x.value, skip, 0)
				case atMost:
					j = jump(jgt, x.value, skip, 0)
				}
				body = append(body, stmt(ld, uint32(dataArgs+8*x.arg)), j)
			}
			body = append(body, stop)
		}
		body = append(body, allow)
		p = append(p, jump(jeq, uint32(c.nr), 0, uint8(len(body))))
		p = append(p, body...)
	}
	return append(p, allow)
}

// loadFilter puts the filter on the calling thread and what it becomes. Who may do so
// without no_new_privs keeps set-uid programs working.
func loadFilter() error {
	p := program(calls)
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	load := func() error {
		// Without the flag, kernels before 5.16 turn on protections that slow all code down.
		_, _, e := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, uintptr(unsafe.Pointer(&prog)))
		runtime.KeepAlive(p)
		if e != 0 {
			return e
		}
		return nil
	}
	err := load()
	if err == unix.EACCES {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("set no_new_privs: %w", err)
		}
		err = load()
	}
	if err != nil {
		return fmt.Errorf("load a seccomp filter: %w", err)
	}
	return nil
}

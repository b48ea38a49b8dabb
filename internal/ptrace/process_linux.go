//go:build linux && (amd64 || arm64)

package ptrace

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// enterExec keeps what the program is to be called with. The enter is told together with
// the exit: readers want the two of an execve next to each other.
func enterExec(t *tracer, k *task) bool {
	t.path(k, 0, 0)
	k.exe, k.data = t.mem.list(k.tid, k.args[1])
	return true
}

func enterExecveat(t *tracer, k *task) bool {
	t.path(k, 0, 1)
	k.exe, k.data = t.mem.list(k.tid, k.args[2])
	return true
}

// exitExec tells of both ends of an execve. After success the process is another program
// already; after failure it is what it was, and called with what it asked for.
func exitExec(t *tracer, k *task, res int64) {
	t.execEnter(k)
	exit := event.Type(293)
	if k.call != nil && k.call.nr == unix.SYS_EXECVEAT {
		exit = 331
	}
	p := k.proc
	if res == 0 {
		// Where the program may be run but not read, what it was called with has to do.
		p.exe, p.args = k.exe, append([]byte(nil), k.data...)
		p.look(k.tid)
		k.exe, k.data = p.exe, append(k.data[:0], p.args...)
	} else {
		p.lookStatus(k.tid)
	}
	s := &p.status
	exe, flags := p.exeFile(k.tid)
	t.emit(exit, k, res, k.exe, k.data, k.tid, p.pid, s.ppid, "", p.fdLimit(),
		s.majorFaults, s.minorFaults, s.vmSize, s.vmRSS, s.vmSwap, s.comm, p.cgroups, p.env,
		s.tty, s.vpgid, p.loginUID, flags, s.capInheritable, s.capPermitted, s.capEffective,
		exe.ino, exe.ctime, exe.mtime, s.uid, exe.path, s.pgid, s.gid)
}

// lateEnter is how late an enter may be told, in nanoseconds: flight.Handler allows a second.
const lateEnter = 900_000_000

// execEnter tells of the enter, with the time when it was. Nothing is known of the enter
// of a foreign call, and one that took too long is left out: readers do without.
func (t *tracer) execEnter(k *task) {
	now := t.now
	if k.call == nil || now-k.enterNanos > lateEnter {
		return
	}
	t.now = max(k.enterNanos, k.lastNanos)
	if k.call.nr == unix.SYS_EXECVEAT {
		t.emit(330, k, k.fd(0), k.string(0), kernelbits.Execveat.Of(uint64(k.u32(4))))
	} else {
		t.emit(292, k, k.string(0))
	}
	t.now = now
}

// enterFork is the enter of clone, fork and their kin. A child must be ours too: without a
// tracer the filter refuses its calls. So CLONE_UNTRACED is taken away from the caller.
func enterFork(typ event.Type) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		k.num[0] = 0
		switch typ {
		case 222:
			k.num[0] = k.args[0]
			if k.args[0]&unix.CLONE_UNTRACED != 0 {
				if err := setFirstArg(k.tid, k.args[0]&^unix.CLONE_UNTRACED); err != nil {
					t.lose(flight.LostTrace)
				}
			}
		case 226:
			k.num[0] = unix.CLONE_VFORK | unix.CLONE_VM
		case 334:
			flags := k.num[:1]
			if !t.mem.words(k.tid, k.args[0], flags) {
				k.unread = true
			}
			if flags[0]&unix.CLONE_UNTRACED != 0 {
				if err := poke(k.tid, k.args[0], flags[0]&^unix.CLONE_UNTRACED); err != nil {
					t.lose(flight.LostTrace)
				}
			}
		}
		t.emit(typ, k)
		return true
	}
}

// exitFork tells the parent's side.
func exitFork(typ event.Type) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) {
		if k.num[0]&unix.CLONE_UNTRACED != 0 { // the program finds its flags as they were
			if typ == 335 {
				_ = poke(k.tid, k.args[0], k.num[0])
			} else {
				restoreFirstArg(k.tid, k.num[0])
			}
		}
		t.forked(typ, k, res, uint32(k.num[0]))
	}
}

// forked tells of a fork in the parent (res is the child) or in the child (res is 0).
func (t *tracer) forked(typ event.Type, k *task, res int64, flags uint32) {
	p := k.proc
	s := &p.status
	format := kernelbits.Clone.Of(uint64(flags))
	ppid := s.ppid
	if ppid == 0 {
		ppid = int64(k.parent)
	}
	vtid := int64(k.tid)
	t.emit(typ, k, res, p.exe, p.args, k.tid, p.pid, ppid, "", p.fdLimit(),
		s.majorFaults, s.minorFaults, s.vmSize, s.vmRSS, s.vmSwap, s.comm, p.cgroups,
		format, s.uid, s.gid, k.vtid(vtid), p.vpid(), nil)
}

func enterExitGroup(t *tracer, k *task) bool {
	const exitGroup = 164 // the capture format's number; see event.SyscallOf
	t.emit(0, k, exitGroup, unix.SYS_EXIT_GROUP)
	return false
}

// enterKill is the enter of kill, tkill and tgkill: n arguments, the last a signal.
func enterKill(typ event.Type, n int) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		t.emit(typ, k, k.targets(n)...)
		return true
	}
}

func exitKill(typ event.Type, n int) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, append([]any{res}, k.targets(n)...)...) }
}

func (k *task) targets(n int) []any {
	var v []any
	for i := range n - 1 {
		v = append(v, k.fd(i))
	}
	return append(v, uint8(k.args[n-1]))
}

// limitResource is the number of a resource, the same in the capture format; 255 is unknown.
func limitResource(r uint32) uint8 {
	if r > 15 {
		return 255
	}
	return uint8(r)
}

func enterSetrlimit(t *tracer, k *task) bool {
	t.limit(k, k.args[1], k.num[:2])
	t.emit(142, k, limitResource(k.u32(0)))
	return true
}

func exitSetrlimit(t *tracer, k *task, res int64) {
	t.emit(143, k, res, k.num[0], k.num[1], limitResource(k.u32(0)))
}

// limit reads a struct rlimit; -1 is what captures have for none.
func (t *tracer) limit(k *task, addr uint64, out []uint64) {
	if addr == 0 || !t.mem.words(k.tid, addr, out) {
		out[0], out[1] = ^uint64(0), ^uint64(0)
	}
}

func enterPrlimit(t *tracer, k *task) bool {
	t.limit(k, k.args[2], k.num[:2])
	t.emit(144, k, k.fd(0), limitResource(k.u32(1)))
	return true
}

func exitPrlimit(t *tracer, k *task, res int64) {
	k.num[2], k.num[3] = ^uint64(0), ^uint64(0)
	if res == 0 {
		t.limit(k, k.args[3], k.num[2:4])
	}
	t.emit(145, k, res, k.num[0], k.num[1], k.num[2], k.num[3], k.fd(0), limitResource(k.u32(1)))
}

// enterIDs is the enter of setuid and its kin: n ids.
func enterIDs(typ event.Type, n int) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		t.emit(typ, k, k.ids(n)...)
		return true
	}
}

func exitIDs(typ event.Type, n int) func(*tracer, *task, int64) {
	return func(t *tracer, k *task, res int64) { t.emit(typ, k, append([]any{res}, k.ids(n)...)...) }
}

func (k *task) ids(n int) []any {
	var v []any
	for i := range n {
		v = append(v, k.u32(i))
	}
	return v
}

// ended tells of the end of a thread, by the kernel's status word.
func (t *tracer) ended(k *task, word uint32) {
	if k.ended {
		return
	}
	k.ended = true
	core := 0
	if word&0x80 != 0 {
		core = 1
	}
	t.emit(186, k, int64(word&0xFFFF), int64(word>>8&0xFF), word&0x7F, core, 0)
}

// signalled tells of a signal that arrives. Signals that do nothing by default and come all
// the time are left out: children that ended, windows that changed, Go's own preemption.
func (t *tracer) signalled(k *task, sig unix.Signal) {
	switch sig {
	case unix.SIGCHLD, unix.SIGURG, unix.SIGWINCH:
		return
	}
	from := int64(0)
	if i, err := getSigInfo(k.tid); err == nil && i.Code <= 0 {
		// Sent by a process: SI_USER, SI_QUEUE, SI_TKILL. Others come of the kernel.
		from = int64(i.Pid)
	}
	t.emit(232, k, from, k.tid, uint8(sig))
}

// names leaves of an environment what stands before each equals sign.
func names(env []byte) []byte {
	var out []byte
	for _, v := range strings.Split(string(env), "\x00") {
		name, _, ok := strings.Cut(v, "=")
		if !ok || name == "" || len(out)+len(name)+2 > maxArgs {
			continue
		}
		out = append(append(out, name...), "=\x00"...)
	}
	return out
}

// forkExit is the event of the end of a call that makes a thread or process.
func forkExit(nr int) event.Type {
	if nr == unix.SYS_CLONE3 {
		return 335
	}
	return oldForkExit(nr)
}

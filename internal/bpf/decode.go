//go:build linux && (amd64 || arm64)

package bpf

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop/event"
	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// decoder makes events of records and gives them to the handler.
type decoder struct {
	h flight.Handler
	// calls is h where it takes whole calls, else nil; kept is the one that it is offered.
	calls flight.CallHandler
	kept  flight.Call

	enc encoder
	ev  event.Event
	// events counts what was given to the handler.
	events uint64
}

// give hands the event that was encoded to the handler.
func (d *decoder) give(s *slot, typ event.Type, ts uint64, tid int64, cpu uint16) {
	d.enc.event(&d.ev, typ, ts, tid, cpu)
	d.h.Event(s.id, &d.ev)
	d.events++
}

// call gives the enter and the exit of a call that has returned. Both have the time of its
// return, because nothing is done at its beginning.
func (d *decoder) call(s *slot, r record) bool {
	c := shapeOf(r)
	if c.kind == shapeNone {
		return false
	}
	ts, tid, cpu := s.clock.unix(r.boot()), r.tid(), r.cpu()
	p := s.find(tid)
	if p == nil {
		p = d.introduce(s, r, ts)
	}
	d.enc.run(c.in, r)
	d.give(s, c.enter, ts, tid, cpu)
	switch c.enter {
	case 222, 224, 226, 334:
		d.enc.reset()
		d.forked(s, p, r.ret(), cloneArgs(c.enter, r.arg(0)), nil)
	case 292, 330:
		d.enc.reset()
		d.exec(s, p, r.ret(), nil, nil, nil)
	default:
		d.enc.run(c.out, r)
	}
	d.give(s, c.enter+1, ts, tid, cpu)
	return true
}

// cloneArgs are the flags of a call that makes tasks, in the capture's bits.
func cloneArgs(enter event.Type, arg uint64) uint32 {
	switch enter {
	case 224:
		return 0
	case 226:
		return kernelbits.Clone.Of(0x4100) // CLONE_VFORK and CLONE_VM
	case 334:
		return 0 // they are in memory; the event of the child has them
	}
	return kernelbits.Clone.Of(arg)
}

// introduce makes a thread known that no record has told of: one that was there before,
// or whose record was lost.
func (d *decoder) introduce(s *slot, r record, ts uint64) *proc {
	p := &proc{tid: r.tid(), pid: r.tgid(), vtid: r.tid(), vpid: r.tgid()}
	if lead := s.procs[p.pid]; lead != nil {
		tid := p.tid
		*p = *lead
		p.tid, p.vtid = tid, tid
	}
	s.add(p)
	if p.comm == "" {
		return p // nothing is known that an event could say
	}
	d.child(s, p, 222, kernelbits.Clone.Of(0x10f00), nil, ts, r.cpu()) // VM, FS, FILES, SIGHAND, THREAD
	return p
}

// child gives the event by which a task learns that it was made, which is how readers
// learn of it.
func (d *decoder) child(s *slot, p *proc, enter event.Type, flags uint32, i taskInfo, ts uint64, cpu uint16) {
	d.enc.reset()
	d.forked(s, p, 0, flags, i)
	d.give(s, enter+1, ts, p.tid, cpu)
}

// forked adds the parameters of the exit of clone and its kin.
func (d *decoder) forked(s *slot, p *proc, result int64, flags uint32, i taskInfo) {
	e := &d.enc
	e.i64(result)
	e.str(p.exe)
	e.bytes([]byte(p.args))
	e.i64(p.tid)
	e.i64(p.pid)
	e.i64(p.ptid)
	e.str("")
	e.u64(p.fdLimit)
	d.memory(i)
	e.str(p.comm)
	e.bytes(s.cgroups)
	if p.level > 0 && p.vtid != p.tid {
		flags |= event.ChildInPidNS
	}
	e.u32(flags)
	e.u32(p.uid)
	e.u32(p.gid)
	e.i64(p.vtid)
	e.i64(p.vpid)
	e.u64(0)
}

// memory adds faults and sizes, nothing where they are not known.
func (d *decoder) memory(i taskInfo) {
	e := &d.enc
	if i == nil {
		for range 5 {
			e.missing()
		}
		return
	}
	e.u64(i.major())
	e.u64(i.minor())
	e.u32(i.mem(0))
	e.u32(i.mem(1))
	e.u32(i.mem(2))
}

// exec adds the parameters of the exit of execve.
func (d *decoder) exec(s *slot, p *proc, result int64, i taskInfo, env, args []byte) {
	e := &d.enc
	e.i64(result)
	e.str(p.exe)
	if args == nil {
		args = []byte(p.args)
	}
	e.bytes(args)
	e.i64(p.tid)
	e.i64(p.pid)
	e.i64(p.ptid)
	e.str(p.cwd)
	e.u64(p.fdLimit)
	d.memory(i)
	e.str(p.comm)
	e.bytes(s.cgroups)
	e.bytes(env)
	e.u32(p.tty)
	e.i64(p.vpgid)
	e.u32(p.loginUID)
	if i == nil {
		e.u32(0)
	} else {
		e.u32(i.execFlags())
	}
	for _, c := range p.caps {
		e.u64(c)
	}
	if i == nil {
		e.u64(0)
		e.u64(0)
		e.u64(0)
	} else {
		e.u64(i.ino())
		e.u64(i.ctime())
		e.u64(i.mtime())
	}
	e.u32(p.uid)
	e.str(p.exePath)
	e.i64(p.pgid)
	e.u32(p.gid)
}

// record decodes one record of a container; false where it is none that is known.
func (d *decoder) record(s *slot, r record) bool {
	if s.procs == nil {
		s.procs = map[int64]*proc{}
	}
	switch r.kind() {
	case recCall:
		return d.calls != nil && d.keep(s, r) || d.call(s, r)
	case recFork, recJoin:
		d.fork(s, r)
	case recExec:
		d.execed(s, r)
	case recExit:
		d.exit(s, r)
	case recSent:
		s.remember(r.tgid(), int32(r.u32(32)), int64(r.u32(44)), cut(r[80:96]))
	case recDelivered:
		d.delivered(s, r)
	case recOOM:
		d.oom(s, r)
	case recRmdir:
		s.gone = true
	case recEmpty:
		// What there was before is known; the source looks for an end that was not told.
	default:
		return false
	}
	return true
}

// fork: a task was made, or came from outside.
func (d *decoder) fork(s *slot, r record) {
	info := taskInfo(r[headBytes : headBytes+infoBytes])
	p := newProc(info)
	parent := s.find(int64(r.u32(212)))
	if parent != nil {
		p.exe, p.args, p.exePath = parent.exe, parent.args, parent.exePath
	} else {
		p.exe = p.comm
		p.exePath = path(r.piece(736, r.u16(218), walkBytes))
	}
	p.cwd = path(r.piece(224, r.u16(216), walkBytes))
	first := len(s.procs) == 0 && parent == nil
	s.add(p)
	if first && s.opened && s.whole {
		return // it stands in the opening
	}
	enter, flags := event.Type(222), kernelbits.Clone.Of(r.u64(200))
	if r.kind() == recFork {
		switch shapeNumber(r.u32(208)).enter {
		case 224:
			enter, flags = 224, 0
		case 226:
			enter, flags = 226, kernelbits.Clone.Of(0x4100)
		case 334:
			enter = 334
		}
	}
	d.child(s, p, enter, flags, info, s.clock.unix(r.boot()), r.cpu())
}

func shapeNumber(n uint32) *call {
	if int64(n) < int64(len(byNumber)) && byNumber[n] != nil {
		return byNumber[n]
	}
	return &noCall
}

// execed: a program began.
func (d *decoder) execed(s *slot, r record) {
	info := taskInfo(r[headBytes : headBytes+infoBytes])
	ts := s.clock.unix(r.boot())
	p := s.find(r.tid())
	if p == nil {
		p = &proc{}
	}
	p.set(info)
	p.cwd = path(r.piece(216, r.u16(200), walkBytes))
	p.exePath = path(r.piece(728, r.u16(202), walkBytes))
	p.exe, p.args = splitArgs(r.piece(1496, r.u16(206), execArgs))
	if p.exe == "" {
		p.exe = p.comm
	}
	// All other threads of the process are gone.
	for tid, o := range s.procs {
		if o.pid == p.pid && tid != p.tid {
			s.remove(tid)
		}
	}
	s.add(p)
	// A runtime's own program goes before the first process of the container's namespace; a
	// namespace within that one is a matter of the program's.
	if s.main == nil || s.main.pid == p.pid || s.main.vpid != 1 && s.main.level < p.level && p.vpid == 1 {
		s.main = p
	}
	d.enc.reset()
	if name := cut(r.piece(1240, r.u16(204), pathMax)); len(name) > 0 {
		d.enc.text(name)
	} else {
		d.enc.missing()
	}
	d.give(s, 292, ts, p.tid, r.cpu())
	n := r.u16(208)
	d.enc.reset()
	d.exec(s, p, 0, info, envNames(r.piece(5592, n, execEnv), n < execEnv), nil)
	d.give(s, 293, ts, p.tid, r.cpu())
}

// exit: a thread ends.
func (d *decoder) exit(s *slot, r record) {
	ts, tid, pid, cpu := s.clock.unix(r.boot()), r.tid(), r.tgid(), r.cpu()
	code, group, live := r.u32(32), r.u32(36), r.u32(40)
	if s.find(tid) == nil {
		d.introduce(s, r, ts)
	}
	if r.flags()&flagInCall != 0 {
		d.unfinished(s, r, ts)
	}
	if live > 0 && tid == pid {
		// The first thread is over, and its process is not: the number goes to the thread that
		// runs a new program, or is free when the last thread ends.
		return
	}
	status := code
	if live == 0 {
		status = group
	}
	d.over(s, ts, tid, cpu, status)
	if live > 0 {
		return
	}
	if tid != pid && s.procs[pid] != nil {
		d.over(s, ts, pid, cpu, status)
	}
	s.forget(pid)
	switch {
	case s.main != nil && s.main.pid == pid:
		was := s.main
		if s.main = nil; ofRuntime(was.comm) {
			if s.main = s.inner(was.level); s.main != nil {
				return // it has made the container's first process, and leaves
			}
		}
	case s.main == nil && !s.died && !s.alive(pid):
		// A container whose program never began.
	default:
		return
	}
	d.die(s, s.death(r.boot(), pid, status))
}

// over gives the end of one thread.
func (d *decoder) over(s *slot, ts uint64, tid int64, cpu uint16, status uint32) {
	e := &d.enc
	e.reset()
	e.i64(int64(status))
	e.i64(int64(status >> 8 & 0xff))
	e.u8(uint8(status & 0x7f))
	e.u8(uint8(status >> 7 & 1))
	e.i64(0)
	d.give(s, 186, ts, tid, cpu)
	s.remove(tid)
}

// ofRuntime reports whether a program makes containers: runc (its first stage joins the
// group, sometimes before it runs itself anew), crun, youki.
func ofRuntime(comm string) bool {
	return comm == "exe" || strings.HasPrefix(comm, "runc") || comm == "crun" || comm == "youki"
}

func (d *decoder) die(s *slot, death flight.Death) {
	s.died = true
	d.h.Died(s.id, death)
}

// missed tells of an end that no record has told of. Records older than until, a time since
// boot, were delivered. What the map kept of the container is all that is known, which may be
// no more than that nobody is left.
func (d *decoder) missed(s *slot, g *prog.FlightGroup, until uint64) {
	ended := g.EndAt != 0 && g.EndAt < until
	empty := g.EmptyAt != 0 && g.EmptyAt <= until
	pid := int64(g.EndPid)
	mine := ended && (g.EndFirst != 0 && s.main == nil || s.main != nil && s.main.pid == pid)
	switch {
	case s.died:
		return
	case mine:
		death := s.death(g.EndAt, pid, uint32(g.EndCode))
		if s.find(pid) != nil {
			d.over(s, death.TsNanos, pid, 0, uint32(g.EndCode))
		}
		d.die(s, death)
	case empty && (ended || s.main != nil):
		death := flight.Death{TsNanos: s.clock.unix(g.EmptyAt), Unknown: true}
		if s.main != nil {
			death.Pid = s.main.pid
		}
		d.die(s, death)
	default:
		return
	}
	s.main = nil
	if empty {
		clear(s.procs)
		s.cached = nil
	}
}

// unfinished gives the enter of the call that the thread is in for ever.
func (d *decoder) unfinished(s *slot, r record, ts uint64) {
	nr := r.u32(44)
	d.enc.reset()
	if id, ok := exits[int(nr)]; ok {
		d.enc.u16(id)
		d.enc.u16(uint16(nr))
		d.give(s, 0, ts, r.tid(), r.cpu())
		return
	}
	c := shapeNumber(nr)
	if c.kind == shapeNone || c.enter == 292 || c.enter == 330 {
		return
	}
	// The arguments stand where a call has them; texts are not known any more.
	bare := make(record, callBytes)
	copy(bare, r[:headBytes])
	copy(bare[48:], r[48:96])
	bare[5] = 0
	bare[40], bare[41] = byte(nr), byte(nr>>8)
	d.enc.run(c.in, bare)
	d.give(s, c.enter, ts, r.tid(), r.cpu())
}

// exits are the calls that end a thread or process, with the format's own numbers for
// them: event/table_syscalls.go.
var exits = map[int]uint16{numbers["exit"]: 2, numbers["exit_group"]: 164}

// Signals that come from a fault of the program. Source: signal(7).
const (
	sigKill = 9
	sigBus  = 7
	sigSegv = 11
	sigSys  = 31
)

// delivered: a signal has reached its thread.
func (d *decoder) delivered(s *slot, r record) {
	sig, code := int32(r.u32(32)), int32(r.u32(36))
	if r.u64(72) == 1 {
		return // ignored
	}
	ts, tid, pid, cpu := s.clock.unix(r.boot()), r.tid(), r.tgid(), r.cpu()
	from, sent := s.sender(pid, sig)
	if sig == sigKill && !sent {
		return // the way exit_group ends other threads
	}
	if s.find(tid) == nil {
		d.introduce(s, r, ts)
	}
	switch {
	case (sig == sigSegv || sig == sigBus) && code > 0:
		d.enc.reset()
		d.enc.u64(r.u64(48))
		d.enc.u64(r.u64(64))
		d.enc.u32(faultFlags(code))
		d.give(s, 290, ts, tid, cpu)
	case sig == sigSys && code == 1:
		// SYS_SECCOMP: include/uapi/asm-generic/siginfo.h.
		d.note(s, ts, tid, cpu, "seccomp", fmt.Sprintf("seccomp refused system call %d", r.u64(56)))
	}
	if from.from != 0 && from.comm != "" && s.procs[from.from] == nil {
		d.note(s, ts, tid, cpu, "signal", fmt.Sprintf("signal %d was sent by process %d (%s)", sig, from.from, from.comm))
	}
	d.enc.reset()
	d.enc.i64(from.from)
	d.enc.i64(tid)
	d.enc.u8(uint8(sig))
	d.give(s, 232, ts, tid, cpu)
}

// faultFlags tells what was wrong with an address: no page there, or one that may not be
// used so. The bits are those of the event page_fault.
func faultFlags(code int32) uint32 {
	const user = 0x10
	switch code {
	case 1: // SEGV_MAPERR
		return user | 2
	case 2: // SEGV_ACCERR
		return user | 1
	}
	return user
}

// note gives a notification, the event for what has none of its own.
func (d *decoder) note(s *slot, ts uint64, tid int64, cpu uint16, id, text string) {
	d.enc.reset()
	d.enc.str(id)
	d.enc.str(text)
	d.give(s, 280, ts, tid, cpu)
}

// oom: the kernel has chosen a victim. The kill follows as a signal without a sender.
func (d *decoder) oom(s *slot, r record) {
	s.oomBoot, s.oomPid = r.boot(), r.tgid()
	comm := bytes.ToValidUTF8(cut(r[80:96]), []byte("?"))
	d.note(s, s.clock.unix(r.boot()), r.tid(), r.cpu(), "oom-kill",
		fmt.Sprintf("out of memory: the kernel kills process %d (%s), %d KiB resident", r.tgid(), comm, r.u32(100)))
}

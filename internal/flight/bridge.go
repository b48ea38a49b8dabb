package flight

import (
	"cmp"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// bridge leads a reader over a gap: it follows what a reader of the capture knows, and makes
// the hidden events that bring it to another state. A capture has its process list in
// front of all events only, so that there is no other way to say what happened in between.
//
// What it cannot bring about is counted: descriptors that no call makes (anonymous inodes),
// names of pipes, and the state of calls that old readers do not know.
type bridge struct {
	tr *state.Tracker
	b  scap.Builder
	// from is the time of the last event in front of the gap.
	from      uint64
	num       uint64
	out       []record
	unbridged int
}

// newBridge begins with what a reader knows after the process list of a state.
func newBridge(st *frozen) *bridge {
	st = st.listed()
	b := &bridge{tr: state.New()}
	file := frozen{machine: st.machine, interfaces: st.interfaces, threads: slices.Clone(st.threads)}
	for i := range file.threads {
		t := &file.threads[i]
		t.CloneNanos, t.ExecNanos, t.TTY, t.Unknown = 0, 0, 0, false
	}
	for i := range st.fds {
		file.fds = append(file.fds, frozenFD{st.fds[i].tid, st.fds[i].num, listed(&st.fds[i].fd)})
	}
	file.Replay(b.tr)
	return b
}

// listed is a descriptor as process lists have it; see scap.Writer.AddFD.
func listed(f *event.FD) event.FD {
	out := event.FD{Kind: f.Kind, Ino: f.Ino}
	switch f.Kind {
	case event.FDIPv4, event.FDIPv6, event.FDIPv4Listen, event.FDIPv6Listen:
		out.L4, out.ClientIP, out.ServerIP, out.ClientPort, out.ServerPort = f.L4, f.ClientIP, f.ServerIP, f.ClientPort, f.ServerPort
	case event.FDUnix:
		out.Source, out.Peer, out.Name = f.Source, f.Peer, f.Name
		if f.Named {
			_, out.Name, _ = strings.Cut(f.Name, " ")
		}
	case event.FDFile:
		out.Name, out.OpenFlags, out.Dev = f.Name, f.OpenFlags, f.Dev
	default:
		out.Name = f.Name
		if f.Kind > event.FDFile || f.Kind == event.FDUnknown {
			out.Kind = event.FDUnsupported
		}
	}
	return out
}

// see follows an event that is written.
func (b *bridge) see(r *record) {
	var ev event.Event
	r.fill(&ev)
	b.tr.Apply(&ev)
	b.from = max(b.from, r.ts)
}

// step is one event or two that must happen at a time.
type step struct {
	ts uint64
	do func()
}

// to makes the events that lead to a state, whose time is at.
func (b *bridge) to(want *frozen, at uint64) []record {
	b.out = nil
	at = max(at, b.from)
	clamp := func(ts uint64) uint64 { return min(max(ts, b.from), at) }
	wanted := map[int64]*event.Thread{}
	for i := range want.threads {
		wanted[want.threads[i].Tid] = &want.threads[i]
	}
	b.end(wanted)

	// Births and execs come in their order, because a child takes over what its parent has.
	var steps []step
	order := slices.Clone(want.threads)
	slices.SortFunc(order, func(x, y event.Thread) int {
		return cmp.Or(cmp.Compare(clamp(x.CloneNanos), clamp(y.CloneNanos)), cmp.Compare(notMain(&x), notMain(&y)), cmp.Compare(x.Tid, y.Tid))
	})
	for i := range order {
		t := &order[i]
		if b.tr.Thread(t.Tid) == nil {
			steps = append(steps, step{clamp(t.CloneNanos), func() { b.clone(t, clamp(t.CloneNanos)) }})
		}
		steps = append(steps, step{clamp(max(t.ExecNanos, t.CloneNanos)), func() { b.exec(t, clamp(max(t.ExecNanos, t.CloneNanos))) }})
	}
	var ghosts []event.Thread
	for _, g := range want.ghosts {
		if wanted[g.Tid] == nil && b.tr.Thread(g.Tid) == nil {
			ghosts = append(ghosts, g)
		}
	}
	slices.SortFunc(ghosts, func(x, y event.Thread) int { return cmp.Compare(x.Tid, y.Tid) })
	for i := range ghosts {
		g := &ghosts[i]
		steps = append(steps, step{clamp(g.CloneNanos), func() { b.clone(g, clamp(g.CloneNanos)) }})
		steps = append(steps, step{clamp(max(g.ExecNanos, g.CloneNanos)), func() { b.exec(g, clamp(max(g.ExecNanos, g.CloneNanos))) }})
	}
	slices.SortStableFunc(steps, func(x, y step) int { return cmp.Compare(x.ts, y.ts) })
	for _, s := range steps {
		s.do()
	}
	for i := range ghosts {
		b.settle(&ghosts[i], at)
		b.leave(ghosts[i].Tid, at)
	}
	for i := range order {
		b.settle(&order[i], at)
	}
	b.descriptors(want, at)
	b.unbridged += b.check(want)
	return b.out
}

func notMain(t *event.Thread) int {
	if t.IsMain() {
		return 0
	}
	return 1
}

// end lets threads go that are not there any more, or whose number is another thread's now.
func (b *bridge) end(wanted map[int64]*event.Thread) {
	var gone []*event.Thread
	for t := range b.tr.Threads() {
		if w := wanted[t.Tid]; w == nil || w.CloneNanos > b.from || w.Pid != t.Pid {
			gone = append(gone, t)
		}
	}
	slices.SortFunc(gone, func(x, y *event.Thread) int {
		return cmp.Or(cmp.Compare(notMain(y), notMain(x)), cmp.Compare(x.Tid, y.Tid))
	})
	for _, t := range gone {
		b.leave(t.Tid, b.from)
	}
}

// leave ends a thread. What an event ends is shown by it, and goes with the next one.
func (b *bridge) leave(tid int64, ts uint64) {
	b.emit(codeProcexit, ts, tid, nil, 0, 0, 0, 0, int64(-1))
	b.tr.Apply(&event.Event{Type: codeDrop, Kind: event.KindOf(codeDrop), Tid: -1, FDNum: -1, Flags: hidden, TsNanos: ts})
}

// clone makes a thread.
func (b *bridge) clone(t *event.Thread, ts uint64) {
	flags := t.Flags & (event.CloneFiles | event.CloneFS | event.CloneThread | event.ChildInPidNS)
	if !t.IsMain() {
		flags |= event.CloneThread | event.CloneFiles | event.CloneFS
	} else {
		flags &^= event.CloneThread
	}
	// The child has no enter: to sysdig 0.29.3 one would be the first it hears of the thread.
	b.emit(223, ts, t.Tid, nil, int64(0), t.Exe, []byte(t.Args), t.Tid, t.Pid, t.Ptid, "", t.FDLimit,
		t.PFMajor, t.PFMinor, t.VMSizeKiB, t.VMRSSKiB, t.VMSwapKiB, t.Comm, []byte(t.Cgroups), flags, t.UID, t.GID,
		t.Vtid, t.Vpid, t.PidnsInitStartNanos)
}

// exec gives the thread its program, where it has another one.
func (b *bridge) exec(t *event.Thread, ts uint64) {
	has := b.tr.Thread(t.Tid)
	if has == nil || t.Unknown || has.Nchilds > 0 && t.IsMain() {
		return // an exec would end the other threads
	}
	same := has.Exe == t.Exe && has.Args == t.Args && has.ExePath == t.ExePath && has.TTY == t.TTY && has.Cgroups == t.Cgroups &&
		(has.Environ() == t.Env || !t.IsMain()) && (t.ExecNanos <= b.from || has.ExecNanos == t.ExecNanos || !t.IsMain())
	if same {
		return
	}
	flags := uint32(0)
	for i, on := range []bool{t.ExeWritable, t.ExeUpperLayer, t.ExeFromMemfd, t.ExeLowerLayer} {
		if on {
			flags |= 1 << i
		}
	}
	b.emit(codeExecve, ts, t.Tid, []any{t.ExePath}, int64(0), t.Exe, []byte(t.Args), t.Tid, t.Pid, t.Ptid, "", t.FDLimit,
		t.PFMajor, t.PFMinor, t.VMSizeKiB, t.VMRSSKiB, t.VMSwapKiB, t.Comm, []byte(t.Cgroups), []byte(t.Env), t.TTY,
		t.VPgid, t.LoginUID, flags, t.CapInheritable, t.CapPermitted, t.CapEffective, t.ExeIno, t.ExeCtimeNanos, t.ExeMtimeNanos,
		t.UID, t.ExePath, t.Pgid, t.GID)
}

// settle makes the rest of a thread what it is.
func (b *bridge) settle(t *event.Thread, ts uint64) {
	has := b.tr.Thread(t.Tid)
	if has == nil || t.Unknown {
		return
	}
	if has.Comm != t.Comm {
		b.emit(401, ts, t.Tid, []any{}, int64(0), 15, t.Comm, scap.Missing{})
	}
	if has.Dir() != t.Cwd && t.Cwd != "" {
		b.emit(95, ts, t.Tid, []any{}, int64(0), t.Cwd)
	}
	if has.Root != t.Root && t.Root != "" {
		b.emit(267, ts, t.Tid, []any{}, int64(0), t.Root)
	}
	if has.UID != t.UID {
		b.emit(193, ts, t.Tid, []any{t.UID, t.UID, t.UID}, int64(0), t.UID, t.UID, t.UID)
	}
	if has.GID != t.GID {
		b.emit(195, ts, t.Tid, []any{t.GID, t.GID, t.GID}, int64(0), t.GID, t.GID, t.GID)
	}
	if has.Sid != t.Sid && t.Sid >= 0 {
		b.emit(275, ts, t.Tid, []any{}, t.Sid)
	}
	if has.VPgid != t.VPgid && t.VPgid >= 0 && has.Vtid == has.Tid {
		b.emit(295, ts, t.Tid, []any{int64(0), t.VPgid}, int64(0), int64(0), t.VPgid)
	}
	if has.CapInheritable != t.CapInheritable || has.CapPermitted != t.CapPermitted || has.CapEffective != t.CapEffective {
		b.emit(353, ts, t.Tid, []any{}, int64(0), t.CapInheritable, t.CapPermitted, t.CapEffective)
	}
	if t.IsMain() && has.FDLimit != t.FDLimit && t.FDLimit > 0 {
		const noFile = 7
		b.emit(143, ts, t.Tid, []any{noFile}, int64(0), t.FDLimit, t.FDLimit, noFile)
	}
	if has.VMSizeKiB != t.VMSizeKiB || has.VMRSSKiB != t.VMRSSKiB || has.VMSwapKiB != t.VMSwapKiB {
		b.emit(159, ts, t.Tid, []any{uint64(0)}, uint64(0), t.VMSizeKiB, t.VMRSSKiB, t.VMSwapKiB, uint64(0))
	}
}

// emit makes a hidden event, behind its enter where enter is not nil.
func (b *bridge) emit(typ event.Type, ts uint64, tid int64, enter []any, values ...any) {
	if enter != nil {
		b.one(typ-1, ts, tid, enter)
	}
	b.one(typ, ts, tid, values)
}

func (b *bridge) one(typ event.Type, ts uint64, tid int64, values []any) {
	var ev event.Event
	if err := b.b.Build(&ev, typ, ts, tid, 0, values...); err != nil {
		b.unbridged++ // a text too long, which no reader takes
		return
	}
	ev.Flags |= hidden
	b.num++
	r := record{ts: ts, num: b.num, tid: tid, flags: ev.Flags, typ: typ, large: ev.Large, nparams: ev.NParams,
		lens: slices.Clone(ev.Lens), data: slices.Clone(ev.Data)}
	b.out = append(b.out, r)
	b.tr.Apply(&ev)
}

// codeDrop is an event that says nothing about any thread.
const codeDrop event.Type = 148

// check counts what is not as it should be.
func (b *bridge) check(want *frozen) int {
	n := 0
	for i := range want.threads {
		t := &want.threads[i]
		has := b.tr.Thread(t.Tid)
		if has == nil || has.Comm != t.Comm || has.Exe != t.Exe || has.ExePath != t.ExePath || has.Args != t.Args ||
			has.Dir() != t.Cwd || has.Pid != t.Pid || has.UID != t.UID || has.Cgroups != t.Cgroups {
			n++
		}
	}
	for i := range want.fds {
		f := &want.fds[i]
		has := b.tr.Thread(f.tid)
		if has == nil || !sameFD(has.FDs.Get(f.num), &f.fd) {
			n++
		}
	}
	return n
}

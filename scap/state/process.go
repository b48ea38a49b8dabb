package state

import (
	"github.com/unloop-dev/unloop/event"
)

// staleClone is after how long a child's clone event is taken for one of another
// thread, whose number came round again. As sysdig has it.
const staleClone = 2_000_000_000

// forkInfo is what the exit of clone, fork and vfork says, in all layouts.
type forkInfo struct {
	exe, args, comm, cgroups []byte
	tid, pid, ptid, fdlimit  int64
	pfMajor, pfMinor         uint64
	size, rss, swap          uint32
	flags, uid, gid          uint32
	vtid, vpid               int64
	pidns                    uint64
	hasComm, hasV            bool
}

func readFork(ev *event.Event) forkInfo {
	var f forkInfo
	p := all(ev)
	p.skip(1)
	f.exe, f.args = p.text(), p.next()
	f.tid, f.pid, f.ptid = p.i64(), p.i64(), p.i64()
	p.skip(1) // cwd, which recorders leave empty
	f.fdlimit = p.i64()
	if ev.Type != 15 {
		f.pfMajor, f.pfMinor = p.u64(), p.u64()
		f.size, f.rss, f.swap = p.u32(), p.u32(), p.u32()
	}
	f.comm = f.exe
	switch ev.Type {
	case 15, 157, 183, 185:
	default:
		f.hasComm = true
		f.comm = p.text()
	}
	switch ev.Type {
	case 223, 225, 227, 335:
		f.hasV = true
		f.cgroups = p.next()
	}
	f.flags, f.uid, f.gid = p.u32(), p.u32(), p.u32()
	f.vtid, f.vpid = f.tid, -1
	if f.hasV {
		f.vtid, f.vpid = p.i64(), p.i64()
		f.pidns = p.u64()
	}
	return f
}

// fork is the exit of clone and its kin, in the parent or in the child.
func fork(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 {
		return
	}
	f := readFork(ev)
	if res == 0 {
		t.forkInChild(th, ev, &f)
	} else {
		t.forkInParent(th, ev, &f, res)
	}
}

// forkInParent creates the child, unless the number in the result may be one of another
// pid namespace; then the child's own event does.
func (t *Tracker) forkInParent(th *thread, ev *event.Event, f *forkInfo, child int64) {
	if th == nil || th.Unknown {
		// All that the event says about the child is true of the parent as well.
		if th == nil {
			if th = t.unknown(ev.Tid); th == nil {
				return
			}
			t.touch(th, ev)
		}
		th.Exe, th.Comm, th.Args = t.names.get(f.exe), t.names.get(f.comm), t.names.get(f.args)
		th.Ptid, th.Vtid, th.Vpid = f.ptid, f.vtid, f.vpid
		if f.pid != th.Pid {
			th.Pid = f.pid
			if main := t.threads.get(f.pid); main != nil && main != th {
				t.join(th, main)
			}
		}
		th.Unknown = false
	}
	t.callerOf(th, f)
	if f.flags&(event.ChildInPidNS|event.CloneNewPID|event.CloneParent) != 0 || th.Vtid != th.Tid {
		return
	}
	if old := t.threads.get(child); old != nil {
		if old.Flags&event.CloneInverted != 0 && old.CloneNanos != 0 && ev.TsNanos-old.CloneNanos < staleClone {
			return // its own event came first and has created it
		}
		t.replace(old)
	}
	c := t.newThread(f, ev.TsNanos)
	c.Tid = child
	if f.flags&event.CloneThread != 0 {
		c.Pid, c.Ptid = th.Pid, th.Ptid
	} else {
		c.Pid, c.Ptid = child, th.Tid
	}
	c.Vtid, c.Vpid = c.Tid, c.Pid
	t.inherit(c, th)
	t.born(c, th)
}

// callerOf takes what the return of clone says about its caller and may not be known yet: a
// name that it was given by a call without parameters in the file, and its numbers in
// its namespace.
func (t *Tracker) callerOf(th *thread, f *forkInfo) {
	if f.hasComm && len(f.comm) > 0 {
		th.Comm = t.names.get(f.comm)
	}
	if th.Vtid < 0 && f.hasV && f.vtid > 0 {
		th.Vtid, th.Vpid = f.vtid, f.vpid
	}
}

// forkInChild creates the child from its own event, unless the parent's did.
func (t *Tracker) forkInChild(th *thread, ev *event.Event, f *forkInfo) {
	if th != nil && th.CloneNanos != 0 {
		if ev.TsNanos-th.CloneNanos < staleClone {
			return
		}
	}
	if th != nil {
		t.replace(th)
	}
	c := t.newThread(f, ev.TsNanos)
	c.Flags |= event.CloneInverted
	c.Tid, c.Pid, c.Ptid = ev.Tid, f.pid, f.ptid
	c.Vtid, c.Vpid = f.vtid, f.vpid
	from := f.ptid
	if f.flags&event.CloneThread != 0 {
		from = f.pid
	}
	model := t.threads.get(from)
	if model != nil {
		t.inherit(c, model)
	}
	if !t.born(c, model) {
		ev.Thread = nil
		return
	}
	ev.Thread = &c.Thread
	c.last = ev.TsNanos
	t.latest = c
}

// replace removes a thread whose end was missed.
func (t *Tracker) replace(old *thread) {
	if t.gone == old {
		t.gone = nil
	}
	t.forget(old)
	old.part()
	t.orphan(old)
}

// orphan lets the threads of a main thread that is replaced stand alone.
func (t *Tracker) orphan(main *thread) {
	for o := main.next; o != nil; {
		next := o.next
		o.leader, o.Leader, o.next, o.prev = nil, nil, nil, nil
		o.FDs = &o.own
		o = next
	}
	main.next, main.live, main.Nchilds = nil, 0, 0
}

func (t *Tracker) newThread(f *forkInfo, ts uint64) *thread {
	c := &thread{}
	c.Flags = f.flags
	if f.flags&event.CloneThread != 0 {
		// Threads are taken to share descriptors and directory whatever the flags say, as
		// what is read from /proc cannot tell either.
		c.Flags |= event.CloneFiles
	}
	c.Exe, c.Args, c.Comm = t.names.get(f.exe), t.names.get(f.args), t.names.get(f.comm)
	c.FDLimit = f.fdlimit
	c.PFMajor, c.PFMinor = f.pfMajor, f.pfMinor
	c.VMSizeKiB, c.VMRSSKiB, c.VMSwapKiB = f.size, f.rss, f.swap
	c.UID, c.GID = f.uid, f.gid
	c.Sid, c.VPgid, c.Pgid, c.LoginUID = -1, -1, -1, ^uint32(0)
	c.PidnsInitStartNanos = f.pidns
	c.CloneNanos = ts
	if f.hasV {
		c.Cgroups = t.names.get(f.cgroups)
		c.Container = t.containerOf(c.Cgroups)
	}
	return c
}

// inherit copies what the event does not say.
func (t *Tracker) inherit(c, from *thread) {
	c.ExePath, c.Root = from.ExePath, from.Root
	c.ExeWritable, c.ExeUpperLayer, c.ExeLowerLayer, c.ExeFromMemfd = from.ExeWritable, from.ExeUpperLayer, from.ExeLowerLayer, from.ExeFromMemfd
	c.Sid, c.VPgid, c.Pgid, c.TTY, c.LoginUID = from.Sid, from.VPgid, from.Pgid, from.TTY, from.LoginUID
	c.CapInheritable, c.CapPermitted, c.CapEffective = from.CapInheritable, from.CapPermitted, from.CapEffective
	c.ExeIno, c.ExeCtimeNanos, c.ExeMtimeNanos = from.ExeIno, from.ExeCtimeNanos, from.ExeMtimeNanos
	c.Cwd = from.Dir()
	if c.Flags&event.CloneThread == 0 {
		c.Env = from.Environ()
	} else {
		c.ExecNanos = from.ExecNanos
	}
	if c.Cgroups == "" {
		c.Cgroups, c.Container = from.Cgroups, from.Container
	}
}

// born puts the child into the table, with a copy of its parent's descriptors if it is
// a process of its own.
func (t *Tracker) born(c, parent *thread) bool {
	if t.threads.n >= maxThreads {
		t.stats.Refused++
		return false
	}
	t.insert(c)
	if parent == nil || c.Flags&event.CloneThread != 0 {
		return true
	}
	n := parent.FDs.Len()
	if n == 0 || t.fds+n > maxFDs || !t.afford(n) {
		return true
	}
	slab := make([]event.FD, 0, n)
	parent.FDs.Each(func(fd int64, f *event.FD) bool {
		slab = append(slab, *f)
		c.own.Set(fd, &slab[len(slab)-1])
		return true
	})
	t.fds += n
	return true
}

// execve is the exit of execve and execveat in all layouts.
func execve(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	exe, args := p.text(), p.next()
	p.skip(1) // tid
	pid, ptid := p.i64(), p.i64()
	p.skip(1) // cwd, which recorders leave empty
	th.Exe, th.Args = t.names.get(exe), t.names.get(args)
	th.Comm = th.Exe
	th.ExecNanos = ev.TsNanos
	th.FDLimit = p.i64()
	if th.Unknown {
		th.Ptid = ptid
		if parent := t.threads.get(ptid); parent != nil && parent != th {
			th.Parent = &parent.Thread
		}
	}
	if pid != 0 && pid != th.Pid && th.Unknown {
		th.Pid = pid
		if main := t.threads.get(pid); main != nil && main != th {
			t.join(th, main)
		}
	}
	typ := ev.Type
	if typ != 13 {
		th.PFMajor, th.PFMinor = p.u64(), p.u64()
		th.VMSizeKiB, th.VMRSSKiB, th.VMSwapKiB = p.u32(), p.u32(), p.u32()
	}
	if typ >= 215 {
		th.Comm = t.names.get(p.text())
	}
	if typ >= 231 {
		th.Cgroups = t.names.get(p.next())
		th.Container = t.containerOf(th.Cgroups)
	}
	if typ >= 173 {
		th.Env = t.names.get(p.next())
	}
	if typ >= 283 {
		th.TTY = p.u32()
	}
	switch {
	case typ == 293 || typ == 331:
		t.execNew(th, ev, &p)
	case typ == 289:
		t.exePath(th, ev)
	}
	if th.Unknown {
		th.innerNumbers()
	}
	th.Unknown = false // the event has introduced it
	// A new program begins with flags of its own, but for those of a shell's pipe.
	th.Flags = th.Flags&(event.ThreadPipeSrc|event.ThreadPipeDst|event.CloneInverted) | event.ThreadHasActed | event.ThreadRenamed
	t.execThreads(th)
}

// execNew reads what layouts have since 2018, as far as they go.
func (t *Tracker) execNew(th *thread, ev *event.Event, p *params) {
	if p.more() {
		th.VPgid = p.i64()
	}
	if p.more() {
		th.LoginUID = p.u32()
	}
	if p.more() {
		flags := p.u32()
		th.ExeWritable, th.ExeUpperLayer = flags&1 != 0, flags&2 != 0
		th.ExeFromMemfd, th.ExeLowerLayer = flags&4 != 0, flags&8 != 0
	}
	if p.more() {
		th.CapInheritable, th.CapPermitted, th.CapEffective = p.u64(), p.u64(), p.u64()
	}
	if p.more() {
		th.ExeIno, th.ExeCtimeNanos, th.ExeMtimeNanos = p.u64(), p.u64(), p.u64()
	}
	if p.more() {
		th.UID = p.u32()
	}
	trusted := []byte(nil)
	if p.more() {
		trusted = p.text()
	}
	if p.more() {
		th.Pgid = p.i64()
	}
	if p.more() {
		th.GID = p.u32()
	}
	if len(trusted) > 0 {
		th.ExePath = t.names.get(trusted)
		return
	}
	t.exePath(th, ev)
}

// innerNumbers sets what an execve tells about the numbers of a thread inside its
// namespace, where the file has introduced the thread by nothing else. Outside of
// containers they are those of the host. The first process of a group gives the group
// its number, so that the number of the group is known to be its own.
func (th *thread) innerNumbers() {
	switch {
	case th.Container == nil:
		th.Vtid, th.Vpid = th.Tid, th.Pid
	case th.Pgid == th.Pid && th.VPgid > 0:
		th.Vtid, th.Vpid = th.VPgid, th.VPgid
	default:
		th.Vtid, th.Vpid = -1, -1
	}
}

// exePath makes the path of the program from the name that the enter gives.
func (t *Tracker) exePath(th *thread, ev *event.Event) {
	e := ev.Enter
	if e == nil {
		return
	}
	q := ofEnter(e)
	dirfd := int64(cwdFD)
	if e.Kind.Type == 330 {
		dirfd = q.i64()
	}
	name := q.text()
	const emptyPath = 1
	if e.Kind.Type == 330 && q.u32()&emptyPath != 0 {
		if d := th.FDs.Get(dirfd); d != nil {
			th.ExePath = d.Name
			return
		}
	}
	if len(name) == 0 || string(name) == "<NA>" {
		th.ExePath = "<NA>"
		return
	}
	th.ExePath, _ = t.resolve(th, dirfd, name)
}

// execThreads ends the other threads of a process that runs a new program.
func (t *Tracker) execThreads(th *thread) {
	if th.leader != th || th.live == 0 {
		return
	}
	for o := th.next; o != nil; o = o.next {
		t.forget(o)
	}
	t.orphan(th)
}

// procexit ends a thread; the event still shows it.
func procexit(t *Tracker, th *thread, ev *event.Event) {
	if th == nil {
		return
	}
	th.ExitedNanos = ev.TsNanos
	t.gone = th
}

// switchTo takes the memory figures of the thread that leaves the processor.
func switchTo(t *Tracker, th *thread, ev *event.Event) {
	if th == nil || ev.NParams < 6 {
		return
	}
	p := all(ev)
	p.skip(1)
	th.PFMajor, th.PFMinor = p.u64(), p.u64()
	if main := th.leader; main != nil {
		main.VMSizeKiB, main.VMRSSKiB, main.VMSwapKiB = p.u32(), p.u32(), p.u32()
	}
}

// memory is the exit of brk, mmap and munmap.
func memory(_ *Tracker, th *thread, ev *event.Event) {
	if ev.NParams < 4 {
		return
	}
	p := all(ev)
	p.skip(1)
	th.VMSizeKiB, th.VMRSSKiB, th.VMSwapKiB = p.u32(), p.u32(), p.u32()
}

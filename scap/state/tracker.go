// Package state rebuilds what a machine looked like at each event of a capture:
// threads, descriptors, users, containers. It gives names to descriptors exactly as
// sysdig 0.29.3 does, save where that is wrong: an exit is joined to its enter only
// when their kinds match.
//
// It reads no file; scap does, and neither needs the other.
package state

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// Tracker holds the state at the latest event. It is a scap.Sink (give it to the
// reader as ReadOptions.Meta) and a scap.State. It is not for concurrent use.
//
//	tr := state.New()
//	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
//	for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
//		tr.Apply(&ev)
//	}
type Tracker struct {
	stats   Stats
	threads threads
	// latest is the thread of the event before, which is the same one more often than not.
	latest *thread
	prevTs uint64
	names  names  // any string
	paths  names  // absolute names and what they resolve to
	path   []byte // scratch for paths
	text   []byte // scratch for other names

	users      map[uint32]*event.User
	groups     map[uint32]*event.Group
	interfaces []event.Interface
	machine    event.Machine
	containers map[string]*event.Container
	// documents counts bytes of kept documents.
	documents int
	// ofCgroups is the container of cgroups, the latest that were looked at.
	cgroups   string
	ofCgroups *event.Container
	// about is the thread that container events show.
	about event.Thread
	// ports are TCP and UDP ports that were listened on when the capture began.
	ports map[uint16]bool
	// unlinked are threads of the process list that do not know their main threads yet,
	// and those with new descriptors.
	unlinked []*thread
	// applied counts events, spent what was copied and searched for some of them: a file
	// may make a process of a million descriptors fork a million times.
	applied, spent uint64

	// kept is the enter that the latest exit shows.
	kept event.Enter

	// What the event before has ended is still shown by it, and goes with the next one.
	closed *event.FD // free for reuse
	gone   *thread   // to be removed
	spare  []*event.FD
	fds    int
}

// New returns an empty tracker.
func New() *Tracker {
	t := &Tracker{}
	t.reset()
	return t
}

func (t *Tracker) reset() {
	stats := t.stats
	names, paths := t.names, t.paths
	*t = Tracker{
		stats:      stats,
		names:      names,
		paths:      paths,
		users:      map[uint32]*event.User{},
		groups:     map[uint32]*event.Group{},
		containers: map[string]*event.Container{},
		ports:      map[uint16]bool{},
	}
}

// Apply changes the state as ev says and fills in what the state adds to ev.
// Pointers in ev are good until the next call.
func (t *Tracker) Apply(ev *event.Event) {
	t.applied++
	if t.closed != nil || t.gone != nil || t.unlinked != nil {
		t.settle()
	}
	ev.PrevTsNanos = t.prevTs
	if ev.Flags&(1|event.FlagInitial) == 0 {
		t.prevTs = ev.TsNanos
	}
	if int(ev.Type) >= len(ops) {
		t.touch(t.find(ev.Tid), ev)
		return
	}
	op := &ops[ev.Type]
	if op.flags&opSpecial != 0 {
		op.do(t, nil, ev)
		return
	}
	th := t.latest
	if th == nil || th.Tid != ev.Tid {
		if th = t.threads.get(ev.Tid); th == nil {
			if op.flags&opNoThread != 0 {
				t.stats.UnknownThreads++
				if op.do != nil {
					op.do(t, nil, ev)
				}
				return
			}
			if th = t.unknown(ev.Tid); th == nil {
				return
			}
		}
		t.latest = th
	}
	ev.Thread = &th.Thread
	ev.PrevThreadTsNanos = th.last
	th.last = ev.TsNanos
	switch op.flags & (opEnter | opExit) {
	case opEnter:
		t.enter(th, ev, op)
	case opExit:
		t.exit(th, ev, op)
	default:
		if op.do != nil {
			op.do(t, th, ev)
		}
	}
}

// enter keeps what the exit will need.
func (t *Tracker) enter(th *thread, ev *event.Event, op *op) {
	if th.want != 0 {
		t.stats.Orphans++
	}
	th.want, th.ts, th.num = ev.Type|1, ev.TsNanos, ev.Num
	th.nparams = -1
	if op.fd >= 0 {
		th.fd, th.at = -1, nil
		if fd, ok := firstFD(ev); ok {
			th.fd, ev.FDNum = fd, fd
			th.at = th.FDs.Get(fd)
			ev.FD = th.at
		}
	}
	if op.flags&opKeep != 0 {
		th.keep(ev)
	}
	if op.do != nil {
		op.do(t, th, ev)
	}
}

// exit joins the exit with its enter, if there is one, and hands it to its kind.
func (t *Tracker) exit(th *thread, ev *event.Event, op *op) {
	fd := int64(-1)
	if th.want == ev.Type || th.want == 331 && ev.Type == 293 {
		// A successful execveat comes back as execve.
		ev.EnterTsNanos = th.ts
		if op.flags&opUsesFD != 0 {
			fd = th.fd
		}
		if th.nparams >= 0 {
			ev.Enter = t.view(th)
		}
	} else if th.want != 0 {
		t.stats.Orphans++
	} else if op.flags&opArgs != 0 && ev.NParams <= 1 {
		t.stats.Headless++
	}
	th.want = 0
	if op.fd >= 0 && ev.NParams > int(op.fd) {
		// The exit says itself which descriptor it worked on.
		if n, ok := ev.Int(int(op.fd)); ok {
			fd = n
		}
	}
	if op.flags&opUsesFD != 0 && fd >= 0 {
		ev.FDNum = fd
		ev.FD = th.FDs.Get(fd)
	}
	if op.do != nil {
		op.do(t, th, ev)
	}
}

// firstFD reads the first parameter, which is a descriptor.
func firstFD(ev *event.Event) (int64, bool) {
	if len(ev.Lens) >= 2 && !ev.Large && binary.LittleEndian.Uint16(ev.Lens) == 8 {
		return int64(binary.LittleEndian.Uint64(ev.Data)), true
	}
	return 0, false
}

// result reads the first parameter as the result of a call; false where it is no number.
func result(ev *event.Event) (int64, bool) { return firstFD(ev) }

// maxKept bounds the bytes of one kept enter: two paths of 4096 bytes.
const maxKept = 10 << 10

// keep copies the parameters of the enter event.
func (th *thread) keep(ev *event.Event) {
	th.nparams, th.nlens, th.nbytes = ev.NParams, len(ev.Lens), len(ev.Lens)+len(ev.Data)
	if th.nbytes <= len(th.short) {
		copy(th.short[copy(th.short[:], ev.Lens):], ev.Data)
		return
	}
	if th.nbytes > maxKept {
		th.nparams = -1
		return
	}
	th.long = append(append(th.long[:0], ev.Lens...), ev.Data...)
}

// view gives the enter event that keep has copied.
func (t *Tracker) view(th *thread) *event.Enter {
	b := th.long
	if th.nbytes <= len(th.short) {
		b = th.short[:]
	}
	e := &t.kept
	e.Kind = event.KindOf(th.want - 1)
	e.TsNanos, e.Num, e.NParams = th.ts, th.num, th.nparams
	e.Lens, e.Data = b[:th.nlens:th.nlens], b[th.nlens:th.nbytes:th.nbytes]
	return e
}

// touch shows the thread on an event that does nothing to it.
func (t *Tracker) touch(th *thread, ev *event.Event) {
	if th == nil {
		return
	}
	ev.Thread = &th.Thread
	ev.PrevThreadTsNanos = th.last
	th.last = ev.TsNanos
}

// settle ends what the event before has ended.
func (t *Tracker) settle() {
	if t.unlinked != nil {
		t.link()
	}
	if f := t.closed; f != nil {
		t.closed = nil
		if len(t.spare) < 4096 {
			t.spare = append(t.spare, f)
		}
	}
	if th := t.gone; th != nil {
		t.gone = nil
		t.remove(th)
	}
}

// find returns the thread, nil where it is not known.
func (t *Tracker) find(tid int64) *thread {
	if th := t.latest; th != nil && th.Tid == tid {
		return th
	}
	return t.threads.get(tid)
}

// unknown makes up a thread that the capture never introduced.
func (t *Tracker) unknown(tid int64) *thread {
	t.stats.UnknownThreads++
	if tid < 0 || t.threads.n >= maxThreads {
		if tid >= 0 {
			t.stats.Refused++
		}
		return nil
	}
	th := &thread{Thread: event.Thread{
		Tid: tid, Pid: tid, Ptid: -1, Vtid: tid, Vpid: tid, Sid: -1, VPgid: -1, Pgid: -1,
		Comm: "<NA>", Exe: "<NA>", UID: ^uint32(0), GID: ^uint32(0), LoginUID: ^uint32(0),
		FDLimit: -1, Unknown: true,
	}}
	t.insert(th)
	return th
}

// insert adds a thread and shares what the threads of a process share.
func (t *Tracker) insert(th *thread) {
	th.FDs = &th.own
	th.nparams = -1
	th.leader, th.Leader = th, &th.Thread
	t.threads.put(th)
	if th.Tid != th.Pid {
		if main := t.threads.get(th.Pid); main != nil {
			t.join(th, main)
		} else {
			th.leader, th.Leader = nil, nil
		}
	}
	if p := t.threads.get(th.Ptid); p != nil && p != th {
		th.Parent = &p.Thread
	}
}

// join makes th a thread of main's process.
func (t *Tracker) join(th, main *thread) {
	th.part()
	t.orphan(th)
	if main.leader != main {
		// A process whose main thread is a thread of another one: a number that was used
		// again, or nonsense.
		th.leader, th.Leader, th.FDs = nil, nil, &th.own
		return
	}
	th.leader, th.Leader = main, &main.Thread
	th.FDs = main.FDs
	main.live++
	main.Nchilds = main.live
	th.next, th.prev = main.next, main
	if th.next != nil {
		th.next.prev = th
	}
	main.next = th
}

// part takes th out of the list of its process's threads.
func (th *thread) part() {
	main := th.leader
	if main == nil || main == th {
		return
	}
	th.prev.next = th.next
	if th.next != nil {
		th.next.prev = th.prev
	}
	th.next, th.prev = nil, nil
	main.live--
	main.Nchilds = main.live
}

// afford reports whether work of n steps for one event is in proportion to the events
// there were.
func (t *Tracker) afford(n int) bool {
	if t.spent+uint64(n) > 8<<20+256*t.applied {
		t.stats.Refused++
		return false
	}
	t.spent += uint64(n)
	return true
}

// remove takes a thread out of the table. A main thread whose other threads live on
// stays, as closed, until the last one goes.
func (t *Tracker) remove(th *thread) {
	if th.live > 0 {
		th.Flags |= event.ThreadClosed
		return
	}
	t.forget(th)
	if main := th.leader; main != nil && main != th {
		th.part()
		if main.live == 0 && main.Flags&event.ThreadClosed != 0 {
			t.forget(main)
		}
	}
}

func (t *Tracker) forget(th *thread) {
	if t.threads.get(th.Tid) == th {
		t.threads.remove(th.Tid)
	}
	if t.latest == th {
		t.latest = nil
	}
	t.fds -= th.own.Len()
}

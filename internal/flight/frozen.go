package flight

import (
	"cmp"
	"slices"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// frozen is a state that changes no more. It is a scap.Sink while it is made and a
// scap.State afterwards.
type frozen struct {
	machine    event.Machine
	interfaces []event.Interface
	users      []event.User
	groups     []event.Group
	threads    []event.Thread
	fds        []frozenFD
	// ghosts are parents of threads that are gone themselves: their children still show them.
	ghosts []event.Thread
}

type frozenFD struct {
	tid, num int64
	fd       event.FD
}

var (
	_ scap.Sink  = (*frozen)(nil)
	_ scap.State = (*frozen)(nil)
)

// freeze copies a state; nil gives an empty one.
func freeze(st scap.State) *frozen {
	f := &frozen{}
	if st == nil {
		return f
	}
	tr, ok := st.(*state.Tracker)
	if !ok {
		tr = state.New() // which brings names into their usual form
		st.Replay(tr)
	}
	tr.Replay(f)
	// Threads that no event introduced are not part of a replay, yet have descriptors.
	var unknown []*event.Thread
	ghosts := map[*event.Thread]bool{}
	for t := range tr.Threads() {
		if t.Unknown {
			unknown = append(unknown, t)
		}
		if p := t.Parent; p != nil && tr.Thread(p.Tid) == nil && len(ghosts) < maxEntries && !ghosts[p] {
			ghosts[p] = true
			g := *p
			g.Cwd = g.Dir()
			g.Leader, g.Parent, g.Container, g.FDs = nil, nil, nil, nil
			f.ghosts = append(f.ghosts, g)
		}
	}
	slices.SortFunc(unknown, func(a, b *event.Thread) int { return cmp.Compare(a.Tid, b.Tid) })
	for _, t := range unknown {
		f.AddThread(*t)
		if t.Main() == t {
			t.FDs.Each(func(fd int64, x *event.FD) bool {
				f.AddFD(t.Tid, fd, *x)
				return true
			})
		}
	}
	return f
}

// Bounds of a state before the first event; those of a Tracker are for whole nodes.
const (
	maxThreads = 32 << 10
	maxFDs     = 128 << 10
	maxEntries = 4 << 10
)

// Section is part of scap.Sink.
func (f *frozen) Section(_, _ uint16) {}

// SetMachine is part of scap.Sink.
func (f *frozen) SetMachine(m event.Machine) { f.machine = m }

// AddInterface is part of scap.Sink.
func (f *frozen) AddInterface(i event.Interface) {
	if len(f.interfaces) < maxEntries {
		f.interfaces = append(f.interfaces, i)
	}
}

// AddUser is part of scap.Sink.
func (f *frozen) AddUser(u event.User) {
	if len(f.users) < maxEntries {
		f.users = append(f.users, u)
	}
}

// AddGroup is part of scap.Sink.
func (f *frozen) AddGroup(g event.Group) {
	if len(f.groups) < maxEntries {
		f.groups = append(f.groups, g)
	}
}

// AddThread is part of scap.Sink.
func (f *frozen) AddThread(t event.Thread) {
	if len(f.threads) >= maxThreads {
		return
	}
	t.Cwd = t.Dir()
	t.Leader, t.Parent, t.Container, t.FDs = nil, nil, nil, nil
	f.threads = append(f.threads, t)
}

// AddFD is part of scap.Sink.
func (f *frozen) AddFD(tid, fd int64, x event.FD) {
	if len(f.fds) < maxFDs {
		f.fds = append(f.fds, frozenFD{tid, fd, x})
	}
}

// Replay is part of scap.State.
func (f *frozen) Replay(to scap.Sink) {
	to.SetMachine(f.machine)
	for _, i := range f.interfaces {
		to.AddInterface(i)
	}
	for _, u := range f.users {
		to.AddUser(u)
	}
	for _, g := range f.groups {
		to.AddGroup(g)
	}
	for _, t := range f.threads {
		to.AddThread(t)
	}
	for i := range f.fds {
		to.AddFD(f.fds[i].tid, f.fds[i].num, f.fds[i].fd)
	}
}

// listed gives f with the ghosts among the threads, so that children find them; the first
// hidden events of a capture let them go.
func (f *frozen) listed() *frozen {
	if len(f.ghosts) == 0 {
		return f
	}
	out := *f
	out.threads = slices.Clone(f.threads)
	used := map[int64]bool{}
	for i := range out.threads {
		used[out.threads[i].Tid] = true
	}
	for _, g := range f.ghosts {
		if !used[g.Tid] {
			used[g.Tid] = true
			out.threads = append(out.threads, g)
		}
	}
	return &out
}

// over gives f with what it lacks of the node's description.
func (f *frozen) over(node *frozen) *frozen {
	if node == nil {
		return f
	}
	out := *f
	if out.machine == (event.Machine{}) {
		out.machine = node.machine
	}
	if len(out.interfaces) == 0 {
		out.interfaces = node.interfaces
	}
	if len(out.users) == 0 {
		out.users = node.users
	}
	if len(out.groups) == 0 {
		out.groups = node.groups
	}
	return &out
}

// What an entry takes beside its strings.
const (
	threadBytes = 900
	fdBytes     = 260
)

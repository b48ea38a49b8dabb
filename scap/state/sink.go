package state

import (
	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

var (
	_ scap.Sink  = (*Tracker)(nil)
	_ scap.State = (*Tracker)(nil)
)

// Section forgets everything; see scap.Sink.
func (t *Tracker) Section(_, _ uint16) { t.reset() }

// SetMachine takes the description of the machine.
func (t *Tracker) SetMachine(m event.Machine) { t.machine = m }

// AddInterface takes a network interface.
func (t *Tracker) AddInterface(i event.Interface) {
	if len(t.interfaces) < maxInterfaces {
		t.interfaces = append(t.interfaces, i)
	}
}

// AddUser takes an account.
func (t *Tracker) AddUser(u event.User) {
	if _, ok := t.users[u.UID]; ok || len(t.users) < maxAccounts {
		t.users[u.UID] = &u
	}
}

// AddGroup takes a group.
func (t *Tracker) AddGroup(g event.Group) {
	if _, ok := t.groups[g.GID]; ok || len(t.groups) < maxAccounts {
		t.groups[g.GID] = &g
	}
}

// AddThread takes a thread of the process list. The last of two with one number counts.
func (t *Tracker) AddThread(in event.Thread) {
	if in.Tid < 0 {
		return
	}
	if old := t.threads.get(in.Tid); old != nil {
		t.replace(old)
	}
	if t.threads.n >= maxThreads {
		t.stats.Refused++
		return
	}
	th := &thread{Thread: in}
	th.FDs = &th.own
	th.leader, th.Leader, th.Parent, th.Container = th, &th.Thread, nil, nil
	if th.Tid != th.Pid {
		th.leader, th.Leader = nil, nil
	}
	for _, s := range []*string{&th.Comm, &th.Exe, &th.ExePath, &th.Args, &th.Env, &th.Cgroups, &th.Root} {
		t.text = append(t.text[:0], *s...)
		*s = t.names.get(t.text)
	}
	t.path = appendPath(t.path[:0], "", []byte(in.Cwd))
	if len(t.path) == 0 || t.path[len(t.path)-1] != '/' {
		t.path = append(t.path, '/')
	}
	th.Cwd = t.names.get(t.path)
	th.Container = t.containerOf(th.Cgroups)
	th.nparams = -1
	t.threads.put(th)
	t.wait(th)
}

// AddFD takes a descriptor of a thread. One of a thread that is not listed is dropped.
func (t *Tracker) AddFD(tid, fd int64, in event.FD) {
	th := t.threads.get(tid)
	if th == nil || fd < 0 {
		t.stats.Refused++
		return
	}
	if th.own.Get(fd) == nil {
		if t.fds >= maxFDs {
			t.stats.Refused++
			return
		}
		t.fds++
	}
	f := t.newFD()
	*f = in
	t.text = append(t.text[:0], in.Name...)
	f.Name = t.names.get(t.text)
	switch f.Kind {
	case event.FDIPv4Listen, event.FDIPv6Listen:
		f.Named = true
		t.ports[f.ServerPort] = true
	case event.FDIPv4, event.FDIPv6:
		f.Named = true
		if f.L4 == event.L4TCP {
			f.Conn = event.ConnDone
		}
	}
	th.own.Set(fd, f)
	t.wait(th)
}

// wait notes that the thread is to be linked when the metadata ends.
func (t *Tracker) wait(th *thread) {
	if !th.unlinked {
		th.unlinked = true
		t.unlinked = append(t.unlinked, th)
	}
}

// link ends the metadata: threads learn their processes and parents, and sockets their
// roles from the ports that are listened on.
func (t *Tracker) link() {
	list := t.unlinked
	t.unlinked = nil
	for _, th := range list {
		th.unlinked = false
		if t.threads.get(th.Tid) != th {
			continue
		}
		if p := t.threads.get(th.Ptid); p != nil && p != th {
			th.Parent = &p.Thread
		}
		if th.Tid != th.Pid && th.leader == nil {
			if main := t.threads.get(th.Pid); main != nil {
				t.join(th, main)
				th.Flags |= event.CloneFiles | event.CloneFS
			}
		}
		if t.afford(th.own.Len()) {
			th.own.Each(func(_ int64, f *event.FD) bool {
				t.role(f)
				return true
			})
		}
	}
}

// role makes the end that the machine listens on the server.
func (t *Tracker) role(f *event.FD) {
	if !isInet(f) || f.Role != event.RoleUnknown {
		return
	}
	if t.ports[f.ClientPort] {
		swap(f)
		f.Role = event.RoleServer
	} else {
		f.Role = event.RoleClient
	}
}

// Replay tells the sink everything, in the order that files need. Threads come with
// what they were last known to be, so that a file that begins here shows what this one
// does.
func (t *Tracker) Replay(to scap.Sink) {
	if t.unlinked != nil {
		t.link()
	}
	to.SetMachine(t.machine)
	for _, i := range t.interfaces {
		to.AddInterface(i)
	}
	for _, u := range t.Users() {
		to.AddUser(*u)
	}
	for _, g := range t.Groups() {
		to.AddGroup(*g)
	}
	order := t.ordered()
	for _, th := range order {
		if !th.Unknown {
			to.AddThread(th.Thread)
		}
	}
	for _, th := range order {
		if th.Unknown || th.FDs != &th.own {
			continue
		}
		th.own.Each(func(fd int64, f *event.FD) bool {
			to.AddFD(th.Tid, fd, *f)
			return true
		})
	}
}

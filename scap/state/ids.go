package state

import "github.com/unloop-dev/unloop/event"

// noID means "leave it" in calls that set several ids.
const noID = ^uint32(0)

// arg returns parameter i of the exit, or j of the enter where the exit is too short.
func arg(ev *event.Event, i, j int) (uint64, bool) {
	if v, ok := ev.Uint(i); ok {
		return v, true
	}
	b, ok := ev.Enter.Param(j)
	if !ok {
		return 0, false
	}
	return event.Unsigned(b)
}

// setID is the exit of a call that sets an effective id; i and j say where it is given.
func setID(ev *event.Event, i, j int, to *uint32) {
	if res, ok := result(ev); !ok || res < 0 {
		return
	}
	if v, ok := arg(ev, i, j); ok && uint32(v) != noID {
		*to = uint32(v)
	}
}

func setuid(_ *Tracker, th *thread, ev *event.Event)    { setID(ev, 1, 0, &th.UID) }
func setgid(_ *Tracker, th *thread, ev *event.Event)    { setID(ev, 1, 0, &th.GID) }
func setresuid(_ *Tracker, th *thread, ev *event.Event) { setID(ev, 2, 1, &th.UID) }
func setresgid(_ *Tracker, th *thread, ev *event.Event) { setID(ev, 2, 1, &th.GID) }
func setreuid(_ *Tracker, th *thread, ev *event.Event)  { setID(ev, 2, 1, &th.UID) }
func setregid(_ *Tracker, th *thread, ev *event.Event)  { setID(ev, 2, 1, &th.GID) }

func setsid(_ *Tracker, th *thread, ev *event.Event) {
	if res, ok := result(ev); ok && res >= 0 {
		th.Sid = res
	}
}

func setpgid(t *Tracker, th *thread, ev *event.Event) {
	if res, ok := result(ev); !ok || res < 0 {
		return
	}
	pid, ok1 := arg(ev, 1, 0)
	pgid, ok2 := arg(ev, 2, 1)
	if !ok1 || !ok2 || th.Vtid != th.Tid {
		return // numbers of another namespace
	}
	of := th
	if pid != 0 && int64(pid) != th.Tid {
		if of = t.find(int64(pid)); of == nil {
			return
		}
	}
	if pgid == 0 {
		pgid = uint64(of.Tid)
	}
	of.VPgid = int64(pgid)
}

func capset(_ *Tracker, th *thread, ev *event.Event) {
	if res, ok := result(ev); !ok || res < 0 || ev.NParams < 4 {
		return
	}
	p := all(ev)
	p.skip(1)
	th.CapInheritable, th.CapPermitted, th.CapEffective = p.u64(), p.u64(), p.u64()
}

// prctl renames the thread.
func prctl(t *Tracker, th *thread, ev *event.Event) {
	const setName = 15
	if res, ok := result(ev); !ok || res < 0 {
		return
	}
	if option, ok := ev.Uint(1); !ok || option != setName {
		return
	}
	if name, ok := ev.Text(2); ok && len(name) > 0 {
		th.Comm = t.names.get(name)
	}
}

// rlimit is the exit of getrlimit, setrlimit and prlimit: the limit of descriptors.
func rlimit(_ *Tracker, th *thread, ev *event.Event) { setFDLimit(th, ev, 3, 0, 1) }

func prlimit(t *Tracker, th *thread, ev *event.Event) {
	if pid, ok := arg(ev, 5, 0); ok && pid != 0 {
		if th = t.find(int64(pid)); th == nil {
			return
		}
	}
	setFDLimit(th, ev, 6, 1, 1)
}

// setFDLimit takes the limit from parameter cur where the resource, given in parameter i
// of the exit or j of the enter, is the number of descriptors.
func setFDLimit(th *thread, ev *event.Event, i, j, cur int) {
	const noFile = 7
	if res, ok := result(ev); !ok || res < 0 {
		return
	}
	if resource, ok := arg(ev, i, j); !ok || resource != noFile {
		return
	}
	if v, ok := ev.Int(cur); ok && v != -1 && th.leader != nil {
		th.leader.FDLimit = v
	}
}

func userAdded(t *Tracker, _ *thread, ev *event.Event) {
	p := all(ev)
	u := event.User{UID: p.u32(), GID: p.u32()}
	u.Name, u.Home, u.Shell = string(p.text()), string(p.text()), string(p.text())
	if len(p.text()) == 0 { // of the host, not of a container
		t.AddUser(u)
	}
}

func userDeleted(t *Tracker, _ *thread, ev *event.Event) {
	p := all(ev)
	uid := p.u32()
	p.skip(4)
	if len(p.text()) == 0 && ev.NParams >= 6 {
		delete(t.users, uid)
	}
}

func groupAdded(t *Tracker, _ *thread, ev *event.Event) {
	p := all(ev)
	g := event.Group{GID: p.u32(), Name: string(p.text())}
	if len(p.text()) == 0 {
		t.AddGroup(g)
	}
}

func groupDeleted(t *Tracker, _ *thread, ev *event.Event) {
	p := all(ev)
	gid := p.u32()
	p.skip(1)
	if len(p.text()) == 0 && ev.NParams >= 3 {
		delete(t.groups, gid)
	}
}

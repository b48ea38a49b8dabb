package state

import (
	"fmt"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// machine applies events that a test makes, in the portable layout.
type machine struct {
	t  testing.TB
	tr *Tracker
	b  scap.Builder
	ev event.Event
	ts uint64
	n  uint64
}

func newMachine(t testing.TB) *machine {
	m := &machine{t: t, tr: New(), ts: 1_000_000}
	m.tr.AddThread(event.Thread{Tid: 1, Pid: 1, Ptid: 0, Vtid: 1, Vpid: 1, Comm: "init", Exe: "/sbin/init", Cwd: "/", Env: "A=1\x00"})
	m.tr.AddThread(event.Thread{Tid: 10, Pid: 10, Ptid: 1, Vtid: 10, Vpid: 10, Comm: "app", Exe: "app", ExePath: "/bin/app", Cwd: "/srv", UID: 7, GID: 8, Sid: 10})
	m.tr.AddFD(10, 0, event.FD{Kind: event.FDFile, Name: "/dev/null"})
	m.tr.AddFD(10, 5, event.FD{Kind: event.FDDirectory, Name: "/data"})
	m.tr.AddInterface(event.Interface{Name: "eth0", Addr: [16]byte{10, 0, 0, 1}, Netmask: [16]byte{255, 255, 255, 0}})
	return m
}

// do applies one event and returns it; it is valid until the next.
func (m *machine) do(tid int64, typ event.Type, values ...any) *event.Event {
	m.t.Helper()
	m.ts += 1000
	m.n++
	if err := m.b.Build(&m.ev, typ, m.ts, tid, 0, values...); err != nil {
		m.t.Fatal(err)
	}
	m.ev.Num = m.n
	m.tr.Apply(&m.ev)
	return &m.ev
}

// short cuts the latest event's layout to n parameters and applies it, as old recorders write it.
func (m *machine) short(tid int64, typ event.Type, n int, values ...any) *event.Event {
	m.t.Helper()
	m.ts += 1000
	m.n++
	if err := m.b.Build(&m.ev, typ, m.ts, tid, 0, values...); err != nil {
		m.t.Fatal(err)
	}
	size := 0
	for i := range n {
		p, _ := m.ev.Param(i)
		size += len(p)
	}
	m.ev.NParams, m.ev.Lens, m.ev.Data = n, m.ev.Lens[:2*n], m.ev.Data[:size]
	m.ev.Num = m.n
	m.tr.Apply(&m.ev)
	return &m.ev
}

func (m *machine) fd(tid, fd int64) string {
	m.t.Helper()
	th := m.tr.Thread(tid)
	if th == nil {
		return "no thread"
	}
	f := th.FDs.Get(fd)
	if f == nil {
		return "none"
	}
	return f.String()
}

// say joins values with blanks.
func say(v ...any) string { return strings.TrimSuffix(fmt.Sprintln(v...), "\n") }

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// clone makes a child of parent, as both of them report it.
func (m *machine) clone(parent, child int64, flags uint32) {
	m.t.Helper()
	pid, ptid := child, parent
	if flags&event.CloneThread != 0 {
		pid, ptid = m.tr.Thread(parent).Pid, m.tr.Thread(parent).Ptid
	}
	m.do(parent, 222)
	m.do(parent, 223, child, "app", []byte("x\x00"), parent, m.tr.Thread(parent).Pid, 1, "", 1024, 0, 0, 1, 2, 3, "app", []byte("cpu=/\x00"), flags, 7, 8, parent, parent, 0)
	m.do(child, 223, 0, "app", []byte("x\x00"), child, pid, ptid, "", 1024, 0, 0, 1, 2, 3, "app", []byte("cpu=/\x00"), flags, 7, 8, child, pid, 0)
}

func TestOpen_pathsResolve(t *testing.T) {
	for _, c := range []struct{ dirfd, name, want string }{
		{"-100", "/etc/hosts", "/etc/hosts"},
		{"-100", "/etc//./x/../hosts", "/etc/hosts"},
		{"-100", "/etc/", "/etc"},
		{"-100", "/", "/"},
		{"-100", "/../..", "/"},
		{"-100", "log/a", "/srv/log/a"},
		{"-100", "../a", "/a"},
		{"-100", "./a", "/srv/a"},
		{"5", "b", "/data/b"},
		{"5", "/abs", "/abs"},
		{"77", "b", "<UNKNOWN>b"},
	} {
		m := newMachine(t)
		var dirfd int64
		fmt.Sscan(c.dirfd, &dirfd)
		ev := m.do(10, 307, 3, dirfd, c.name, 1, 0, 0, 0)
		want(t, c.name, ev.FD.String(), c.want)
		want(t, c.name+" number", ev.FDNum, 3)
		want(t, c.name+" raw", ev.FD.Raw, c.name)
	}
}

func TestOpen_enterKnowsTheNameFirst(t *testing.T) {
	m := newMachine(t)
	m.do(10, 2, "/real", 1, 0)
	ev := m.do(10, 3, 3, "/swapped", 0x4001, 0, 8, 9)
	want(t, "name", ev.FD.String(), "/real")
	want(t, "flags keep the created mark", ev.FD.OpenFlags, 0x4001)
	want(t, "enter", ev.EnterTsNanos, m.ts-1000)
	m.do(10, 2, "<NA>", 1, 0)
	want(t, "unreadable in the enter", m.do(10, 3, 4, "/known", 1, 0, 8, 9).FD.String(), "/known")
}

func TestOpen_oldLayoutsTakeTheEnter(t *testing.T) {
	m := newMachine(t)
	m.do(10, 102, -100, "old", 1, 0)
	want(t, "openat of 2014", m.do(10, 103, 3).FD.String(), "/srv/old")
	want(t, "without its enter", say(m.do(10, 103, 4).FD), say((*event.FD)(nil)))
	want(t, "failed", m.do(10, 307, -2, -100, "x", 1, 0, 0, 0).FD == nil, true)
}

func TestClose_eventStillShowsTheDescriptor(t *testing.T) {
	m := newMachine(t)
	m.do(10, 307, 3, -100, "/a", 1, 0, 0, 0)
	m.do(10, 4, 3)
	want(t, "close", m.do(10, 5, 0, 3).FD.String(), "/a")
	want(t, "after", m.fd(10, 3), "none")
	m.do(10, 307, 3, -100, "/b", 1, 0, 0, 0)
	m.do(10, 4, 3)
	m.do(10, 5, -9, 3)
	want(t, "failed close", m.fd(10, 3), "/b")
	m.do(10, 450)
	m.do(10, 451, 0, 3, 100, 0)
	want(t, "close_range", m.fd(10, 3)+m.fd(10, 0), "none/dev/null")
}

// A number that another thread got for something new between enter and exit of a close
// stays.
func TestClose_isCancelledByANewOpen(t *testing.T) {
	m := newMachine(t)
	m.clone(10, 11, event.CloneThread|event.CloneFiles|event.CloneFS)
	m.do(10, 307, 3, -100, "/a", 1, 0, 0, 0)
	m.do(10, 4, 3)
	m.do(11, 307, 3, -100, "/new", 1, 0, 0, 0)
	m.do(10, 5, 0, 3)
	want(t, "descriptor", m.fd(10, 3), "/new")
}

func TestExit_joinsOnlyItsOwnEnter(t *testing.T) {
	m := newMachine(t)
	m.do(10, 307, 3, -100, "/a", 1, 0, 0, 0)
	m.do(10, 6, 3, 80)
	ev := m.short(10, 9, 2, 5, []byte("hello")) // the exit of a write whose enter is lost
	want(t, "descriptor", ev.FD == nil, true)
	want(t, "latency", ev.EnterTsNanos, 0)
	want(t, "orphans", m.tr.Stats().Orphans, 1)
	m.do(10, 8, 3, 80)
	want(t, "own enter", m.short(10, 9, 2, 5, []byte("hello")).FD.String(), "/a")
	want(t, "exit only", m.do(10, 9, 5, []byte("x"), 3, 80).FD.String(), "/a")
	want(t, "a signal between them", func() string {
		m.do(10, 6, 3, 80)
		m.do(10, 232, 1, 10, 15)
		return m.short(10, 7, 2, 1, []byte("x")).FD.String()
	}(), "/a")
}

func TestDup_copies(t *testing.T) {
	m := newMachine(t)
	m.do(10, 307, 3, -100, "/a", 0x1001, 0, 0, 0)
	m.do(10, 124, 3)
	want(t, "dup", m.do(10, 125, 4).FD.String(), "/a")
	m.do(10, 362, 3)
	want(t, "dup2 over another", m.do(10, 363, 0, 3, 0).FD.String(), "/a")
	want(t, "number", m.ev.FDNum, 0)
	want(t, "dup3", m.do(10, 365, 9, 3, 9, 0x1000).FD.OpenFlags, 0x1001)
	m.do(10, 150, 3, 1)
	want(t, "fcntl of 2022", m.short(10, 151, 1, 20).FDNum, 20)
	m.do(10, 150, 3, 4)
	want(t, "fcntl that copies nothing", m.short(10, 151, 1, 2).FDNum, 3)
	m.do(10, 4, 3)
	m.do(10, 5, 0, 3)
	want(t, "copies live on", m.fd(10, 4)+m.fd(10, 0)+m.fd(10, 20), "/a/a/a")
}

func TestMakers(t *testing.T) {
	m := newMachine(t)
	m.do(10, 61, 0, 3, 4, 99)
	want(t, "pipe", m.tr.Thread(10).FDs.Get(3).Kind, event.FDPipe)
	want(t, "pipe's number", m.ev.FDNum, 4)
	for typ, kind := range map[event.Type]event.FDKind{
		63: event.FDEvent, 397: event.FDEvent, 127: event.FDSignal, 137: event.FDTimer, 139: event.FDInotify,
		375: event.FDEventPoll, 339: event.FDIOURing, 369: event.FDBPF, 321: event.FDUserfault, 409: event.FDPid,
	} {
		want(t, say(typ), m.do(10, typ, 6).FD.Kind, kind)
	}
	want(t, "memfd", m.do(10, 405, 7, "shm", 1).FD.String(), "shm")
	before := m.tr.Stats().FDs
	m.do(10, 61, 0, -5, -6, 99)
	want(t, "numbers that are none", m.tr.Stats().FDs, before)
	m.do(10, 43, 0, 8, 9, 0x10, 0x20)
	want(t, "socketpair", m.fd(10, 8)+say(m.tr.Thread(10).FDs.Get(9).Kind), "8")
}

func TestChdir_isSharedByThreads(t *testing.T) {
	m := newMachine(t)
	m.clone(10, 11, event.CloneThread|event.CloneFiles|event.CloneFS)
	m.clone(10, 20, 0)
	m.do(11, 95, 0, "sub")
	want(t, "thread", m.tr.Thread(10).Dir(), "/srv/sub/")
	want(t, "child process", m.tr.Thread(20).Dir(), "/srv/")
	m.do(10, 96, 5)
	m.do(10, 97, 0, 5)
	want(t, "fchdir", m.tr.Thread(11).Dir(), "/data/")
	m.do(10, 93, 0, "/from/getcwd")
	want(t, "getcwd", m.tr.Thread(11).Dir(), "/from/getcwd/")
	m.do(10, 95, -2, "/nowhere")
	want(t, "failed", m.tr.Thread(11).Dir(), "/from/getcwd/")
	m.do(20, 267, 0, "/jail")
	want(t, "chroot", m.tr.Thread(20).Root, "/jail")
}

func TestFork_childCopiesDescriptors(t *testing.T) {
	m := newMachine(t)
	m.do(10, 307, 3, -100, "/a", 1, 0, 0, 0)
	m.clone(10, 20, 0)
	th := m.tr.Thread(20)
	want(t, "pid", say(th.Pid, th.Ptid, th.Comm, th.ExePath, th.UID, th.Parent.Tid), "20 10 app /bin/app 7 10")
	want(t, "copy", m.fd(20, 3), "/a")
	m.do(20, 4, 3)
	m.do(20, 5, 0, 3)
	want(t, "parent keeps its own", m.fd(10, 3), "/a")
	m.clone(20, 21, event.CloneThread|event.CloneFiles|event.CloneFS)
	m.do(21, 307, 8, -100, "/shared", 1, 0, 0, 0)
	want(t, "threads share", m.fd(20, 8), "/shared")
	want(t, "count", m.tr.Thread(20).Nchilds, 1)
}

func TestFork_inAContainerTheChildSpeaks(t *testing.T) {
	m := newMachine(t)
	id := strings.Repeat("ab12", 16)
	cg := []byte("cpu=/docker/" + id + "\x00")
	const flags = event.ChildInPidNS
	m.do(10, 223, 7, "app", []byte{}, 10, 10, 1, "", 1024, 0, 0, 1, 2, 3, "app", cg, flags, 7, 8, 3, 3, 0)
	want(t, "number of another namespace", m.tr.Thread(7) == nil, true)
	m.do(500, 223, 0, "app", []byte{}, 500, 500, 10, "", 1024, 0, 0, 1, 2, 3, "app", cg, flags, 7, 8, 7, 7, 0)
	th := m.tr.Thread(500)
	want(t, "child", say(th.Pid, th.Ptid, th.Vtid, th.Vpid, th.Container.ID, th.Container.FullID == id), "500 10 7 7 ab12ab12ab12 true")
	want(t, "event shows it", m.ev.Thread == th, true)
}

func TestExec_newProgram(t *testing.T) {
	m := newMachine(t)
	m.clone(10, 20, 0)
	m.clone(20, 21, event.CloneThread|event.CloneFiles|event.CloneFS)
	m.do(20, 292, "tool")
	ev := m.do(20, 293, 0, "tool", []byte("-v\x00"), 20, 20, 10, "", 512, 0, 0, 1, 2, 3, "tool", []byte("cpu=/\x00"), []byte("B=2\x00"), 34816, 20, 1000, 1)
	th := ev.Thread
	want(t, "thread", say(th.Comm, th.Exe, th.ExePath, th.Env, th.Args, th.TTY, th.LoginUID, th.ExeWritable, th.FDLimit, th.VPgid),
		say("tool", "tool", "/srv/tool", "B=2\x00", "-v\x00", 34816, 1000, true, 512, 20))
	want(t, "other threads are gone", m.tr.Thread(21) == nil, true)
	want(t, "time", th.ExecNanos, m.ts)
	m.do(20, 292, "x")
	m.do(20, 293, -2, "tool")
	want(t, "failed", m.tr.Thread(20).ExePath, "/srv/tool")
	m.do(20, 330, 5, "prog", 0)
	ev = m.do(20, 293, 0, "prog", []byte{}, 20, 20, 10, "", 512, 0, 0, 1, 2, 3, "prog", []byte{}, []byte{}, 0, 20, 1000, 0)
	want(t, "execveat comes back as execve", ev.Thread.ExePath, "/data/prog")
	m.do(20, 293, 0, "p", []byte{}, 20, 20, 10, "", 512, 0, 0, 1, 2, 3, "p", []byte{}, []byte{}, 0, 20, 1000, 4, 1, 2, 3, 44, 55, 66, 99, "/trusted/p", 20, 98)
	th = m.tr.Thread(20)
	want(t, "layout of 2025", say(th.ExePath, th.UID, th.GID, th.CapEffective, th.ExeIno, th.ExeFromMemfd, th.Pgid), "/trusted/p 99 98 3 44 true 20")
}

// A thread that the capture meets at its execve: the event has no numbers of its own
// namespace.
func TestExec_firstMet(t *testing.T) {
	cg := []byte("cpu=/docker/" + strings.Repeat("ab12", 16) + "\x00")
	for _, c := range []struct {
		name        string
		cgroups     []byte
		vpgid, pgid int64
		want        string
	}{
		{"outside of containers", []byte("cpu=/\x00"), 600, 600, "600 600"},
		{"the first of its group", cg, 7, 600, "7 7"},
		{"another of its group", cg, 7, 599, "-1 -1"},
		{"group in no namespace", cg, 0, 600, "-1 -1"},
	} {
		m := newMachine(t)
		m.do(600, 293, 0, "p", []byte{}, 600, 600, 10, "", 512, 0, 0, 1, 2, 3, "p", c.cgroups, []byte{}, 0, c.vpgid, 1000, 4, 1, 2, 3, 44, 55, 66, 99, "/p", c.pgid, 98)
		th := m.tr.Thread(600)
		want(t, c.name, say(th.Vtid, th.Vpid), c.want)
		m.do(600, 223, 9, "p", []byte{}, 600, 600, 10, "", 1024, 0, 0, 1, 2, 3, "renamed", c.cgroups, event.ChildInPidNS, 7, 8, 8, 8, 0)
		want(t, c.name+": name", th.Comm, "renamed")
		if c.want == "-1 -1" {
			want(t, c.name+": its clone tells", say(th.Vtid, th.Vpid), "8 8")
		} else {
			want(t, c.name+": its clone changes nothing", say(th.Vtid, th.Vpid), c.want)
		}
	}
}

func TestExit_threadsGoWithTheNextEvent(t *testing.T) {
	m := newMachine(t)
	m.clone(10, 20, 0)
	m.clone(20, 21, event.CloneThread|event.CloneFiles|event.CloneFS)
	ev := m.do(20, 186, 256, 1, 0, 0)
	want(t, "still shown", ev.Thread.Comm, "app")
	m.do(10, 82)
	want(t, "main thread waits for the others", m.tr.Thread(20) != nil, true)
	m.do(21, 186, 256, 1, 0, 0)
	m.do(10, 83, 0)
	want(t, "all gone", m.tr.Thread(20) == nil && m.tr.Thread(21) == nil, true)
	want(t, "descriptors", m.tr.Stats().FDs, 2)
}

func TestSockets_roles(t *testing.T) {
	me, peer := [4]byte{10, 0, 0, 1}, [4]byte{10, 0, 0, 9}
	tuple := scap.Tuple4(me, 5000, peer, 80)
	m := newMachine(t)
	m.do(10, 18, 2, 1, 0)
	f := m.short(10, 19, 1, 3).FD
	want(t, "socket", say(f.Kind, f.L4, f.String()), say(event.FDIPv4, event.L4TCP, ""))
	m.do(10, 22, 3, scap.Addr4(peer, 80))
	want(t, "under way", m.ev.FD.String(), "")
	f = m.do(10, 23, -115, tuple, 3).FD
	want(t, "connect", say(f.String(), f.Role, f.Conn), say("10.0.0.1:5000->10.0.0.9:80", event.RoleClient, event.ConnPending))
	f = m.do(10, 47, 0, 3, 1, 4, append([]byte{1}, make([]byte, 8)...), 4).FD
	want(t, "SO_ERROR 0", f.Conn, event.ConnDone)

	m.do(10, 18, 2, 1, 0)
	m.short(10, 19, 1, 4)
	m.do(10, 22, 4, scap.Addr4(peer, 81))
	f = m.do(10, 23, -111, tuple, 4).FD
	want(t, "refused", say(f.String(), f.Conn), say("", event.ConnFailed))

	f = m.do(10, 247, 5, scap.Tuple4(peer, 1234, me, 8080), 0, 0, 5).FD
	want(t, "accept", say(f.String(), f.Role), say("10.0.0.9:1234->10.0.0.1:8080", event.RoleServer))
	m.do(10, 247, -11, scap.Missing{}, 0, 0, 5)
	want(t, "accept failed", m.ev.FD == nil, true)

	m.do(10, 19, 6, 2, 1, 0)
	m.do(10, 20, 6)
	f = m.do(10, 21, 0, scap.Addr4([4]byte{}, 8080), 6).FD
	want(t, "bind", say(f.String(), f.Kind, f.Role), say("0.0.0.0:8080", event.FDIPv4Listen, event.RoleServer))

	mapped := [16]byte{10: 0xFF, 11: 0xFF, 12: 10, 15: 1}
	f = m.do(10, 247, 7, scap.Tuple6(mapped, 1, mapped, 2), 0, 0, 5).FD
	want(t, "mapped address", say(f.String(), f.Kind), say("10.0.0.1:1->10.0.0.1:2", event.FDIPv4))
	f = m.do(10, 247, 8, scap.TupleUnix(0x10, 0x20, "/run/x"), 0, 0, 5).FD
	want(t, "unix", f.String(), "10->20 /run/x")
}

func TestSockets_datagrams(t *testing.T) {
	me, peer := [4]byte{10, 0, 0, 1}, [4]byte{10, 0, 0, 9}
	m := newMachine(t)
	m.do(10, 30, 3, 32, scap.Tuple4([4]byte{}, 5000, peer, 53))
	want(t, "made up for a sendto", m.ev.FD.L4, event.L4UDP)
	f := m.short(10, 31, 2, 32, []byte("q")).FD
	want(t, "own address from the interface", f.String(), "10.0.0.1:5000->10.0.0.9:53")
	m.do(10, 34, 3, 512)
	f = m.do(10, 35, 60, []byte("a"), scap.Tuple4(peer, 53, me, 5000), 3, 512).FD
	want(t, "answer", say(f.String(), f.Role), say("10.0.0.1:5000->10.0.0.9:53", event.RoleClient))
	f = m.do(10, 31, 32, []byte("q"), 3, 32, scap.Tuple4(me, 5000, [4]byte{10, 0, 0, 7}, 53)).FD
	want(t, "exit only, tuple in the exit", f.Role, event.RoleClient)
}

// Connections of the process list whose own port is listened on are those of a server.
func TestSockets_rolesFromTheProcessList(t *testing.T) {
	m := newMachine(t)
	m.tr.AddFD(1, 3, event.FD{Kind: event.FDIPv4Listen, L4: event.L4TCP, ServerPort: 80})
	m.tr.AddFD(1, 4, event.FD{Kind: event.FDIPv4, L4: event.L4TCP, ClientIP: [16]byte{10, 0, 0, 1}, ClientPort: 80, ServerIP: [16]byte{10, 0, 0, 9}, ServerPort: 999})
	m.tr.AddFD(1, 5, event.FD{Kind: event.FDIPv4, L4: event.L4TCP, ClientIP: [16]byte{10, 0, 0, 1}, ClientPort: 4000, ServerIP: [16]byte{10, 0, 0, 9}, ServerPort: 443})
	m.do(1, 82)
	want(t, "server", m.fd(1, 4), "10.0.0.9:999->10.0.0.1:80")
	want(t, "client", m.fd(1, 5), "10.0.0.1:4000->10.0.0.9:443")
}

func TestIDs(t *testing.T) {
	m := newMachine(t)
	m.do(10, 198, 33)
	m.short(10, 199, 1, 0)
	want(t, "setuid, classic", m.tr.Thread(10).UID, 33)
	m.do(10, 199, 0, 34)
	want(t, "setuid, exit only", m.tr.Thread(10).UID, 34)
	m.do(10, 193, 0, ^uint32(0), ^uint32(0), 5)
	want(t, "setresuid leaves it", m.tr.Thread(10).UID, 34)
	m.do(10, 201, -1, 9)
	want(t, "failed", m.tr.Thread(10).GID, 8)
	m.do(10, 275, 10)
	want(t, "setsid", m.tr.Thread(10).Sid, 10)
	m.do(10, 401, 0, 15, "renamed", 0)
	want(t, "prctl", m.tr.Thread(10).Comm, "renamed")
	m.do(10, 143, 0, 4096, 4096, 7)
	want(t, "setrlimit", m.tr.Thread(10).FDLimit, 4096)
	m.do(0, 354, 50, 51, "u", "/h", "/s", "")
	m.do(0, 354, 60, 61, "inside", "/h", "/s", "abcdef")
	want(t, "user of the host", m.tr.User(50).Name, "u")
	want(t, "user of a container", m.tr.User(60) == nil, true)
	m.do(0, 356, 50, 51, "u", "/h", "/s", "")
	want(t, "deleted", m.tr.User(50) == nil, true)
	m.do(0, 358, 70, "g", "")
	want(t, "group", m.tr.Group(70).Name, "g")
}

func TestContainers(t *testing.T) {
	m := newMachine(t)
	doc := `{"container":{"id":"abcabcabcabc","name":"k8s_web","image":"web:1","type":7,"labels":{"io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop"},"Mounts":[{"Source":"/a","Destination":"/b","RW":true}]}}`
	for _, typ := range []event.Type{272, 324} {
		m.tr = newMachine(t).tr
		m.do(-1, typ, doc)
		c := m.tr.Container("abcabcabcabc")
		want(t, "container", say(c.Name, c.Image, c.PodName, c.PodNamespace, c.Mounts[0].Destination), "k8s_web web:1 web-0 shop /b")
	}
	m.tr = newMachine(t).tr
	m.do(-1, 402, 0, "container", []byte(doc+"\x00"))
	want(t, "async", m.tr.Container("abcabcabcabc").PodName, "web-0")
	m.do(-1, 324, "{broken")
	want(t, "broken document", m.tr.Stats().BadParams, 1)
	for cg, id := range map[string]string{
		"cpu=/":                                  "",
		"cpu=/user.slice":                        "",
		"cpu=/docker/" + strings.Repeat("0", 64): strings.Repeat("0", 64),
		"a=/x\x00cpu=/system.slice/docker-" + strings.Repeat("1", 64) + ".scope":                          strings.Repeat("1", 64),
		"cpu=/kubepods/burstable/pod1/" + strings.Repeat("2", 64):                                         strings.Repeat("2", 64),
		"cpu=/kubepods.slice/cri-containerd-" + strings.Repeat("3", 64) + ".scope":                        strings.Repeat("3", 64),
		"cpu=/kubepods.slice/crio-" + strings.Repeat("4", 64):                                             strings.Repeat("4", 64),
		"cpu=/system.slice/containerd.service/kubepods-x.slice:cri-containerd:" + strings.Repeat("5", 64): strings.Repeat("5", 64),
		"cpu=/machine.slice/libpod-" + strings.Repeat("6", 64) + ".scope/container":                       strings.Repeat("6", 64),
		"cpu=/lxc/box/x":                  "box",
		"cpu=/" + strings.Repeat("g", 64): "",
	} {
		want(t, cg, containerID(cg), id)
	}
}

func TestSection_forgetsEverything(t *testing.T) {
	m := newMachine(t)
	m.do(10, 307, 3, -100, "/a", 1, 0, 0, 0)
	m.tr.Section(1, 2)
	want(t, "threads", m.tr.Thread(10) == nil, true)
	want(t, "descriptors", m.tr.Stats().FDs, 0)
}

func TestUnknownThread(t *testing.T) {
	m := newMachine(t)
	want(t, "no directory", m.do(99, 307, 4, -100, "./a//b/../c", 1, 0, 0, 0).FD.String(), "a/c")
	ev := m.do(99, 307, 3, -100, "rel", 1, 0, 0, 0)
	want(t, "name", say(ev.Thread.Comm, ev.Thread.Pid, ev.Thread.Unknown, ev.FD.String()), "<NA> 99 true rel")
	want(t, "counted", m.tr.Stats().UnknownThreads, 1)
	want(t, "switch of the idle thread", m.do(0, 152, 1, 0, 0, 0, 0, 0).Thread == nil, true)
}

func TestTable_againstAMap(t *testing.T) {
	var tab threads
	ref := map[int64]*thread{}
	x := uint64(1)
	for range 200000 {
		x = x*6364136223846793005 + 1442695040888963407
		tid := int64(x >> 33 % 700)
		switch {
		case ref[tid] == nil:
			th := &thread{Thread: event.Thread{Tid: tid}}
			ref[tid] = th
			tab.put(th)
		case x>>20&1 == 0:
			delete(ref, tid)
			tab.remove(tid)
		}
		if tab.get(tid) != ref[tid] || tab.n != len(ref) {
			t.Fatalf("tid %d", tid)
		}
	}
	for tid := range int64(700) {
		if tab.get(tid) != ref[tid] {
			t.Fatalf("tid %d at the end", tid)
		}
	}
}

func TestApply_openOfAKnownFileAllocatesNothing(t *testing.T) {
	m := newMachine(t)
	var evs [4]event.Event
	var bs [4]scap.Builder
	for i, s := range []struct {
		typ event.Type
		v   []any
	}{{306, []any{-100, "some/file", 1, 0}}, {307, []any{3, -100, "some/file", 1, 0, 8, 9}}, {4, []any{3}}, {5, []any{0, 3}}} {
		if err := bs[i].Build(&evs[i], s.typ, 1, 10, 0, s.v...); err != nil {
			t.Fatal(err)
		}
	}
	round := func() {
		for i := range evs {
			m.tr.Apply(&evs[i])
		}
	}
	round()
	if n := testing.AllocsPerRun(100, round); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A main thread whose number comes round again leaves its threads on their own.
func TestReplace_orphansTheThreads(t *testing.T) {
	m := newMachine(t)
	m.clone(10, 11, event.CloneThread|event.CloneFiles|event.CloneFS)
	m.clone(10, 12, event.CloneThread|event.CloneFiles|event.CloneFS)
	m.tr.AddThread(event.Thread{Tid: 10, Pid: 10, Comm: "new"})
	want(t, "leader", m.tr.Thread(11).Leader == nil, true)
	want(t, "threads", m.tr.Thread(10).Nchilds, 0)
	m.do(11, 307, 3, -100, "/a", 1, 0, 0, 0)
	want(t, "descriptors are its own", m.fd(10, 3)+m.fd(11, 3), "none/a")
}

// What one event may copy is in proportion to the events there were.
func TestFork_ofManyDescriptorsIsBounded(t *testing.T) {
	m := newMachine(t)
	for fd := range int64(100_000) {
		m.tr.AddFD(10, fd, event.FD{Kind: event.FDFile, Name: "/x"})
	}
	for child := range int64(400) {
		m.clone(10, 1000+child, 0)
		m.do(1000+child, 186, 0, 0, 0, 0)
	}
	if s := m.tr.Stats(); s.Refused == 0 {
		t.Errorf("%+v", s)
	}
}

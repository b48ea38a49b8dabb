package filter

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/unloop-dev/unloop/event"
)

// fakeState is a State of a few threads and accounts.
type fakeState struct {
	threads map[int64]*event.Thread
	users   map[uint32]*event.User
}

func (s *fakeState) Thread(tid int64) *event.Thread     { return s.threads[tid] }
func (s *fakeState) User(uid uint32) *event.User        { return s.users[uid] }
func (s *fakeState) Group(gid uint32) *event.Group      { return &event.Group{GID: gid, Name: "staff"} }
func (s *fakeState) IsLocalIP(ip [16]byte, _ bool) bool { return ip[0] == 10 }
func (s *fakeState) Machine() event.Machine             { return event.Machine{Hostname: "node-1", CPUs: 2} }
func (s *fakeState) put(t *event.Thread) *event.Thread  { s.threads[t.Tid] = t; return t }
func newState() *fakeState                              { return &fakeState{map[int64]*event.Thread{}, map[uint32]*event.User{}} }

// world is a small machine: a shell that started nginx in a container.
type world struct {
	*fakeState
	sess         *Session
	shell, nginx *event.Thread
}

func newWorld() *world {
	st := newState()
	st.users[0] = &event.User{Name: "root", Home: "/root", Shell: "/bin/bash"}
	shell := st.put(&event.Thread{Tid: 10, Pid: 10, Ptid: 1, Vtid: 10, Vpid: 10, Sid: 10, Comm: "bash", Exe: "-bash", ExePath: "/bin/bash", Cwd: "/root/", FDLimit: 1024, FDs: &event.FDTable{}, CloneNanos: 500})
	shell.Leader = shell
	c := &event.Container{
		ID: "0123456789ab", FullID: "0123456789abcdef", Name: "web", Image: "nginx:1.27", ImageRepo: "nginx", ImageTag: "1.27", TypeCode: 7,
		PodName: "web-1", PodNamespace: "shop", PodUID: "u-1", PodContainer: "app",
		Labels: map[string]string{"app": "web", "annotation.io.kubernetes.container.restartCount": "4"},
		Mounts: []event.Mount{{Source: "/data", Destination: "/var/data", Mode: "rw", RW: true, Propagation: "rprivate"}},
		JSON:   []byte(`{"container":{"ip":"10.0.0.7","created_time":1,"Healthcheck":{"Test":["CMD-SHELL","curl -f localhost"]}}}`),
	}
	nginx := st.put(&event.Thread{
		Tid: 20, Pid: 20, Ptid: 10, Vtid: 1, Vpid: 1, Sid: 10, Comm: "nginx", Exe: "nginx", ExePath: "/usr/sbin/nginx", Args: "-g\x00daemon off;\x00",
		Env: "PATH=/bin\x00LOG=debug\x00", Cgroups: "cpu=/kubepods/x\x00memory=/kubepods/y\x00", Cwd: "/etc/nginx/", FDLimit: 1024, VMRSSKiB: 4096,
		FDs: &event.FDTable{}, Parent: shell, Container: c, CloneNanos: 1000,
	})
	nginx.Leader = nginx
	nginx.FDs.Set(3, &event.FD{Kind: event.FDFile, Name: "/etc/nginx/nginx.conf", Dev: 0x801, Ino: 7})
	conn := &event.FD{Kind: event.FDIPv4, L4: event.L4UDP, ClientPort: 40000, ServerPort: 53, Role: event.RoleClient, Named: true, Conn: event.ConnDone}
	copy(conn.ClientIP[:], []byte{10, 0, 0, 7})
	copy(conn.ServerIP[:], []byte{10, 96, 0, 10})
	nginx.FDs.Set(4, conn)
	nginx.FDs.Set(5, &event.FD{Kind: event.FDPipe, Name: "pipe:[99]"})
	return &world{fakeState: st, sess: &Session{State: st}, shell: shell, nginx: nginx}
}

// event makes an event of a kind; params are numbers, which take the width that
// their type has, or texts, which get their NUL, or bytes.
func (w *world) event(t event.Type, th *event.Thread, fd int64, params ...any) *event.Event {
	ev := &event.Event{Num: 7, TsNanos: 1_506_127_469_900_617_765, Tid: -1, Type: t, Kind: event.KindOf(t), FDNum: fd}
	if th != nil {
		ev.Tid, ev.Thread = th.Tid, th
		ev.FD = th.FDs.Get(fd)
	}
	for i, p := range params {
		var b []byte
		switch p := p.(type) {
		case int:
			b = binary.LittleEndian.AppendUint64(nil, uint64(int64(p)))[:widthOf(ev.Kind.Params[i].Type)]
		case string:
			b = append([]byte(p), 0)
		case []byte:
			b = p
		}
		ev.Lens = binary.LittleEndian.AppendUint16(ev.Lens, uint16(len(b)))
		ev.Data = append(ev.Data, b...)
		ev.NParams++
	}
	return ev
}

func widthOf(t event.ParamType) int {
	switch t {
	case event.Int8, event.Uint8, event.Flags8, event.EnumFlags8, event.SigType, event.L4Proto, event.SockFamily:
		return 1
	case event.Int16, event.Uint16, event.Flags16, event.EnumFlags16, event.SyscallID, event.Port:
		return 2
	case event.Int32, event.Uint32, event.Flags32, event.EnumFlags32, event.Mode, event.UID, event.GID, event.Bool, event.Fd32, event.Pid32, event.SigSet:
		return 4
	}
	return 8
}

// Codes that tests use.
const (
	typeOpenX   event.Type = 3
	typeReadE   event.Type = 6
	typeReadX   event.Type = 7
	typeProcX   event.Type = 186
	typeSignal  event.Type = 232
	typeRenameX event.Type = 175
)

func (w *world) failedOpen() *event.Event {
	return w.event(typeOpenX, w.nginx, -1, -2, "conf.d/x.conf", 4097, 0)
}

func (w *world) read() *event.Event {
	ev := w.event(typeReadX, w.nginx, 3, 9, []byte("worker\x00\x1b\n"))
	ev.EnterTsNanos = ev.TsNanos - 1_234_567
	return ev
}

func (w *world) exit(status int) *event.Event { return w.event(typeProcX, w.nginx, -1, status) }

func (w *world) dns(answer bool) *event.Event {
	m := []byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 5, 'r', 'E', 'd', 'i', 's', 4, 's', 'h', 'o', 'p', 0, 0, 1, 0, 1}
	if answer {
		m[2], m[3], m[7] = 0x81, 0x80, 1
		m = append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 96, 0, 1)
	}
	return w.event(typeReadX, w.nginx, 4, len(m), m)
}

// random makes an event of any kind with any parameters.
func (w *world) random(r *rand.Rand) *event.Event {
	kinds := event.Kinds()
	t := event.Type(r.IntN(len(kinds) + 3))
	th := []*event.Thread{w.shell, w.nginx, w.nginx, nil}[r.IntN(4)]
	ev := w.event(t, th, []int64{-1, 3, 4, 5}[r.IntN(4)])
	ev.Num, ev.TsNanos, ev.CPU = r.Uint64N(1000), ev.TsNanos+r.Uint64N(1e10), uint16(r.IntN(3))
	if r.IntN(2) == 0 {
		ev.EnterTsNanos = ev.TsNanos - r.Uint64N(1e7)
	}
	if ev.Kind == nil {
		return ev
	}
	n := len(ev.Kind.Params)
	if n > 0 && r.IntN(4) == 0 {
		n = r.IntN(n + 1)
	}
	texts := []string{"/etc/hosts", "x", "", "../a/./b", "HTTP/1.1 200 OK", "redis", "\xff\x1b[31m"}
	for i := range n {
		var b []byte
		p := &ev.Kind.Params[i]
		switch {
		case r.IntN(12) == 0: // empty, or of a width that it should not have
			b = make([]byte, r.IntN(4))
		case p.Type == event.CharBuf || p.Type == event.FSPath || p.Type == event.FSRelPath:
			b = append([]byte(texts[r.IntN(len(texts))]), 0)
		case p.Type == event.ByteBuf || p.Type == event.SockAddr || p.Type == event.SockTuple || p.Type == event.FdList || p.Type == event.Dyn || p.Type == event.CharBufArray:
			b = make([]byte, r.IntN(60))
			for j := range b {
				b[j] = byte(r.Uint32())
			}
			if len(b) > 0 {
				b[0] = []byte{0, 1, 2, 10, 200}[r.IntN(5)]
			}
		default:
			v := []uint64{0, 1, 2, 3, 4, ^uint64(1), ^uint64(0), r.Uint64(), uint64(r.IntN(5000))}[r.IntN(9)]
			b = binary.LittleEndian.AppendUint64(nil, v)[:widthOf(p.Type)]
		}
		ev.Lens = binary.LittleEndian.AppendUint16(ev.Lens, uint16(len(b)))
		ev.Data = append(ev.Data, b...)
		ev.NParams++
	}
	return ev
}

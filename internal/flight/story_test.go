package flight

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// story makes up the life of a container, in the portable layout: the runtime prepares it,
// a server starts, forks, execs, opens, connects, accepts, asks a name server, and dies. The
// same seed tells the same story.
type story struct {
	b     scap.Builder
	rnd   *rand.Rand
	now   uint64
	procs []*actor
	next  int64
	out   []told
	// parallel lets calls of different threads overlap.
	parallel bool
	// old makes no calls that sysdig 0.29.3 does not know.
	old bool
	// chatty is how many reads and writes go with each other call.
	chatty int
}

// told is an event and when it happened.
type told struct {
	ev event.Event
}

// actor is one thread.
type actor struct {
	tid, pid int64
	comm     string
	fds      *openFDs
	busy     uint64
}

// openFDs are the descriptors of a process, by what they are.
type openFDs struct {
	kind map[int64]byte // f file, t tcp, u udp, p pipe, d name server, o other
}

func (o *openFDs) free() int64 {
	for fd := int64(3); ; fd++ {
		if o.kind[fd] == 0 {
			return fd
		}
	}
}

func (o *openFDs) any(rnd *rand.Rand, kinds string) (int64, bool) {
	var have []int64
	for fd, k := range o.kind {
		for i := range kinds {
			if kinds[i] == k {
				have = append(have, fd)
			}
		}
	}
	if len(have) == 0 {
		return 0, false
	}
	slices.Sort(have)
	return have[rnd.IntN(len(have))], true
}

const storyCgroups = "cpu=/kubepods/pod1/0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123\x00"

func newStory(seed uint64) *story {
	return &story{rnd: rand.New(rand.NewPCG(seed, 7)), now: 1_760_000_000_000_000_000, next: 1000, chatty: 6}
}

func (s *story) tick(most int) uint64 {
	s.now += 100 + uint64(s.rnd.IntN(most))
	return s.now
}

// event appends one.
func (s *story) event(typ event.Type, ts uint64, tid int64, values ...any) {
	var ev event.Event
	if err := s.b.Build(&ev, typ, ts, tid, uint16(tid%4), values...); err != nil {
		panic(fmt.Sprint(typ, err))
	}
	ev.Lens, ev.Data = slices.Clone(ev.Lens), slices.Clone(ev.Data)
	s.out = append(s.out, told{ev})
}

// call appends a call: its enter, and its exit some time later.
func (s *story) call(a *actor, exit event.Type, enter []any, values ...any) {
	from := s.tick(2000)
	if s.parallel {
		from = max(from, a.busy+1)
	}
	to := from
	if s.rnd.IntN(2) == 0 {
		to += uint64(s.rnd.IntN(4000))
	}
	s.event(exit-1, from, a.tid, enter...)
	s.event(exit, to, a.tid, values...)
	a.busy = to
	if !s.parallel {
		s.now = max(s.now, to)
	}
}

func (s *story) clone(from *actor, thread bool) *actor {
	s.next++
	c := &actor{tid: s.next, pid: s.next, comm: from.comm, fds: &openFDs{map[int64]byte{}}}
	flags := uint32(0)
	ptid := from.pid
	if thread {
		c.pid, c.fds = from.pid, from.fds
		flags = event.CloneThread | event.CloneFiles | event.CloneFS
	} else {
		for fd, k := range from.fds.kind {
			c.fds.kind[fd] = k
		}
	}
	flags |= event.ChildInPidNS
	say := func(tid, res, own, pid, ptid int64) {
		s.event(223, s.tick(900), tid, res, "/bin/"+from.comm, []byte("-x\x00"), own, pid, ptid, "", int64(1024),
			uint64(1), uint64(9), 4000, 900, 0, from.comm, []byte(storyCgroups), flags, 0, 0, own-900, pid-900, uint64(0))
	}
	s.now = max(s.now, from.busy)
	s.event(222, s.tick(900), from.tid)
	say(c.tid, 0, c.tid, c.pid, ptid)
	say(from.tid, c.tid-900, from.tid, from.pid, 1)
	from.busy, c.busy = s.now, s.now
	s.procs = append(s.procs, c)
	return c
}

func (s *story) exec(a *actor, path, comm string) {
	a.comm = comm
	s.now = max(s.now, a.busy)
	s.event(292, s.tick(900), a.tid, path)
	s.event(293, s.tick(900), a.tid, int64(0), path, []byte("--port\x0080\x00"), a.tid, a.pid, int64(1), "", int64(1048576),
		uint64(2), uint64(20), 9000, 1200, 0, comm, []byte(storyCgroups), []byte("PATH=/bin\x00HOME=/root\x00"), 0, a.pid-900, 0, 0,
		uint64(0), uint64(0xa80425fb), uint64(0xa80425fb), uint64(777), uint64(1), uint64(2), 0, path, a.pid, 0)
	a.busy = s.now
}

func (s *story) exit(a *actor, code int64) {
	s.now = max(s.now, a.busy)
	s.event(codeProcexit, s.tick(900), a.tid, code<<8, code, 0, 0, int64(-1))
	s.procs = slices.DeleteFunc(s.procs, func(x *actor) bool { return x == a || a.tid == a.pid && x.pid == a.pid })
}

func (s *story) open(a *actor) {
	fd := a.fds.free()
	name := [...]string{"/etc/nginx/nginx.conf", "/usr/lib/libssl.so.3", "../conf.d/site.conf", "data/cache/00/1f", "/proc/self/status", "/tmp/x"}[s.rnd.IntN(6)]
	switch s.rnd.IntN(5) {
	case 0:
		s.call(a, 307, []any{int64(-100), name, 1, 0}, int64(-2), int64(-100), name, 1, 0, 0, uint64(0))
	default:
		s.call(a, 307, []any{int64(-100), name, 1, 0}, fd, int64(-100), name, 1, 0, 8, uint64(s.rnd.IntN(9999)))
		a.fds.kind[fd] = 'f'
	}
}

func (s *story) close(a *actor) {
	if fd, ok := a.fds.any(s.rnd, "ftupdo"); ok {
		s.call(a, codeClose, []any{fd}, int64(0), fd)
		delete(a.fds.kind, fd)
	}
}

func ip4(n int) [4]byte { return [4]byte{10, 0, byte(n >> 8), byte(n)} }

func (s *story) connect(a *actor) {
	fd := a.fds.free()
	to, port := ip4(s.rnd.IntN(300)), uint16(3000+s.rnd.IntN(9))
	s.call(a, codeSocket, []any{2, 1, 6}, fd, 2, 1, 6)
	addr := scap.Addr4(to, port)
	if s.rnd.IntN(3) == 0 {
		s.call(a, codeConnect, []any{fd, addr}, int64(-111), []byte{}, fd, addr)
	} else {
		s.call(a, codeConnect, []any{fd, addr}, int64(0), scap.Tuple4(ip4(1), uint16(30000+s.rnd.IntN(20000)), to, port), fd, addr)
	}
	a.fds.kind[fd] = 't'
}

func (s *story) accept(a *actor) {
	fd := a.fds.free()
	s.call(a, 247, nil, fd, scap.Tuple4(ip4(s.rnd.IntN(900)), uint16(20000+s.rnd.IntN(20000)), ip4(1), 80), 0, 0, 128)
	a.fds.kind[fd] = 't'
}

func (s *story) dns(a *actor) {
	fd := a.fds.free()
	s.call(a, codeSocket, []any{2, 2, 17}, fd, 2, 2, 17)
	server := [4]byte{10, 96, 0, 10}
	addr, ends := scap.Addr4(server, 53), scap.Tuple4(ip4(1), 40000, server, 53)
	s.call(a, codeConnect, []any{fd, addr}, int64(0), ends, fd, addr)
	query := append(binary.BigEndian.AppendUint16(nil, uint16(s.rnd.Uint32())), "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04shop\x00\x00\x01\x00\x01"...)
	s.call(a, 31, []any{fd, len(query), []byte{}}, int64(len(query)), query, fd, len(query), []byte{})
	s.call(a, 35, []any{fd, 512}, int64(len(query)), query, []byte{}, fd, 512)
	a.fds.kind[fd] = 'd'
}

func (s *story) datagram(a *actor) {
	fd, ok := a.fds.any(s.rnd, "u")
	if !ok {
		fd = a.fds.free()
		s.call(a, codeSocket, []any{2, 2, 17}, fd, 2, 2, 17)
		a.fds.kind[fd] = 'u'
	}
	ends := scap.Tuple4(ip4(1), 9125, ip4(2), 8125)
	s.call(a, 31, []any{fd, 4, ends}, int64(4), []byte("a:1c"), fd, 4, ends)
}

func (s *story) misc(a *actor) {
	fd := a.fds.free()
	n := s.rnd.IntN(12)
	if s.old && (n == 7 || n == 8) {
		n = 0
	}
	switch n {
	case 0:
		dir := [...]string{"/srv/www", "/", "/var/lib/app/data"}[s.rnd.IntN(3)]
		s.call(a, 95, nil, int64(0), dir)
	case 1:
		s.call(a, 61, nil, int64(0), fd, fd+1000, uint64(s.rnd.IntN(99999)))
		a.fds.kind[fd], a.fds.kind[fd+1000] = 'p', 'p'
	case 2:
		if old, ok := a.fds.any(s.rnd, "ftu"); ok {
			if s.old {
				s.call(a, 125, []any{old}, fd)
			} else {
				s.call(a, 367, []any{old}, fd, old)
			}
			a.fds.kind[fd] = a.fds.kind[old]
		}
	case 3:
		if old, ok := a.fds.any(s.rnd, "ft"); ok {
			s.call(a, codeFcntl, []any{old, 1}, fd, old, 1)
			a.fds.kind[fd] = a.fds.kind[old]
		}
	case 4:
		s.call(a, 63, []any{uint64(0), 0}, fd, uint64(0), 0)
		a.fds.kind[fd] = 'o'
	case 5:
		s.call(a, codeSocket, []any{1, 1, 0}, fd, 1, 1, 0)
		s.call(a, codeConnect, []any{fd, scap.AddrUnix("/run/app.sock")}, int64(0), scap.TupleUnix(0xffff1, 0xffff2, "/run/app.sock"), fd, scap.AddrUnix("/run/app.sock"))
		a.fds.kind[fd] = 'o'
	case 6:
		s.call(a, 193, []any{101, 101, 101}, int64(0), 101, 101, 101)
	case 7:
		s.call(a, 401, nil, int64(0), 15, fmt.Sprint("w-", s.rnd.IntN(50)), 0)
	case 8:
		s.call(a, 377, []any{0}, fd, 0)
		a.fds.kind[fd] = 'o'
	case 9:
		s.call(a, 301, nil, int64(0), "/tmp/x")
	case 10:
		s.call(a, codeSocket, []any{10, 1, 6}, fd, 10, 1, 6)
		s.call(a, 21, []any{fd}, int64(0), scap.Addr6([16]byte{}, uint16(8000+s.rnd.IntN(100))), fd)
		s.call(a, 25, []any{fd, 128}, int64(0), fd, 128)
		a.fds.kind[fd] = 'o'
	case 11:
		s.call(a, 161, []any{uint64(0), uint64(4096), 3, 2, int64(-1), uint64(0)}, uint64(0x7f0000000000), 9000+s.rnd.IntN(500), 1300, 0, uint64(0), uint64(4096), 3, 2, int64(-1), uint64(0))
	}
}

var page = []byte("GET /index.html HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: probe/1.0 0123456789abcdef")

// bulk reads and writes.
func (s *story) bulk(a *actor) {
	fd, ok := a.fds.any(s.rnd, "tfp")
	if !ok {
		return
	}
	n := 20 + s.rnd.IntN(60)
	switch s.rnd.IntN(6) {
	case 0:
		s.call(a, 7, []any{fd, 4096}, int64(-11), []byte{}, fd, 4096)
	case 1:
		s.call(a, 79, []any{int64(512)}, int64(1), int64(512))
	case 2:
		s.call(a, 9, []any{fd, n}, int64(n), page[:n], fd, n)
	case 3:
		s.call(a, 65, []any{uint64(0x7ffd12345678), 0, uint64(1)}, int64(0), uint64(0x7ffd12345678), 0, uint64(1))
	case 4:
		s.call(a, 35, []any{fd, 4096}, int64(n), page[:n], []byte{}, fd, 4096)
	default:
		s.call(a, 7, []any{fd, 4096}, int64(n), page[:n], fd, 4096)
	}
}

// tell plays so many acts, from the runtime's preparations to the death, and gives the
// events in the order of their times.
func (s *story) tell(acts int) []told {
	init := &actor{tid: 1001, pid: 1001, comm: "runc:[2:INIT]", fds: &openFDs{map[int64]byte{}}}
	s.next = 1001
	s.procs = []*actor{init}
	shim := &actor{tid: 990, pid: 990, comm: "runc", fds: &openFDs{map[int64]byte{}}}
	s.event(223, s.tick(900), init.tid, int64(0), "/proc/self/exe", []byte("init\x00"), init.tid, init.pid, shim.tid, "", int64(1024),
		uint64(1), uint64(9), 4000, 900, 0, "runc:[2:INIT]", []byte(storyCgroups), event.ChildInPidNS, 0, 0, int64(1), int64(1), uint64(0))
	s.call(init, 257, []any{0}, int64(0), "proc", "/proc", "proc", 0)
	for range 5 {
		s.open(init)
	}
	s.call(init, 95, nil, int64(0), "/app")
	s.exec(init, "/usr/sbin/nginx", "nginx")
	for fd := range int64(3) {
		init.fds.kind[fd] = 'o'
	}
	for range acts {
		a := s.procs[s.rnd.IntN(len(s.procs))]
		switch n := s.rnd.IntN(40); {
		case n < 8:
			s.open(a)
		case n < 14:
			s.close(a)
			s.close(a)
			s.close(a)
		case n < 17:
			s.connect(a)
		case n < 20:
			s.accept(a)
		case n < 22:
			s.dns(a)
		case n < 24:
			s.datagram(a)
		case n < 30:
			s.misc(a)
		case n < 33:
			line := fmt.Sprintf("%d [notice] worker %d\n", s.now, s.rnd.IntN(100))
			s.call(a, 9, []any{int64(1), len(line)}, int64(len(line)), []byte(line), int64(1), len(line))
		case n < 35 && len(s.procs) < 12:
			c := s.clone(a, false)
			if s.rnd.IntN(2) == 0 {
				s.exec(c, "/usr/bin/helper", "helper")
			}
		case n < 36 && len(s.procs) < 12:
			s.clone(a, true)
		case n < 38 && a != init:
			s.exit(a, 0)
		}
		for range s.rnd.IntN(s.chatty + 1) {
			s.bulk(s.procs[s.rnd.IntN(len(s.procs))])
		}
	}
	s.call(init, 307, []any{int64(-100), "/etc/missing.conf", 1, 0}, int64(-2), int64(-100), "/etc/missing.conf", 1, 0, 0, uint64(0))
	s.exit(init, 1)
	sort.SliceStable(s.out, func(i, j int) bool { return s.out[i].ev.TsNanos < s.out[j].ev.TsNanos })
	return s.out
}

// machine is where stories happen.
type machine struct{}

// Replay is part of scap.State.
func (machine) Replay(to scap.Sink) {
	to.SetMachine(event.Machine{CPUs: 4, MemoryBytes: 8 << 30, MaxPid: 4 << 20, Hostname: "node-1", BootNanos: 1_750_000_000_000_000_000})
	to.AddUser(event.User{UID: 0, Name: "root", Home: "/root", Shell: "/bin/sh"})
	to.AddThread(event.Thread{Tid: 990, Pid: 990, Ptid: 1, Vtid: 990, Vpid: 990, Comm: "runc", Exe: "runc", ExePath: "/usr/bin/runc", Cwd: "/run", Root: "/"})
}

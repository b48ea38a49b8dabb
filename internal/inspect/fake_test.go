package inspect

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// param encodes one parameter of a fake event.
func p64(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }
func pstr(s string) []byte {
	return append([]byte(s), 0)
}

// fake makes an event with its parameters.
func fake(num, ts uint64, typ event.Type, th *event.Thread, params ...[]byte) *event.Event {
	ev := &event.Event{Num: num, TsNanos: ts, Type: typ, Tid: th.Tid, Thread: th, Kind: event.KindOf(typ), FDNum: -1, NParams: len(params)}
	for _, p := range params {
		ev.Lens = binary.LittleEndian.AppendUint16(ev.Lens, uint16(len(p)))
		ev.Data = append(ev.Data, p...)
	}
	return ev
}

func (m *fakeMaker) on(ev *event.Event, fd int64, f *event.FD, latency uint64) *event.Event {
	ev.FDNum, ev.FD = fd, f
	if latency > 0 {
		ev.EnterTsNanos = ev.TsNanos - latency
	}
	return ev
}

// fakeMaker makes a stream of random but sensible events.
type fakeMaker struct {
	rnd     *rand.Rand
	num, ts uint64
	threads []*event.Thread
	files   []*event.FD
	sockets []*event.FD
	next    int64
}

// Codes of the events that the maker makes (exits; the enter is one less).
const (
	evOpenat  event.Type = 307
	evRead    event.Type = 7
	evWrite   event.Type = 9
	evConnect event.Type = 23
	evClose   event.Type = 5
	evExit    event.Type = 186
	evSignal  event.Type = 232
	evGeneric event.Type = 1
)

func newFakeMaker(seed uint64) *fakeMaker {
	m := &fakeMaker{rnd: rand.New(rand.NewPCG(seed, 7)), ts: 1_700_000_000_000_000_000, next: 100}
	box := &event.Container{ID: "0123456789ab", Name: "web", Image: "web:1", PodName: "web-1", PodNamespace: "shop"}
	for i := range 12 {
		th := m.thread()
		if i%3 == 0 {
			th.Container, th.Vpid = box, int64(1+i)
		}
	}
	for i := range 40 {
		m.files = append(m.files, &event.FD{Kind: event.FDFile, Name: "/srv/d" + strconv.Itoa(i%5) + "/f" + strconv.Itoa(i)})
	}
	for i := range 10 {
		f := &event.FD{Kind: event.FDIPv4, L4: event.L4TCP, Named: true, ClientPort: uint16(40000 + i), ServerPort: uint16([]int{80, 443, 5432}[i%3])}
		copy(f.ClientIP[:], []byte{10, 0, 0, 1})
		copy(f.ServerIP[:], []byte{10, 0, 0, 2})
		f.Name = f.String()
		m.sockets = append(m.sockets, f)
	}
	return m
}

func (m *fakeMaker) thread() *event.Thread {
	m.next++
	th := &event.Thread{Tid: m.next, Pid: m.next, Vpid: m.next, Ptid: 1, Comm: "prog" + strconv.FormatInt(m.next%4, 10), Exe: "/bin/prog", Args: "-x\x00", UID: uint32(m.next % 3), FDs: &event.FDTable{}}
	th.Leader = th
	m.threads = append(m.threads, th)
	return th
}

// step makes the next event.
func (m *fakeMaker) step() *event.Event {
	m.num++
	m.ts += m.rnd.Uint64N(3_000_000)
	th := m.threads[m.rnd.IntN(len(m.threads))]
	switch m.rnd.IntN(12) {
	case 0, 1:
		f := m.files[m.rnd.IntN(len(m.files))]
		if m.rnd.IntN(3) == 0 {
			return fake(m.num, m.ts, evOpenat, th, p64(-eNOENT), p64(atCwd), pstr(f.Name), make([]byte, 4), make([]byte, 4))
		}
		return m.on(fake(m.num, m.ts, evOpenat, th, p64(3), p64(atCwd), pstr(f.Name), make([]byte, 4), make([]byte, 4)), 3, f, 5000)
	case 2, 3, 4:
		f := m.files[m.rnd.IntN(len(m.files))]
		return m.on(fake(m.num, m.ts, evRead, th, p64(int64(m.rnd.IntN(5000))), []byte("data")), 3, f, m.rnd.Uint64N(2_000_000)+1)
	case 5, 6:
		f := m.sockets[m.rnd.IntN(len(m.sockets))]
		return m.on(fake(m.num, m.ts, evWrite, th, p64(int64(m.rnd.IntN(900))), []byte("HTTP/1.1 503 No\r\n")), 5, f, 900)
	case 7:
		f := m.sockets[m.rnd.IntN(len(m.sockets))]
		return m.on(fake(m.num, m.ts, evRead, th, p64(-eAGAIN), nil), 5, f, 10)
	case 8:
		f := m.sockets[m.rnd.IntN(len(m.sockets))]
		return m.on(fake(m.num, m.ts, evConnect, th, p64(-eREFUSED), nil), 6, f, 100)
	case 9:
		return fake(m.num, m.ts, evRead-1, th, p64(3), make([]byte, 4))
	case 10:
		return fake(m.num, m.ts, evGeneric, th, []byte{100, 0}, []byte{1, 0})
	}
	if m.rnd.IntN(8) > 0 {
		return fake(m.num, m.ts, evSignal, th, p64(0), p64(th.Pid), []byte{17})
	}
	for i, x := range m.threads {
		if x == th {
			m.threads = append(m.threads[:i], m.threads[i+1:]...)
		}
	}
	m.thread()
	code := int64(m.rnd.IntN(2))
	return fake(m.num, m.ts, evExit, th, p64(code<<8), p64(code), []byte{0}, []byte{0})
}

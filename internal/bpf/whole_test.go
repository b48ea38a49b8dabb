//go:build linux && (amd64 || arm64)

package bpf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
)

// randomCall makes the record of a call as the kernel may.
func randomCall(rnd *rand.Rand, nr int) record {
	c := byNumber[nr]
	r := blank(recCall, callBytes+roomSock+1024)
	binary.LittleEndian.PutUint16(r[6:], uint16(rnd.IntN(4)))
	binary.LittleEndian.PutUint64(r[32:], uint64([]int64{0, 1, 3, 5, 80, -2, -4, -11, -13, -115, -512}[rnd.IntN(11)]))
	binary.LittleEndian.PutUint16(r[40:], uint16(nr))
	for i := range 6 {
		v := []uint64{0, 1, 2, 3, 4, 5, 9, 63, 300, 0xffffff9c, 1 << 40, rnd.Uint64(), ^uint64(0)}[rnd.IntN(13)]
		binary.LittleEndian.PutUint64(r[48+8*i:], v)
	}
	for i := callBytes; i < len(r); i++ {
		r[i] = byte(rnd.IntN(256)) // what other records have left there
	}
	sock := c.kind >= shapeTo && c.kind <= shapeAccept || rnd.IntN(3) == 0 && (c.kind >= shapeOut && c.kind <= shapeIovIn)
	family := []uint16{0, afUnix, afInet, afInet6}[rnd.IntN(4)]
	if sock {
		r[5] = flagSock
		s := r[callBytes:]
		binary.LittleEndian.PutUint16(s, family)
		for _, at := range []int{4, 6} {
			binary.LittleEndian.PutUint16(s[at:], []uint16{0, 53, 443, 40000}[rnd.IntN(4)])
		}
		for i := 8; i < 40; i++ {
			s[i] = byte(rnd.IntN(2))
		}
		binary.LittleEndian.PutUint16(s[sockBytes:], family)
		binary.BigEndian.PutUint16(s[sockBytes+2:], []uint16{53, 443}[rnd.IntN(2)])
		for i := 4; i < 28; i++ {
			s[sockBytes+i] = byte(rnd.IntN(2))
		}
	}
	one, two := 0, 0
	at1, at2 := c.offsets(sock)
	switch rnd.IntN(3) {
	case 0:
	case 1:
		one = 8 * rnd.IntN(12)
	default:
		one, two = rnd.IntN(81), 16
		if sock {
			two = []int{0, 16, 28}[rnd.IntN(3)]
		}
	}
	if one > 0 {
		r[callBytes+at1+one-1] = 0
	}
	if two > 0 && at2 == pathMax && c.kind == shapePaths {
		r[callBytes+at2+two-1] = 0
	}
	binary.LittleEndian.PutUint16(r[42:], uint16(one))
	binary.LittleEndian.PutUint16(r[44:], uint16(two))
	return r
}

// heard collects events as text.
type heard struct{ events []string }

func (*heard) Open(flight.Slot, flight.Opening)           {}
func (*heard) Lost(flight.Slot, flight.LossCause, uint64) {}
func (*heard) Died(flight.Slot, flight.Death)             {}
func (*heard) Gone(flight.Slot)                           {}
func (h *heard) Event(_ flight.Slot, ev *event.Event) {
	h.events = append(h.events, fmt.Sprintf("%d %x %x", ev.Type, ev.Lens, ev.Data))
}

// What is kept of a call gives the very events that the record gives, for every call.
func TestWhole_sameEvents(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	seen := 0
	for nr, w := range wholes {
		if w.call == nil {
			continue
		}
		for range 400 {
			r := randomCall(rnd, nr)
			h := &heard{}
			d := decoder{h: h}
			if !d.call(&slot{id: 1, procs: map[int64]*proc{100: {tid: 100}}}, r) || len(h.events) != 2 {
				t.Fatalf("%s gives %d events", w.call.name, len(h.events))
			}
			raw := w.pack(nil, r)
			enter, exit, ok := expand(raw)
			if !ok {
				t.Fatalf("%s: what was kept is not read: %x", w.call.name, raw)
			}
			got := []string{
				fmt.Sprintf("%d %x %x", w.call.enter, enter.Lens, enter.Data), fmt.Sprintf("%d %x %x", w.call.enter+1, exit.Lens, exit.Data),
			}
			if strings.Join(got, "\n") != strings.Join(h.events, "\n") {
				t.Fatalf("%s: kept whole it gives\n%s\nas a record\n%s", w.call.name, strings.Join(got, "\n"), strings.Join(h.events, "\n"))
			}
			seen++
		}
	}
	if seen < 30000 {
		t.Errorf("%d calls only", seen)
	}
}

// eventsOnly hides that a handler takes calls.
type eventsOnly struct{ flight.Handler }

// A recorder that is given calls whole writes the capture that it writes of their events, while
// rings fill up and forget.
func TestWhole_sameCapture(t *testing.T) {
	var nrs []int
	for nr, w := range wholes {
		if w.call != nil {
			nrs = append(nrs, nr)
		}
	}
	var full [][]string
	for _, c := range []struct {
		name string
		o    flight.Options
	}{
		{"all", flight.Options{}},
		{"forgetting", flight.Options{SegmentBytes: 4 << 10, BulkBytes: 64 << 10, LandmarkBytes: 64 << 10, HeadBytes: 16 << 10}},
	} {
		for seed := range uint64(4) {
			play := func(h flight.Handler, calls flight.CallHandler) {
				rnd := rand.New(rand.NewPCG(seed, 7))
				d := decoder{h: h, calls: calls}
				s := &slot{id: 1, whole: true, opened: true, cgroups: []byte("memory=/x\x00")}
				h.Open(1, flight.Opening{Cgroup: "/x", Whole: true, Expand: expand})
				at := uint64(1e9)
				give := func(r record, tid int) {
					at += uint64(rnd.IntN(1_000_000))
					binary.LittleEndian.PutUint64(r[8:], at)
					binary.LittleEndian.PutUint32(r[24:], uint32(tid))
					binary.LittleEndian.PutUint32(r[28:], uint32(tid))
					if !d.record(s, r) {
						t.Fatal("a record is not understood")
					}
				}
				for tid := 100; tid < 104; tid++ {
					give(randomTask(recFork, tid), tid)
				}
				for n := range 6000 {
					if n == 500 {
						give(randomTask(recExec, 100), 100)
					}
					give(randomCall(rnd, nrs[rnd.IntN(len(nrs))]), 100+rnd.IntN(4))
				}
			}
			whole, split := flight.New(c.o), flight.New(c.o)
			taken := &counting{Recorder: whole}
			play(taken, taken)
			play(eventsOnly{split}, nil)
			a, b := written(t, whole), written(t, split)
			if taken.n < 4000 {
				t.Errorf("%s: %d calls were taken whole", c.name, taken.n)
			}
			tell, told := eventsOf(t, a), eventsOf(t, b)
			if c.name == "all" && !slices.Equal(tell, told) {
				t.Errorf("%d: of %d and %d events the first that differs is %d", seed, len(tell), len(told), firstOther(tell, told))
			}
			if c.name == "all" {
				full = append(full, tell)
				continue
			}
			// What is left is told as it was.
			if n := common(full[seed], tell); len(tell) < 1000 || n < len(tell) {
				t.Errorf("%s, %d: of %d events %d are those of the whole run", c.name, seed, len(tell), n)
			}
		}
	}
}

type counting struct {
	*flight.Recorder
	n int
}

func (c *counting) Call(s flight.Slot, k *flight.Call) bool {
	ok := c.Recorder.Call(s, k)
	if ok {
		c.n++
	}
	return ok
}

// randomTask makes the record of a process that begins, or runs a program.
func randomTask(k recType, tid int) record {
	r := blank(k, sizesOf[k])
	info := r[headBytes:]
	for _, at := range []int{0, 4} {
		binary.LittleEndian.PutUint32(info[at:], uint32(tid))
	}
	binary.LittleEndian.PutUint32(info[12:], uint32(tid-99))
	binary.LittleEndian.PutUint32(info[16:], uint32(tid-99))
	copy(info[152:], "server\x00")
	if k == recExec {
		copy(r[1496:], "/srv/server\x00")
		binary.LittleEndian.PutUint16(r[206:], 12)
	}
	return r
}

func written(t *testing.T, r *flight.Recorder) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := r.Snapshot(1, &b, flight.Mark{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func firstOther(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

func common(a, b []string) (n int) {
	has := map[string]bool{}
	for _, x := range a {
		has[x] = true
	}
	for _, x := range b {
		if has[x] {
			n++
		}
	}
	return n
}

// eventsOf are the events of a capture as text, in order.
func eventsOf(t *testing.T, capture []byte) (out []string) {
	t.Helper()
	r, err := scap.NewReader(bytes.NewReader(capture), scap.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var ev event.Event
	for {
		switch err := r.Next(&ev); {
		case err == io.EOF:
			return out
		case err != nil:
			t.Fatal(err)
		}
		if !ev.Hidden() { // those only bring a state about
			out = append(out, fmt.Sprintf("%d %d %d %x", ev.TsNanos, ev.Tid, ev.Type, ev.Data))
		}
	}
}

// FuzzExpand: what is no call is refused, and what is read gives events that readers take.
func FuzzExpand(f *testing.F) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for nr, w := range wholes {
		if w.call != nil {
			f.Add(w.pack(nil, randomCall(rnd, nr)))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		enter, exit, ok := expand(raw)
		if !ok {
			return
		}
		for _, p := range []flight.Params{enter, exit} {
			n := 0
			for b := p.Lens; len(b) >= 2; b = b[2:] {
				n += int(binary.LittleEndian.Uint16(b))
			}
			if len(p.Lens) != 2*p.N || n != len(p.Data) {
				t.Fatalf("%d parameters of %d bytes, %x, in %d", p.N, n, p.Lens, len(p.Data))
			}
		}
	})
}

// BenchmarkDecode is what the consumer does with a call of a server: its events made and kept,
// and the call kept whole. A call is two events.
func BenchmarkDecode(b *testing.B) {
	read := blank(recCall, callBytes+80)
	nr := numbers["read"]
	binary.LittleEndian.PutUint64(read[32:], 80)
	binary.LittleEndian.PutUint16(read[40:], uint16(nr))
	binary.LittleEndian.PutUint16(read[42:], 80)
	binary.LittleEndian.PutUint64(read[48:], 7)
	binary.LittleEndian.PutUint64(read[64:], 4096)
	for _, how := range []string{"events", "whole"} {
		b.Run(how, func(b *testing.B) {
			b.ReportAllocs()
			h := flight.New(flight.Options{})
			d := decoder{h: h}
			if how == "whole" {
				d.calls = h
			}
			s := &slot{id: 1, opened: true}
			h.Open(1, flight.Opening{Expand: expand})
			s.procs = map[int64]*proc{}
			s.add(&proc{tid: 100, pid: 100, comm: "server"})
			at := uint64(1e9)
			for b.Loop() {
				at += 5000
				binary.LittleEndian.PutUint64(read[8:], at)
				d.record(s, read)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2, "ns/event")
		})
	}
}

package inspect

import (
	"math/rand/v2"
	"testing"
)

// TestCube_sumsSurviveJoining adds cells over a time that forces many doublings, and
// compares with sums that were kept beside.
func TestCube_sumsSurviveJoining(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	q := newCube()
	q.startNanos = 1000
	type key struct{ task, name, what uint32 }
	want := map[key]cell{}
	ts := uint64(1000)
	for range 200_000 {
		ts += rnd.Uint64N(40_000)
		if rnd.IntN(100) == 0 {
			ts -= min(ts-1000, 5000) // time goes back now and then
		}
		q.at(ts)
		k := key{rnd.Uint32N(20), rnd.Uint32N(50), rnd.Uint32N(30)}
		q.add(k.task, k.name, k.what, 1, 7, 3)
		c := want[k]
		c.n, c.amount, c.nanos = c.n+1, c.amount+7, c.nanos+3
		want[k] = c
	}
	q.seal()
	got := map[key]cell{}
	total := 0
	for s, cells := range q.slots {
		seen := map[key]bool{}
		for _, c := range cells {
			k := key{c.task, c.name, c.what}
			if seen[k] {
				t.Fatalf("slot %d has %v twice", s, k)
			}
			seen[k] = true
			g := got[k]
			g.n, g.amount, g.nanos = g.n+c.n, g.amount+c.amount, g.nanos+c.nanos
			got[k] = g
			total++
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d different cells, want %d", len(got), len(want))
	}
	for k, w := range want {
		if g := got[k]; g.n != w.n || g.amount != w.amount || g.nanos != w.nanos {
			t.Fatalf("%v: got %+v, want %+v", k, g, w)
		}
	}
	if len(q.slots) > maxSlots || len(q.slots) < maxSlots/4 {
		t.Errorf("%d slots: want between %d and %d", len(q.slots), maxSlots/4, maxSlots)
	}
	if q.sealed != total {
		t.Errorf("the cube counts %d cells, it holds %d", q.sealed, total)
	}
	if last := q.startNanos + uint64(len(q.slots))*q.width; last < ts-40_000 {
		t.Errorf("slots end at %d, time went to %d", last, ts)
	}
}

// TestCube_namesAreGivenUp fills one slot with more cells than the bound.
func TestCube_namesAreGivenUp(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: short")
	}
	q := newCube()
	n := uint32(maxCells + 100_000)
	for i := range n {
		q.add(i%5, i, 0, 1, 1, 0)
	}
	if !q.noNames {
		t.Fatal("the bound was never reached")
	}
	q.seal()
	sum := uint32(0)
	for _, c := range q.slots[0] {
		sum += c.n
		if c.name != 0 {
			t.Fatalf("cell %+v still has a name", c)
		}
	}
	if sum != n {
		t.Errorf("%d events counted, %d were added", sum, n)
	}
}

func TestTexts(t *testing.T) {
	x := newTexts()
	ids := map[string]textID{}
	for i := range 5000 {
		s := string(rune('a'+i%26)) + number(int64(i*i)).String()
		ids[s] = x.id(s)
	}
	for s, id := range ids {
		if x.id(s) != id || x.bytesID([]byte(s)) != id || x.get(id) != s {
			t.Fatalf("%q: number %d gives %q", s, id, x.get(id))
		}
		if got, ok := x.find(s); !ok || got != id {
			t.Fatalf("find(%q) = %d, %v", s, got, ok)
		}
	}
	if _, ok := x.find("never seen"); ok {
		t.Error("found what was never put in")
	}
	if x.id("") != 0 || x.get(1<<30) != "" {
		t.Error("the empty string is number 0, a wrong number gives it")
	}
	long := string(make([]byte, 3*maxTextLen))
	if got := x.get(x.id(long)); len(got) != maxTextLen {
		t.Errorf("a long text is kept with %d bytes", len(got))
	}
}

func TestOutcome_packs(t *testing.T) {
	for _, o := range []outcome{{}, {typ: 307, errno: 2}, {typ: 1023, errno: 4095, mark: marks - 1, slow: 3}} {
		if got := unpack(o.pack()); got != o {
			t.Errorf("%+v comes back as %+v", o, got)
		}
	}
	if marks > 64 {
		t.Errorf("%d marks do not fit six bits", marks)
	}
}

func TestClock_oneJumpIsNotBelieved(t *testing.T) {
	b := NewBuilder()
	sec := uint64(1_000_000_000)
	b.clock(10 * sec)
	b.clock(11 * sec)
	width := b.lane.width
	b.clock(1 << 62) // a damaged event
	b.clock(11*sec + 5)
	if b.lane.width != width || b.lastTs > 12*sec {
		t.Fatalf("width went from %d to %d, last %d", width, b.lane.width, b.lastTs)
	}
	b.clock(9000 * sec) // a real pause: the next event agrees
	b.clock(9001 * sec)
	if b.lastTs != 9001*sec {
		t.Errorf("last is %d after a real pause", b.lastTs)
	}
}

package flight

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestRecorder_holdsItsBudget runs 110 busy containers into a budget that is a third of what
// they would take, and looks at the accounts and at the heap.
func TestRecorder_holdsItsBudget(t *testing.T) {
	const containers, budget = 110, 10 << 20
	stories := make([][]told, 4)
	for i := range stories {
		s := newStory(uint64(i))
		s.chatty = 12
		stories[i] = s.tell(2000)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	r := New(Options{BudgetBytes: budget, HeadBytes: 32 << 10, LandmarkBytes: 100 << 10, BulkBytes: 200 << 10, SegmentBytes: 16 << 10})
	for s := range containers {
		r.Open(Slot(s+1), Opening{Before: machine{}, Whole: true})
	}
	at := make([]int, containers)
	rnd := rand.New(rand.NewPCG(1, 1))
	top := int64(0)
	for left := containers; left > 0; {
		s := rnd.IntN(containers)
		story := stories[s%len(stories)]
		for range 100 {
			if at[s] == len(story) {
				break
			}
			ev := story[at[s]].ev
			r.Event(Slot(s+1), &ev)
			if at[s]++; at[s] == len(story) {
				left--
			}
		}
		// What grows by one event may be over until the next.
		if used := r.Stats().Bytes; used > budget+64<<10 {
			t.Fatalf("%d bytes in a budget of %d", used, budget)
		} else {
			top = max(top, used)
		}
	}
	if got := spend(r); got != r.Stats().Bytes {
		t.Errorf("the accounts say %d bytes, there are %d", r.Stats().Bytes, got)
	}
	took := heap() - before
	st := r.Stats()
	t.Logf("%d events, %d kept, %d evicted; accounts %d KiB at most, heap %d KiB; ratio %.1f", st.Events, st.Kept, st.Evicted, top>>10, took>>10, float64(st.RawBytes)/float64(st.PackedBytes))
	if top < budget*3/4 {
		t.Errorf("only %d bytes of %d: the budget was not tried", top, budget)
	}
	// The packer's tables come on top, once.
	if took > budget*5/4+4<<20 {
		t.Errorf("the heap grew by %d bytes for a budget of %d", took, budget)
	}
	if st.Lost[LostBudget] == 0 {
		t.Error("nothing was lost to the budget: it was not tried")
	}
	for s := Slot(1); s <= containers; s += 10 {
		file, info := snapshot(t, r, s, Mark{})
		events, facts := shown(t, file)
		ordered(t, events)
		if !info.Head || uint64(len(events)) != info.Events || facts.Get("lost.memory-budget") == "" && info.Lost[LostBudget] > 0 {
			t.Errorf("slot %d: %+v", s, info)
		}
	}
	runtime.KeepAlive(r)
	runtime.KeepAlive(stories)
}

// TestRecorder_survivesAnyBudget: what does not fit is counted, whatever the budget.
func TestRecorder_survivesAnyBudget(t *testing.T) {
	story := newStory(6).tell(300)
	for _, budget := range []int64{1, 4 << 10, 40 << 10, 200 << 10} {
		t.Run(fmt.Sprint(budget), func(t *testing.T) {
			r := New(Options{BudgetBytes: budget, SegmentBytes: 2 << 10})
			for i := range story {
				for s := Slot(1); s <= 5; s++ {
					if i == 0 {
						r.Open(s, Opening{Before: machine{}, Whole: true})
					}
					ev := story[i].ev
					r.Event(s, &ev)
				}
				if i == len(story)/2 {
					r.Gone(2)
				}
			}
			st := r.Stats()
			if got := spend(r); got != st.Bytes {
				t.Errorf("the accounts say %d bytes, there are %d", st.Bytes, got)
			}
			if st.Lost[LostBudget] == 0 {
				t.Error("nothing was lost")
			}
			for s := Slot(1); s <= 5; s++ {
				var b bytes.Buffer
				if _, err := r.Snapshot(s, &b, Mark{}); err == nil {
					shown(t, b.Bytes())
				}
				r.Gone(s)
				r.Forget(s)
			}
			if st := r.Stats(); st.Bytes != 0 {
				t.Errorf("left: %+v", st)
			}
		})
	}
}

// TestRecorder_boundsState: a container that opens descriptors without end costs no more
// than its share.
func TestRecorder_boundsState(t *testing.T) {
	r := New(Options{SegmentBytes: 16 << 10, LandmarkBytes: 32 << 10, HeadBytes: -1})
	r.Open(1, Opening{})
	s := newStory(1)
	a := &actor{tid: 5, pid: 5, fds: &openFDs{map[int64]byte{}}}
	for fd := range int64(60_000) {
		name := fmt.Sprintf("/tmp/some/long/directory/name/to/take/more/memory/%d", fd)
		s.call(a, 307, []any{int64(-100), name, 1, 0}, fd, int64(-100), name, 1, 0, 8, uint64(fd))
		if len(s.out) > 1000 {
			feed(r, 1, s.out)
			s.out = s.out[:0]
			if st, _ := r.SlotStats(1); st.StateBytes > maxState {
				t.Fatalf("%d bytes of state", st.StateBytes)
			}
		}
	}
	if !r.slots[1].stateLost {
		t.Error("the state was not given up: the test does not try it")
	}
	if _, err := r.Snapshot(1, io.Discard, Mark{}); err != nil {
		t.Error(err)
	}
}

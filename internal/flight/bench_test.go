package flight

import (
	"io"
	"runtime"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

// busy is the stream of a server under load: landmarks are one in ten, as of a proxy that
// accepts, connects and closes for each request.
func busy() []told {
	s := newStory(1)
	s.chatty = 30
	return s.tell(2000)
}

// BenchmarkRecorder is the cost of one event, enter or exit: as it comes, and with the
// compression of full segments. Ten containers take turns, in runs of 64 events.
func BenchmarkRecorder(b *testing.B) {
	story := busy()
	for _, bc := range []struct {
		name string
		o    Options
	}{
		// One segment takes all, so that nothing is compressed.
		{"nothing", Options{}}, // the loop itself
		{"before", Options{SegmentBytes: 4 << 20, HeadBytes: -1}},
		{"compressed", Options{HeadBytes: -1}},
		{"evicting", Options{HeadBytes: -1, BulkBytes: 256 << 10, LandmarkBytes: 128 << 10}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			const slots, turn = 10, 64
			r := New(bc.o)
			shift := uint64(0)
			n := 0
			var ev event.Event
			begin := threadNanos()
			for b.Loop() {
				x := &story[n%len(story)].ev
				if bc.name == "before" && n%(64<<10) == 0 {
					r = New(bc.o) // the segment would fill
				}
				if n%len(story) == 0 {
					shift += 60_000_000
				}
				ev = *x
				ev.TsNanos += shift
				if bc.name != "nothing" {
					r.Event(Slot(1+n/turn%slots), &ev)
				}
				n++
			}
			b.ReportMetric(float64(threadNanos()-begin)/float64(b.N), "cpu-ns/event")
			st := r.Stats()
			if st.PackedBytes > 0 {
				b.ReportMetric(float64(st.RawBytes)/float64(st.PackedBytes), "ratio")
				b.ReportMetric(float64(st.RawBytes)/float64(st.Events), "raw-B/event")
			}
		})
	}
}

// BenchmarkSnapshot is what a death costs: Take in the recorder's goroutine, Write beside it.
func BenchmarkSnapshot(b *testing.B) {
	r := New(Options{})
	r.Open(1, Opening{Before: machine{}, Whole: true})
	story := busy()
	for k := range 20 {
		for i := range story {
			ev := story[i].ev
			ev.TsNanos += uint64(k) * 60_000_000
			r.Event(1, &ev)
		}
	}
	b.Run("take", func(b *testing.B) {
		for b.Loop() {
			m, err := r.Take(1, Mark{})
			if err != nil {
				b.Fatal(err)
			}
			r.Release(m)
		}
	})
	b.Run("write", func(b *testing.B) {
		var info Info
		for b.Loop() {
			var err error
			if info, err = r.Snapshot(1, io.Discard, Mark{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(info.Events), "events")
	})
}

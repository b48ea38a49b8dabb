package state

import (
	"bytes"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// FuzzTracker applies whatever a capture holds. The state must hold together, and what
// it replays must be a capture.
func FuzzTracker(f *testing.F) {
	var out bytes.Buffer
	w, err := scap.NewWriter(&out, scap.WriteOptions{})
	if err != nil {
		f.Fatal(err)
	}
	w.AddThread(event.Thread{Tid: 5, Pid: 5, Ptid: 1, Comm: "a", Cwd: "/"})
	w.AddFD(5, 3, event.FD{Kind: event.FDIPv4, L4: event.L4UDP})
	var b scap.Builder
	for _, k := range event.Kinds() {
		if k.Flags&event.Unused != 0 || k.Flags&event.LargePayload != 0 {
			continue
		}
		values := make([]any, k.Portable)
		for i := range values {
			switch n := scap.Width(k.Params[i].Type); {
			case n > 0:
				values[i] = make([]byte, n)
			case k.Params[i].Type == event.SockTuple:
				values[i] = scap.Tuple4([4]byte{1}, 1, [4]byte{2}, 2)
			case k.Params[i].Type == event.SockAddr:
				values[i] = scap.Addr4([4]byte{1}, 1)
			default:
				values[i] = []byte("a/../b\x00")
			}
		}
		if err := w.Write(&b, k.Type, 1, 5, 0, values...); err != nil {
			f.Fatal(k.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes(), uint16(7))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		tr := New()
		r, err := scap.NewReader(bytes.NewReader(b), scap.ReadOptions{Meta: tr, Workers: 1})
		if err != nil {
			return
		}
		defer r.Close()
		var ev event.Event
		var w *scap.Writer
		var out bytes.Buffer
		for n := 0; r.Next(&ev) == nil; n++ {
			if n == int(cut) {
				if w, err = scap.NewWriter(&out, scap.WriteOptions{}); err != nil {
					t.Fatal(err)
				}
				if err := w.WriteState(tr); err != nil {
					t.Fatal(err)
				}
			}
			if w != nil {
				_ = w.WriteEvent(&ev)
			}
			tr.Apply(&ev)
			if ev.FD != nil {
				_ = ev.FD.String()
			}
		}
		fds := 0
		for _, th := range tr.ordered() {
			fds += th.own.Len()
			if th.FDs == nil || th.leader != nil && th.Leader != &th.leader.Thread {
				t.Fatalf("thread %d does not hold together", th.Tid)
			}
			n := 0
			for o := th.next; o != nil && th.leader == th; o = o.next {
				if n++; o.leader != th || n > 1<<20 {
					t.Fatalf("threads of %d are not its own", th.Tid)
				}
			}
			if th.leader == th && n != th.live {
				t.Fatalf("thread %d has %d others, counts %d", th.Tid, n, th.live)
			}
		}
		if s := tr.Stats(); s.FDs != fds {
			t.Fatalf("%d descriptors counted, there are %d", s.FDs, fds)
		}
		if w != nil && w.Events() > 0 {
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			again, err := scap.NewReader(&out, scap.ReadOptions{Meta: New(), Workers: 1, Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			n := uint64(0)
			for err = again.Next(&ev); err == nil; err = again.Next(&ev) {
				n++
			}
			if n != w.Events() {
				t.Fatalf("%d of %d events: %v", n, w.Events(), err)
			}
		}
	})
}

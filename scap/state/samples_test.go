package state

import (
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
)

// run applies every event of a file and calls do after each.
func run(t testing.TB, path string, do func(*Tracker, *event.Event)) *Tracker {
	t.Helper()
	tr := New()
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ev event.Event
	for {
		err := r.Next(&ev)
		if errors.Is(err, io.EOF) {
			return tr
		}
		if err != nil {
			t.Fatal(err)
		}
		tr.Apply(&ev)
		if do != nil {
			do(tr, &ev)
		}
	}
}

func TestSamples_stateHoldsTogether(t *testing.T) {
	for _, path := range captures.Files(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			tr := run(t, path, func(tr *Tracker, ev *event.Event) {
				if th := ev.Thread; th != nil && th.Tid != ev.Tid && ev.Kind.Name != "container" {
					t.Fatalf("event %d of thread %d shows thread %d", ev.Num, ev.Tid, th.Tid)
				}
			})
			s := tr.Stats()
			n := 0
			for th := range tr.Threads() {
				if th.FDs == nil {
					t.Fatalf("thread %d has no table", th.Tid)
				}
				if th.Leader == nil || th.Leader == th {
					n += th.FDs.Len()
				}
			}
			t.Logf("%+v", s)
			if s.Refused > 0 {
				t.Errorf("refused %d", s.Refused)
			}
		})
	}
}

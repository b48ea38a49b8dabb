package inspect

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/inspect/sample"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap/state"
)

func scanned(t testing.TB, name string) *Index {
	t.Helper()
	ix, err := Open(context.Background(), filepath.Join(captures.Folder(t), name), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// TestCaptures_everyViewAnswers asks every view of every capture.
func TestCaptures_everyViewAnswers(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(captures.Folder(t), "*.scap*"))
	if len(files) < 30 {
		t.Fatalf("%d captures", len(files))
	}
	for _, f := range files {
		ix := scanned(t, filepath.Base(f))
		for _, v := range views {
			if _, err := ix.Run(Query{View: v.ID}); err != nil {
				t.Errorf("%s: %s: %v", f, v.ID, err)
			}
		}
		if _, err := ix.Overview(Query{}); err != nil {
			t.Error(err)
		}
		if s := ix.Summary(); len(s.Ends) != len(ix.dead) {
			t.Errorf("%s: %d ends in the summary, %d in the index", f, len(s.Ends), len(ix.dead))
		}
	}
}

func sampleBytes(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sample.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCaptures_502Error compares with what sysdig 0.29.3 counts on the same file.
func TestCaptures_502Error(t *testing.T) {
	const name = "sysdig-inspect__502Error.scap"
	path := filepath.Join(captures.Folder(t), name)
	ix := scanned(t, name)
	if ix.Info.Events != 9478 {
		t.Errorf("%d events, sysdig prints 9478", ix.Info.Events)
	}
	errs := column(t, ask(t, ix, Query{View: "errors"}), "ERROR", "COUNT")
	same(t, "errors", errs, map[string]float64{"EAGAIN": 126, "ENOENT": 111, "EINPROGRESS": 43})
	if n := column(t, ask(t, ix, Query{View: "syscalls"}), "SYSCALL", "CALLS")["open"]; n != 222 {
		t.Errorf("%v open, sysdig has 222 exits", n)
	}
	for text, want := range map[string]uint64{
		"evt.type=open": 444, "proc.name in (curl, haproxy)": 6667, "evt.failed=true": 280, `evt.buffer contains "HTTP/"`: 322,
		"evt.res=ENOENT": 111, "container.name=example2_lb_1": 3002,
	} {
		sess := &filter.Session{}
		f, err := filter.Compile(text, sess)
		if err != nil {
			t.Fatal(err)
		}
		sub, err := Open(context.Background(), path, Options{Match: func(ev *event.Event, tr *state.Tracker) bool {
			sess.State = tr
			sess.See(ev)
			return f.Match(ev)
		}})
		if err != nil || sub.Info.Events != want {
			t.Errorf("%s: %d events, sysdig prints %d; %v", text, sub.Info.Events, want, err)
		}
	}
}

// TestOpen_canBeCalledOff: a scan ends when its context does.
func TestOpen_canBeCalledOff(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b, files := 0, ""
	list, _ := filepath.Glob(filepath.Join(captures.Folder(t), "*.scap"))
	for _, f := range list { // the largest has more events than lie between two looks
		if st, err := os.Stat(f); err == nil && int(st.Size()) > b {
			b, files = int(st.Size()), f
		}
	}
	data, err := os.ReadFile(files)
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat(data, 3)
	if _, err := Read(ctx, bytes.NewReader(big), Options{}); err == nil {
		t.Error("the scan went on")
	}
}

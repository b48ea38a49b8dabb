package inspect

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// seekEveryN scans with a seek point before every n-th event.
func seekEveryN(t *testing.T, path string, n int) *Index {
	t.Helper()
	tr := state.New()
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s := newSeeker(r, tr)
	if s.off {
		t.Skip("skipped: compressed files have no seek points")
	}
	var ev event.Event
	for i := 1; r.Next(&ev) == nil; i++ {
		tr.Apply(&ev)
		s.see(&ev)
		if i%n == 0 {
			s.mark(ev.TsNanos)
		}
	}
	return &Index{seeks: s.points}
}

// TestSeek_linesAreThoseOfTheWhole prints events read from seek points, and compares
// with the same lines of a reading from the start.
func TestSeek_linesAreThoseOfTheWhole(t *testing.T) {
	const after = 400
	for _, name := range []string{"sysdig-inspect__502Error.scap", "sysflow-telemetry_sf-collector__db0808f_full_capture.scap", "sysflow-telemetry_sf-collector__tcp-client-server.scap", "stratoshark-http-https__docker-curl-https.scap"} {
		path := filepath.Join(captures.Folder(t), name)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			whole := linesFrom(t, nil, path, 0, 0)
			ix := seekEveryN(t, path, 900)
			if len(ix.seeks) < 2 {
				t.Fatalf("%d seek points", len(ix.seeks))
			}
			wrong := 0
			for i := range ix.seeks {
				num := ix.seeks[i].num
				got := linesFrom(t, ix, path, num, num+after)
				start, _ := slices.BinarySearchFunc(whole, num, func(l numbered, n uint64) int { return int(int64(l.num) - int64(n)) })
				for k, l := range got {
					if start+k >= len(whole) || whole[start+k] != l {
						if wrong++; wrong < 4 {
							t.Logf("from event %d:\n got  %s\n want %s", num, l.line, whole[min(start+k, len(whole)-1)].line)
						}
					}
				}
			}
			// What a capture cannot say about its state: the descriptor that a thread used last,
			// which sysdig shows for calls without one, and that a socket has no address yet.
			if wrong*800 > len(ix.seeks)*after {
				t.Errorf("%d lines differ, of %d", wrong, len(ix.seeks)*after)
			}
		})
	}
}

type numbered struct {
	num  uint64
	line string
}

func linesFrom(t *testing.T, ix *Index, path string, num, to uint64) []numbered {
	t.Helper()
	c, err := ix.Seek(path, num, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	sess := &filter.Session{State: c.Tracker}
	f, err := filter.NewFormat("*%evt.num %evt.time %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info %proc.cmdline %container.name %fd.name %evt.latency", sess, filter.FormatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out []numbered
	var ev event.Event
	for {
		if err := c.Next(&ev); err == io.EOF {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		sess.See(&ev)
		if to > 0 && ev.Num > to {
			return out
		}
		if ev.Num < num || !filter.Visible(&ev) {
			continue
		}
		if line, ok := f.Append(nil, &ev); ok {
			out = append(out, numbered{ev.Num, string(line)})
		}
	}
}

func TestCodec_roundTrip(t *testing.T) {
	evs, ix := fakeCapture(t)
	_ = evs
	ix.seeks = []seekPoint{{num: 5, ts: 6, off: 7, state: []byte("state"), pending: []pendingEnter{{num: 1, ts: 2, tid: 3, typ: 6, params: 1, lens: []byte{2, 0}, data: []byte("ab")}}}}
	id := Identity{Size: 1, MTimeNanos: 2, Hash: [32]byte{3}}
	path := filepath.Join(t.TempDir(), "x"+suffix)
	if err := ix.save(path, id); err != nil {
		t.Fatal(err)
	}
	got := load(path, id)
	if got == nil {
		t.Fatal("the index does not load")
	}
	for _, v := range views {
		a, b := ask(t, ix, Query{View: v.ID}), ask(t, got, Query{View: v.ID})
		if a.Total != b.Total || len(a.Rows) != len(b.Rows) {
			t.Fatalf("%s: %d rows became %d", v.ID, a.Total, b.Total)
		}
		for i := range a.Rows {
			if !slices.Equal(a.Rows[i].Values, b.Rows[i].Values) {
				t.Fatalf("%s: row %d differs", v.ID, i)
			}
		}
	}
	if a, b := ix.Summary(), got.Summary(); len(a.Ends) != len(b.Ends) || len(a.Ends) == 0 {
		t.Errorf("%d ends became %d", len(a.Ends), len(b.Ends))
	}
	if len(got.seeks) != 1 || string(got.seeks[0].state) != "state" || len(got.seeks[0].pending) != 1 {
		t.Errorf("seek points: %+v", got.seeks)
	}
	if load(path, Identity{Size: 1, MTimeNanos: 3, Hash: [32]byte{3}}) != nil {
		t.Error("an index of another file is taken")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 9, 100, len(data) / 2, len(data) - 2} {
		bad := slices.Clone(data)
		bad[at] ^= 0x40
		os.WriteFile(path, bad, 0o600)
		if load(path, id) != nil {
			t.Errorf("an index with byte %d changed is taken", at)
		}
	}
	os.WriteFile(path, data[:len(data)-1], 0o600)
	if load(path, id) != nil {
		t.Error("a cut index is taken")
	}
}

// TestOpen_keepsTheIndexBesideTheFile looks at when an index is stored and reused.
func TestOpen_storesOnlyWhatIsWorthIt(t *testing.T) {
	dir := t.TempDir()
	src, err := os.ReadFile(filepath.Join(captures.Folder(t), "falco__cat_write.scap"))
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	path := filepath.Join(dir, "a.scap")
	os.WriteFile(path, src, 0o600)
	if _, err := Open(context.Background(), path, Options{Store: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + suffix); err == nil {
		t.Error("the index of a small file is stored")
	}
}

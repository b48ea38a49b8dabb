package inspect

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
)

// wider are tiles whose filter selects more than they count: the language has no word
// for the difference.
var wider = map[string]string{
	"dns.questions": "answers", "dns.answers": "questions", "dns.failures": "all of DNS",
	"out": "files behind descriptors 1 and 2", "err": "the same", "errors": "EAGAIN and its likes",
	"syslog.warn": "all severities over UDP", "syslog.err": "the same",
}

// TestTiles_filterSelectsWhatTheyCount: the way from a number back to its events.
func TestTiles_filterSelectsWhatTheyCount(t *testing.T) {
	if n := filtersSelect(t, "sample", sampleBytes(t)); n < 15 {
		t.Errorf("only %d tiles had something to count", n)
	}
}

// TestCaptures_filtersSelectWhatTilesCount asks the same of real captures.
func TestCaptures_filtersSelectWhatTilesCount(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(captures.Folder(t), "*.scap*"))
	n := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		n += filtersSelect(t, filepath.Base(f), data)
	}
	if n < 5*len(files) {
		t.Errorf("only %d tiles of %d captures had something to count", n, len(files))
	}
}

// filtersSelect compares each tile with what its filter selects, and returns how many
// had something to count.
func filtersSelect(t *testing.T, name string, data []byte) int {
	t.Helper()
	ix, err := Read(t.Context(), bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := ix.Overview(Query{})
	if err != nil {
		t.Fatal(err)
	}
	total := map[string]uint64{}
	for _, tile := range all {
		total[tile.ID] = tile.Total
	}
	c, err := NewCursor(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	sess := &filter.Session{State: c.Tracker}
	filters := make([]*filter.Filter, len(tileSpecs))
	n, sum := make([]uint64, len(tileSpecs)), make([]uint64, len(tileSpecs))
	for i := range tileSpecs {
		if s := &tileSpecs[i]; s.filter != "" && s.distinct == "" {
			if filters[i], err = filter.Compile(s.filter, sess); err != nil {
				t.Fatalf("%s: %v", s.id, err)
			}
		}
	}
	var ev event.Event
	for c.Next(&ev) == nil {
		sess.See(&ev)
		for i, f := range filters {
			if f == nil || !filter.Visible(&ev) || !f.Match(&ev) {
				continue
			}
			n[i]++
			if r, ok := ev.Result(); ok && r > 0 {
				sum[i] += uint64(r)
			}
		}
	}
	linked := 0
	for i, f := range filters {
		s := &tileSpecs[i]
		if f == nil {
			continue
		}
		if s.field == fieldAmount {
			n[i] = sum[i]
		}
		_, loose := wider[s.id]
		if n[i] != total[s.id] && !(loose && n[i] > total[s.id]) {
			t.Errorf("%s: %s counts %d, its filter %s selects %d", name, s.id, total[s.id], s.filter, n[i])
		}
		if n[i] > 0 {
			linked++
		}
	}
	return linked
}

package scap

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
)

// sampleTable reads the README's table: event blocks by file name.
func sampleTable(t testing.TB, dir string) map[string]uint64 {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]uint64{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		cols := strings.Split(sc.Text(), "|")
		if len(cols) < 10 {
			continue
		}
		name := strings.TrimSpace(cols[1])
		n, err := strconv.ParseUint(strings.ReplaceAll(strings.TrimSpace(cols[5]), ",", ""), 10, 64)
		if err == nil {
			want[name] = n
		}
	}
	return want
}

func TestSamples_everyFileOpensAndHoldsItsEvents(t *testing.T) {
	dir := filepath.Dir(captures.File(t, "README.md"))
	want := sampleTable(t, dir)
	files, _ := filepath.Glob(filepath.Join(dir, "*.scap"))
	if len(files) < 20 {
		t.Fatalf("only %d captures in %s", len(files), dir)
	}
	for i, path := range slices.Concat(files, files) {
		name := filepath.Base(path)
		r, err := Open(path, ReadOptions{Map: i >= len(files)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		n, err := drain(r)
		s := r.Stats()
		r.Close()
		if err != nil || n != want[name] || s.Events != want[name] || s.DamageCount > 0 || s.UnknownTypes > 0 || s.BadMeta > 0 {
			t.Errorf("%s: %d events, want %d, error %v, stats %+v, damage %v", name, n, want[name], err, s, s.Damage)
		}
	}
}

// drain reads to the end and counts events.
func drain(r *Reader) (uint64, error) {
	var ev event.Event
	n := uint64(0)
	for {
		err := r.Next(&ev)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		n++
	}
}

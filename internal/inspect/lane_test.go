package inspect

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/internal/testkit/captures"
)

// beside starts a goroutine, as the command does.
func beside(work func()) (wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	return func() { <-done }
}

func fileOf(t *testing.T, ix *Index) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := ix.write(&b, Identity{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLane_sameIndexBeside compares the index of one processor with that of two.
func TestLane_sameIndexBeside(t *testing.T) {
	small := filepath.Join(t.TempDir(), "sample.scap")
	if err := os.WriteFile(small, sampleBytes(t), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{small}
	if dir := os.Getenv("UNLOOP_BIG_CAPTURE"); dir != "" {
		files = append(files, dir)
	}
	t.Run("captures", func(t *testing.T) {
		more, _ := filepath.Glob(filepath.Join(captures.Folder(t), "*.scap*"))
		files = append(files, more...)
	})
	for _, f := range files {
		alone, err := Open(context.Background(), f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		two, err := Open(context.Background(), f, Options{Beside: beside})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fileOf(t, alone), fileOf(t, two)) {
			t.Errorf("%s: two processors make another index", f)
		}
	}
}

// TestLane_sameIndexFolded goes over the bound of cells, so that all that is folded on
// the way is folded at the same places.
func TestLane_sameIndexFolded(t *testing.T) {
	const most = 3000
	build := func(by Beside) *Index {
		m, b := newFakeMaker(5), NewBuilder()
		b.lane.beside = by
		b.q.most = most
		for range 150_000 {
			b.Add(m.step())
		}
		return b.Finish(nil, nil)
	}
	alone, two := build(nil), build(beside)
	if alone.Info.Coarse.Folded == 0 || !alone.Info.Coarse.Past {
		t.Fatalf("nothing was folded: %+v", alone.Info.Coarse)
	}
	if !bytes.Equal(fileOf(t, alone), fileOf(t, two)) {
		t.Error("two processors make another index")
	}
	var n uint64
	for _, s := range alone.slots {
		for i := range s {
			if c := &s[i]; alone.traits[c.what]&(tEnter|tExit) != 0 && !alone.d.tasks[c.task].collective {
				n += uint64(c.n)
			}
		}
	}
	if n != alone.Info.Events {
		t.Errorf("cells count %d events, there were %d", n, alone.Info.Events)
	}
}

// TestLane_waitsWhenCalledOff: nothing works on when a scan was called off.
func TestLane_waitsWhenCalledOff(t *testing.T) {
	m, b := newFakeMaker(6), NewBuilder()
	ended := 0
	b.lane.beside = func(work func()) func() { return func() { work(); ended++ } }
	for range 3 * batchCells {
		b.Add(m.step())
	}
	before := ended
	b.join()
	if ended != before+1 || b.lane.wait != nil {
		t.Errorf("%d batches ended, then %d", before, ended)
	}
}

package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

func generate(t *testing.T, seed, events uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	o := &out{w: &b}
	newGen(o, seed).capture(events, 0)
	o.flush()
	if o.err != nil {
		t.Fatal(o.err)
	}
	return b.Bytes()
}

// The reader takes every event, each call with its enter, and the ends of processes
// come in all the ways that crasher knows.
func TestCapture_isWholeAndVaried(t *testing.T) {
	file := generate(t, 1, 200_000)
	tr := state.New()
	r, err := scap.NewReader(bytes.NewReader(file), scap.ReadOptions{Meta: tr, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	ends, errors, kinds := map[int64]int{}, map[string]int{}, map[string]int{}
	pods := map[string]bool{}
	var ev event.Event
	for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
		tr.Apply(&ev)
		kinds[ev.Name()]++
		if n, ok := ev.Result(); ok && ev.Failed() {
			errors[event.ErrnoName(-n)]++
		}
		if ev.Type == evProcexit {
			status, _ := ev.Int(0)
			ends[status]++
		}
		if ev.Thread != nil && ev.Thread.Container != nil {
			pods[ev.Thread.Container.PodName] = true
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	if st := tr.Stats(); st.Orphans+st.Headless+st.BadParams > 0 {
		t.Errorf("the state had to put up with %+v", st)
	}
	if len(ends) < 5 || len(errors) < 6 || len(kinds) < 30 || len(pods) < 8 {
		t.Errorf("too little variety: %d ends %v, %d errors %v, %d kinds, %d pods", len(ends), ends, len(errors), errors, len(kinds), len(pods))
	}
}

func TestCapture_sameSeedSameBytes(t *testing.T) {
	if !bytes.Equal(generate(t, 7, 20_000), generate(t, 7, 20_000)) {
		t.Error("two runs with one seed differ")
	}
	if bytes.Equal(generate(t, 7, 20_000), generate(t, 8, 20_000)) {
		t.Error("the seed changes nothing")
	}
}

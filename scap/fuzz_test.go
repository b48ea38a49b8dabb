package scap

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

// FuzzReader reads anything. It must end, without a panic, and every parameter of every
// event must lie in the event.
func FuzzReader(f *testing.F) {
	for _, b := range ruleFiles(f) {
		f.Add(b)
	}
	plain := story(f, WriteOptions{}, 30)
	for _, b := range wraps(f, plain) {
		f.Add(b)
	}
	f.Add(story(f, WriteOptions{Gzip: true, MemberBytes: 300, Index: true}, 30))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, at := range []bool{false, true} {
			var r *Reader
			var err error
			opt := ReadOptions{Workers: 1, Meta: &teller{}}
			if at {
				r, err = NewReaderAt(bytes.NewReader(b), int64(len(b)), opt)
			} else {
				r, err = NewReader(bytes.NewReader(b), opt)
			}
			if err != nil {
				continue
			}
			var ev event.Event
			for n := 0; ; n++ {
				if err := r.Next(&ev); err != nil {
					if !errors.Is(err, io.EOF) {
						var fe *FormatError
						if !errors.As(err, &fe) && !errors.Is(err, io.ErrUnexpectedEOF) {
							t.Logf("ended with %v", err)
						}
					}
					break
				}
				size := 0
				for i := range ev.NParams {
					p, ok := ev.Param(i)
					if !ok {
						t.Fatal("a parameter is missing")
					}
					size += len(p)
				}
				if size != len(ev.Data) {
					t.Fatalf("parameters take %d of %d bytes", size, len(ev.Data))
				}
				if n > 1<<22 {
					t.Fatal("no end")
				}
			}
			r.Stats()
			r.Close()
		}
	})
}

// FuzzRoundTrip writes what it reads, and must read the same again.
func FuzzRoundTrip(f *testing.F) {
	for _, b := range ruleFiles(f) {
		f.Add(b)
	}
	f.Add(story(f, WriteOptions{}, 30))
	f.Fuzz(func(t *testing.T, b []byte) {
		want, _, err := events(bytes.NewReader(b), ReadOptions{Workers: 1})
		if err != nil || len(want) == 0 {
			return
		}
		var out bytes.Buffer
		w, err := NewWriter(&out, WriteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(bytes.NewReader(b), ReadOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		var ev event.Event
		written := 0
		for r.Next(&ev) == nil {
			if err := w.WriteEvent(&ev); err == nil {
				written++
			}
		}
		if written != len(want) {
			return // an event that is too long for other readers
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, s, err := events(&out, ReadOptions{Workers: 1, Strict: true})
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d of %d events: %v %+v", len(got), len(want), err, s)
		}
	})
}

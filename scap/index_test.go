package scap

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/unloop-dev/unloop/event"
)

func TestIndex_saysWhereMembersAre(t *testing.T) {
	for _, n := range []int{1, 400, 40000} {
		b := story(t, WriteOptions{Gzip: true, MemberBytes: 400, Index: true, Level: 1}, n)
		members, err := ReadIndex(bytes.NewReader(b), int64(len(b)))
		if err != nil || len(members) == 0 {
			t.Fatal(n, err, len(members))
		}
		events := uint64(0)
		for i, m := range members {
			if i%97 == 0 {
				z, err := gzip.NewReader(bytes.NewReader(b[m.Offset : m.Offset+m.PackedBytes]))
				if err != nil {
					t.Fatal(n, i, err)
				}
				raw, err := io.ReadAll(z)
				if err != nil || int64(len(raw)) != m.RawBytes {
					t.Fatal(n, i, err, len(raw))
				}
			}
			if m.FirstEvent != events+1 {
				t.Fatalf("member %d begins with event %d, want %d", i, m.FirstEvent, events+1)
			}
			events += m.Events
		}
		if events != uint64(n) {
			t.Errorf("%d events in the index, want %d", events, n)
		}
		b = append(b, 0)
		if m, err := ReadIndex(bytes.NewReader(b), int64(len(b))); err != nil || m != nil {
			t.Errorf("behind other bytes: %d members, %v", len(m), err)
		}
	}
	if m, err := ReadIndex(bytes.NewReader(nil), 0); err != nil || m != nil {
		t.Errorf("empty file: %v %v", m, err)
	}
	b := story(t, WriteOptions{Gzip: true, MemberBytes: 400, Index: true}, 100)
	if _, err := ReadIndex(bytes.NewReader(b[7:]), int64(len(b)-7)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("another file's index: %v", err)
	}
}

func TestPortable(t *testing.T) {
	var b Builder
	var ev event.Event
	build := func(typ event.Type, values ...any) {
		t.Helper()
		if err := b.Build(&ev, typ, 1, 1, 0, values...); err != nil {
			t.Fatal(err)
		}
	}
	build(7, 1, []byte("x"), 3, 1)
	if err := Portable(&ev); err != nil {
		t.Error(err)
	}
	ev.NParams, ev.Lens, ev.Data = 3, ev.Lens[:6], ev.Data[:17]
	if err := Portable(&ev); !errors.Is(err, ErrNotPortable) {
		t.Errorf("a count between the listed ones: %v", err)
	}
	build(95, 0, "/x")
	ev.Data[len(ev.Data)-1] = 'y'
	if err := Portable(&ev); !errors.Is(err, ErrNotPortable) {
		t.Errorf("text without NUL: %v", err)
	}
	build(5, 0, 3)
	ev.Lens[0], ev.Lens[2] = 4, 12
	if err := Portable(&ev); !errors.Is(err, ErrNotPortable) {
		t.Errorf("another width: %v", err)
	}
	build(21, 0, []byte{2, 1, 2}, 3)
	if err := Portable(&ev); !errors.Is(err, ErrNotPortable) {
		t.Errorf("a short address: %v", err)
	}
	ev.Lens[0] = 7
	if err := Portable(&ev); !errors.Is(err, ErrBadEvent) {
		t.Errorf("lengths: %v", err)
	}
}

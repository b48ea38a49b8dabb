package flight

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// FuzzRecorder feeds events of any kind, sound and not, with looks in between, and reads what
// is written: no damage, no event that goes back in time, nothing left on the accounts.
func FuzzRecorder(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03abcdefgh"))
	for seed := uint64(1); seed <= 3; seed++ {
		var b []byte
		for i := range newStory(seed).tell(40) {
			b = append(b, byte(i), byte(i*7), byte(i>>3), 3)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 4<<10 {
			return
		}
		play(t, in)
	})
}

// fuzzStory is where play takes sound events from.
var fuzzStory = sync.OnceValue(func() []told { return newStory(11).tell(200) })

// play does what the input says.
func play(t testing.TB, in []byte) {
	story := fuzzStory()
	kinds := event.Kinds()
	o := tiny
	o.SegmentBytes, o.LandmarkBytes, o.BulkBytes, o.HeadBytes = 256, 1<<10, 1<<10, 512
	o.BudgetBytes = 64 << 10
	r := New(o)
	ts := uint64(1_760_000_000_000_000_000)
	at, looks := 0, 0
	write := func(s Slot) {
		var b bytes.Buffer
		info, err := r.Snapshot(s, &b, Mark{})
		switch {
		case errors.Is(err, ErrNothing), errors.Is(err, ErrUnknownSlot), errors.Is(err, scap.ErrEmpty):
			return
		case err != nil:
			t.Fatal(err)
		}
		tr := state.New()
		rd, err := scap.NewReaderAt(bytes.NewReader(b.Bytes()), int64(b.Len()), scap.ReadOptions{Meta: tr, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		n := uint64(0)
		var ev event.Event
		for {
			if err := rd.Next(&ev); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			tr.Apply(&ev)
			if ev.Flags&1 == 0 {
				n++
			}
		}
		if st := rd.Stats(); st.DamageCount > 0 || st.BadMeta > 0 || st.BadEvents > 0 || n != info.Events {
			t.Fatalf("%d events of %d, damage %v, %d bad entries", n, info.Events, st.Damage, st.BadMeta)
		}
	}
	for len(in) >= 4 {
		op, a, b, c := in[0], in[1], in[2], in[3]
		in = in[4:]
		s := Slot(a % 3)
		switch op % 16 {
		case 0:
			r.Open(s, Opening{Whole: b&1 != 0, Before: machine{}})
		case 1:
			r.Died(s, Death{Code: int(b)})
		case 2:
			r.Gone(s)
		case 3, 4:
			if looks++; looks > 4 { // each takes a millisecond
				continue
			}
			if op%16 == 3 {
				write(s)
				continue
			}
			if m, err := r.Take(s, Mark{}); err == nil {
				for range b % 8 {
					ev := story[at%len(story)].ev
					at++
					r.Event(s, &ev)
				}
				r.Extend(m)
				_, _ = m.Write(io.Discard)
				r.Release(m)
			}
		case 5:
			r.Rest(ts)
		case 6:
			r.Lost(s, LostRing, uint64(b))
		case 7:
			r.Forget(s)
		case 8, 9, 10, 11: // an event of a story
			ev := story[at%len(story)].ev
			at += 1 + int(b)%3
			r.Event(s, &ev)
		default: // any event: code, then parameters of any length out of the input
			ts += uint64(b) * 1000
			if c == 255 {
				ts -= 3_000_000_000
			}
			k := &kinds[(int(b)<<2|int(c&3))%len(kinds)]
			n := int(c>>2) % 33
			ev := event.Event{TsNanos: ts, Tid: int64(int8(a)), CPU: uint16(c), Type: k.Type, Kind: k, FDNum: -1, Large: k.Flags&event.LargePayload != 0, NParams: n}
			for range n {
				size := 0
				if len(in) > 0 {
					size = min(int(in[0])%40, len(in)-1)
					ev.Data = append(ev.Data, in[1:1+size]...)
					in = in[1+size:]
				}
				if ev.Large {
					ev.Lens = binary.LittleEndian.AppendUint32(ev.Lens, uint32(size))
				} else {
					ev.Lens = binary.LittleEndian.AppendUint16(ev.Lens, uint16(size))
				}
			}
			if op&0x40 != 0 {
				ev.NParams++ // does not add up
			}
			r.Event(s, &ev)
		}
	}
	for s := range Slot(3) {
		write(s)
	}
	if got := spend(r); got != r.Stats().Bytes || r.Stats().Held != 0 {
		t.Fatalf("the accounts say %d bytes, there are %d", r.Stats().Bytes, got)
	}
	if st := r.Stats(); st.Damaged != 0 {
		t.Fatalf("%d segments damaged", st.Damaged)
	}
	for s := range Slot(3) {
		r.Gone(s)
		r.Forget(s)
	}
	if st := r.Stats(); st.Bytes != 0 {
		t.Fatalf("left: %+v", st)
	}
}

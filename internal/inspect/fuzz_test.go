package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"testing"

	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/scap"
)

// smallIndex is the file of the index of a few events.
func smallIndex(t testing.TB) []byte {
	m, b := newFakeMaker(9), NewBuilder()
	for range 60 {
		b.Add(m.step())
	}
	ix := b.Finish(nil, nil)
	ix.seeks = []seekPoint{{num: 5, ts: 6, off: 7, state: []byte("state"), pending: []pendingEnter{{num: 1, ts: 2, tid: 3, typ: 6, params: 1, lens: []byte{2, 0}, data: []byte("ab")}}}}
	var out bytes.Buffer
	if err := ix.write(&out, Identity{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// FuzzIndexFile asks everything of whatever an index file holds. The checksum is made
// right, so that what is behind it is reached.
func FuzzIndexFile(f *testing.F) {
	whole := smallIndex(f)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	for at := 60; at < len(whole); at += len(whole) / 40 {
		bad := bytes.Clone(whole)
		bad[at] = 0xff
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		data = bytes.Clone(data)
		binary.LittleEndian.PutUint32(data[len(data)-4:], crc32.Checksum(data[:len(data)-4], castagnoli))
		ix, err := readIndex(bytes.NewReader(data), int64(len(data)), Identity{})
		if err != nil {
			return
		}
		for _, v := range views {
			if _, err := ix.Run(Query{View: v.ID, FromNanos: ix.Info.FirstNanos + 1, ToNanos: ix.Info.LastNanos, Limit: 3}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := ix.Overview(Query{Select: []Selector{{"port", "443"}}}); err != nil {
			t.Fatal(err)
		}
		ix.Summary()
		ix.DeathOf(101, 5)
		if _, err := ix.Story(Query{}, true); err != nil {
			t.Fatal(err)
		}
	})
}

// TestIndexFile_cuts reads beginnings of an index file, at its start every one.
func TestIndexFile_cuts(t *testing.T) {
	whole := smallIndex(t)
	for n := 0; n < len(whole); n += 1 + n/100 {
		if _, err := readIndex(bytes.NewReader(whole[:n]), int64(n), Identity{}); err == nil {
			t.Fatalf("%d of %d bytes are taken for an index", n, len(whole))
		}
	}
	if _, err := readIndex(bytes.NewReader(whole), int64(len(whole)), Identity{}); err != nil {
		t.Fatal(err)
	}
}

// TestIndexFile_otherVersion: an index of the version before is whole, and is not taken.
func TestIndexFile_otherVersion(t *testing.T) {
	old := smallIndex(t)
	binary.LittleEndian.PutUint32(old[len(indexMagic):], indexVersion-1)
	binary.LittleEndian.PutUint32(old[len(old)-4:], crc32.Checksum(old[:len(old)-4], castagnoli))
	if _, err := readIndex(bytes.NewReader(old), int64(len(old)), Identity{}); !errors.Is(err, errIndex) {
		t.Errorf("got %v", err)
	}
}

func TestUnpack_marksThatAreNone(t *testing.T) {
	for p := range uint32(1 << 6) {
		o := unpack(p << 22)
		o.traits() // every outcome has some
		if o.mark >= marks {
			t.Errorf("mark %d", o.mark)
		}
	}
}

// FuzzCapture scans whatever a capture file holds, and asks every view.
func FuzzCapture(f *testing.F) {
	f.Add(sampleBytes(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		ix, err := Read(t.Context(), bytes.NewReader(data), Options{})
		if err != nil {
			return
		}
		ix.Summary()
		if _, err := ix.Overview(Query{}); err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			if _, err := ix.Run(Query{View: v.ID, Limit: 3}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestRead_everyTruncation cuts captures at every byte: what is left is scanned, every
// view answers, and single events are those of the whole.
func TestRead_everyTruncation(t *testing.T) {
	const text = `container web pod=shop/web-1
process 7 app in=web vpid=1
+0 7 openat ENOENT name=/etc/a
+1ms 7 accept 4 from=10.0.0.9:4001 to=10.0.0.1:80 queuelen=1 queuemax=2
+1ms 7 read fd=4 data="GET / HTTP/1.1"
+1ms 7 write fd=2 data="gone"
+1ms 7 exit 3
`
	for name, opt := range map[string]scap.WriteOptions{"plain": {}, "gzip": {Gzip: true, MemberBytes: 200, Index: true}} {
		var b bytes.Buffer
		if err := captext.Compile(&b, text, opt); err != nil {
			t.Fatal(err)
		}
		whole := b.Bytes()
		all, err := Read(t.Context(), bytes.NewReader(whole), Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]*Table{}
		for _, v := range views {
			want[v.ID] = ask(t, all, Query{View: v.ID})
		}
		cut, events, asked := 0, uint64(0), false
		for n := range whole {
			ix, err := Read(t.Context(), bytes.NewReader(whole[:n]), Options{})
			if err != nil {
				continue
			}
			if ix.Info.Events < events || ix.Info.Events > all.Info.Events {
				t.Fatalf("%s cut at %d: %d events, one byte less gave %d, the whole has %d", name, n, ix.Info.Events, events, all.Info.Events)
			}
			again := events == ix.Info.Events && asked && n%16 != 0 // most cuts leave the same events
			events, asked = ix.Info.Events, true
			if ix.Info.Damage != "" {
				cut++
			}
			if again {
				continue
			}
			if _, err := ix.Overview(Query{}); err != nil {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			if _, err := ix.Story(Query{}, true); err != nil {
				t.Fatalf("%s cut at %d: %v", name, n, err)
			}
			for _, v := range views {
				got, err := ix.Run(Query{View: v.ID})
				if err != nil {
					t.Fatalf("%s cut at %d: %s: %v", name, n, v.ID, err)
				}
				if v.ListsEvents() && v.ID != "deaths" { // which is sorted by BAD
					for i, r := range got.Rows {
						if rows := want[v.ID].Rows; i >= len(rows) || rows[i].Num != r.Num {
							t.Fatalf("%s cut at %d: %s: row %d is event %d", name, n, v.ID, i, r.Num)
						}
					}
				}
			}
		}
		if cut < len(whole)/2 {
			t.Errorf("%s: only %d of %d cuts are told of", name, cut, len(whole))
		}
	}
}

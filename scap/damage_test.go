package scap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/unloop-dev/unloop/event"
)

// story writes a small capture of n calls of several kinds.
func story(t testing.TB, opt WriteOptions, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, opt)
	if err != nil {
		t.Fatal(err)
	}
	w.SetMachine(event.Machine{CPUs: 1, Hostname: "n"})
	w.AddInterface(event.Interface{Name: "lo", Addr: [16]byte{127, 0, 0, 1}})
	w.AddUser(event.User{UID: 0, Name: "root", Home: "/root", Shell: "/bin/sh"})
	w.AddGroup(event.Group{GID: 0, Name: "root"})
	w.AddThread(event.Thread{Tid: 5, Pid: 5, Ptid: 1, Comm: "app", Exe: "/app", Cwd: "/", Cgroups: "cpu=/\x00"})
	w.AddFD(5, 0, event.FD{Kind: event.FDFile, Name: "/dev/null"})
	var b Builder
	for i := range n {
		ts := uint64(1000 * i)
		steps := []struct {
			typ    event.Type
			values []any
		}{
			{306, []any{-100, "/etc/hosts", 1, 0}},
			{307, []any{3, -100, "/etc/hosts", 1, 0, 8, 99}},
			{6, []any{3, 80}},
			{7, []any{4, []byte("data"), 3, 80}},
			{4, []any{3}},
			{5, []any{0, 3}},
			{1, []any{5, 10}},
		}
		s := steps[i%len(steps)]
		if err := w.Write(&b, s.typ, ts, 5, uint16(i%3), s.values...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// whole and events read everything and give one line an event; the reader must come to
// an end by itself.
func events(r io.Reader, opt ReadOptions) ([]string, Stats, error) {
	rd, err := NewReader(r, opt)
	if err != nil {
		return nil, Stats{}, err
	}
	defer rd.Close()
	var lines []string
	var ev event.Event
	for {
		if err = rd.Next(&ev); err != nil {
			break
		}
		lines = append(lines, fmt.Sprintf("%d %d %d %x", ev.TsNanos, ev.Tid, ev.Type, ev.Data))
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return lines, rd.Stats(), err
}

// smallFiles are what every truncation and bit flip is tried on: of the present layout,
// and of the layouts of 2013 and 2016.
func smallFiles(t testing.TB) map[string][]byte {
	rules := ruleFiles(t)
	return map[string][]byte{
		"plain":  story(t, WriteOptions{}, 30),
		"gzip":   story(t, WriteOptions{Gzip: true, MemberBytes: 700, Index: true}, 60),
		"legacy": rules["legacy-2013.dump"],
		"v1":     rules["event-v1-count.dump"],
	}
}

// A file cut at any byte gives the events that are whole, and then says that it is cut.
func TestDamage_everyTruncation(t *testing.T) {
	for name, b := range smallFiles(t) {
		t.Run(name, func(t *testing.T) { cutEverywhere(t, b) })
	}
}

// TestDamage_everyTruncationOfFiles does the same with whole files, which takes minutes.
func TestDamage_everyTruncationOfFiles(t *testing.T) {
	list := os.Getenv("UNLOOP_EVERY_CUT")
	if list == "" {
		t.Skip("reads a file as often as it has bytes: UNLOOP_EVERY_CUT names files, with : between")
	}
	for _, path := range filepath.SplitList(list) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			cutEverywhere(t, b)
			t.Logf("%d bytes, cut at each of them, in %v", len(b), time.Since(start).Round(time.Second))
		})
	}
}

// digest reads everything, and sums the events up after each.
func digest(r *Reader) (sums []uint64, s Stats, err error) {
	defer r.Close()
	h := fnv.New64a()
	var ev event.Event
	for {
		if err = r.Next(&ev); err != nil {
			break
		}
		fmt.Fprintf(h, "%d %d %d %d", ev.Num, ev.TsNanos, ev.Tid, ev.Type)
		h.Write(ev.Lens)
		h.Write(ev.Data)
		sums = append(sums, h.Sum64())
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return sums, r.Stats(), err
}

// wholeEvents counts the event blocks that end before each byte of a file that is not
// compressed; nil for one that is.
func wholeEvents(b []byte) []int {
	if len(b) < 8 || binary.LittleEndian.Uint32(b) != BlockSection {
		return nil
	}
	out, n := make([]int, len(b)+1), 0
	for at := 0; at < len(b); {
		typ, size := binary.LittleEndian.Uint32(b[at:]), int(binary.LittleEndian.Uint32(b[at+4:]))
		for i := range size {
			out[at+i] = n
		}
		switch typ {
		case 0x204, 0x208, 0x8010ABCD, BlockEvent, BlockEventF, BlockEventL, BlockEventFL:
			n++
		}
		at += size
		out[at] = n
	}
	return out
}

// cutEverywhere cuts a file at every byte and reads what is left, as a stream and as a
// file: events before the cut are those of the whole, all of them where blocks can
// be counted, and the cut is noticed.
func cutEverywhere(t *testing.T, b []byte) {
	t.Helper()
	open := map[string]func(b []byte) (*Reader, error){
		"stream": func(b []byte) (*Reader, error) {
			return NewReader(bytes.NewReader(b), ReadOptions{Workers: 1, Meta: &teller{}})
		},
		"file": func(b []byte) (*Reader, error) {
			return NewReaderAt(bytes.NewReader(b), int64(len(b)), ReadOptions{Workers: 2, Meta: &teller{}})
		},
	}
	before := wholeEvents(b)
	for how, open := range open {
		r, err := open(b)
		if err != nil {
			t.Fatal(err)
		}
		want, whole, err := digest(r)
		if err != nil || whole.DamageCount > 0 || len(want) == 0 || before != nil && len(want) != before[len(b)] {
			t.Fatalf("the whole: %d events, %v %+v", len(want), err, whole)
		}
		noticed, last := 0, 0
		for n := range b {
			var got []uint64
			var s Stats
			r, err := open(b[:n])
			if err == nil {
				got, s, err = digest(r)
			}
			if err != nil && (len(got) > 0 || !errors.Is(err, ErrTruncated) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrCorrupt)) {
				t.Fatalf("%s cut at %d: %d events and %v", how, n, len(got), err)
			}
			switch k := len(got); {
			case k > len(want) || k > 0 && got[k-1] != want[k-1]:
				t.Fatalf("%s cut at %d: %d events, and others than those of the whole", how, n, k)
			case k < last:
				t.Fatalf("%s cut at %d: %d events, one byte less gave %d", how, n, k, last)
			case before != nil && k != before[n]:
				t.Fatalf("%s cut at %d: %d events, %d are whole", how, n, k, before[n])
			}
			last = len(got)
			if s.Truncated || err != nil {
				noticed++
			}
		}
		// A cut between two blocks, or two members, looks like an end.
		quiet := whole.Members
		for _, n := range whole.Blocks {
			quiet += int(n)
		}
		if noticed < len(b)-quiet {
			t.Errorf("%s: %d of %d cuts were noticed", how, noticed, len(b))
		}
		if last < len(want)/2 {
			t.Errorf("%s: the last byte costs %d of %d events", how, len(want)-last, len(want))
		}
	}
}

// A writer that is killed loses at most the member it was writing.
func TestDamage_killedWriterLosesOneMember(t *testing.T) {
	const member = 2000
	b := story(t, WriteOptions{Gzip: true, MemberBytes: member}, 400)
	want, _, _ := events(bytes.NewReader(b), ReadOptions{})
	perMember := len(want)*member/(len(want)*60) + 2
	got, s, err := events(bytes.NewReader(b[:len(b)-5]), ReadOptions{})
	if err != nil || !s.Truncated || len(want)-len(got) > perMember+20 {
		t.Errorf("%d of %d events, %v, %+v", len(got), len(want), err, s)
	}
}

// A broken member costs its own events, not those behind it.
func TestDamage_brokenMemberInTheMiddle(t *testing.T) {
	for _, workers := range []int{1, 4} {
		b := story(t, WriteOptions{Gzip: true, MemberBytes: 2000}, 400)
		want, _, _ := events(bytes.NewReader(b), ReadOptions{})
		for i := range 40 {
			b[len(b)/2+i] ^= 0x5A
		}
		for _, at := range []bool{false, true} {
			var got []string
			var s Stats
			var err error
			if at {
				r, rerr := NewReaderAt(bytes.NewReader(b), int64(len(b)), ReadOptions{Workers: workers})
				if rerr != nil {
					t.Fatal(rerr)
				}
				var ev event.Event
				for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
					got = append(got, fmt.Sprintf("%d %d %d %x", ev.TsNanos, ev.Tid, ev.Type, ev.Data))
				}
				s = r.Stats()
				r.Close()
			} else {
				got, s, err = events(bytes.NewReader(b), ReadOptions{Workers: workers})
			}
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			lost := len(want) - len(got)
			if lost == 0 || lost > 120 || s.DamageCount == 0 || got[len(got)-1] != want[len(want)-1] {
				t.Errorf("workers %d, file %v: %d of %d events, %+v %v", workers, at, len(got), len(want), s, s.Damage)
			}
		}
	}
}

// A flipped bit never costs more than the events of the blocks it touches, and never
// makes one up that passes for whole with other lengths.
func TestDamage_bitFlips(t *testing.T) {
	for name, b := range smallFiles(t) {
		want, _, _ := events(bytes.NewReader(b), ReadOptions{Workers: 1})
		rng := rand.New(rand.NewPCG(1, 2))
		flips := 0
		for i := range b {
			c := bytes.Clone(b)
			c[i] ^= 1 << rng.IntN(8)
			got, _, err := events(bytes.NewReader(c), ReadOptions{Workers: 1})
			if err != nil {
				var fe *FormatError
				if !errors.As(err, &fe) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("%s bit of byte %d: %v", name, i, err)
				}
				continue
			}
			if name == "plain" && len(got) < len(want)-2 {
				t.Fatalf("%s bit of byte %d: %d of %d events", name, i, len(got), len(want))
			}
			flips++
		}
		if flips < len(b)/3 {
			t.Errorf("%s: only %d of %d flips were survived", name, flips, len(b))
		}
	}
}

func TestReader_oneByteReads(t *testing.T) {
	for name, b := range ruleFiles(t) {
		want := tell(b, ReadOptions{Workers: 1})
		w := &teller{}
		r, err := NewReader(iotest.OneByteReader(bytes.NewReader(b)), ReadOptions{Workers: 1, Meta: w})
		if err != nil {
			if !strings.HasPrefix(want, "error") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var ev event.Event
		n := 0
		for r.Next(&ev) == nil {
			n++
		}
		if got := strings.Count(want, "\nevent "); n != got {
			t.Errorf("%s: %d events, want %d", name, n, got)
		}
	}
}

// Lengths of 4 GiB in every place that has one cost no memory.
func TestReader_hugeLengthsCostNothing(t *testing.T) {
	b := story(t, WriteOptions{}, 20)
	var before, after runtime.MemStats
	for i := 0; i+4 <= len(b); i += 4 {
		c := bytes.Clone(b)
		copy(c[i:], []byte{0xFF, 0xFF, 0xFF, 0xFC})
		runtime.ReadMemStats(&before)
		_, _, err := events(bytes.NewReader(c), ReadOptions{Workers: 1})
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Fatalf("offset %d: %d bytes, %v", i, grown, err)
		}
	}
}

func TestReader_errorsOfTheSourceComeThrough(t *testing.T) {
	b := story(t, WriteOptions{}, 20)
	boom := errors.New("boom")
	_, _, err := events(io.MultiReader(bytes.NewReader(b[:len(b)-30]), iotest.ErrReader(boom)), ReadOptions{})
	if !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	if _, err := NewReader(iotest.ErrReader(boom), ReadOptions{}); !errors.Is(err, boom) {
		t.Errorf("at once: %v", err)
	}
}

func TestReader_strictEndsWithTheFirstDamage(t *testing.T) {
	for _, rule := range []string{"event-bad.dump", "garbage.dump", "cut.dump", "trailer-of-event.dump"} {
		_, _, err := events(bytes.NewReader(ruleFiles(t)[rule]), ReadOptions{Strict: true})
		var fe *FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestReader_noCapture(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty": {}, "text": []byte("hello, this is no capture at all, really"), "gzip of nothing": {0x1F, 0x8B},
		"short": {0x0A, 0x0D, 0x0D, 0x0A}, "zeros": make([]byte, 100),
	} {
		if _, err := NewReader(bytes.NewReader(b), ReadOptions{}); err == nil {
			t.Errorf("%s opened", name)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), ReadOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestReader_closeIsSafeAtAnyTime(t *testing.T) {
	b := story(t, WriteOptions{Gzip: true, MemberBytes: 500}, 300)
	before := runtime.NumGoroutine()
	for n := range 20 {
		r, err := NewReaderAt(bytes.NewReader(b), int64(len(b)), ReadOptions{Workers: 4})
		if err != nil {
			t.Fatal(err)
		}
		var ev event.Event
		for range n {
			r.Next(&ev)
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Next(&ev); err == nil {
			t.Fatal("an event from a closed reader")
		}
	}
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func TestNext_allocatesNothing(t *testing.T) {
	b := story(t, WriteOptions{}, 5000)
	r, err := NewReader(bytes.NewReader(b), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var ev event.Event
	for range 100 {
		r.Next(&ev)
	}
	if n := testing.AllocsPerRun(1000, func() { r.Next(&ev) }); n > 0 {
		t.Errorf("%v allocations an event", n)
	}
}

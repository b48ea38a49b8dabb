package flight

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// compared are the fields in which a snapshot must say what the full capture says.
var compared = []string{
	"evt.type", "evt.dir", "evt.args", "evt.res", "evt.latency", "thread.tid", "proc.pid", "proc.ppid", "proc.name", "proc.exe",
	"proc.exepath", "proc.args", "proc.cwd", "proc.env", "proc.pname", "proc.vpid", "user.uid", "group.gid", "container.id",
	"fd.num", "fd.name", "fd.type", "fd.l4proto", "fd.cip", "fd.sip", "fd.cport", "fd.sport", "proc.sid", "proc.tty",
}

// telling renders events with the compared fields.
type telling struct {
	tr   *state.Tracker
	sess *filter.Session
	out  *filter.Format
	line []byte
}

func newTelling(t testing.TB) *telling {
	tl := &telling{tr: state.New()}
	tl.sess = &filter.Session{State: tl.tr}
	var err error
	tl.out, err = filter.NewFormat("*%"+strings.Join(compared, "\x01%"), tl.sess, filter.FormatOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return tl
}

// tell applies an event and gives its fields, one after the other.
func (tl *telling) tell(ev *event.Event) string {
	tl.tr.Apply(ev)
	tl.sess.See(ev)
	tl.line, _ = tl.out.Append(tl.line[:0], ev)
	return string(tl.line)
}

// spot is what tells events of a run apart.
type spot struct {
	ts  uint64
	tid int64
	typ event.Type
	n   int // events of one thread at one moment
}

type spots map[spot]int

func (s spots) of(ev *event.Event) spot {
	k := spot{ev.TsNanos, ev.Tid, ev.Type, 0}
	s[k]++
	k.n = s[k]
	return k
}

// run gives the events of a run to do, in order, and returns the state before the first.
type run func(t testing.TB, sink scap.Sink, do func(*event.Event))

// ofFile is the run of a capture.
func ofFile(path string, most int) run {
	return func(t testing.TB, sink scap.Sink, do func(*event.Event)) {
		r, err := scap.Open(path, scap.ReadOptions{Meta: sink})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var ev event.Event
		for n := 0; most == 0 || n < most; n++ {
			if err := r.Next(&ev); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
			do(&ev)
		}
	}
}

// verdict counts what a comparison found.
type verdict struct {
	info                Info
	shown, missing, bad int
	fields              map[string]int
	samples             []string
}

// compare runs everything through a recorder and through a reader, and compares each event
// of the snapshot with the same one of the full run.
func compare(t testing.TB, all run, o Options, whole bool) verdict {
	t.Helper()
	full := newTelling(t)
	want := map[spot]string{}
	seen := spots{}
	rec := New(o)
	opened := false
	all(t, full.tr, func(ev *event.Event) {
		if !opened {
			opened = true
			op := Opening{Cgroup: "/kubepods/pod1/c1", Before: full.tr, Whole: whole}
			rec.Open(1, op)
		}
		if ev.Flags&event.FlagInitial == 0 { // what stands in front of a capture comes by Name
			rec.Event(1, ev)
		}
		k := seen.of(ev)
		want[k] = full.tell(ev)
	})
	var buf bytes.Buffer
	info, err := rec.Snapshot(1, &buf, Mark{})
	if err != nil {
		t.Fatal(err)
	}
	return judge(t, buf.Bytes(), info, want)
}

func judge(t testing.TB, file []byte, info Info, want map[spot]string) verdict {
	t.Helper()
	v := verdict{info: info, fields: map[string]int{}}
	got := newTelling(t)
	r, err := scap.NewReaderAt(bytes.NewReader(file), int64(len(file)), scap.ReadOptions{Meta: got.tr})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	seen := spots{}
	var ev event.Event
	for {
		if err := r.Next(&ev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		text := got.tell(&ev)
		if ev.Hidden() {
			continue
		}
		v.shown++
		k := seen.of(&ev)
		w, ok := want[k]
		if !ok {
			v.missing++
			continue
		}
		if text == w {
			continue
		}
		v.bad++
		a, b := bytes.Split([]byte(text), []byte{1}), bytes.Split([]byte(w), []byte{1})
		for i := range a {
			if i < len(b) && !bytes.Equal(a[i], b[i]) {
				v.fields[compared[i]]++
				if len(v.samples) < 40 && v.fields[compared[i]] <= 3 {
					v.samples = append(v.samples, fmt.Sprintf("event %d at %d of %d %s: %s is %q, was %q", ev.Num, ev.TsNanos, ev.Tid, ev.Name(), compared[i], a[i], b[i]))
				}
			}
		}
	}
	if st := r.Stats(); st.DamageCount > 0 || st.BadMeta > 0 || st.Truncated {
		t.Errorf("the snapshot is damaged: %+v", st)
	}
	return v
}

// ofStory is the run of a story.
func ofStory(seed uint64, acts int, parallel bool) run {
	return func(t testing.TB, sink scap.Sink, do func(*event.Event)) {
		machine{}.Replay(sink)
		s := newStory(seed)
		s.parallel = parallel
		for _, x := range s.tell(acts) {
			ev := x.ev
			do(&ev)
		}
	}
}

// tiny are rings that forget nearly all of a story.
var tiny = Options{HeadBytes: 32 << 10, LandmarkBytes: 20 << 10, BulkBytes: 10 << 10, SegmentBytes: 4 << 10}

// TestSnapshot_equalsFullRun is the promise of the recorder: what a snapshot shows, it shows
// as a capture of everything would.
func TestSnapshot_equalsFullRun(t *testing.T) {
	noHead := tiny
	noHead.HeadBytes = -1
	for name, tc := range map[string]struct {
		o   Options
		gap bool
	}{"tiny": {tiny, true}, "no head": {noHead, false}, "nothing evicted": {Options{}, false}} {
		for seed := uint64(1); seed <= 3; seed++ {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				v := compare(t, ofStory(seed, 1500, seed%2 == 0), tc.o, true)
				if v.bad > 0 || v.missing > 0 || v.info.Left > 0 {
					t.Errorf("%d of %d events are told otherwise, %d are made up, %d left out: %v\n%s", v.bad, v.shown, v.missing, v.info.Left, v.fields, strings.Join(v.samples, "\n"))
				}
				if v.info.Gap != tc.gap || tc.gap != (v.info.Bridged > 100) || v.info.Unbridged > 0 {
					t.Errorf("gap %v, %d events over it, %d things that they cannot say", v.info.Gap, v.info.Bridged, v.info.Unbridged)
				}
				if v.shown < 1500 || uint64(v.shown) != v.info.Events {
					t.Errorf("%d events shown, %d written", v.shown, v.info.Events)
				}
			})
		}
	}
}

// TestSnapshot_equalsFullRunOfCaptures does the same with captures of other programs, each
// as one container, of their whole machines.
func TestSnapshot_equalsFullRunOfCaptures(t *testing.T) {
	files := captures.Files(t)
	o := tiny
	o.LandmarkNanos, o.BulkNanos = -1, -1
	gaps := 0
	for _, path := range files {
		v := compare(t, ofFile(path, 100_000), o, true)
		// The process list has no terminal, and a reader finds another descriptor where
		// the file lacks the enter of a setsockopt.
		delete(v.fields, "proc.tty")
		for f, n := range v.fields {
			if n == 1 && strings.HasPrefix(f, "fd.") && strings.Contains(strings.Join(v.samples, ""), "setsockopt") {
				delete(v.fields, f)
			}
		}
		if len(v.fields) > 0 || v.missing > 0 || v.info.Unbridged > 0 {
			t.Errorf("%s: %d of %d told otherwise, %d made up, %d unbridged: %v\n%s", filepath.Base(path), v.bad, v.shown, v.missing, v.info.Unbridged, v.fields, strings.Join(v.samples, "\n"))
		}
		if v.info.Gap {
			gaps++
		}
	}
	if gaps == 0 {
		t.Error("no capture made a gap: nothing was tried")
	}
}

// late is an event and when it is delivered.
type late struct {
	ev event.Event
	at uint64
}

// compareLate is compare with threads that are delivered out of step: each in its own order,
// and some later than others.
func compareLate(t testing.TB, story []told, o Options, seed uint64) verdict {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 3))
	full := newTelling(t)
	machine{}.Replay(full.tr)
	want := map[spot]string{}
	seen := spots{}
	behind := map[int64]uint64{}
	var list []late
	for i := range story {
		ev := story[i].ev
		if _, ok := behind[ev.Tid]; !ok {
			behind[ev.Tid] = uint64(rnd.IntN(20_000))
		}
		list = append(list, late{ev, ev.TsNanos + behind[ev.Tid]})
		k := seen.of(&ev)
		want[k] = full.tell(&ev)
	}
	slices.SortStableFunc(list, func(a, b late) int { return cmp.Compare(a.at, b.at) })
	rec := New(o)
	rec.Open(1, Opening{Before: machine{}, Whole: true})
	for i := range list {
		rec.Event(1, &list[i].ev)
	}
	file, info := snapshot(t, rec, 1, Mark{})
	return judge(t, file, info, want)
}

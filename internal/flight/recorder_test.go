package flight

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// feed plays a story into a slot.
func feed(r *Recorder, s Slot, story []told) {
	for i := range story {
		ev := story[i].ev
		r.Event(s, &ev)
	}
}

// spend sums up what the budget should count.
func spend(r *Recorder) int64 {
	n := r.held
	for _, sl := range r.slots {
		n += slotBytes + sl.stateBytes + sl.callBytes
		for _, g := range []*ring{&sl.head, &sl.marks, &sl.bulk} {
			m := int64(cap(g.buf))
			events := uint64(0)
			g.all(func(s *segment) { m += s.bytes(); events += uint64(s.n) })
			if m != g.bytes || events != g.n {
				panic(fmt.Sprintf("a ring counts %d bytes and %d events, it has %d and %d", g.bytes, g.n, m, events))
			}
			n += m
		}
		if sl.late != nil {
			n += sl.late.bytes()
		}
	}
	return n
}

// shown reads the events of a capture that are shown.
func shown(t testing.TB, file []byte) (events []event.Event, facts *scap.Private) {
	t.Helper()
	r, err := scap.NewReaderAt(bytes.NewReader(file), int64(len(file)), scap.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		var ev event.Event
		if err := r.Next(&ev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if !ev.Hidden() {
			ev.Lens, ev.Data = bytes.Clone(ev.Lens), bytes.Clone(ev.Data)
			events = append(events, ev)
		}
	}
	if st := r.Stats(); st.DamageCount > 0 || st.BadMeta > 0 {
		t.Errorf("damage: %v", st.Damage)
	}
	return events, r.Private()
}

// ordered checks that events are in order of time and none is there twice.
func ordered(t testing.TB, events []event.Event) {
	t.Helper()
	seen := spots{}
	had := map[string]bool{}
	last := uint64(0)
	for i := range events {
		ev := &events[i]
		if ev.TsNanos < last {
			t.Fatalf("event %d goes back in time", i)
		}
		last = ev.TsNanos
		k := fmt.Sprintf("%v %x %x", seen.of(ev), ev.Lens, ev.Data)
		if had[k] {
			t.Fatalf("event %d of thread %d at %d is there twice", ev.Type, ev.Tid, ev.TsNanos)
		}
		had[k] = true
	}
}

func snapshot(t testing.TB, r *Recorder, s Slot, m Mark) ([]byte, Info) {
	t.Helper()
	var b bytes.Buffer
	info, err := r.Snapshot(s, &b, m)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), info
}

func TestRecorder_everythingIsThere(t *testing.T) {
	r := New(Options{})
	r.Open(1, Opening{Whole: true})
	story := newStory(3).tell(300)
	feed(r, 1, story)
	file, info := snapshot(t, r, 1, Mark{})
	got, _ := shown(t, file)
	ordered(t, got)
	if len(got) != len(story) || info.Events != uint64(len(story)) || info.Gap {
		t.Fatalf("%d of %d events", len(got), len(story))
	}
	for i := range got {
		if w := &story[i].ev; got[i].Type != w.Type || got[i].TsNanos != w.TsNanos || got[i].CPU != w.CPU || !bytes.Equal(got[i].Lens, w.Lens) || !bytes.Equal(got[i].Data, w.Data) {
			t.Fatalf("event %d is %v, was %v", i, got[i], *w)
		}
	}
}

// TestRecorder_snapshotsLeaveNoTrace: what is kept does not depend on how often somebody
// looks.
func TestRecorder_snapshotsLeaveNoTrace(t *testing.T) {
	story := newStory(5).tell(400)
	var first []byte
	for _, every := range []int{0, 7, 4096} {
		r := New(tiny)
		r.Open(1, Opening{Before: machine{}, Whole: true})
		for i := range story {
			if every > 0 && i%every == every-1 {
				m, err := r.Take(1, Mark{})
				if err != nil {
					t.Fatal(err)
				}
				r.Release(m)
			}
			ev := story[i].ev
			r.Event(1, &ev)
		}
		file, _ := snapshot(t, r, 1, Mark{})
		if first == nil {
			first = file
		} else if !bytes.Equal(first, file) {
			t.Errorf("a look every %d events changes the capture", every)
		}
	}
}

func TestRecorder_headBeginsAtTheProgram(t *testing.T) {
	r := New(tiny)
	r.Open(1, Opening{Whole: true})
	story := newStory(2).tell(900)
	feed(r, 1, story)
	file, info := snapshot(t, r, 1, Mark{})
	got, facts := shown(t, file)
	if got[0].Type != codeExecve-1 || !strings.HasPrefix(string(got[0].Data), "/usr/sbin/nginx") {
		t.Errorf("the capture begins with %s", got[0].Name())
	}
	if !info.Head || info.HeadEvents < 500 || facts.Get("head") != "whole" || facts.Get("gap") != "true" {
		t.Errorf("head %v of %d events, facts %v", info.Head, info.HeadEvents, facts.Facts)
	}
	ordered(t, got)

	// Of a container that was running already there is no head.
	r.Open(2, Opening{Before: machine{}})
	feed(r, 2, story)
	if file, info := snapshot(t, r, 2, Mark{}); info.Head {
		_, facts := shown(t, file)
		t.Errorf("a head of what was running already: %v", facts.Facts)
	}
}

func TestRecorder_tellsWhatItIs(t *testing.T) {
	r := New(Options{Node: "node-1"})
	r.SetNode(machine{})
	r.Open(7, Opening{Cgroup: "/kubepods/pod1/abc", Whole: true})
	feed(r, 7, newStory(1).tell(20))
	r.Lost(7, LostRing, 3)
	r.Lost(7, LostRing, 4)
	r.Lost(0, LostUser, 2)
	r.Died(7, Death{TsNanos: 1_760_000_001_000_000_000, Pid: 1001, Code: 1})
	r.Gone(7)
	r.Name(7, &event.Container{ID: "0123456789ab", Name: "edge", Image: "nginx:1", PodName: "edge-6f7b8c9d5-x2v4k", PodNamespace: "web", PodContainer: "nginx"})
	file, info := snapshot(t, r, 7, Mark{Cause: "death", Text: "exit code 1", TsNanos: 1_760_000_001_000_000_000, AfterNanos: 2_000_000_000,
		Event: "nginx exit_group", Facts: []scap.Fact{{Name: "incident", Value: "42"}}})
	events, facts := shown(t, file)
	for name, want := range map[string]string{
		"pod": "edge-6f7b8c9d5-x2v4k", "namespace": "web", "container": "nginx", "container.id": "0123456789ab", "image": "nginx:1", "node": "node-1",
		"cgroup": "/kubepods/pod1/abc", "trigger": "death", "trigger.text": "exit code 1", "trigger.event": "nginx exit_group", "trigger.after": "2s",
		"trigger.time": "2025-10-09T08:53:21Z", "death.code": "1", "death.signal": "0", "death.oom": "false",
		"lost.ring-full": "7", "lost.node.unreadable": "2", "incident": "42", "gap": "false",
	} {
		if got := facts.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if info.Lost[LostRing] != 7 || r.Key(7) != "web/edge/nginx" {
		t.Errorf("lost %v, key %q", info.Lost, r.Key(7))
	}
	if len(events) == 0 {
		t.Error("no events")
	}
	tr := newTelling(t)
	rd, err := scap.NewReaderAt(bytes.NewReader(file), int64(len(file)), scap.ReadOptions{Meta: tr.tr})
	if err != nil {
		t.Fatal(err)
	}
	var ev event.Event
	for rd.Next(&ev) == nil {
		tr.tr.Apply(&ev)
	}
	c := tr.tr.Container("0123456789ab")
	if c == nil || c.PodName != "edge-6f7b8c9d5-x2v4k" || tr.tr.Machine().Hostname != "node-1" || tr.tr.User(0) == nil {
		t.Errorf("container %+v, machine %+v", c, tr.tr.Machine())
	}
}

func TestRecorder_keepsTheLastDeaths(t *testing.T) {
	r := New(Options{Deaths: 2})
	story := newStory(1).tell(10)
	for s := Slot(1); s <= 5; s++ {
		r.Open(s, Opening{Whole: true})
		feed(r, s, story)
		r.Died(s, Death{Code: int(s)})
		r.Gone(s)
		r.Name(s, &event.Container{PodNamespace: "web", PodName: "edge-6f7b8c9d5-x2v4k", PodContainer: "app"})
	}
	ended := r.Ended()
	if len(ended) != 2 || ended[0].Slot != 4 || ended[1].Death.Code != 5 || ended[0].Key != "web/edge/app" {
		t.Fatalf("kept: %+v", ended)
	}
	if _, err := r.Snapshot(1, io.Discard, Mark{}); !errors.Is(err, ErrUnknownSlot) {
		t.Errorf("a container that was pushed out: %v", err)
	}
	r.Forget(4)
	r.Forget(5)
	r.Open(6, Opening{})
	r.Gone(6) // nothing of it was kept
	if st := r.Stats(); st.Bytes != 0 || st.Ended != 0 || st.Live != 0 || st.PushedOut != 3 {
		t.Errorf("left: %+v", st)
	}
	// Without names the control group of the pod tells instances.
	for s := Slot(11); s <= 14; s++ {
		r.Open(s, Opening{Cgroup: fmt.Sprintf("/kubepods/pod1/%d", s), Whole: true})
		feed(r, s, story)
		r.Gone(s)
	}
	if n := len(r.Ended()); n != 2 {
		t.Errorf("%d unnamed ones are kept", n)
	}
}

// TestMoment_extends: the seconds after a trigger are added to what was there, whether or
// not the rings have forgotten some meanwhile.
func TestMoment_extends(t *testing.T) {
	story := newStory(9).tell(900)
	for name, tc := range map[string]struct {
		o       Options
		at, add int
	}{"all": {Options{}, 2000, 1500}, "some": {tiny, 3000, 200}, "forgotten": {tiny, 2000, len(story) - 2000}} {
		t.Run(name, func(t *testing.T) {
			r := New(tc.o)
			r.Open(1, Opening{Before: machine{}, Whole: true})
			feed(r, 1, story[:tc.at])
			m, err := r.Take(1, Mark{Cause: "filter"})
			if err != nil {
				t.Fatal(err)
			}
			feed(r, 1, story[tc.at:tc.at+tc.add])
			r.Extend(m)
			r.Extend(m) // nothing new: nothing twice
			var b bytes.Buffer
			info, err := m.Write(&b)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := shown(t, b.Bytes())
			ordered(t, got)
			trigger, end := story[tc.at-1].ev.TsNanos, story[tc.at+tc.add-1].ev.TsNanos
			if got[len(got)-1].TsNanos != end {
				t.Errorf("it ends at %d, want %d", got[len(got)-1].TsNanos, end)
			}
			before, after := 0, 0
			for i := range got {
				if got[i].TsNanos <= trigger {
					before++
				} else {
					after++
				}
			}
			if name == "all" && len(got) != tc.at+tc.add {
				t.Errorf("%d events of %d", len(got), tc.at+tc.add)
			}
			if before < 200 || after < 100 || info.Unbridged > 0 {
				t.Errorf("%d events before and %d after; %d unbridged", before, after, info.Unbridged)
			}
			full := newTelling(t)
			want := map[spot]string{}
			seen := spots{}
			machine{}.Replay(full.tr)
			for i := range story[:tc.at+tc.add] {
				ev := story[i].ev
				k := seen.of(&ev)
				want[k] = full.tell(&ev)
			}
			v := judge(t, b.Bytes(), info, want)
			if v.bad > 0 || v.missing > 0 {
				t.Errorf("%d told otherwise, %d made up: %v\n%s", v.bad, v.missing, v.fields, strings.Join(v.samples, "\n"))
			}
			r.Release(m)
			r.Gone(1)
			r.Forget(1)
			if st := r.Stats(); st.Bytes != 0 || st.Held != 0 {
				t.Errorf("left: %+v", st)
			}
		})
	}
}

func TestRecorder_agesEvents(t *testing.T) {
	o := Options{SegmentBytes: 1 << 10, BulkNanos: 1_000_000, LandmarkNanos: 5_000_000}
	r := New(o)
	r.Open(1, Opening{})
	feed(r, 1, newStory(4).tell(900))
	st, _ := r.SlotStats(1)
	for name, g := range map[string]RingStats{"bulk": st.Bulk, "landmarks": st.Landmarks} {
		limit := uint64(1_000_000)
		if name == "landmarks" {
			limit = 5_000_000
		}
		// One segment more than the limit may be there.
		if age := g.LastNanos - g.FirstNanos; age > limit+400_000 || age < limit/2 || g.Evicted == 0 {
			t.Errorf("%s: %d ns of history, %d evicted", name, age, g.Evicted)
		}
	}
}

func TestRecorder_restsIdleContainers(t *testing.T) {
	r := New(Options{})
	for s := Slot(1); s <= 20; s++ {
		r.Open(s, Opening{Whole: true})
		feed(r, s, newStory(uint64(s)).tell(12))
	}
	before := r.Stats().Bytes
	r.Rest(^uint64(0))
	if got := r.Stats().Bytes; got != spend(r) || got > 20*16<<10 || got > before {
		t.Errorf("20 idle containers take %d bytes, %d before they rested", got, before)
	}
	if _, info := snapshot(t, r, 1, Mark{}); info.Events == 0 {
		t.Error("nothing left")
	}
}

// TestMoment_writesBeside: a capture is written while calls go on; the race detector looks on.
func TestMoment_writesBeside(t *testing.T) {
	r := New(tiny)
	r.Open(1, Opening{Before: machine{}, Whole: true})
	story := newStory(8).tell(800)
	feed(r, 1, story[:3000])
	want, _ := snapshot(t, r, 1, Mark{})
	m, err := r.Take(1, Mark{})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	done := make(chan error)
	go func() {
		_, err := m.Write(&got)
		done <- err
	}()
	feed(r, 1, story[3000:])
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("what came later changed the capture")
	}
	r.Release(m)
	if got := spend(r); got != r.Stats().Bytes || r.Stats().Held != 0 {
		t.Errorf("the accounts say %d bytes, there are %d, %d held", r.Stats().Bytes, got, r.Stats().Held)
	}
}

// TestRecorder_toleratesDisorder: threads are delivered out of step, each in its own order.
func TestRecorder_toleratesDisorder(t *testing.T) {
	for seed := uint64(1); seed <= 3; seed++ {
		s := newStory(seed)
		s.parallel = true
		v := compareLate(t, s.tell(1500), tiny, seed)
		if !v.info.Gap || v.missing > 0 || v.bad > v.shown/100 {
			t.Errorf("gap %v, %d of %d events told otherwise, %d made up: %v\n%s", v.info.Gap, v.bad, v.shown, v.missing, v.fields, strings.Join(v.samples, "\n"))
		}
	}
}

// TestSnapshot_isPortable: every event of a capture with a gap is one that all readers take.
func TestSnapshot_isPortable(t *testing.T) {
	r := New(tiny)
	r.Open(1, Opening{Before: machine{}, Whole: true})
	feed(r, 1, newStory(12).tell(1500))
	file, info := snapshot(t, r, 1, Mark{})
	rd, err := scap.NewReaderAt(bytes.NewReader(file), int64(len(file)), scap.ReadOptions{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	var ev event.Event
	n, last := uint64(0), uint64(0)
	for {
		if err := rd.Next(&ev); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		n++
		if err := scap.Portable(&ev); err != nil {
			t.Errorf("event %d: %v", ev.Num, err)
		}
		if ev.TsNanos < last && !ev.Hidden() {
			t.Errorf("event %d goes back in time", ev.Num)
		}
		last = max(last, ev.TsNanos)
	}
	if !info.Gap || n != info.Events+info.Hidden {
		t.Errorf("gap %v, %d events, %d and %d written", info.Gap, n, info.Events, info.Hidden)
	}
}

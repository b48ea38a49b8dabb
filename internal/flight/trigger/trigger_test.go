package trigger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
)

const second = 1_000_000_000

// calls makes events and hands them to a Watch.
type calls struct {
	t  *testing.T
	w  *Watch
	b  scap.Builder
	ts uint64
}

func (c *calls) event(s flight.Slot, typ event.Type, tid int64, values ...any) {
	c.t.Helper()
	var ev event.Event
	c.ts += 1000
	if err := c.b.Build(&ev, typ, c.ts, tid, 0, values...); err != nil {
		c.t.Fatal(err)
	}
	c.w.Event(s, &ev)
	if ev.Thread != nil || ev.FD != nil {
		c.t.Error("the source's event was changed")
	}
}

// connect is a socket and a connect of a thread, with a result.
func (c *calls) connect(s flight.Slot, tid int64, port uint16, res int64) {
	addr := scap.Addr4([4]byte{10, 0, 0, 9}, port)
	c.event(s, 18, tid, 2, 1, 6)
	c.event(s, 19, tid, int64(7), 2, 1, 6)
	c.event(s, 22, tid, int64(7), addr)
	c.event(s, 23, tid, res, []byte{}, int64(7), addr)
}

// before is a container with one process.
type before struct{ name string }

func (b before) Replay(to scap.Sink) {
	to.AddThread(event.Thread{Tid: 5, Pid: 5, Ptid: 1, Comm: b.name, Exe: b.name, Cwd: "/"})
}

func watch(t *testing.T, o Options) (*calls, *[]Fire) {
	t.Helper()
	var fires []Fire
	w, err := NewWatch(nil, o, func(f Fire) { fires = append(fires, f) })
	if err != nil {
		t.Fatal(err)
	}
	return &calls{t: t, w: w, ts: 1_760_000_000 * second}, &fires
}

func TestWatch_deaths(t *testing.T) {
	for name, tc := range map[string]struct {
		o    Options
		d    flight.Death
		want Cause
		text string
	}{
		"exit 1":           {Options{}, flight.Death{Code: 1}, Death, "exit code 1"},
		"signal":           {Options{}, flight.Death{Signal: 11}, Death, "signal 11"},
		"unknown":          {Options{}, flight.Death{Unknown: true}, Death, "how it ended is not known: the record was lost"},
		"exit 0":           {Options{}, flight.Death{}, "", ""},
		"exit 0, wanted":   {Options{Exits: true}, flight.Death{}, Exit, "exit code 0"},
		"exit 1, unwanted": {Options{NoDeaths: true}, flight.Death{Code: 1}, "", ""},
		"oom":              {Options{}, flight.Death{Signal: 9, OOM: true}, OOM, "killed for want of memory"},
		"oom, unwanted":    {Options{NoOOM: true}, flight.Death{Signal: 9, OOM: true}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, fires := watch(t, tc.o)
			tc.d.TsNanos = 77
			c.w.Open(1, flight.Opening{})
			c.w.Died(1, tc.d)
			c.w.Gone(1)
			if tc.want == "" {
				if len(*fires) > 0 {
					t.Errorf("fired %+v", *fires)
				}
				return
			}
			if len(*fires) != 1 || (*fires)[0].Cause != tc.want || (*fires)[0].Text != tc.text || *(*fires)[0].Death != tc.d {
				t.Fatalf("fired %+v", *fires)
			}
			if m := (*fires)[0].Mark(); m.Cause != string(tc.want) || m.TsNanos != 77 || m.Text != tc.text {
				t.Errorf("mark %+v", m)
			}
		})
	}
}

// A loop of good ends fires at the last of so many within the time; ends that fire by
// themselves, slow ones, and those of other containers do not.
func TestWatch_restarts(t *testing.T) {
	const minute = 60 * second
	for name, tc := range map[string]struct {
		ends  []uint64 // minutes
		names []string // of the containers; the same for all without
		d     flight.Death
		want  string
	}{
		"a loop":          {[]uint64{0, 1, 3}, nil, flight.Death{}, "restarts: 3 ends within 5m0s"},
		"goes on":         {[]uint64{0, 1, 3, 7}, nil, flight.Death{}, "restarts: 3 ends within 5m0s"},
		"too slow":        {[]uint64{0, 3, 6, 9}, nil, flight.Death{}, ""},
		"slow, then fast": {[]uint64{0, 6, 7, 8}, nil, flight.Death{}, "restarts: 3 ends within 5m0s"},
		"two containers":  {[]uint64{0, 1, 2, 3}, []string{"a", "b", "a", "b"}, flight.Death{}, ""},
		"no container":    {[]uint64{0, 1, 2, 3}, []string{"", "", "", ""}, flight.Death{}, ""},
		"bad ends":        {[]uint64{0, 1, 3}, nil, flight.Death{Code: 1}, "death: exit code 1 death: exit code 1 death: exit code 1"},
	} {
		t.Run(name, func(t *testing.T) {
			now := "web/app"
			c, fires := watch(t, Options{Restarts: Rate{3, 5 * time.Minute}, Container: func(flight.Slot) string { return now }})
			for i, at := range tc.ends {
				if tc.names != nil {
					now = tc.names[i]
				}
				s := flight.Slot(i + 1)
				c.w.Open(s, flight.Opening{})
				tc.d.TsNanos = c.ts + at*minute
				c.w.Died(s, tc.d)
				c.w.Gone(s)
			}
			var got []string
			for _, f := range *fires {
				got = append(got, string(f.Cause)+": "+f.Text)
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("fired %q, want %q", s, tc.want)
			}
		})
	}
}

func TestParseRate(t *testing.T) {
	for in, want := range map[string]Rate{"": {5, 10 * time.Minute}, "3/90s": {3, 90 * time.Second}} {
		if got, err := ParseRate(in); err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"5", "1/10m", "1001/10m", "x/10m", "5/10", "5/-1m", "5/0s", "/", "5/10m/1"} {
		if got, err := ParseRate(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// What is remembered is bounded.
func TestRestarts_bounded(t *testing.T) {
	r := restarts{Rate{2, time.Hour}, 2, map[string][]uint64{}}
	for i, k := range []string{"a", "b", "b", "c"} { // a is forgotten for c
		r.ended(k, uint64(i+1))
	}
	if len(r.ends) != 2 || len(r.ends["b"]) != 2 || r.ends["a"] != nil {
		t.Errorf("kept %v", r.ends)
	}
	if !r.ended("c", 6) || r.ended("a", 7) {
		t.Error("the second end of c counts, the one of a is its first")
	}
}

func TestWatch_filterSeesTheState(t *testing.T) {
	c, fires := watch(t, Options{Filters: []string{"evt.type=connect and evt.failed=true and proc.name=nginx and fd.num=7"}, AfterNanos: 2 * second})
	c.w.Open(1, flight.Opening{Before: before{"nginx"}})
	c.w.Open(2, flight.Opening{Before: before{"redis"}})
	c.connect(2, 5, 6379, -111) // another program
	c.connect(1, 5, 6379, 0)    // no failure
	if len(*fires) > 0 {
		t.Fatalf("fired %+v", *fires)
	}
	c.connect(1, 5, 6379, -111)
	if len(*fires) != 1 {
		t.Fatalf("fired %+v", *fires)
	}
	f := (*fires)[0]
	if f.Slot != 1 || f.Cause != Filter || f.TsNanos != c.ts || f.AfterNanos != 2*second || f.Text != c.w.opt.Filters[0] ||
		!strings.Contains(f.Event, "nginx (5) < connect res=-111(ECONNREFUSED)") {
		t.Errorf("fired %+v", f)
	}
	// A container of which nothing was known learns it from its events.
	c.event(3, 292, 9, "/usr/sbin/nginx")
	c.event(3, 293, 9, int64(0), "/usr/sbin/nginx", []byte{}, int64(9), int64(9), int64(1), "", int64(1024), uint64(0), uint64(0), 0, 0, 0, "nginx")
	c.connect(3, 9, 6379, -111)
	if len(*fires) != 2 || (*fires)[1].Slot != 3 {
		t.Errorf("fired %+v", *fires)
	}
	c.w.Gone(3)
	if len(c.w.filters.eyes) != 2 {
		t.Errorf("%d containers are still looked at", len(c.w.filters.eyes))
	}
}

// TestWatch_filterWithoutState: a filter on the event alone follows no state.
func TestWatch_filterWithoutState(t *testing.T) {
	c, fires := watch(t, Options{Filters: []string{"evt.type=connect and evt.rawres=-111"}})
	c.connect(1, 5, 80, -111)
	if len(*fires) != 1 {
		t.Errorf("fired %+v", *fires)
	}
	if c.w.filters.state {
		t.Error("it follows the state")
	}
}

func TestWatch_badFilter(t *testing.T) {
	_, err := NewWatch(nil, Options{Filters: []string{"evt.type=connect", "proc.nmae=x"}}, nil)
	var fe *filter.Error
	if !errors.As(err, &fe) || !strings.Contains(fe.Source, "proc.nmae") {
		t.Errorf("error %v", err)
	}
}

func TestWatch_limitsEachWorkload(t *testing.T) {
	key := func(s flight.Slot) string { return [...]string{"", "web", "web", "db"}[s] }
	c, fires := watch(t, Options{Workload: key})
	at := uint64(1_760_000_000 * second)
	for i := range uint64(10) {
		c.w.Died(flight.Slot(1+i%2), flight.Death{Code: 1, TsNanos: at + i*second})
	}
	c.w.Died(3, flight.Death{Code: 1, TsNanos: at})
	c.w.Died(1, flight.Death{OOM: true, TsNanos: at}) // another cause
	if len(*fires) != 5 {
		t.Errorf("fired %d times", len(*fires))
	}
	st := c.w.Stats()
	if st.Fired[Death] != 4 || st.Fired[OOM] != 1 || st.Suppressed[Death] != 7 {
		t.Errorf("stats %+v", st)
	}
	// Ten minutes later one more may follow, and what a person asks for always may.
	c.w.Died(1, flight.Death{Code: 1, TsNanos: at + 601*second})
	c.w.Died(1, flight.Death{Code: 1, TsNanos: at + 602*second})
	if len(*fires) != 6 {
		t.Errorf("fired %d times", len(*fires))
	}
	for range 5 {
		if !c.w.Ask(Fire{Slot: 1, Cause: Hand, TsNanos: at}) {
			t.Error("a person was refused")
		}
	}
	allowed := 0
	for range 5 {
		if c.w.Ask(Fire{Slot: 1, Cause: Filter, TsNanos: at, Text: "asked for"}) {
			allowed++
		}
	}
	if allowed != 3 {
		t.Errorf("%d asked for by a filter", allowed)
	}
}

func TestLimiter_timesAndKeys(t *testing.T) {
	l := NewLimiter(Limits{Burst: 2, EveryNanos: 10, Keys: 3})
	steps := []struct {
		key  string
		now  uint64
		want bool
	}{
		{"a", 100, true}, {"a", 100, true}, {"a", 100, false}, {"a", 109, false}, {"a", 110, true}, {"a", 111, false},
		{"b", 50, true}, {"c", 50, true}, {"d", 50, true}, // one is forgotten: b and c have as much left
		{"a", 111, false}, // not a, which waits the longest
		{"a", 1, true},    // the clock was set back
	}
	for i, s := range steps {
		if got := l.Allow(s.key, Death, s.now); got != s.want {
			t.Errorf("step %d: %s at %d is %v", i, s.key, s.now, got)
		}
	}
	if len(l.full) > 3 {
		t.Errorf("%d keys", len(l.full))
	}
	l = NewLimiter(Limits{Burst: -1})
	for range 10 {
		if !l.Allow("a", Death, 1) {
			t.Error("a limit where there is none")
		}
	}
}

// everything counts what is handed on.
type everything struct{ calls []string }

func (e *everything) Open(flight.Slot, flight.Opening)           { e.calls = append(e.calls, "open") }
func (e *everything) Event(flight.Slot, *event.Event)            { e.calls = append(e.calls, "event") }
func (e *everything) Lost(flight.Slot, flight.LossCause, uint64) { e.calls = append(e.calls, "lost") }
func (e *everything) Died(flight.Slot, flight.Death)             { e.calls = append(e.calls, "died") }
func (e *everything) Gone(flight.Slot)                           { e.calls = append(e.calls, "gone") }

func TestWatch_handsOn(t *testing.T) {
	e := &everything{}
	w, err := NewWatch(e, Options{Filters: []string{"evt.type=close"}}, func(Fire) { e.calls = append(e.calls, "fire") })
	if err != nil {
		t.Fatal(err)
	}
	c := &calls{t: t, w: w}
	w.Open(1, flight.Opening{})
	c.event(1, 5, 1, int64(0), int64(3))
	w.Lost(1, flight.LostRing, 1)
	w.Died(1, flight.Death{Code: 1})
	w.Gone(1)
	if got := strings.Join(e.calls, " "); got != "open event fire lost died fire gone" {
		t.Errorf("calls: %s", got)
	}
}

// Package trigger decides when a capture is to be made: at deaths, at out-of-memory kills,
// at containers that end again and again, at events that a filter takes, or because somebody asks.
//
// It stands between a flight.Source and a flight.Recorder or beside it: a Watch is a
// Handler that hands everything on and calls back. It writes nothing, starts no goroutine
// and asks no clock: time is what events say. Its neighbours are flight, whose Recorder
// makes the captures, and filter.
package trigger

import (
	"maps"
	"strconv"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
)

// Cause is what asked for a capture. Causes are labels of metrics and facts of captures.
type Cause string

// The causes.
const (
	// Death: a container ended, and not with exit 0.
	Death Cause = "death"
	// Exit: a container ended with exit 0, where all ends are wanted.
	Exit Cause = "exit"
	// OOM: a container ended because the kernel killed it for want of memory.
	OOM Cause = "oom"
	// Restarts: a container ended as often as Options.Restarts says, this time with exit 0 or in a
	// way that fires nothing else.
	Restarts Cause = "restarts"
	// Filter: an event passed a filter.
	Filter Cause = "filter"
	// Event: an event of Kubernetes about the container's pod.
	Event Cause = "event"
	// Hand: a person asked.
	Hand Cause = "hand"
)

// Fire is one reason for a capture.
type Fire struct {
	Slot  flight.Slot
	Cause Cause
	// TsNanos is when, in nanoseconds since the Unix epoch.
	TsNanos uint64
	// Text says it in words.
	Text string
	// Event is the event that did it, rendered as sysdig does; "" for none.
	Event string
	// Death is the end that did it; nil for others.
	Death *flight.Death
	// AfterNanos is for how long events after it are wanted too, see Options.After.
	AfterNanos uint64
}

// Mark is the fire as captures tell it.
func (f Fire) Mark() flight.Mark {
	return flight.Mark{Cause: string(f.Cause), Text: f.Text, TsNanos: f.TsNanos, Event: f.Event, AfterNanos: f.AfterNanos}
}

// Options say what fires.
type Options struct {
	// NoDeaths leaves out abnormal ends, which fire otherwise; Exits adds exits with 0.
	NoDeaths, Exits bool
	// NoOOM leaves out ends for want of memory.
	NoOOM bool
	// Restarts is how often a container ends until that fires.
	Restarts Rate
	// Filters are expressions in the filter language; an event that passes one fires.
	Filters []string
	// AfterNanos is put into fires that no death made, as long as they say nothing of their own.
	AfterNanos uint64
	// Limits bound the fires of a workload.
	Limits Limits
	// Workload tells what a slot is an instance of, such as Recorder.Key; nil takes each slot
	// for a workload of its own.
	Workload func(flight.Slot) string
	// Container tells of which container of which pod a slot is an instance, for Restarts; "", and
	// nil, for none that is started again.
	Container func(flight.Slot) string
}

// Watch is a Handler that hands everything on and calls back when something fires. It is
// for one goroutine at a time.
type Watch struct {
	next    flight.Handler
	calls   flight.CallHandler // next, where it takes calls
	opt     Options
	fire    func(Fire)
	limit   *Limiter
	filters filters
	ends    restarts
	fired   map[Cause]uint64
}

// NewWatch makes a Watch in front of next, which takes each call before the Watch judges it;
// nil for none. fire is called within the calls of the source, or of Ask; it must not call
// the Watch. The error is that of a filter, a *filter.Error.
func NewWatch(next flight.Handler, o Options, fire func(Fire)) (*Watch, error) {
	if next == nil {
		next = nobody{}
	}
	w := &Watch{next: next, opt: o, fire: fire, limit: NewLimiter(o.Limits), fired: map[Cause]uint64{}}
	w.calls, _ = next.(flight.CallHandler)
	w.ends = restarts{o.Restarts, w.limit.lim.Keys, map[string][]uint64{}}
	var err error
	w.filters, err = compile(o.Filters)
	return w, err
}

var _ flight.CallHandler = (*Watch)(nil)

// Ask is how all others fire, such as a person. It reports whether the limits allowed it.
func (w *Watch) Ask(f Fire) bool {
	if !w.allow(f.Slot, f.Cause, f.TsNanos) {
		return false
	}
	w.send(f)
	return true
}

func (w *Watch) allow(s flight.Slot, c Cause, now uint64) bool {
	key := "slot " + strconv.FormatUint(uint64(s), 10)
	if w.opt.Workload != nil {
		if k := w.opt.Workload(s); k != "" {
			key = k
		}
	}
	return w.limit.Allow(key, c, now)
}

func (w *Watch) send(f Fire) {
	if f.AfterNanos == 0 && f.Death == nil {
		f.AfterNanos = w.opt.AfterNanos
	}
	w.fired[f.Cause]++
	w.fire(f)
}

// Stats are the figures of a Watch, by cause.
type Stats struct {
	// Fired were called back, Suppressed were beyond the limits.
	Fired, Suppressed map[Cause]uint64
}

// Stats gives the figures.
func (w *Watch) Stats() Stats {
	return Stats{Fired: maps.Clone(w.fired), Suppressed: w.limit.Suppressed()}
}

// Open is part of flight.Handler.
func (w *Watch) Open(s flight.Slot, o flight.Opening) {
	w.next.Open(s, o)
	w.filters.open(s, o)
}

// Event is part of flight.Handler.
func (w *Watch) Event(s flight.Slot, ev *event.Event) {
	w.next.Event(s, ev)
	if len(w.filters.list) > 0 {
		w.filters.event(w, s, ev)
	}
}

// Call is part of flight.CallHandler. Where filters look at events, calls have to be events.
func (w *Watch) Call(s flight.Slot, c *flight.Call) bool {
	return w.calls != nil && len(w.filters.list) == 0 && w.calls.Call(s, c)
}

// Lost is part of flight.Handler.
func (w *Watch) Lost(s flight.Slot, cause flight.LossCause, n uint64) { w.next.Lost(s, cause, n) }

// Died is part of flight.Handler.
func (w *Watch) Died(s flight.Slot, d flight.Death) {
	w.next.Died(s, d)
	f := Fire{Slot: s, TsNanos: d.TsNanos, Death: &d}
	often := w.opt.Container != nil && w.ends.ended(w.opt.Container(s), d.TsNanos)
	switch {
	case d.OOM && !w.opt.NoOOM:
		f.Cause, f.Text = OOM, "killed for want of memory"
	case d.Abnormal() && !w.opt.NoDeaths && !d.OOM:
		f.Cause, f.Text = Death, "exit code "+strconv.Itoa(d.Code)
		switch {
		case d.Unknown:
			f.Text = "how it ended is not known: the record was lost"
		case d.Signal != 0:
			f.Text = "signal " + strconv.Itoa(d.Signal)
		}
	case !d.Abnormal() && w.opt.Exits:
		f.Cause, f.Text = Exit, "exit code 0"
	case often:
		f.Cause, f.Text = Restarts, w.opt.Restarts.String()
	default:
		return
	}
	w.Ask(f)
}

// Gone is part of flight.Handler.
func (w *Watch) Gone(s flight.Slot) {
	w.next.Gone(s)
	w.filters.gone(s)
}

// nobody takes everything and keeps nothing.
type nobody struct{}

func (nobody) Open(flight.Slot, flight.Opening)           {}
func (nobody) Event(flight.Slot, *event.Event)            {}
func (nobody) Lost(flight.Slot, flight.LossCause, uint64) {}
func (nobody) Died(flight.Slot, flight.Death)             {}
func (nobody) Gone(flight.Slot)                           {}

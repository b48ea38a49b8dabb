package trigger

import (
	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap/state"
)

// filters are the expressions, compiled, and for each container what they need to know.
// Of the state nothing is followed unless a filter asks for it, and then only by the events
// that change it.
type filters struct {
	list []*filter.Filter
	// possible are codes that may pass, applied those whose events the state must take in.
	possible, applied []bool
	// state says that a filter asks for threads or descriptors.
	state bool
	eyes  map[flight.Slot]*eye
}

// eye is one container as the filters see it.
type eye struct {
	list []*filter.Filter
	tr   *state.Tracker
	sess *filter.Session
	out  *filter.Format
	n    int
}

// told is how the event of a fire is shown.
const told = "*%evt.outputtime %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"

func compile(texts []string) (filters, error) {
	fs := filters{eyes: map[flight.Slot]*eye{}}
	var needs filter.Needs
	for _, text := range texts {
		f, err := filter.Compile(text, nil)
		if err != nil {
			return fs, err
		}
		fs.list = append(fs.list, f)
		needs |= f.Needs()
	}
	const ofEvent = filter.NeedArgs | filter.NeedMachine
	const ofAll = filter.NeedDelta | filter.NeedSession
	fs.state = needs&^ofEvent != 0
	n := len(event.Kinds())
	fs.possible, fs.applied = make([]bool, n), make([]bool, n)
	for t := range n {
		for _, f := range fs.list {
			fs.possible[t] = fs.possible[t] || f.Possible(event.Type(t))
		}
	}
	for t := range n {
		pair := fs.possible[t] || t^1 < n && fs.possible[t^1]
		fs.applied[t] = fs.state && (pair || needs&ofAll != 0 || flight.ChangesState(event.Type(t)))
	}
	return fs, nil
}

func (fs *filters) open(s flight.Slot, o flight.Opening) {
	if len(fs.list) == 0 {
		return
	}
	e := fs.eye(s)
	if o.Before != nil && fs.state {
		o.Before.Replay(e.tr)
	}
}

func (fs *filters) eye(s flight.Slot) *eye {
	e := fs.eyes[s]
	if e == nil {
		e = &eye{}
		e.look(fs)
		fs.eyes[s] = e
	}
	return e
}

// look begins with an empty state.
func (e *eye) look(fs *filters) {
	e.tr = state.New()
	e.sess = &filter.Session{State: e.tr}
	e.list = make([]*filter.Filter, len(fs.list))
	for i, f := range fs.list {
		e.list[i] = f.Fork(e.sess)
	}
	e.out, _ = filter.NewFormat(told, e.sess, filter.FormatOptions{}) // it compiles
}

// Bounds of what is known of one container: beyond, it begins anew. Caches are given up
// after so many events.
const (
	maxThreads = 32 << 10
	maxFDs     = 128 << 10
	trimAfter  = 16 << 10
)

func (fs *filters) event(w *Watch, s flight.Slot, ev *event.Event) {
	t := int(ev.Type)
	if t >= len(fs.applied) || !fs.applied[t] && !fs.possible[t] {
		return
	}
	e := fs.eye(s)
	c := *ev // what the state adds is ours
	if c.Kind == nil {
		c.Kind = event.KindOf(c.Type)
	}
	if fs.applied[t] {
		e.tr.Apply(&c)
		e.sess.See(&c)
		if e.n++; e.n%trimAfter == 0 {
			e.tr.Trim()
			if st := e.tr.Stats(); st.Threads > maxThreads || st.FDs > maxFDs {
				e.look(fs)
			}
		}
	}
	if !fs.possible[t] || c.Hidden() {
		return
	}
	for i, f := range e.list {
		if !f.Match(&c) {
			continue
		}
		if !w.allow(s, Filter, c.TsNanos) {
			continue
		}
		line, _ := e.out.Append(nil, &c)
		w.send(Fire{Slot: s, Cause: Filter, TsNanos: c.TsNanos, Text: w.opt.Filters[i], Event: string(line)})
	}
}

func (fs *filters) gone(s flight.Slot) { delete(fs.eyes, s) }

package captext

import (
	"io"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap/state"
)

// each reads a capture, with the state applied; first is called before the first event that
// shows something.
func (p *printer) each(open Source, first func(ts uint64), do func(ev *event.Event)) error {
	p.tr = state.New()
	r, err := open(p.tr)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	var ev event.Event
	for n, begun := 0, false; ; n++ {
		if err := r.Next(&ev); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if n >= maxEvents {
			return ErrTooLarge
		}
		if !begun && !ev.Hidden() {
			first(ev.TsNanos)
			begun = true
		}
		p.tr.Apply(&ev)
		if !ev.Hidden() {
			do(&ev)
		}
	}
}

// survey finds what has to be known before the first line.
func (p *printer) survey(open Source) error {
	type begun struct {
		num  uint64
		name string
	}
	pending := map[int64]begun{}
	known, born, ended := map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	lose := func(tid int64) {
		if b, ok := pending[tid]; ok {
			p.lost[b.num] = true
			delete(pending, tid)
		}
	}
	returned := func(ev *event.Event) {
		if pending[ev.Tid].name == ev.Name() {
			delete(pending, ev.Tid)
		}
	}
	meet := func(tid int64) {
		if known[tid] || born[tid] {
			return
		}
		known[tid] = true
		th := event.Thread{Tid: tid, Pid: tid, Vpid: tid, Ptid: 1}
		if t := p.tr.Thread(tid); t != nil && !t.Unknown {
			th = *t
			th.FDs = nil // what it has now is not what it had
		}
		p.strangers = append(p.strangers, th)
	}
	err := p.each(open, func(ts uint64) {
		for th := range p.tr.Threads() {
			known[th.Tid] = true
		}
		if ts < startNanos || ts > startNanos+uint64(time.Hour) {
			p.shift = startNanos - ts
		}
	}, func(ev *event.Event) {
		switch kindOf(ev) {
		case isFork:
			returned(ev)
			switch res, _ := ev.Result(); {
			case res > 0:
				born[res] = true
			case ev.Thread != nil && !ev.Thread.Unknown && (!known[ev.Tid] || ended[ev.Tid]):
				meet(parentOf(ev.Thread))
				known[ev.Tid], p.children[ev.Tid], p.children[ev.Thread.Vtid] = true, true, true
			}
		case isEnter:
			lose(ev.Tid)
			pending[ev.Tid] = begun{ev.Num, ev.Name()}
			return
		case isNothing:
			return
		case isExit:
			lose(ev.Tid)
			ended[ev.Tid] = true
		case isSignal: // may come in the midst of a call
		default:
			returned(ev)
		}
		meet(ev.Tid)
	})
	for _, b := range pending {
		p.lost[b.num] = true
	}
	taken := map[string]bool{"": true}
	for _, c := range p.tr.Containers() {
		if c.Name == "" && c.Image == "" && len(c.Labels) == 0 {
			continue // known by its id only
		}
		key := c.Name
		if taken[key] {
			key = c.ID
		}
		taken[key] = true
		p.containers, p.keys[c.ID] = append(p.containers, *c), key
	}
	return err
}

// What an event is to the form.
const (
	isNothing = iota
	isFork
	isExec
	isSignal
	isExit
	isCall
	isEnter
)

func kindOf(ev *event.Event) int {
	failed := ev.Failed()
	switch name := ev.Name(); {
	case ev.Kind == nil:
		return isNothing
	case name == "procexit":
		return isExit
	case name == "signaldeliver":
		return isSignal
	case !Has(name) || ev.Kind.Flags&event.HasExit == 0:
		return isNothing
	case ev.IsEnter():
		return isEnter
	case (name == "clone" || name == "fork" || name == "vfork" || name == "clone3") && !failed:
		return isFork
	case name == "execve":
		return isExec
	}
	return isCall
}

// Has reports whether the form has a line for the call.
func Has(call string) bool { _, ok := exits()[call]; return ok }

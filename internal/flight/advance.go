package flight

import (
	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap/state"
)

// lateness is how much later than others an event may be delivered; see Handler.
const lateness = 1_000_000_000

// advance moves the state at the oldest landmark over the events of an evicted segment, in
// order of time. Those that are later than what is left, because threads are delivered out
// of step, wait for the next time. floor is the latest time before.
func (r *Recorder) advance(sl *slot, s *segment, floor uint64) {
	if sl.stateLost {
		return
	}
	recs, err := s.records(nil, &r.pack, sl.opening.Expand)
	if sl.late != nil {
		var more error
		if recs, more = sl.late.records(recs, &r.pack, nil); err == nil {
			err = more
		}
		r.used -= sl.late.bytes()
		sl.late = nil
		sortRecords(recs)
	}
	if err != nil {
		r.stats.Damaged++ // what decodes is applied
	}
	until := ^uint64(0)
	sl.marks.all(func(o *segment) { until = min(until, o.first) })
	n := len(recs)
	for n > 0 && recs[n-1].ts > until && recs[n-1].ts-until < lateness {
		n--
	}
	if len(recs)-n > maxLate {
		n = len(recs)
	}
	head := ^uint64(0)
	if sl.atHead == nil {
		head = sl.headNum()
	}
	tr := r.state(sl)
	var ev event.Event
	for i := range recs[:n] {
		if recs[i].num > head {
			r.passHead(sl, tr)
			head = ^uint64(0)
		}
		recs[i].fill(&ev)
		tr.Apply(&ev)
	}
	r.moved(sl)
	if n < len(recs) {
		sl.late = keepLate(recs[n:])
		r.used += sl.late.bytes()
		sl.marks.floor = floor
		for i := range recs[:n] {
			sl.marks.floor = max(sl.marks.floor, recs[i].ts)
		}
	}
}

// maxLate bounds how many records wait.
const maxLate = 4096

func keepLate(recs []record) *segment {
	var e encoder
	var ev event.Event
	s := &segment{}
	for i := range recs {
		recs[i].fill(&ev)
		e.add(s, nil, &ev, recs[i].num)
	}
	return s
}

// headNum is the lowest number of the head, the highest there is while it is empty.
func (sl *slot) headNum() uint64 {
	n := ^uint64(0)
	sl.head.all(func(s *segment) { n = min(n, s.maxNum) })
	return n
}

// passHead moves a state over the head, and keeps what it was at its beginning.
func (r *Recorder) passHead(sl *slot, tr *state.Tracker) {
	sl.atHead = r.pack.store(freeze(tr))
	var recs []record
	sl.head.all(func(s *segment) {
		var err error
		if recs, err = s.records(recs, &r.pack, sl.opening.Expand); err != nil {
			r.stats.Damaged++
		}
	})
	sortRecords(recs)
	var ev event.Event
	for i := range recs {
		recs[i].fill(&ev)
		tr.Apply(&ev)
	}
}

// hot is the state that was moved last, not packed yet: the container that evicts most
// evicts again, and its state need not be unpacked each time.
type hot struct {
	sl *slot
	tr *state.Tracker
	// dirty says that it has moved since it was packed.
	dirty bool
}

// state gives the state at the oldest landmark of a container, to be moved on.
func (r *Recorder) state(sl *slot) *state.Tracker {
	if r.hot.sl == sl {
		return r.hot.tr
	}
	r.cool()
	f, err := r.pack.load(sl.start())
	if err != nil {
		r.stats.Damaged++
	}
	r.hot = hot{sl: sl, tr: f.tracker()}
	return r.hot.tr
}

// moved takes note that the state has moved.
func (r *Recorder) moved(sl *slot) {
	sl.first = nil
	if sl.base == nil {
		sl.base = &stored{} // until it is packed
	}
	r.hot.dirty = true
	r.hot.tr.Trim()
	if hotBytes(r.hot.tr) > maxState {
		// A state of this size is made on purpose. Names are not worth the whole budget.
		r.hot = hot{}
		sl.base, sl.atHead, sl.stateLost = &stored{}, nil, true
	}
	r.weigh(sl)
}

// settle packs the hot state.
func (r *Recorder) settle() {
	if h := &r.hot; h.dirty {
		h.dirty = false
		h.sl.base = r.pack.store(freeze(h.tr))
		r.weigh(h.sl)
	}
}

// cool packs the hot state and lets it go.
func (r *Recorder) cool() {
	r.settle()
	sl := r.hot.sl
	r.hot = hot{}
	if sl != nil {
		r.weigh(sl)
	}
}

// start is the state at the oldest landmark, or before the first event, as it was packed
// last.
func (sl *slot) start() *stored {
	if sl.base != nil {
		return sl.base
	}
	return sl.first
}

// hotBytes is about what a tracker takes.
func hotBytes(tr *state.Tracker) int64 {
	const empty = 8 << 10
	st := tr.Stats()
	return empty + int64(st.Threads)*(threadBytes+300) + int64(st.FDs)*(fdBytes+60)
}

// maxState bounds the state of one container before compression: some twenty thousand
// descriptors.
const maxState = 8 << 20

package flight

import (
	"io"

	"github.com/unloop-dev/unloop/event"
)

// Moment is what the recorder held of one container at one moment.
type Moment struct {
	slot Slot
	mark Mark
	node string
	// nodeState is what is true of the whole node; nil where that is not known.
	nodeState *frozen
	// level is that of compression.
	level     int
	opening   Opening
	container *event.Container
	death     *Death
	lost      map[LossCause]uint64
	nodeLost  map[LossCause]uint64
	headLost  uint64
	stateLost bool
	hasHead   bool
	headN     uint64
	parts     []part
	pinned    []*segment
	// upTo is the highest number so far; under are the numbers of calls that were under way.
	upTo  uint64
	under map[uint64]bool
	calls []record
	// marksSince and bulkSince are the times up to which landmarks and bulk were evicted.
	marksSince, bulkSince uint64
	evicted               uint64
}

// part is a run of events without a gap for the state. Its state is that at its first event:
// the process list for the first part; for others what hidden events must bring about. It
// is unpacked by Write.
type part struct {
	stored *stored
	state  *frozen
	// floor is the time of the state: what is earlier is told only where it is a call under
	// way then.
	floor uint64
	segs  []heldSegment
}

// heldSegment is a segment as a Moment needs it.
type heldSegment struct {
	*segment
	// bulk: what is earlier than the state is left out.
	bulk bool
	// over: records up to this number were taken before, in other segments.
	over uint64
}

// Take holds on to what is kept of a container, alive or ended, as it is now. It takes far
// less time than Write, which may then run in another goroutine. Each Moment must be given
// back by Release.
func (r *Recorder) Take(s Slot, m Mark) (*Moment, error) {
	sl := r.slots[s]
	if sl == nil {
		return nil, ErrUnknownSlot
	}
	if sl.head.n+sl.marks.n+sl.bulk.n == 0 && !sl.calls.is && len(sl.calls.waiting) == 0 {
		return nil, ErrNothing
	}
	t := &Moment{slot: s, level: r.opt.Level, node: r.opt.Node}
	t.nodeState = r.node
	r.settle()
	if sl.atHead != nil {
		head := part{stored: sl.atHead}
		r.pin(t, &head, &sl.head, false, 0)
		t.parts = append(t.parts, head, part{stored: sl.base, floor: sl.marks.floor})
	} else {
		t.parts = append(t.parts, part{stored: sl.start(), floor: sl.marks.floor})
		r.pin(t, &t.parts[0], &sl.head, false, 0)
	}
	p := &t.parts[len(t.parts)-1]
	if sl.late != nil {
		p.segs = append(p.segs, heldSegment{segment: sl.late})
	}
	r.pin(t, p, &sl.marks, false, 0)
	r.pin(t, p, &sl.bulk, true, 0)
	t.hasHead, t.headN = sl.head.n > 0, sl.head.n
	t.marksSince, t.bulkSince = sl.marks.floor, sl.bulk.floor
	r.tell(t, sl, m)
	return t, nil
}

// tell takes over what is known of the container.
func (r *Recorder) tell(t *Moment, sl *slot, m Mark) {
	t.mark = m
	t.opening, t.container, t.death = sl.opening, sl.container, sl.death
	t.lost, t.nodeLost, t.headLost = copyLost(sl.lost), copyLost(r.stats.NodeLost), sl.headLost
	t.stateLost = sl.stateLost
	t.evicted = sl.marks.evicted + sl.bulk.evicted
	t.upTo = sl.num
	t.calls = sl.calls.all()
	t.under = map[uint64]bool{}
	for i := range t.calls {
		t.under[t.calls[i].num] = true
	}
}

func copyLost(in map[LossCause]uint64) map[LossCause]uint64 {
	out := make(map[LossCause]uint64, len(in))
	for c, n := range in {
		out[c] = n
	}
	return out
}

// pin puts the segments of a ring into a part, as far as they are over a number. Sealed ones
// never change; the open one is copied.
func (r *Recorder) pin(t *Moment, p *part, g *ring, bulk bool, over uint64) {
	for _, s := range g.sealed {
		if s.maxNum > over {
			s.pins++
			t.pinned = append(t.pinned, s)
			p.segs = append(p.segs, heldSegment{s, bulk, over})
		}
	}
	if s := g.open; s != nil && s.maxNum > over {
		c := *s
		c.data = append([]byte(nil), s.data...)
		c.pins, c.gone = 1, true
		r.used += c.bytes()
		r.held += c.bytes()
		t.pinned = append(t.pinned, &c)
		p.segs = append(p.segs, heldSegment{&c, bulk, over})
	}
}

// Extend adds to a Moment what was kept since it was taken, for triggers that want the
// seconds after as well, and what is known of the container and its losses now. A
// container that is forgotten meanwhile adds nothing.
func (r *Recorder) Extend(t *Moment) {
	sl := r.slots[t.slot]
	if sl == nil {
		return
	}
	r.settle()
	over := t.upTo
	p := &t.parts[len(t.parts)-1]
	if sl.marks.floorNum > over {
		// Landmarks were evicted that the Moment does not have.
		t.parts = append(t.parts, part{stored: sl.base, floor: sl.marks.floor})
		p = &t.parts[len(t.parts)-1]
		if sl.late != nil {
			p.segs = append(p.segs, heldSegment{sl.late, false, over})
		}
	}
	r.pin(t, p, &sl.head, false, over)
	r.pin(t, p, &sl.marks, false, over)
	r.pin(t, p, &sl.bulk, true, over)
	under := t.under
	r.tell(t, sl, t.mark)
	for n := range under {
		t.under[n] = true
	}
}

// Release gives back what a Moment holds. It must not be written any more.
func (r *Recorder) Release(t *Moment) {
	for _, s := range t.pinned {
		if s.pins--; s.pins == 0 && s.gone {
			r.used -= s.bytes()
			r.held -= s.bytes()
		}
	}
	t.pinned, t.parts = nil, nil
}

// Snapshot writes what is kept of a container as a capture: Take, Write and Release.
func (r *Recorder) Snapshot(s Slot, w io.Writer, m Mark) (Info, error) {
	t, err := r.Take(s, m)
	if err != nil {
		return Info{}, err
	}
	defer r.Release(t)
	return t.Write(w)
}

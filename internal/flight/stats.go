package flight

// Stats are the figures of a Recorder.
type Stats struct {
	// Bytes is what counts for the budget, Budget what it is bounded by.
	Bytes, Budget int64
	// Held is the part of Bytes that only Moments still need.
	Held int64
	// Live and Ended are how many containers are kept.
	Live, Ended int
	// Events were given, Kept are in the rings now.
	Events, Kept uint64
	// Evicted were kept and made room for later ones, of their own ring or (also counted as
	// LostBudget) of others.
	Evicted uint64
	// PushedOut counts ended containers that later ones or the budget pushed out.
	PushedOut uint64
	// Refused counts events of slots that were gone, or whose lengths do not add up.
	Refused uint64
	// Damaged counts segments that did not decompress, which means damaged memory.
	Damaged uint64
	// Lost counts records that did not arrive or stay, by cause, of all slots; NodeLost those
	// of which it is not known whose they were.
	Lost, NodeLost map[LossCause]uint64
	// RawBytes and PackedBytes are of all segments compressed so far.
	RawBytes, PackedBytes uint64
}

// SlotStats are the figures of one container.
type SlotStats struct {
	// Head, Landmarks and Bulk are its rings.
	Head, Landmarks, Bulk RingStats
	// StateBytes is about what the state of its processes takes.
	StateBytes int64
	// Lost counts records that did not arrive or stay, by cause.
	Lost map[LossCause]uint64
	// Ended says that it is gone.
	Ended bool
}

// RingStats are the figures of one ring.
type RingStats struct {
	// Bytes is what it takes, Raw what that is before compression.
	Bytes, Raw int64
	// Events are those kept, Evicted those that made room.
	Events, Evicted uint64
	// FirstNanos and LastNanos are the times between which it holds events; the history is the
	// difference.
	FirstNanos, LastNanos uint64
}

func (s *Stats) nodeLost(c LossCause, n uint64) {
	if s.NodeLost == nil {
		s.NodeLost = map[LossCause]uint64{}
	}
	s.NodeLost[c] += n
}

// Stats gives the figures of all containers together.
func (r *Recorder) Stats() Stats {
	s := r.stats
	s.Bytes, s.Budget, s.Held = r.used, r.opt.BudgetBytes, r.held
	s.Live, s.Ended = len(r.slots)-len(r.ended), len(r.ended)
	s.Lost, s.NodeLost = copyLost(r.lost), copyLost(r.stats.NodeLost)
	for _, sl := range r.slots {
		s.Kept += sl.head.n + sl.marks.n + sl.bulk.n
	}
	return s
}

// SlotStats gives the figures of one container, false where nothing is kept of it.
func (r *Recorder) SlotStats(s Slot) (SlotStats, bool) {
	sl := r.slots[s]
	if sl == nil {
		return SlotStats{}, false
	}
	return SlotStats{
		Head: sl.head.stats(), Landmarks: sl.marks.stats(), Bulk: sl.bulk.stats(),
		StateBytes: sl.stateBytes, Lost: copyLost(sl.lost), Ended: sl.ended,
	}, true
}

// Ended is a container that is gone and still kept.
type Ended struct {
	Slot Slot
	// Key is what Options.Key gives for it.
	Key string
	// Death is its end; nil where none was seen.
	Death *Death
}

// Ended lists the containers that are gone and still kept, the oldest first.
func (r *Recorder) Ended() []Ended {
	out := make([]Ended, len(r.ended))
	for i, sl := range r.ended {
		out[i] = Ended{sl.id, r.key(sl), sl.death}
	}
	return out
}

package flight

// shrink makes room until the budget holds and reports whether it does: the oldest segment
// of the largest bulk ring first, of the largest landmark ring when there is no bulk, then
// the oldest of the ended containers, then the largest head. What only Moments hold stays.
func (r *Recorder) shrink() bool {
	for r.used > r.opt.BudgetBytes {
		if !r.shrinkOnce() {
			return false
		}
	}
	return true
}

func (r *Recorder) shrinkOnce() bool {
	for _, of := range []func(*slot) *ring{
		func(sl *slot) *ring { return &sl.bulk },
		func(sl *slot) *ring { return &sl.marks },
	} {
		if sl := r.largest(of); sl != nil {
			r.lose(sl, LostBudget, uint64(r.evict(sl, of(sl))))
			return true
		}
	}
	if len(r.ended) > 0 {
		sl := r.ended[0]
		r.lose(nil, LostBudget, sl.head.n)
		r.drop(sl)
		r.stats.PushedOut++
		return true
	}
	// Nothing but heads is left: a budget for fewer containers than there are.
	head := func(sl *slot) *ring { return &sl.head }
	sl := r.largest(head)
	if sl == nil {
		return false
	}
	if sl.headIs != headFull {
		sl.headIs = headFull // its beginning must be whole or not there
	}
	if sl.atHead == nil {
		r.passHead(sl, r.state(sl))
		r.moved(sl)
	}
	for sl.head.n > 0 {
		r.lose(sl, LostBudget, uint64(r.evict(sl, &sl.head)))
	}
	r.used += sl.head.trim(false)
	sl.headIs, sl.atHead = headNone, nil
	r.weigh(sl)
	return true
}

// largest gives the slot whose ring takes most; nil where all are empty. The first of equal
// ones in order of slots, so that the same events give the same captures.
func (r *Recorder) largest(of func(*slot) *ring) *slot {
	var best *slot
	var most int64
	for _, sl := range r.slots {
		g := of(sl)
		if g.n == 0 {
			continue
		}
		if best == nil || g.bytes > most || g.bytes == most && sl.id < best.id {
			best, most = sl, g.bytes
		}
	}
	return best
}

// weigh counts the state of a slot for the budget anew.
func (r *Recorder) weigh(sl *slot) {
	n := sl.first.bytes() + sl.base.bytes() + sl.atHead.bytes()
	if r.hot.sl == sl {
		n += hotBytes(r.hot.tr)
	}
	r.used += n - sl.stateBytes
	sl.stateBytes = n
}

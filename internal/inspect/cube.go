package inspect

// cell counts what one task did to one name with one outcome in one slot. It is 32
// bytes on disk as well.
type cell struct {
	task, name uint32
	what       uint32
	n          uint32 // events, saturating
	// amount is the sum of what the outcome measures: bytes moved; nanoseconds of processor
	// time for the outcomes of procinfo; see outcome.
	amount uint64
	// nanos is the sum of the latencies.
	nanos uint64
}

func (c *cell) add(n uint32, amount, nanos uint64) {
	if c.n+n < c.n {
		n = ^uint32(0) - c.n
	}
	c.n += n
	c.amount += amount
	c.nanos += nanos
}

// cube holds the cells by slot. Slots have one width, which doubles when there are
// too many of them.
type cube struct {
	// startNanos is the time at which slot 0 begins, width the length of one, in nanoseconds.
	startNanos, width uint64
	slots             [][]cell

	// The open slot: its number and its cells.
	open int
	tally
	sealed  int // cells in slots
	noNames bool
	over    bool // there are more cells than the bound; see settle
	most    int  // the bound: maxCells, less in tests
	// fold gives the two cells that take the place of one whose task has ended; see
	// folding. It may be called from two goroutines behind prepare. nil where there is nothing to fold.
	fold    func(c *cell) (a, b cell, ok bool)
	prepare func()
	splits  uint64 // cells of which fold made two
	// beside shares the work on sealed slots; spare is the tally of the other side.
	beside Beside
	spare  tally
	// folds is what fold is able to do now, and done what it did to each slot: slots that
	// were folded as far are left alone. 0 is nothing.
	folds uint8
	done  []uint8
	// foldMore makes fold go further, judging from all cells; false where it cannot.
	foldMore func(slots [][]cell) bool
}

// tally adds up the cells of one slot.
type tally struct {
	cells []cell
	table []uint32 // open addressing, index+1
}

func newTally() tally { return tally{table: make([]uint32, 1<<12)} }

func newCube() *cube {
	return &cube{width: firstSlotNanos, most: maxCells, tally: newTally(), spare: newTally()}
}

func mix(task, name, what uint32) uint32 {
	h := uint64(task)*0x9E3779B97F4A7C15 ^ uint64(name)*0xC2B2AE3D27D4EB4F ^ uint64(what)*0x165667B19E3779F9
	return uint32(h>>32) ^ uint32(h)
}

// at makes the slot of the time the open one. Time that goes back stays in the open slot.
func (q *cube) at(ts uint64) {
	if ts < q.startNanos {
		return
	}
	s := (ts - q.startNanos) / q.width
	if s <= uint64(q.open) {
		return
	}
	q.seal()
	for s >= maxSlots {
		q.halve()
		s = (ts - q.startNanos) / q.width
	}
	if int(s) < q.open { // the open slot was joined into this one
		s = uint64(q.open)
	}
	q.over = q.over || q.sealed > q.most
	q.open = int(s)
	q.unseal()
}

// take adds the cells of a batch in their order; see lane.
func (q *cube) take(batch []cell) {
	for i := range batch {
		c := &batch[i]
		if c.n == 0 {
			q.at(c.amount)
			continue
		}
		q.add(c.task, c.name, c.what, c.n, c.amount, c.nanos)
	}
}

// settle squeezes the cube where it is over its bound.
func (q *cube) settle() {
	if !q.over {
		return
	}
	q.over = false
	q.seal()
	q.squeeze()
	q.unseal()
}

// squeeze brings the cells below the bound, by what hurts least first: what ended is
// folded, rare files are counted by directory, slots are joined as far as that helps,
// names are given up.
func (q *cube) squeeze() {
	enough := q.most - q.most/4
	if q.fold != nil {
		q.foldSealed()
	}
	for q.sealed > enough && q.foldMore != nil && q.foldMore(q.slots) {
		q.foldSealed()
	}
	for q.sealed > enough && len(q.slots) > leastSlots {
		before := q.sealed
		q.halve()
		if q.sealed > before-before/8 {
			break // hardly anything happens in two slots alike
		}
	}
	if q.sealed > q.most {
		q.dropNames()
	}
}

// each does work on the numbers of sealed slots, in two halves side by side where it may.
// work must touch nothing but its slots and its tally, and returns a sum.
func (q *cube) each(n int, size func(i int) int, work func(i int, t *tally) uint64) uint64 {
	run := func(from, to int, t *tally) (sum uint64) {
		for i := from; i < to; i++ {
			sum += work(i, t)
		}
		return sum
	}
	total := 0
	for i := range n {
		total += size(i)
	}
	mid, half := 0, 0
	for ; mid < n && half < total/2; mid++ {
		half += size(mid)
	}
	var other uint64
	wait := func() {}
	if q.beside != nil {
		wait = q.beside(func() { other = run(mid, n, &q.spare) })
	} else {
		other = run(mid, n, &q.spare)
	}
	sum := run(0, mid, &q.tally)
	wait()
	return sum + other
}

// foldSealed folds the cells of ended tasks in all slots; nothing is open meanwhile.
func (q *cube) foldSealed() {
	if q.prepare != nil {
		q.prepare()
	}
	q.splits += q.each(len(q.slots), func(i int) int { return len(q.slots[i]) }, q.foldSlot)
	q.count()
}

// foldSlot folds one slot, and returns how many cells became two.
func (q *cube) foldSlot(i int, t *tally) (splits uint64) {
	if q.folds > 0 && q.done[i] == q.folds {
		return 0
	}
	q.done[i] = q.folds
	list := q.slots[i]
	for k := range list {
		c := &list[k]
		a, b, ok := q.fold(c)
		if !ok {
			a = *c
		}
		q.into(t, &a)
		if b.n > 0 {
			splits++
			q.into(t, &b)
		}
	}
	q.slots[i] = t.list()
	return splits
}

// into adds a cell to a tally, without its name where names are given up.
func (q *cube) into(t *tally, c *cell) {
	name := c.name
	if q.noNames {
		name = 0
	}
	t.add(c.task, name, c.what, c.n, c.amount, c.nanos)
}

// count counts the cells in slots anew.
func (q *cube) count() {
	q.sealed = 0
	for i := range q.slots {
		q.sealed += len(q.slots[i])
	}
}

// list empties the tally into a list of its own.
func (t *tally) list() []cell {
	out := append(make([]cell, 0, len(t.cells)), t.cells...)
	t.reset()
	return out
}

// reset empties the tally, in time that is in proportion to what was in it.
func (t *tally) reset() {
	if 8*len(t.cells) > len(t.table) {
		clear(t.table)
	} else {
		mask := uint32(len(t.table) - 1)
		for k := range t.cells {
			c := &t.cells[k]
			i := mix(c.task, c.name, c.what) & mask
			for t.table[i] != uint32(k+1) {
				i = (i + 1) & mask
			}
			t.table[i] = 0
		}
	}
	t.cells = t.cells[:0]
}

// add counts events in the open slot.
func (q *cube) add(task, name, what, n uint32, amount, nanos uint64) {
	if q.noNames {
		name = 0
	}
	q.tally.add(task, name, what, n, amount, nanos)
	if len(q.cells) > q.most && !q.noNames { // one slot alone is over the bound
		q.foldOpen()
	}
}

func (t *tally) add(task, name, what, n uint32, amount, nanos uint64) {
	mask := uint32(len(t.table) - 1)
	for i := mix(task, name, what) & mask; ; i = (i + 1) & mask {
		e := t.table[i]
		if e == 0 {
			t.cells = append(t.cells, cell{task, name, what, n, amount, nanos})
			t.table[i] = uint32(len(t.cells))
			if 2*len(t.cells) > len(t.table) {
				t.grow()
			}
			return
		}
		if c := &t.cells[e-1]; c.task == task && c.name == name && c.what == what {
			c.add(n, amount, nanos)
			return
		}
	}
}

func (t *tally) grow() {
	t.table = make([]uint32, 2*len(t.table))
	mask := uint32(len(t.table) - 1)
	for k := range t.cells {
		c := &t.cells[k]
		i := mix(c.task, c.name, c.what) & mask
		for t.table[i] != 0 {
			i = (i + 1) & mask
		}
		t.table[i] = uint32(k + 1)
	}
}

// foldOpen gives up names in the open slot and from then on.
func (q *cube) foldOpen() {
	q.noNames = true
	old := q.cells
	q.cells = nil
	clear(q.table)
	for i := range old {
		q.add(old[i].task, 0, old[i].what, old[i].n, old[i].amount, old[i].nanos)
	}
}

// seal puts the cells of the open slot away, joined with what lies there already.
func (q *cube) seal() {
	if len(q.cells) == 0 {
		return
	}
	for len(q.slots) <= q.open {
		q.slots = append(q.slots, nil)
		q.done = append(q.done, 0)
	}
	q.done[q.open] = 0
	q.sealed += len(q.cells) - len(q.slots[q.open])
	q.slots[q.open] = q.list()
}

// unseal takes the cells of the open slot back to count more in it.
func (q *cube) unseal() {
	if q.open >= len(q.slots) || len(q.slots[q.open]) == 0 {
		return
	}
	for i := range q.slots[q.open] {
		c := &q.slots[q.open][i]
		q.add(c.task, c.name, c.what, c.n, c.amount, c.nanos)
	}
	q.sealed -= len(q.slots[q.open])
	q.slots[q.open] = nil
}

// halve joins slots two by two; nothing is open meanwhile.
func (q *cube) halve() {
	q.width *= 2
	q.open /= 2
	old, done := q.slots, q.done
	n := (len(old) + 1) / 2
	q.slots, q.done = make([][]cell, n, maxSlots), make([]uint8, n, maxSlots)
	last := func(i int) int { return min(2*i+1, len(old)-1) }
	q.each(n, func(i int) int { return len(old[2*i]) + len(old[last(i)]) }, func(i int, t *tally) uint64 {
		a, b := old[2*i], old[last(i)]
		q.done[i] = min(done[2*i], done[last(i)])
		if last(i) == 2*i || len(b) == 0 {
			q.slots[i] = a
		} else {
			q.slots[i] = q.join(t, a, b)
		}
		return 0
	})
	q.count()
}

// join sums two lists of cells.
func (q *cube) join(t *tally, a, b []cell) []cell {
	if len(a) == 0 {
		return b
	}
	for _, list := range [2][]cell{a, b} {
		for i := range list {
			q.into(t, &list[i])
		}
	}
	return t.list()
}

// dropNames gives up names everywhere, and from then on.
func (q *cube) dropNames() {
	q.noNames = true
	q.each(len(q.slots), func(i int) int { return len(q.slots[i]) }, func(i int, t *tally) uint64 {
		q.slots[i] = q.join(t, q.slots[i], []cell{})
		return 0
	})
	q.count()
}

package inspect

// Counting is cut in two, so that two processors can share it: the builder makes cells
// of events, and the cube adds them up. The cells go over in batches. Only the batch
// before the one that is being filled may be under way, and the two meet at the
// same places of the file whoever does the adding, so the index is the same to the byte.

// batchCells is how many cells go over at once: 256 KiB, a quarter of what the second-level
// cache of a common processor holds.
const batchCells = 8192

// mostWaiting bounds the threads whose enters wait to be counted.
const mostWaiting = 4096

// Beside does work beside the caller, and returns what waits for its end. Floor 1 starts
// no goroutines of its own; who assembles it does.
type Beside func(work func()) (wait func())

// lane is the way of cells from the builder to its cube.
type lane struct {
	// batch is being filled, other is under way or free.
	batch, other batch
	// beside does the adding; nil: the builder does.
	beside Beside
	// wait ends when other is free; nil where it is.
	wait func()
	// start and width are what the builder knows of the cube's slots. Its width is that of
	// the cube, or less: then it tells more often than it needs to that time went on.
	start, width uint64
	// waiting are threads with enters that were not counted yet.
	waiting []*live
}

// batch is what goes over at once.
type batch struct {
	cells []cell
	notes []newNote
	text  []byte // of the notes
	from  uint64 // number of the first event
}

// newNote is a note on its way; its text is a part of that of the batch.
type newNote struct {
	note
	class  noteClass
	at, to int
}

// put sends one cell. One of no events says that time went on, to amount.
func (b *Builder) put(c cell) {
	l := &b.lane
	if len(l.batch.cells) == cap(l.batch.cells) {
		b.hand()
	}
	if len(l.batch.cells) == 0 {
		l.batch.from = b.lastNum
	}
	l.batch.cells = append(l.batch.cells, c)
}

// putNote sends one note. text is copied.
func (b *Builder) putNote(class noteClass, n note, text []byte) {
	w := &b.lane.batch
	at := len(w.text)
	w.text = append(w.text, text...)
	w.notes = append(w.notes, newNote{n, class, at, len(w.text)})
}

// hand gives the batch away and begins another.
func (b *Builder) hand() {
	b.join()
	l := &b.lane
	l.batch, l.other = l.other, l.batch
	l.batch.clear()
	full := &l.other
	switch {
	case b.q.over:
		b.take(full)
		b.settle()
	case l.beside == nil || len(full.cells) == 0:
		b.take(full)
	default:
		l.wait = l.beside(func() { b.take(full) })
	}
}

func (w *batch) clear() {
	if cap(w.cells) == 0 {
		w.cells = make([]cell, 0, batchCells)
	}
	w.cells, w.notes, w.text = w.cells[:0], w.notes[:0], w.text[:0]
}

// take adds a batch. It touches nothing of the builder but the cube and the notes.
func (b *Builder) take(w *batch) {
	b.q.take(w.cells)
	for i := range w.notes {
		n := &w.notes[i]
		to := b.notes[n.class].slot()
		text := append(to.text[:0], w.text[n.at:n.to]...)
		*to = n.note
		to.text = text
	}
}

// join waits until the cube is the builder's alone.
func (b *Builder) join() {
	if b.lane.wait != nil {
		b.lane.wait()
		b.lane.wait = nil
	}
	if b.q.noNames && b.d.lost.NamesFrom == 0 {
		b.d.lost.NamesFrom = max(b.lane.other.from, 1)
	}
}

// settle brings the cube below its bounds again.
func (b *Builder) settle() {
	b.q.beside = b.lane.beside
	b.q.settle()
	b.q.beside = nil
	b.follow()
}

// follow takes over the slots of the cube.
func (b *Builder) follow() {
	b.lane.width = b.q.width
	if b.slotEnd != 0 {
		b.slotEnd = b.q.startNanos + uint64(b.q.open+1)*b.q.width
	}
}

// rest sends what is left, and has the cube for the builder alone.
func (b *Builder) rest() {
	b.flush()
	b.join()
	b.lane.other.from = b.lane.batch.from
	b.take(&b.lane.batch)
	b.lane.batch.clear()
	b.settle()
	b.join()
}

// move tells the cube that time went on to ts.
func (b *Builder) move(ts uint64) {
	b.flush()
	b.put(cell{amount: ts})
	l := &b.lane
	s := (ts - l.start) / l.width
	for s >= maxSlots {
		l.width *= 2
		s = (ts - l.start) / l.width
	}
	b.slotEnd = l.start + (s+1)*l.width
}

// entered counts an enter, which has nothing to it but its thread: all of one slot go over
// as one cell.
func (b *Builder) entered(l *live) {
	if l.enters == 0 {
		if len(b.lane.waiting) >= mostWaiting {
			b.flush()
		}
		b.lane.waiting = append(b.lane.waiting, l)
	}
	l.enters++
}

// flush counts the enters that wait.
func (b *Builder) flush() {
	for i, l := range b.lane.waiting {
		b.flushOne(l)
		b.lane.waiting[i] = nil
	}
	b.lane.waiting = b.lane.waiting[:0]
}

// flushOne counts the enters of one thread, before its task changes.
func (b *Builder) flushOne(l *live) {
	if n := l.enters; n > 0 {
		l.enters = 0
		b.put(cell{task: l.task, name: noneID, what: b.plainID(anyEnter), n: n})
	}
}

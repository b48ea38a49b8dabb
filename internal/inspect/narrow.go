package inspect

import (
	"context"
	"io"

	"github.com/unloop-dev/unloop/event"
)

// againEvents is how many events may be read again for one question: about a fifth of a second.
const againEvents = 2 << 20

// Narrow gives an index that answers the query exactly where this one cannot: of a window that
// does not lie on slots, and of files and connections of one process whose cells were
// folded. It reads only that part of the file again, and changes q to ask for all of
// it. Where the part is too long, or nothing is gained, it returns ix and q stays.
//
// match, where set, takes only the events for which it is true; then the window is
// read again however long it is.
func (ix *Index) Narrow(ctx context.Context, path string, q *Query, match Match) (*Index, error) {
	p := part{fromTs: q.FromNanos, toTs: q.ToNanos, to: ^uint64(0)}
	if p.toTs == 0 {
		p.toTs = ^uint64(0)
	}
	if match == nil {
		switch {
		case ix.folded(q):
			p.from, p.to = ix.lifeOf(q)
		case q.FromNanos == 0 && q.ToNanos == 0:
			return ix, nil
		default:
			p.from, p.to = ix.numbersIn(q.FromNanos, q.ToNanos)
		}
		if p.to < p.from || p.to-ix.seekBefore(p.from) > againEvents {
			return ix, nil
		}
	}
	sub, err := ix.again(ctx, path, p, match)
	if err != nil {
		return nil, err
	}
	if sub.Info.CPUTimes == "" {
		sub.Info.CPUTimes = ix.Info.CPUTimes
	}
	q.FromNanos, q.ToNanos = 0, 0
	return sub, nil
}

// part is a range of a capture: numbers and times, both inclusive.
type part struct{ from, to, fromTs, toTs uint64 }

// again scans a part of the file.
func (ix *Index) again(ctx context.Context, path string, p part, match Match) (*Index, error) {
	c, err := ix.Seek(path, p.from, p.fromTs)
	if err != nil {
		return nil, err
	}
	defer c.Close() //nolint:errcheck // only read: closing loses nothing
	b := NewBuilder()
	b.thread = c.Tracker.Thread
	first, last := max(p.fromTs, ix.Info.FirstNanos), min(p.toTs, ix.Info.LastNanos)
	b.clock(first)
	b.listening = ix.Info.Listening
	var ev event.Event
	for n := 0; ; n++ {
		if n%stepEvents == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := c.Next(&ev); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		// Times may go back a little, so the reading goes on for a moment.
		if ev.Num > p.to && (p.toTs == ^uint64(0) || ev.TsNanos > p.toTs) || p.toTs != ^uint64(0) && ev.TsNanos > p.toTs+afterNanos && ev.TsNanos-p.toTs < maxJump {
			break
		}
		inside := ev.Num >= p.from && ev.Num <= p.to && ev.TsNanos >= p.fromTs && ev.TsNanos <= p.toTs
		if match != nil && !match(&ev, c.Tracker) || !inside {
			continue
		}
		b.Add(&ev)
	}
	b.lastTs = max(last, first)
	sub := b.Finish(c.Tracker, nil)
	sub.Info.Host, sub.Info.Compression, sub.Info.Bytes = ix.Info.Host, ix.Info.Compression, ix.Info.Bytes
	sub.Info.Damage, sub.Info.Lost = ix.Info.Damage, ix.Info.Lost
	return sub, nil
}

// afterNanos is how far behind the end of a window events of the window are looked for.
const afterNanos = 1_000_000_000

// numbersIn is the range of event numbers that holds a window, from the seek points
// and the times of tasks.
func (ix *Index) numbersIn(from, to uint64) (first, last uint64) {
	last = ix.Info.Blocks
	for i := range ix.seeks {
		p := &ix.seeks[i]
		if p.ts < from {
			first = p.num
		}
		if to != 0 && p.ts > to+afterNanos {
			return first, min(last, p.num)
		}
	}
	return first, last
}

// seekBefore is the number of the event at which reading for num begins.
func (ix *Index) seekBefore(num uint64) uint64 {
	at := uint64(0)
	for i := range ix.seeks {
		if ix.seeks[i].num <= num {
			at = ix.seeks[i].num
		}
	}
	return at
}

// folded reports whether the query needs process and name at once, of processes whose
// cells no longer have both.
func (ix *Index) folded(q *Query) bool {
	if ix.Info.Coarse.Folded == 0 {
		return false
	}
	v := ViewByID(q.View)
	sel, err := ix.selection(q.Select)
	if v == nil || err != nil || v.ListsEvents() || v.cores || sel.task == nil {
		return false
	}
	return (attrs[v.Key].dim == dimName || sel.name != nil) && ix.particular(q)
}

// particular reports whether the selection is about processes, and not about programs,
// containers and accounts, which collective tasks keep.
func (ix *Index) particular(q *Query) bool {
	for _, s := range q.Select {
		key := s.Key
		if full, ok := aliases[key]; ok {
			key = full
		}
		switch key {
		case "proc.pid", "proc.ppid", "proc.vpid", "proc.cmdline", "proc.cwd", "thread.tid":
			return true
		}
	}
	return false
}

// lifeOf is the range of events in which the selected tasks live.
func (ix *Index) lifeOf(q *Query) (first, last uint64) {
	sel, err := ix.selection(q.Select)
	if err != nil || sel.task == nil {
		return 1, 0
	}
	first = ^uint64(0)
	for i, on := range sel.task {
		if t := &ix.d.tasks[i]; on && !t.collective && i > othersID {
			first, last = min(first, t.firstNum), max(last, t.lastNum)
		}
	}
	return first, last
}

// selectPrograms adds to the selected tasks the collective ones of their programs.
func (ix *Index) selectPrograms(sel *selection) {
	keys := map[groupKey]bool{}
	keyOf := func(t *task) groupKey { return groupKey{t.comm, textID(ix.d.procs[t.proc].container), t.uid} }
	for i, on := range sel.task {
		if on {
			keys[keyOf(&ix.d.tasks[i])] = true
		}
	}
	for i := range sel.task {
		if t := &ix.d.tasks[i]; t.collective && keys[keyOf(t)] {
			sel.task[i] = true
		}
	}
}

// foldedRemark says what an answer lacks because cells were folded.
func (ix *Index) foldedRemark(q *Query) string {
	v := ViewByID(q.View)
	switch {
	case v.Key == "fd.name" && v.ID == "connections" && ix.Info.Coarse.Families > 0:
		return "connections that differ by the client's port are one row each in a capture of this size; --from and --to tell them apart"
	case v.Key == "fd.name" && v.ID == "files" && ix.Info.Coarse.Directories > 0:
		return "files that little happens on are counted by directory in a capture of this size; --from and --to tell them apart"
	case ix.Info.Coarse.Folded == 0:
		return ""
	case v.Key == "thread.tid":
		return "threads of the past are counted with the first of their process; --from and --to tell them apart"
	case ix.folded(q):
		return "counted for all processes of the same program, container and account: a capture of this size is too long to tell them apart; --from and --to do"
	}
	return ""
}

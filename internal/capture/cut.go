package capture

import (
	"cmp"
	"context"
	"io"
	"slices"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// Source opens a capture anew each time, with the given sink for its metadata.
type Source func(scap.Sink) (*scap.Reader, error)

// Target makes the writer, once what the capture says about itself is known.
type Target func(*scap.Private) (*scap.Writer, error)

// CutOptions say which part is wanted.
type CutOptions struct {
	// From and To are times in nanoseconds since the Unix epoch; 0 leaves an end open.
	From, To uint64
	// Match, where set, takes only the events for which it is true.
	Match func(*event.Event, *state.Tracker) bool
}

// CutResult tells what was written.
type CutResult struct {
	// Shown events are those asked for. Hidden ones change the state only: with a filter,
	// the opens, forks and so on without which the shown ones would lack their names.
	Shown, Hidden uint64
	// Threads is how many are in the process list.
	Threads int
	// Left counts events that cannot be written.
	Left uint64
}

// Cut writes a part of a capture that is a capture itself: its process list is the state
// at its first event, of the threads that act in it and their ancestors. The source
// is read twice. Without any event that is wanted it fails with scap.ErrEmpty.
func Cut(ctx context.Context, src Source, dst Target, o CutOptions) (*CutResult, error) {
	c := &cutter{o: o, tids: map[int64]bool{}, pids: map[int64]bool{}, enters: map[int64]enter{}, born: map[[2]int64]bool{}, early: map[int64]*event.Event{}}
	if err := c.each(ctx, src, c.look, nil); err != nil {
		return nil, err
	}
	if c.first == 0 {
		return nil, scap.ErrEmpty
	}
	for b := range c.born {
		if c.pids[b[0]] {
			c.tids[b[1]] = true // its first event makes it known
		}
	}
	w, err := dst(c.private)
	if err != nil {
		return nil, err
	}
	c.w = w
	if err := c.each(ctx, src, c.applied, c.write); err != nil {
		return nil, err
	}
	return &c.res, w.Close()
}

// enter is the open call of a thread.
type enter struct {
	num uint64
	typ event.Type
}

type cutter struct {
	o       CutOptions
	private *scap.Private
	// shown and hidden are sets of event numbers; hidden ones are written for wanted threads only.
	shown, hidden bitset
	tids          map[int64]bool
	pids          map[int64]bool // of tids: threads of a process share descriptors
	enters        map[int64]enter
	born          map[[2]int64]bool // process and number of threads that were made
	first, last   uint64
	w             *scap.Writer
	res           CutResult
	// early are calls under way in front of the part, by thread.
	early map[int64]*event.Event
}

// each reads all events; before is called ahead of the state, after behind it. A
// reader's own error ends it.
func (c *cutter) each(ctx context.Context, src Source, after func(*event.Event, *state.Tracker) error, before func(*event.Event, *state.Tracker) error) error {
	tr := state.New()
	r, err := src(tr)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	var ev event.Event
	for n := 1; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.Next(&ev); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if c.w != nil && ev.Num > c.last {
			break
		}
		if before != nil {
			if err := before(&ev, tr); err != nil {
				return err
			}
		}
		tr.Apply(&ev)
		if err := after(&ev, tr); err != nil {
			return err
		}
	}
	if c.private == nil {
		c.private = r.Private()
	}
	return nil
}

// look is the first pass: which events and threads are wanted.
func (c *cutter) look(ev *event.Event, tr *state.Tracker) error {
	if ev.Thread != nil && ev.Kind != nil && isClone(ev.Kind.Name) && !ev.IsEnter() {
		if len(c.born) < maxBorn {
			c.born[[2]int64{ev.Thread.Pid, ev.Tid}] = true
		}
	}
	inside := ev.TsNanos >= c.o.From && (c.o.To == 0 || ev.TsNanos <= c.o.To)
	enter := c.enterOf(ev)
	if changesState(ev) && !ev.Hidden() {
		c.hidden.add(ev.Num)
		c.hidden.add(enter)
	}
	if !inside || ev.Flags&event.FlagInitial != 0 || ev.Hidden() && c.o.Match != nil || c.o.Match != nil && !c.o.Match(ev, tr) {
		return nil
	}
	c.shown.add(ev.Num)
	if c.first == 0 {
		c.first = ev.Num
	}
	c.last = ev.Num
	c.hidden.add(enter)
	c.wants(ev.Tid, ev.Thread)
	if ev.Kind != nil {
		for i := range min(ev.NParams, len(ev.Kind.Params)) {
			if ev.Kind.Params[i].Type != event.Pid {
				continue
			}
			if n, ok := ev.Int(i); ok && n > 0 && !c.tids[n] {
				if t := tr.Thread(n); t != nil {
					c.wants(n, t) // its name is shown beside the number
				}
			}
		}
	}
	return nil
}

// maxBorn bounds how many new threads are told apart.
const maxBorn = 1 << 22

func isClone(name string) bool {
	switch name {
	case "clone", "clone3", "fork", "vfork":
		return true
	}
	return false
}

// enterOf finds the number of the enter that an exit ends; 0 for none.
func (c *cutter) enterOf(ev *event.Event) uint64 {
	if ev.Kind == nil || ev.Kind.Flags&event.HasExit == 0 {
		return 0
	}
	if ev.IsEnter() {
		c.enters[ev.Tid] = enter{ev.Num, ev.Type}
		return 0
	}
	e, ok := c.enters[ev.Tid]
	delete(c.enters, ev.Tid)
	if !ok || e.typ != ev.Type-1 {
		return 0
	}
	return e.num
}

// wants puts a thread and its ancestors on the process list.
func (c *cutter) wants(tid int64, t *event.Thread) {
	c.tids[tid] = true
	first := t
	const deep = 64 // a loop of parents is possible in made-up captures only
	for range deep {
		if t == nil || c.tids[t.Main().Tid] && t != first {
			break
		}
		c.tids[t.Tid] = true
		c.tids[t.Main().Tid] = true
		c.pids[t.Pid] = true
		t = t.Main().Parent
	}
}

// applied is what the second pass does behind the state: nothing.
func (c *cutter) applied(*event.Event, *state.Tracker) error { return nil }

// write is the second pass; it runs ahead of the state, so that the state at the first
// event does not hold that event yet.
func (c *cutter) write(ev *event.Event, tr *state.Tracker) error {
	switch {
	case ev.Num < c.first:
		switch {
		case !ev.IsEnter():
			delete(c.early, ev.Tid)
		case c.hidden.has(ev.Num) && c.wanted(ev.Tid, tr):
			c.early[ev.Tid] = clone(ev)
		}
		return nil
	case ev.Num == c.first:
		if err := c.begin(tr); err != nil {
			return err
		}
	}
	switch {
	case c.shown.has(ev.Num):
		return c.put(ev, false)
	case c.hidden.has(ev.Num) && (ev.Tid < 0 || c.wanted(ev.Tid, tr)):
		return c.put(ev, true)
	}
	return nil
}

// wanted reports whether a thread belongs to a process that acts in the part.
func (c *cutter) wanted(tid int64, tr *state.Tracker) bool {
	if c.tids[tid] {
		return true
	}
	t := tr.Thread(tid)
	return t != nil && c.pids[t.Pid]
}

// begin writes the state, and the calls that were under way.
func (c *cutter) begin(tr *state.Tracker) error {
	if err := c.w.WriteState(&part{tr: tr, c: c}); err != nil {
		return err
	}
	var early []*event.Event
	for _, ev := range c.early {
		early = append(early, ev)
	}
	slices.SortFunc(early, func(a, b *event.Event) int { return cmp.Compare(a.Num, b.Num) })
	for _, ev := range early {
		if err := c.put(ev, true); err != nil {
			return err
		}
	}
	c.early = nil
	return nil
}

func (c *cutter) put(ev *event.Event, hide bool) error {
	flags := ev.Flags
	if hide {
		ev.Flags |= 1
		c.res.Hidden++
	} else {
		c.res.Shown++
	}
	err := c.w.WriteEvent(ev)
	ev.Flags = flags
	if isEventError(err) {
		c.res.Left++
		return nil
	}
	return err
}

// changesState reports whether threads, descriptors or containers may be others
// after the event, so that events behind it would be read differently without it.
func changesState(ev *event.Event) bool {
	k := ev.Kind
	if k == nil {
		return false
	}
	if k.Flags&(event.CreatesFD|event.DestroysFD) != 0 && (k.Flags&event.HasExit == 0 || !ev.IsEnter()) {
		return true
	}
	if ev.IsEnter() && k.Flags&event.HasExit != 0 {
		return false // by its exit
	}
	switch k.Category {
	case event.CatProcess, event.CatUser, event.CatInternal, event.CatSystem:
		return k.Name != "switch" && k.Name != "procinfo"
	}
	switch k.Name {
	case "connect", "bind", "listen", "chdir", "fchdir", "chroot", "dup", "dup2", "dup3", "fcntl", "pipe", "pipe2", "socketpair", "getsockopt", "shutdown", "rename", "renameat", "renameat2", "close_range",
		"container", "asyncevent", "setuid", "setgid", "setresuid", "setresgid":
		return true
	case "sendto", "sendmsg", "recvfrom", "recvmsg":
		return ev.FD != nil && ev.FD.L4 == event.L4UDP // they may name the other end
	}
	return false
}

// clone copies an event out of the reader's buffers.
func clone(ev *event.Event) *event.Event {
	c := *ev
	c.Lens, c.Data = slices.Clone(ev.Lens), slices.Clone(ev.Data)
	return &c
}

// part is the state as far as some threads need it.
type part struct {
	tr *state.Tracker
	c  *cutter
}

// Replay is part of scap.State.
func (p *part) Replay(to scap.Sink) {
	sink := &partSink{to, p}
	p.tr.Replay(sink)
	// Threads that the capture never introduced have learned of descriptors, too.
	var unknown []*event.Thread
	for t := range p.tr.Threads() {
		if t.Unknown && p.c.wanted(t.Tid, p.tr) {
			unknown = append(unknown, t)
		}
	}
	slices.SortFunc(unknown, func(a, b *event.Thread) int { return cmp.Compare(a.Tid, b.Tid) })
	for _, t := range unknown {
		sink.AddThread(*t)
		t.FDs.Each(func(fd int64, f *event.FD) bool {
			to.AddFD(t.Tid, fd, *f)
			return true
		})
	}
}

// Containers gives those in which the threads run.
func (p *part) Containers() []*event.Container {
	used := map[*event.Container]bool{}
	for tid := range p.c.tids {
		if t := p.tr.Thread(tid); t != nil && t.Container != nil {
			used[t.Container] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(p.tr.Containers()), func(c *event.Container) bool { return !used[c] })
}

type partSink struct {
	scap.Sink
	p *part
}

func (s *partSink) AddThread(t event.Thread) {
	if s.p.c.tids[t.Tid] || s.p.c.pids[t.Pid] {
		s.p.c.res.Threads++
		s.Sink.AddThread(t)
	}
}

func (s *partSink) AddFD(tid, fd int64, f event.FD) {
	if s.p.c.wanted(tid, s.p.tr) {
		s.Sink.AddFD(tid, fd, f)
	}
}

// bitset is a set of event numbers.
type bitset []uint64

func (b *bitset) add(n uint64) {
	if n == 0 {
		return // no event
	}
	for uint64(len(*b)) <= n/64 {
		*b = append(*b, make([]uint64, max(64, len(*b)/2))...)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

func (b bitset) has(n uint64) bool { return n/64 < uint64(len(b)) && b[n/64]&(1<<(n%64)) != 0 }

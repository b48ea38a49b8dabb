//go:build linux && (amd64 || arm64)

package bpf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// Source sees the system calls of containers. It is a flight.Source.
type Source struct {
	opt      Options
	groups   groups
	clock    clock
	coll     *ebpf.Collection
	links    []link.Link
	ringMaps []*ebpf.Map
	rings    []*ring
	nonce    uint64
	// locked is why the limit of locked memory could not be raised where it counts.
	locked error
	// empty says that none of the wanted groups was there.
	empty bool

	once   sync.Once
	ran    atomic.Bool
	probes prober
	stats  counters

	// What follows belongs to Run.
	slots      map[uint64]*slot
	latest     *slot // of the record before; nil after one was forgotten
	dec        decoder
	machine    event.Machine
	interfaces []event.Interface
	heads      []record
	over       []uint64 // containers whose groups are gone, maybe twice
	again      bool     // groups that were waited for have come
	nobodys    [lostKinds]uint64
	missed     uint64
	swept      time.Time
	// horizon is the time since boot up to which all records were delivered.
	horizon uint64
	// first are the containers that were there when the programs were attached.
	first map[uint64]*before
}

var _ flight.Source = (*Source)(nil)

// Supported says in one line which requirement of New the machine does not meet: the
// kernel, its type information, a right. It loads the programs to find out, and removes
// them. The error wraps ErrUnsupported.
func Supported() error {
	s, err := New(Options{RingBytes: 1})
	if err != nil {
		return err
	}
	return s.Close()
}

// New loads the programs and attaches them: from its return on, what happens in the
// containers goes into the rings, so that a container that is started next is seen from its
// first call. Run must follow soon, because rings are finite, or Close.
// The error wraps ErrUnsupported where the machine lacks something.
func New(opt Options) (*Source, error) {
	s := &Source{opt: opt, slots: map[uint64]*slot{}}
	if _, err := os.Stat("/sys/kernel/btf/vmlinux"); err != nil {
		return nil, fmt.Errorf("%w: the kernel (%s) has no type information: %w", ErrUnsupported, release(), err)
	}
	h := opt.Hierarchy
	if h.Mode == ModeNone {
		var err error
		if h, err = FindHierarchy(); err != nil {
			return nil, err
		}
	}
	s.groups = groups{h: h, wanted: map[string]uint32{}}
	for _, p := range opt.Parents {
		s.groups.wanted[clean(p)] = groupParent
	}
	for _, p := range opt.Kubepods {
		s.groups.wanted[clean(p)] = groupTree
	}
	s.clock.sync(readClocks)
	s.probes.init()
	err := s.load()
	if err == nil {
		err = s.attach()
	}
	if err == nil {
		wanted := len(s.groups.wanted)
		err = s.groups.watch()
		s.empty = len(s.groups.wanted) == wanted
	}
	if err == nil {
		// Now and not in Run: what is made from here on is seen from its beginning.
		s.machine, s.interfaces = kernelbits.Machine(), kernelbits.Interfaces()
		s.machine.BootNanos = s.clock.unix(0)
		s.first, err = s.snapshot()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Empty reports whether none of the groups of the options was there when the programs were
// attached. What is made in them later is recorded all the same.
func (s *Source) Empty() bool { return s.empty }

// clean makes the path of a group begin with a slash and end without one.
func clean(p string) string { return "/" + trim(p) }

func trim(p string) string {
	for len(p) > 0 && p[0] == '/' {
		p = p[1:]
	}
	for len(p) > 0 && p[len(p)-1] == '/' {
		p = p[:len(p)-1]
	}
	return p
}

// Close removes the programs from the kernel where Run was never called. It is safe to
// call twice, and after Run.
func (s *Source) Close() error {
	if s.ran.Load() {
		return nil
	}
	return s.release()
}

func (s *Source) release() error {
	var errs []error
	s.once.Do(func() {
		for _, l := range s.links {
			errs = append(errs, l.Close())
		}
		for _, r := range s.rings {
			r.close()
		}
		for _, m := range s.ringMaps {
			errs = append(errs, m.Close())
		}
		if s.coll != nil {
			s.coll.Close()
		}
	})
	return errors.Join(errs...)
}

// Run delivers to h until ctx ends, then what is in the rings still, and removes the
// programs from the kernel. The error is nil where ctx ended it. A source runs once.
func (s *Source) Run(ctx context.Context, h flight.Handler) error {
	if s.ran.Swap(true) {
		return errors.New("flight recorder: a source runs once")
	}
	err := s.run(ctx, h)
	s.probes.stop()
	return errors.Join(err, s.release())
}

func (s *Source) run(ctx context.Context, h flight.Handler) error {
	wait, err := newWaiter(s.ringMaps)
	if err != nil {
		return err
	}
	defer wait.close()
	stop := context.AfterFunc(ctx, wait.wake)
	defer stop()
	s.dec = decoder{h: h}
	s.dec.calls, _ = h.(flight.CallHandler)
	s.introduce(s.first)
	s.first = nil
	poll := s.opt.Poll
	if poll <= 0 {
		poll = defaultPoll
	}
	next := poll
	for {
		ended := ctx.Err() != nil
		if !ended {
			if err := wait.wait(next); err != nil {
				return err
			}
			ended = ctx.Err() != nil
		}
		fill, whole := s.drain()
		for n := 0; ended && !whole && n < patience; n++ {
			fill, whole = s.drain()
		}
		s.tidy(ended)
		if ended {
			return nil
		}
		// A ring that fills up within one turn is looked at more often, one that stays empty less:
		// what a million calls a second fill in a calm turn fits.
		switch next = poll; {
		case fill > 0.25 || !whole:
			next = min(poll, 4*time.Millisecond)
		case fill < 1./64:
			next = 2 * poll
		}
	}
}

// drain delivers all records that were finished before it began, of all rings in the
// order of time. It returns how full the fullest ring was, and whether nothing had to
// wait for a record that is being written.
//
// The order of one thread is kept: a thread that moves to another processor has finished
// its record in the ring of the first before it begins one in the other. So a record that
// is older than the horizon is never overtaken by one of its own thread, as long as no
// ring is passed over because somebody else's record stands unfinished in front.
func (s *Source) drain() (fill float64, whole bool) {
	horizon := bootNow()
	for _, r := range s.rings {
		fill = max(fill, float64(r.look())/float64(r.mask+1))
	}
	s.stats.wakeups.Add(1)
	if whole = s.merge(horizon); whole {
		s.horizon = horizon
	}
	for _, r := range s.rings {
		r.free()
	}
	s.stats.events.Store(s.dec.events)
	return fill, whole
}

// merge delivers what is older than the horizon; false where it had to stop before.
func (s *Source) merge(horizon uint64) bool {
	heads := s.heads[:0]
	for _, r := range s.rings {
		rec, ok := r.await()
		if !ok {
			return false
		}
		heads = append(heads, rec)
	}
	s.heads = heads
	taken, bytes := uint64(0), uint64(0)
	defer func() {
		s.stats.records.Add(taken)
		s.stats.bytes.Add(bytes)
	}()
	for n := 1; ; n++ {
		first, at := -1, uint64(0)
		for i, x := range heads {
			if x == nil {
				continue
			}
			if b := bootOf(x); first < 0 || b < at {
				first, at = i, b
			}
		}
		if first < 0 || at > horizon {
			return true
		}
		r, rec := s.rings[first], heads[first]
		s.deliver(rec)
		taken++
		bytes += uint64(len(rec))
		r.take(rec)
		var ok bool
		if heads[first], ok = r.await(); !ok {
			return false
		}
		if n%1024 == 0 {
			r.free()
		}
	}
}

// deliver decodes one record.
func (s *Source) deliver(r record) {
	if !r.whole() {
		s.stats.bad.Add(1)
		return
	}
	id := r.slot()
	switch {
	case r.kind() == recMkdir:
		s.made(r)
		return
	case id == 0 && r.kind() == recCall:
		s.probes.answer(r.u64(64)) // the third argument
		return
	case id == 0 && r.kind() == recOOM:
		id = s.owner(r.tgid())
	}
	sl := s.latest
	if sl == nil || uint64(sl.id) != id {
		if sl = s.slots[id]; sl == nil {
			if id == 0 || r.kind() == recRmdir {
				return
			}
			sl = s.meet(id, s.groups.pathOf(id), false)
		}
		s.latest = sl
	}
	if !sl.opened && r.kind() != recRmdir && r.kind() != recEmpty && r.kind() != recSent {
		s.open(sl, r)
	}
	if !s.dec.record(sl, r) {
		s.stats.bad.Add(1)
	}
	if sl.gone {
		s.over = append(s.over, id)
	}
	if r.kind() == recEmpty {
		var g prog.FlightGroup
		_ = s.groups.m.Lookup(id, &g) // without it there was no end that was not told
		g.EmptyAt = r.boot()
		s.dec.missed(sl, &g, r.boot())
	}
}

// owner finds the container of a process.
func (s *Source) owner(pid int64) uint64 {
	for id, sl := range s.slots {
		if sl.procs[pid] != nil {
			return id
		}
	}
	return 0
}

// made: a control group was made.
func (s *Source) made(r record) {
	if r.u16(50) == groupWait {
		s.again = true
		return
	}
	id := r.u64(32)
	if s.slots[id] == nil {
		s.meet(id, string(cut(r.piece(56, r.u16(48), walkBytes))), true)
	}
}

func (s *Source) meet(id uint64, path string, whole bool) *slot {
	sl := &slot{id: flight.Slot(id), path: path, whole: whole, clock: s.clock, procs: map[int64]*proc{}, cgroups: cgroupsOf(s.groups.h, path)}
	s.slots[id] = sl
	return sl
}

// open tells the handler of a container when the first of its processes is seen, which
// makes what there was before complete.
func (s *Source) open(sl *slot, r record) {
	b := &before{machine: s.machine, interfaces: s.interfaces}
	if sl.whole && r.kind() == recJoin {
		info := taskInfo(r[headBytes : headBytes+infoBytes])
		p := newProc(info)
		p.exe = p.comm
		p.exePath = path(r.piece(736, r.u16(218), walkBytes))
		p.cwd = path(r.piece(224, r.u16(216), walkBytes))
		b.threads = append(b.threads, thread(info, p, sl.cgroups, p.comm, &sl.clock))
		b.files = stdio(r, p.tid)
	}
	s.opening(sl, b)
}

func (s *Source) opening(sl *slot, b *before) {
	sl.opened = true
	s.dec.h.Open(sl.id, flight.Opening{Cgroup: sl.path, Before: b, Whole: sl.whole, Expand: expand})
	s.stats.containers.Add(1)
}

// waiter waits for the kernel's wake-up at a death, a while, or the end.
type waiter struct{ epoll, event int }

func newWaiter(rings []*ebpf.Map) (*waiter, error) {
	w := &waiter{-1, -1}
	var err error
	if w.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("flight recorder: %w", err)
	}
	if w.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		w.close()
		return nil, fmt.Errorf("flight recorder: %w", err)
	}
	fds := []int{w.event}
	for _, m := range rings {
		fds = append(fds, m.FD())
	}
	for _, fd := range fds {
		// Edges only: a ring with records in it wakes nobody by itself.
		if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}); err != nil {
			w.close()
			return nil, fmt.Errorf("flight recorder: %w", err)
		}
	}
	return w, nil
}

func (w *waiter) wait(d time.Duration) error {
	var evs [8]unix.EpollEvent
	_, err := unix.EpollWait(w.epoll, evs[:], max(int(d/time.Millisecond), 1))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("flight recorder: %w", err)
	}
	return nil
}

// wake ends a wait from another goroutine.
func (w *waiter) wake() { _, _ = unix.Write(w.event, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (w *waiter) close() {
	_ = unix.Close(w.epoll)
	_ = unix.Close(w.event)
}

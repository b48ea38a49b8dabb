package flight

import (
	"encoding/binary"
	"slices"

	"github.com/unloop-dev/unloop/event"
)

// slot is what is kept of one container.
type slot struct {
	id      Slot
	opening Opening // its Before is gone into first
	// num is the number of the latest event.
	num uint64

	// head holds the first calls of the program, then landmarks and bulk all others.
	head, marks, bulk ring
	headIs            headState
	// headLost counts records that were lost while the head was filled.
	headLost uint64

	// first is the state before the first event, nil where that is empty. base is the state
	// at the oldest landmark; nil while nothing was evicted. atHead is the state at the
	// head's beginning, once base has passed it.
	first, base, atHead *stored
	// late are records that an evicted segment held although they are later than the
	// oldest that is left.
	late *segment
	// stateBytes is what first, base and atHead count for the budget. stateLost says that
	// they took too much and were given up.
	stateBytes int64
	stateLost  bool

	calls calls
	// callBytes is what calls count for the budget.
	callBytes int64
	watch     watchedFDs
	sampled   sampled

	container *event.Container
	death     *Death
	ended     bool
	// wanted: a capture is about to be written.
	wanted bool
	lost   map[LossCause]uint64
}

type headState uint8

const (
	headWaits headState = iota // for the program's exec
	headFills
	headFull
	headNone // the container was running already
)

// calls are enters that wait for their exits: the latest one, and those of other threads.
type calls struct {
	latest  call
	is      bool
	waiting map[int64]*call
	bytes   int
	free    []*call
}

// call is an enter. Its bytes are its own.
type call struct {
	num, ts uint64
	tid     int64
	flags   uint32
	cpu     uint16
	typ     event.Type
	large   bool
	nparams int
	nlens   int
	buf     []byte
}

func (c *call) set(ev *event.Event, num uint64) {
	c.num, c.ts, c.tid, c.flags, c.cpu, c.typ = num, ev.TsNanos, ev.Tid, ev.Flags, ev.CPU, ev.Type
	c.large, c.nparams, c.nlens = ev.Large, ev.NParams, len(ev.Lens)
	c.buf = append(append(c.buf[:0], ev.Lens...), ev.Data...)
}

func (c *call) event() event.Event {
	return event.Event{
		Num: c.num, TsNanos: c.ts, Tid: c.tid, CPU: c.cpu, Type: c.typ, Large: c.large, Flags: c.flags,
		NParams: c.nparams, Lens: c.buf[:c.nlens], Data: c.buf[c.nlens:], Kind: event.KindOf(c.typ), FDNum: -1,
	}
}

func (c *call) record() record {
	b := slices.Clone(c.buf)
	return record{
		ts: c.ts, num: c.num, tid: c.tid, flags: c.flags, cpu: c.cpu, typ: c.typ, large: c.large, nparams: c.nparams,
		lens: b[:c.nlens:c.nlens], data: b[c.nlens:],
	}
}

// maxWaiting bounds how many calls of a container are under way at once, and
// maxWaitingBytes what they say; others are kept without waiting for their exits.
const (
	maxWaiting      = 16 << 10
	maxWaitingBytes = 1 << 20
	callBytes       = 160
)

// put notes an enter. What it displaces is given back: the enter of the same thread that
// never saw its exit, or one that there is no room for.
func (c *calls) put(ev *event.Event, num uint64) *call {
	var out *call
	if c.is {
		if c.latest.tid == ev.Tid || len(c.waiting) >= maxWaiting || c.bytes+len(c.latest.buf) > maxWaitingBytes {
			old := c.latest
			c.latest.buf = nil
			out = &old
		} else {
			c.keep()
		}
	}
	if out == nil && len(c.waiting) > 0 {
		out = c.take(ev.Tid)
	}
	c.latest.set(ev, num)
	c.is = true
	return out
}

// size is what the calls under way take.
func (c *calls) size() int64 { return int64(c.bytes + len(c.waiting)*callBytes) }

// keep moves the latest enter among those that wait.
func (c *calls) keep() {
	var w *call
	if n := len(c.free); n > 0 {
		w, c.free = c.free[n-1], c.free[:n-1]
	} else {
		w = new(call)
	}
	*w, c.latest = c.latest, call{buf: w.buf}
	if c.waiting == nil {
		c.waiting = map[int64]*call{}
	}
	c.waiting[w.tid] = w
	c.bytes += len(w.buf)
	c.is = false
}

// take gives the enter that a thread waits in, nil for none. It is good until done is
// called with it, or the next put.
func (c *calls) take(tid int64) *call {
	if c.is && c.latest.tid == tid {
		c.is = false
		return &c.latest
	}
	w := c.waiting[tid]
	if w != nil {
		delete(c.waiting, tid)
		c.bytes -= len(w.buf)
	}
	return w
}

// done gives a call back for reuse.
func (c *calls) done(w *call) {
	const many, long = 16, 256
	if w != &c.latest && len(c.free) < many && cap(w.buf) <= long {
		c.free = append(c.free, w)
	}
}

// all gives the calls under way, copied.
func (c *calls) all() []record {
	var out []record
	if c.is {
		out = append(out, c.latest.record())
	}
	for _, w := range c.waiting {
		out = append(out, w.record())
	}
	sortRecords(out)
	return out
}

// watchedFDs are numbers of descriptors, of whichever process of the container, that make
// landmarks of what is read and written: sockets that are connected to a name server, and
// connections that are not made yet. A number too many costs room only.
type watchedFDs struct {
	dns, pending fdSet
}

type fdSet [4]uint64

func (s *fdSet) has(fd int64) bool { return uint64(fd) < 256 && s[fd>>6]&(1<<(fd&63)) != 0 }
func (s *fdSet) set(fd int64) {
	if uint64(fd) < 256 {
		s[fd>>6] |= 1 << (fd & 63)
	}
}
func (s *fdSet) drop(fd int64) {
	if uint64(fd) < 256 {
		s[fd>>6] &^= 1 << (fd & 63)
	}
}

// isLandmark decides where an exit or a single event goes. in is its enter, nil for none.
func (sl *slot) isLandmark(c *class, ev *event.Event, in *call) bool {
	res, ok := int64(0), false
	if c.result {
		res, ok = number(ev, 0)
	}
	if c.landmark {
		sl.watch.see(ev, in, res, ok, &sl.sampled)
		return true
	}
	if ok && c.failed(res) {
		return true
	}
	if c.memory {
		return sl.sampled.memory(ev.Tid)
	}
	if !c.io {
		return ev.Type == codeFcntl && ok && res >= 0 && isDup(ev, in)
	}
	fd, known := number(ev, c.fd)
	if c.fd < 0 || !known {
		if in == nil {
			return false
		}
		if fd, known = callFD(in); !known {
			return false
		}
	}
	if sl.watches(c, fd, ok && res >= 0) {
		return true
	}
	if c.tuple >= 0 {
		if b, _ := ev.Param(int(c.tuple)); len(b) > 0 {
			return isDNS(b) || sl.sampled.ends(fd, tuple(ev.Tid, fd, b))
		}
	}
	if in != nil {
		if e := classOf(in.typ); e.tuple >= 0 {
			x := in.event()
			if b, _ := x.Param(int(e.tuple)); len(b) > 0 {
				return isDNS(b) || sl.sampled.ends(fd, tuple(ev.Tid, fd, b))
			}
		}
	}
	return false
}

// watches reports whether reading or writing a descriptor is a landmark whatever is behind it.
func (sl *slot) watches(c *class, fd int64, well bool) bool {
	if (fd == 1 || fd == 2) && c.writes || sl.watch.dns.has(fd) {
		return true
	}
	if well && sl.watch.pending.has(fd) {
		sl.watch.pending.drop(fd) // it turns out to be made
		return true
	}
	return false
}

// isLandmarkCall is isLandmark for a call as its source has it; ok is false where only events
// can tell.
func (sl *slot) isLandmarkCall(c *Call) (mark, ok bool) {
	k := classOf(c.Exit)
	switch {
	case c.Exit == codeConnect, c.Exit == codeFcntl:
		return false, false
	case k.landmark:
		switch c.Exit {
		case codeClose:
			sl.watch.closed(c.FD, &sl.sampled)
		case codeSocket:
			sl.watch.closed(c.Result, &sl.sampled)
		}
		return true, true
	case k.result && k.failed(c.Result):
		return true, true
	case k.memory:
		return sl.sampled.memory(c.Tid), true
	case !k.io || c.FD < 0:
		return false, true
	case sl.watches(k, c.FD, k.result && c.Result >= 0), c.DNS:
		return true, true
	}
	return c.Ends != 0 && sl.sampled.ends(c.FD, mix(c.Tid, c.FD)^c.Ends), true
}

// ring is where a record goes.
func (sl *slot) ring(mark bool) *ring {
	switch {
	case sl.headIs == headFills:
		return &sl.head
	case mark:
		return &sl.marks
	}
	return &sl.bulk
}

// sampled chooses landmarks among calls that change a little of the state and are too many
// to be all kept: those that tell how much memory a process has, and those that name the
// ends of a connection. For each segment of bulk, one of each thread tells the memory; ends
// are told when they are other than before, a number of times. So what is shown behind an
// eviction is as it was then, or as one segment of bulk before.
type sampled struct {
	threads [16]int64
	nth     uint8
	socket  [32]uint64
	told    uint8
}

// maxTold bounds how many ends are landmarks for each segment of bulk: a server may talk to
// another client with each call.
const maxTold = 64

// next begins another segment of bulk.
func (s *sampled) next() { s.nth, s.told = 0, 0 }

func (s *sampled) memory(tid int64) bool {
	for _, t := range s.threads[:s.nth] {
		if t == tid {
			return false
		}
	}
	if int(s.nth) == len(s.threads) {
		return false
	}
	s.threads[s.nth] = tid
	s.nth++
	return true
}

// ends is told of the ends of a connection, by a number that tells them, the thread and the
// descriptor from others.
func (s *sampled) ends(fd int64, h uint64) bool {
	at := &s.socket[uint64(fd)%32]
	if *at == h || s.told == maxTold {
		return false
	}
	*at = h
	s.told++
	return true
}

// mix is a number for a thread and a descriptor.
func mix(tid, fd int64) uint64 { return uint64(tid)*0x9E3779B97F4A7C15 ^ uint64(fd) }

// tuple is the number for the ends of a connection that an event tells.
func tuple(tid, fd int64, ends []byte) uint64 {
	h := mix(tid, fd)
	for _, c := range ends {
		h = (h ^ uint64(c)) * 0x100000001B3 // FNV-1a
	}
	return h
}

// forget is told of descriptors that stand for something else from now on.
func (s *sampled) forget(fd int64) { s.socket[uint64(fd)%32] = 0 }

// isDup reports whether a fcntl copies a descriptor.
func isDup(ev *event.Event, in *call) bool {
	cmd, ok := ev.Uint(2)
	if !ok && in != nil {
		x := in.event()
		cmd, ok = x.Uint(1)
	}
	const dup, dupCloexec = 1, 26 // the capture format's own numbers
	return ok && (cmd == dup || cmd == dupCloexec)
}

// callFD is the descriptor that an enter names.
func callFD(in *call) (int64, bool) {
	if classOf(in.typ).fd != 0 || in.large || in.nparams == 0 || binary.LittleEndian.Uint16(in.buf) != 8 {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(in.buf[in.nlens:])), true
}

// The codes that watchedFDs look at, exits of the calls.
const (
	codeClose   event.Type = 5
	codeSocket  event.Type = 19
	codeConnect event.Type = 23
	codeFcntl   event.Type = 151
)

// closed is told of a descriptor that stands for something else from now on.
func (w *watchedFDs) closed(fd int64, s *sampled) {
	w.dns.drop(fd)
	w.pending.drop(fd)
	s.forget(fd)
}

// see follows which descriptors are watched.
func (w *watchedFDs) see(ev *event.Event, in *call, res int64, ok bool, s *sampled) {
	switch ev.Type {
	case codeClose:
		fd, known := ev.Int(1)
		if !known && in != nil {
			fd, known = callFD(in)
		}
		if known {
			w.closed(fd, s)
		}
	case codeSocket:
		if ok {
			w.closed(res, s)
		}
	case codeConnect:
		fd, known := ev.Int(2)
		var addr []byte
		if in != nil {
			if !known {
				fd, known = callFD(in)
			}
			x := in.event()
			addr, _ = x.Param(1)
		}
		if !known {
			return
		}
		if tuple, _ := ev.Param(1); isDNS(addr) || isDNS(tuple) {
			w.dns.set(fd)
		}
		if ok && res < 0 {
			w.pending.set(fd)
		}
	}
}

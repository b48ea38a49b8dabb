package flight

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// The errors of a Recorder.
var (
	// ErrUnknownSlot: nothing is kept of the container, or no longer.
	ErrUnknownSlot = errors.New("flight recorder: unknown container")
	// ErrNothing: the container was seen, but no call of it was kept.
	ErrNothing = errors.New("flight recorder: no event was kept")
)

// Recorder keeps the last system calls of every container. It is a Handler. All its methods
// are for one goroutine at a time; what takes long, the writing of a capture, is a
// method of Moment and may run beside it.
//
// Of each container it keeps a head (its first calls, from the exec of its program), the
// landmarks (calls that change what exists, failed calls, what was printed, DNS) and the
// bulk (all others), each as compressed segments within Options; and of what it forgets, the
// state that it left, so that a capture is complete in itself.
type Recorder struct {
	opt   Options
	slots map[Slot]*slot
	// latest is the slot of the event before.
	latest *slot
	// ended are those that are gone, in order.
	ended []*slot
	node  *frozen
	pack  packer
	hot   hot
	// used is what counts for the budget, held the part that only Moments need.
	used, held int64
	lost       map[LossCause]uint64
	stats      Stats
}

// New returns an empty recorder.
func New(o Options) *Recorder {
	return &Recorder{opt: o.filled(), slots: map[Slot]*slot{}, lost: map[LossCause]uint64{}}
}

var _ CallHandler = (*Recorder)(nil)

// SetNode takes what is true of the whole node: machine, interfaces, users and groups.
// Captures of containers whose Opening says nothing of it begin with this. Threads and
// descriptors are ignored. It is copied.
func (r *Recorder) SetNode(st scap.State) {
	f := freeze(st)
	f.threads, f.fds = nil, nil
	r.node = f
}

// Open is part of Handler.
func (r *Recorder) Open(s Slot, o Opening) {
	sl := r.open(s)
	if sl.num > 0 || sl.first != nil {
		return // opened before
	}
	if !o.Whole || r.opt.HeadBytes == 0 {
		sl.headIs = headNone
	}
	if o.Before != nil {
		sl.first = r.pack.store(freeze(o.Before))
		r.weigh(sl)
	}
	o.Before = nil
	sl.opening = o
}

// slotBytes is a slot without its rings.
const slotBytes = 2 << 10

func (r *Recorder) open(s Slot) *slot {
	if sl := r.slots[s]; sl != nil {
		return sl
	}
	sl := &slot{id: s, lost: map[LossCause]uint64{}}
	r.slots[s] = sl
	r.used += slotBytes
	return sl
}

// find returns a slot, nil for one that is not known; the same again costs nothing.
func (r *Recorder) find(s Slot) *slot {
	if r.latest == nil || r.latest.id != s {
		r.latest = r.slots[s]
	}
	return r.latest
}

// Event is part of Handler. The event is copied. One of a slot that was never opened
// opens it; one of a slot that is gone is left out.
func (r *Recorder) Event(s Slot, ev *event.Event) {
	sl := r.find(s)
	if sl == nil {
		sl = r.open(s)
		sl.headIs = headNone // nobody said that this is its beginning
	}
	if sl.ended || !addsUp(ev) {
		r.stats.Refused++
		return
	}
	r.stats.Events++
	sl.num++
	c := classOf(ev.Type)
	if c.enter {
		if old := sl.calls.put(ev, sl.num); old != nil {
			r.enter(sl, old, &sl.bulk)
		}
		r.weighCalls(sl)
		return
	}
	var in *call
	if k := ev.Kind; k == nil || k.Flags&event.HasExit != 0 || ev.Type == codeProcexit {
		if in = sl.calls.take(ev.Tid); in != nil && in.typ != ev.Type-1 && !(in.typ == codeExecveat && ev.Type == codeExecve) {
			// It never came back: exit, or a call that was lost.
			g := &sl.bulk
			if ev.Type == codeProcexit {
				g = &sl.marks
			}
			r.enter(sl, in, g)
			sl.calls.done(in)
			in = nil
		}
	}
	r.weighCalls(sl)
	mark := sl.isLandmark(c, ev, in)
	if sl.headIs == headWaits && isProgram(ev, in) {
		sl.headIs = headFills
	}
	r.add(sl, sl.ring(mark), in, ev, sl.num)
	if in != nil {
		sl.calls.done(in)
	}
}

// Call is part of CallHandler. It does to the rings what the call's events would.
func (r *Recorder) Call(s Slot, c *Call) bool {
	sl := r.find(s)
	// An enter of the same thread would be taken for one that never came back.
	if sl == nil || sl.ended || sl.opening.Expand == nil || sl.calls.is || len(sl.calls.waiting) > 0 || len(c.Raw) > maxEvent {
		return false
	}
	mark, ok := sl.isLandmarkCall(c)
	if !ok {
		return false
	}
	r.stats.Events += 2
	sl.num += 2
	if g := sl.ring(mark); !r.full(sl) {
		r.used += g.call(c, sl.num)
		r.added(sl, g, c.TsNanos)
	}
	return true
}

// weighCalls counts the calls under way for the budget anew.
func (r *Recorder) weighCalls(sl *slot) {
	if n := sl.calls.size(); n != sl.callBytes {
		r.used += n - sl.callBytes
		sl.callBytes = n
	}
}

// Codes that Event looks at.
const (
	codeProcexit event.Type = 186
	codeExecveat event.Type = 330
	codeExecve   event.Type = 293
)

// enter keeps an enter that has no exit.
func (r *Recorder) enter(sl *slot, in *call, g *ring) {
	ev := in.event()
	if sl.headIs == headFills {
		g = &sl.head
	}
	r.add(sl, g, nil, &ev, in.num)
}

// isProgram reports whether the event is the exec of the container's own program: a
// successful one, and not of what the runtime runs to prepare the container.
func isProgram(ev *event.Event, in *call) bool {
	if ev.Type != codeExecve && ev.Type != codeExecve+38 || ev.NParams < 2 { // execve, execveat
		return false
	}
	if res, ok := number(ev, 0); !ok || res < 0 {
		return false
	}
	exe, _ := ev.Text(1)
	if isRuntime(string(exe)) {
		return false
	}
	if in != nil && in.typ == codeExecve-1 {
		x := in.event()
		if name, _ := x.Text(0); isRuntime(string(name)) {
			return false
		}
	}
	return true
}

// isRuntime reports whether a path is that of a container runtime: runc runs itself anew in
// the container, by way of /proc/self.
func isRuntime(path string) bool {
	if strings.HasPrefix(path, "/proc/self/") || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "runc:[") {
		return true
	}
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "runc", "crun", "youki", "conmon", "containerd-shim", "containerd-shim-runc-v2", "runc-init":
		return true
	}
	return false
}

// add keeps an event in a ring of the slot, with its enter unless in is nil, and makes room
// for both.
func (r *Recorder) add(sl *slot, g *ring, in *call, ev *event.Event, num uint64) {
	if r.full(sl) {
		return
	}
	r.used += g.add(in, ev, num)
	r.added(sl, g, ev.TsNanos)
}

// full reports whether there is no room for another record, and counts it as lost.
func (r *Recorder) full(sl *slot) bool {
	if r.used <= r.opt.BudgetBytes || r.shrink() {
		return false
	}
	r.lose(sl, LostBudget, 1)
	return true
}

// added keeps a ring that got a record of a time within its bounds.
func (r *Recorder) added(sl *slot, g *ring, now uint64) {
	if len(g.open.data) < r.opt.SegmentBytes {
		return
	}
	r.seal(sl, g, true)
	switch g {
	case &sl.head:
		if headRaw(g) >= r.opt.HeadBytes {
			sl.headIs = headFull
			r.used += g.trim(false)
		}
	case &sl.marks:
		r.bound(sl, g, int64(r.opt.LandmarkBytes), r.opt.LandmarkNanos, now)
	default:
		sl.sampled.next()
		r.bound(sl, g, int64(r.opt.BulkBytes), r.opt.BulkNanos, now)
	}
	if r.used > r.opt.BudgetBytes {
		r.shrink()
	}
}

func headRaw(g *ring) int {
	n := 0
	g.all(func(s *segment) { n += s.raw })
	return n
}

// seal compresses the open segment of a ring.
func (r *Recorder) seal(sl *slot, g *ring, keep bool) {
	if s := g.open; s != nil {
		r.stats.RawBytes += uint64(s.raw)
		r.used += g.seal(&r.pack, keep)
		r.stats.PackedBytes += uint64(len(s.data))
		return
	}
	r.used += g.trim(keep)
}

// bound evicts what a ring holds beyond its own limits.
func (r *Recorder) bound(sl *slot, g *ring, bytes, age int64, now uint64) {
	limit := bytes
	for len(g.sealed) > 0 {
		old := g.sealed[0]
		if g.bytes-int64(cap(g.buf)) <= bytes && (age < 0 || old.last+uint64(age) >= now) {
			return
		}
		if g == &sl.marks {
			bytes = limit - limit/8 // several at once, so that the state is unpacked less often
		}
		r.evict(sl, g)
	}
}

// evict takes the oldest segment out of a ring and gives how many events it had. What a
// landmark did to the state stays.
func (r *Recorder) evict(sl *slot, g *ring) int {
	before, floor := g.bytes, g.floor
	s := g.pop()
	if s == nil {
		return 0
	}
	r.used += g.bytes - before
	if s.pins > 0 {
		s.gone = true
		r.used += s.bytes()
		r.held += s.bytes()
	}
	r.stats.Evicted += uint64(s.n)
	if g == &sl.marks {
		r.advance(sl, s, floor)
		// Calls from before the state that is known now would be told with wrong names.
		for len(sl.bulk.sealed) > 0 && sl.bulk.sealed[0].last <= sl.marks.floor {
			r.evict(sl, &sl.bulk)
		}
	}
	return s.n
}

// lose counts records that are missing.
func (r *Recorder) lose(sl *slot, cause LossCause, n uint64) {
	if sl != nil {
		sl.lost[cause] += n
	}
	r.lost[cause] += n
}

// Lost is part of Handler. Slot 0 counts for the node and is told in every capture.
func (r *Recorder) Lost(s Slot, cause LossCause, n uint64) {
	if s == 0 {
		r.stats.nodeLost(cause, n)
		r.lost[cause] += n
		return
	}
	sl := r.open(s)
	if sl.headIs == headFills {
		sl.headLost += n
	}
	r.lose(sl, cause, n)
}

// Rest compresses what containers keep open that made no call since a time, in nanoseconds
// since the Unix epoch: to be called now and then, so that idle containers take next to
// nothing.
func (r *Recorder) Rest(sinceNanos uint64) {
	for _, sl := range r.slots {
		last := uint64(0)
		for _, g := range []*ring{&sl.head, &sl.marks, &sl.bulk} {
			if g.open != nil {
				last = max(last, g.open.last)
			}
		}
		if last >= sinceNanos {
			continue
		}
		for _, g := range []*ring{&sl.head, &sl.marks, &sl.bulk} {
			r.seal(sl, g, false)
		}
		sl.calls.free = nil
	}
}

// Died is part of Handler. The container's calls are still taken until Gone.
func (r *Recorder) Died(s Slot, d Death) {
	sl := r.open(s)
	if sl.death == nil {
		sl.death = &d
	}
}

// Gone is part of Handler. What was kept stays among the ended ones, until Forget or until
// Options.Deaths later ones of the same key push it out. Containers of which nothing was kept
// are forgotten.
func (r *Recorder) Gone(s Slot) {
	sl := r.slots[s]
	if sl == nil || sl.ended {
		return
	}
	sl.ended = true
	for _, g := range []*ring{&sl.head, &sl.marks, &sl.bulk} {
		r.seal(sl, g, false)
	}
	if r.hot.sl == sl {
		r.cool()
	}
	r.ended = append(r.ended, sl)
	if sl.num == 0 {
		r.drop(sl)
		return
	}
	r.pushOut()
}

// Key tells of which container a slot is an instance: what Options.Key makes of its name,
// else the control group of its pod; "" for a slot of which nothing is kept.
func (r *Recorder) Key(s Slot) string {
	if sl := r.slots[s]; sl != nil {
		return r.key(sl)
	}
	return ""
}

// key tells of which container the slot is an instance: by its name, else by the pod that
// its control group lies in.
func (r *Recorder) key(sl *slot) string {
	if k := r.opt.Key(sl.container); k != "" {
		return k
	}
	path := strings.TrimRight(sl.opening.Cgroup, "/")
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "slot " + strconv.FormatUint(uint64(sl.id), 10)
}

// Want says whether a capture of a slot is about to be written: until it is not any more,
// later ends of the same key do not push it out. The budget still may.
func (r *Recorder) Want(s Slot, wanted bool) {
	if sl := r.slots[s]; sl != nil {
		sl.wanted = wanted
		r.pushOut()
	}
}

// pushOut forgets ended containers that have too many successors.
func (r *Recorder) pushOut() {
	count := map[string]int{}
	for i := len(r.ended) - 1; i >= 0; i-- {
		sl := r.ended[i]
		if sl.wanted {
			continue
		}
		k := r.key(sl)
		if count[k]++; count[k] > r.opt.Deaths {
			r.drop(sl)
			r.stats.PushedOut++
		}
	}
}

// Name says which container a slot is, at any time between Open and Forget, after its
// death too, and as often as more is known. c is kept and must not change any more.
func (r *Recorder) Name(s Slot, c *event.Container) {
	sl := r.slots[s]
	if sl == nil {
		return
	}
	sl.container = c
	if sl.ended {
		r.pushOut()
	}
}

// Forget drops what is kept of a slot that is gone, once its capture is safe. One that still
// lives goes on.
func (r *Recorder) Forget(s Slot) {
	if sl := r.slots[s]; sl != nil && sl.ended {
		r.drop(sl)
	}
}

// drop forgets a slot that is gone.
func (r *Recorder) drop(sl *slot) {
	if r.hot.sl == sl {
		r.hot = hot{}
		r.weigh(sl)
	}
	for _, g := range []*ring{&sl.head, &sl.marks, &sl.bulk} {
		g.all(func(s *segment) {
			if s.pins > 0 {
				s.gone = true
				r.used += s.bytes()
				r.held += s.bytes()
			}
		})
		r.used -= g.bytes
	}
	r.used -= sl.stateBytes + sl.callBytes + slotBytes
	if sl.late != nil {
		r.used -= sl.late.bytes()
	}
	delete(r.slots, sl.id)
	if r.latest == sl {
		r.latest = nil
	}
	r.ended = slices.DeleteFunc(r.ended, func(x *slot) bool { return x == sl })
}

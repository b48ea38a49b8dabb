package run

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
)

// tape keeps what a source sees. It is the handler of the source, and hands the recorder,
// which is for one goroutine, to whoever asks.
type tape struct {
	mu   sync.Mutex
	rec  *flight.Recorder
	reel map[string]*reel // by the last part of the group's path
	by   map[flight.Slot]*reel
	pids map[string]int // main processes by the same
	// turned is closed, and made anew, when a reel is opened or ends.
	turned chan struct{}
	// sole is the name of the one life that a source without control groups sees; "" else.
	sole string
	// failed is why the source cannot go on; nil while it can.
	failed error
}

// reel is one life on a tape.
type reel struct {
	slot  flight.Slot
	pid   int
	death *flight.Death
	gone  bool
	calls uint64
	lost  uint64
	// key is when a key of the terminal sent SIGINT or SIGQUIT to the main process, in
	// nanoseconds since the Unix epoch.
	keyNanos uint64
	recent   []Call
}

// budgetBytes is the memory for recordings: what the recorder keeps of one container, and
// what the lives before it, whose captures are being written, still hold.
const budgetBytes = 32 << 20

func newTape() *tape {
	return &tape{
		rec:  flight.New(flight.Options{BudgetBytes: budgetBytes}),
		reel: map[string]*reel{}, by: map[flight.Slot]*reel{}, pids: map[string]int{}, turned: make(chan struct{}),
	}
}

var _ flight.Handler = (*tape)(nil)

// turn wakes who waits. mu is held.
func (t *tape) turn() {
	close(t.turned)
	t.turned = make(chan struct{})
}

// of is the reel of a slot. mu is held.
func (t *tape) of(s flight.Slot) *reel {
	r := t.by[s]
	if r == nil {
		r = &reel{slot: s}
		t.by[s] = r
	}
	return r
}

// Open is part of flight.Handler.
func (t *tape) Open(s flight.Slot, o flight.Opening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rec.Open(s, o)
	name, r := cmp.Or(t.sole, path.Base(o.Cgroup)), t.of(s)
	r.pid = t.pids[name]
	t.reel[name] = r
	t.turn()
}

// signalDeliver is the code of the event: sender, receiver, number.
const signalDeliver event.Type = 232

// Event is part of flight.Handler.
func (t *tape) Event(s flight.Slot, ev *event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rec.Event(s, ev)
	r := t.of(s)
	if !ev.IsEnter() {
		r.calls++
	}
	if c, ok := glance(ev); ok {
		r.noticed(c)
	}
	if ev.Type == signalDeliver {
		from, _ := ev.Uint(0)
		to, _ := ev.Uint(1)
		sig, _ := ev.Uint(2)
		const sigint, sigquit = 2, 3
		if from == 0 && int(to) == r.pid && (sig == sigint || sig == sigquit) {
			r.keyNanos = ev.TsNanos
		}
	}
}

// Lost is part of flight.Handler.
func (t *tape) Lost(s flight.Slot, cause flight.LossCause, n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rec.Lost(s, cause, n)
	t.of(s).lost += n
}

// Died is part of flight.Handler.
func (t *tape) Died(s flight.Slot, d flight.Death) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rec.Died(s, d)
	t.of(s).death = &d
	t.turn()
}

// Gone is part of flight.Handler.
func (t *tape) Gone(s flight.Slot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rec.Gone(s)
	t.of(s).gone = true
	t.turn()
}

// fail notes that the source cannot go on.
func (t *tape) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = err
	t.turn()
}

// ended waits until the end of a life is on the tape, with all that came before. It
// returns false where the source says that there is no more to come, by closing over,
// and the end is not there.
func (t *tape) ended(name string, over <-chan struct{}) (*reel, bool) {
	for last := false; ; {
		t.mu.Lock()
		r, turned, failed := t.reel[name], t.turned, t.failed
		done := r != nil && (r.death != nil || r.gone)
		t.mu.Unlock()
		if done || last || failed != nil {
			return r, done
		}
		select {
		case <-turned:
		case <-over:
			last = true
		}
	}
}

// watch names the main process of a life.
func (t *tape) watch(name string, pid int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pids[name] = pid
	if r := t.reel[name]; r != nil {
		r.pid = pid
	}
}

// count gives the calls and losses of a life so far.
func (t *tape) count(name string) (calls, lost uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.reel[name]; r != nil {
		return r.calls, r.lost
	}
	return 0, 0
}

// ending is what the tape tells of an end.
func (t *tape) ending(r *reel) ending {
	var e ending
	if r == nil {
		return e
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.death != nil {
		e.oom = r.death.OOM
	}
	if r.keyNanos > 0 {
		e.key = time.Unix(0, int64(r.keyNanos))
	}
	return e
}

// ending is what a recording tells of an end.
type ending struct {
	oom bool
	// key is when a key of the terminal interrupted it; zero for never.
	key time.Time
}

// recent gives the newest calls of a life worth a look.
func (t *tape) recent(name string) []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.reel[name]; r != nil {
		return slices.Clone(r.recent)
	}
	return nil
}

// errNoEvents says that a life left nothing on the tape.
var errNoEvents = errors.New("no system call of it was recorded")

// write writes a life as a capture.
func (t *tape) write(r *reel, w io.Writer, m flight.Mark) (flight.Info, error) {
	t.mu.Lock()
	moment, err := t.rec.Take(r.slot, m)
	t.mu.Unlock()
	if err != nil {
		return flight.Info{}, gently(err)
	}
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.rec.Release(moment)
	}()
	info, err := moment.Write(w)
	return info, gently(err)
}

func gently(err error) error {
	if errors.Is(err, flight.ErrUnknownSlot) || errors.Is(err, flight.ErrNothing) {
		return errNoEvents
	}
	return err
}

// forget drops what is kept of a life.
func (t *tape) forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.reel[name]; r != nil {
		t.rec.Forget(r.slot)
		delete(t.by, r.slot)
		delete(t.reel, name)
		delete(t.pids, name)
	}
}

// mark tells in the capture what it is of.
func mark(d *Death, argv []string) flight.Mark {
	m := flight.Mark{Cause: "death", TsNanos: uint64(d.Ended.UnixNano())}
	m.Text = fmt.Sprintf("%s (pid %d) ended with %s", d.Name, d.Pid, endWord(d))
	m.Facts = []scap.Fact{
		{Name: "run.name", Value: d.Name}, {Name: "run.pid", Value: fmt.Sprint(d.Pid)},
		{Name: "run.restarts", Value: fmt.Sprint(d.Restarts)}, {Name: "run.recorded", Value: string(d.Recording)},
	}
	for _, a := range argv {
		m.Facts = append(m.Facts, scap.Fact{Name: "run.arg", Value: a})
	}
	return m
}

package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/flight/trigger"
)

// job is one capture to be made.
type job struct {
	s    *slot
	fire trigger.Fire
	// came is when it was asked for, due when it is taken or, where it is held, written.
	came, due time.Time
	// held is what the rings had when it was asked for, where what comes after is wanted too.
	held *flight.Moment
	// done, where somebody waits, takes the outcome; it has room for one.
	done chan<- outcome
}

type outcome struct {
	entry catalog.Entry
	err   error
}

// The outcomes that are no failures of the work.
var (
	errSandbox = errors.New("the container only holds its pod's namespaces")
	errBusy    = errors.New("too many captures wait to be written")
	errStopped = errors.New("the recorder stops")
)

// writer makes captures, one after the other, each when it is due.
type writer struct {
	r *Recorder
	// jobs wait; Recorder.mu guards them and closing.
	jobs    []*job
	closing bool
	// wake tells of a new job, written of a new capture, opened of a new container. Each
	// has room for one.
	wake, written, opened chan struct{}
	drained               chan struct{}
}

func newWriter(r *Recorder) *writer {
	return &writer{
		r: r, wake: make(chan struct{}, 1), written: make(chan struct{}, 1), opened: make(chan struct{}, 1),
		drained: make(chan struct{}),
	}
}

// fire takes a reason for a capture. It is called within a call of the source, so mu is held.
func (w *writer) fire(f trigger.Fire) {
	s := w.r.front.known(f.Slot)
	if s == nil {
		return
	}
	// What fires again while its capture waits is in that capture.
	if f.Death == nil && s.waiting[string(f.Cause)] > 0 {
		return
	}
	if err := w.add(&job{s: s, fire: f}); err != nil {
		w.r.meters.dropped.WithLabelValues(string(f.Cause), "queue-full").Inc()
	}
}

// add puts a job into the queue. The caller holds mu.
func (w *writer) add(j *job) error {
	if w.closing {
		return errStopped
	}
	if len(w.jobs) >= maxJobs {
		return errBusy
	}
	j.came = time.Now()
	j.due = j.came.Add(w.r.cfg.Grace)
	if j.fire.AfterNanos > 0 {
		j.due = j.came
	}
	j.s.waiting[string(j.fire.Cause)]++
	w.r.kept.Want(j.s.id, true)
	w.jobs = append(w.jobs, j)
	signal(w.wake)
	return nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it was told already
	}
}

// next takes the job that is due first out of the queue if it is due now, else tells when.
func (w *writer) next(now time.Time) (j *job, wait time.Duration) {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	first := -1
	for i, j := range w.jobs {
		if first < 0 || j.due.Before(w.jobs[first].due) {
			first = i
		}
	}
	if first < 0 {
		if w.closing {
			return nil, -1
		}
		return nil, time.Minute
	}
	j = w.jobs[first]
	if wait := j.due.Sub(now); wait > 0 && !w.closing {
		return nil, min(wait, time.Minute)
	}
	w.jobs = append(w.jobs[:first], w.jobs[first+1:]...)
	return j, 0
}

// run writes until drain was called and nothing waits any more.
func (w *writer) run(ctx context.Context) {
	defer close(w.drained)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		w.r.beat.Store(now.UnixNano())
		j, wait := w.next(now)
		switch {
		case j != nil:
			w.work(ctx, j)
			continue
		case wait < 0:
			return
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-w.wake:
		case <-ctx.Done():
			w.drop(errStopped)
			return
		}
	}
}

// drain ends the writer: what waits is written at once, at most for stopTime.
func (w *writer) drain() {
	w.r.mu.Lock()
	w.closing = true
	w.r.mu.Unlock()
	signal(w.wake)
	late := time.NewTimer(stopTime)
	defer late.Stop()
	select {
	case <-w.drained:
	case <-late.C:
		w.r.cfg.Log("captures were not written: the place for them is too slow")
	}
}

// drop gives up all jobs that wait.
func (w *writer) drop(why error) {
	w.r.mu.Lock()
	jobs := w.jobs
	w.jobs = nil
	w.r.mu.Unlock()
	for _, j := range jobs {
		w.end(j, catalog.Entry{}, why)
	}
}

// again puts a job back for later. It reports false while the recorder stops: then it is now.
func (w *writer) again(j *job, due time.Time) bool {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	if w.closing {
		return false
	}
	j.due = due
	w.jobs = append(w.jobs, j)
	return true
}

// work brings a job one step on: held for what comes after, waiting for its name, or written.
func (w *writer) work(ctx context.Context, j *job) {
	r := w.r
	if after := time.Duration(j.fire.AfterNanos); after > 0 && j.held == nil {
		r.mu.Lock()
		held, err := r.kept.Take(j.s.id, j.fire.Mark())
		r.mu.Unlock()
		if err != nil && !errors.Is(err, flight.ErrNothing) {
			w.end(j, catalog.Entry{}, err)
			return
		}
		j.held = held
		j.fire.AfterNanos = 0 // waited for once
		if w.again(j, j.came.Add(after)) {
			return
		}
	}
	r.resolve(j.s)
	r.mu.Lock()
	unsure := !j.s.named() && r.cfg.Names != nil
	r.mu.Unlock()
	if until := j.came.Add(r.cfg.Naming); unsure && time.Now().Before(until) && w.again(j, time.Now().Add(namingStep)) {
		return
	}
	if err := w.wanted(j); err != nil {
		w.end(j, catalog.Entry{}, err)
		return
	}
	r.image(ctx, j.s)
	entry, err := w.write(ctx, j)
	w.end(j, entry, err)
}

// wanted tells why a job makes no capture after all.
func (w *writer) wanted(j *job) error {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	if j.s.sandbox() && j.fire.Cause != trigger.Hand {
		return errSandbox
	}
	return nil
}

// write takes the rings of the container and puts a capture on the shelf.
func (w *writer) write(ctx context.Context, j *job) (catalog.Entry, error) {
	r := w.r
	r.mu.Lock()
	m := j.held
	var err error
	if m != nil {
		r.kept.Extend(m)
	} else {
		m, err = r.kept.Take(j.s.id, j.fire.Mark())
	}
	e := w.entry(j)
	r.mu.Unlock()
	if err != nil {
		return catalog.Entry{}, err
	}
	j.held = nil
	defer func() {
		r.mu.Lock()
		r.kept.Release(m)
		r.mu.Unlock()
	}()
	return r.cfg.Shelf.Put(ctx, e, func(to io.Writer, e *catalog.Entry) error {
		info, err := m.Write(to)
		if err != nil {
			return err
		}
		e.Events = info.Events
		e.FirstTime, e.LastTime = moment(info.FirstNanos), moment(info.LastNanos)
		for cause, n := range info.Lost {
			if e.Lost == nil {
				e.Lost = map[string]uint64{}
			}
			e.Lost[string(cause)] = n
		}
		return nil
	})
}

func moment(nanos uint64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(nanos)).UTC()
}

// entry is what is known of a capture before it is written. The caller holds mu.
func (w *writer) entry(j *job) catalog.Entry {
	c := j.s.container()
	e := catalog.Entry{
		Time: moment(j.fire.TsNanos), Namespace: c.PodNamespace, Pod: c.PodName, Container: c.PodContainer, Trigger: string(j.fire.Cause),
		PodUID: c.PodUID, ContainerID: c.FullID, Image: c.Image, Node: w.r.cfg.Node, Text: j.fire.Text,
	}
	if e.Time.IsZero() {
		e.Time = j.came.UTC()
	}
	if e.Pod == "" {
		e.Container = c.ID
		e.Pod = strings.TrimSpace(c.PodUID)
	}
	if n := j.s.name.Restart; n >= 0 && j.s.name.Pod != "" {
		e.Restart = &n
	}
	if d := j.fire.Death; d != nil {
		e.Signal, e.OOM = d.Signal, d.OOM
		if !d.Unknown {
			e.ExitCode = new(d.Code)
		}
	}
	return e
}

// end counts what became of a job, tells who waits for it, and forgets what is not needed.
func (w *writer) end(j *job, entry catalog.Entry, err error) {
	r := w.r
	cause := string(j.fire.Cause)
	r.mu.Lock()
	if j.held != nil {
		r.kept.Release(j.held)
		j.held = nil
	}
	if err == nil && j.s.gone && j.fire.Death != nil {
		r.kept.Forget(j.s.id)
	}
	if j.s.waiting[cause]--; j.s.waiting[cause] <= 0 {
		delete(j.s.waiting, cause)
		r.kept.Want(j.s.id, len(j.s.waiting) > 0)
	}
	r.settle(j.s)
	r.mu.Unlock()
	switch {
	case err == nil:
		r.meters.captures.WithLabelValues(cause).Inc()
		r.meters.bytes.Add(float64(entry.Bytes))
		if j.fire.Death != nil {
			r.meters.delay.Observe(time.Since(entry.Time).Seconds())
		}
		r.cfg.Log("captured %s: %s, %d events, %d bytes", entry.Name, orNone(entry.Text), entry.Events, entry.Bytes)
		signal(w.written)
	case errors.Is(err, errSandbox):
		r.meters.dropped.WithLabelValues(cause, "sandbox").Inc()
	case errors.Is(err, flight.ErrUnknownSlot), errors.Is(err, flight.ErrNothing):
		r.meters.dropped.WithLabelValues(cause, "nothing-kept").Inc()
		if j.fire.Death != nil {
			r.cfg.Log("no capture of a death (%s) in %s: nothing of it was kept", j.fire.Text, j.s.place())
		}
	default:
		r.meters.dropped.WithLabelValues(cause, "failed").Inc()
		r.cfg.Log("a capture could not be written: %v", err)
	}
	if j.done != nil {
		j.done <- outcome{entry, err}
	}
}

func orNone(s string) string {
	if s == "" {
		return "on request"
	}
	return s
}

// once logs a line for the first time that it comes up under a name.
func (r *Recorder) once(what, format string, args ...any) {
	if _, old := r.said.LoadOrStore(what, true); !old {
		r.cfg.Log(format, args...)
	}
}

// Start makes a capture of a living container: of what is kept now and of what comes within
// the time. It waits until that is written.
func (r *Recorder) Start(ctx context.Context, q catalog.Query, during time.Duration) (catalog.Entry, error) {
	done := make(chan outcome, 1)
	r.mu.Lock()
	s, err := r.living(q)
	if err == nil {
		now := time.Now()
		err = r.writer.add(&job{s: s, done: done, fire: trigger.Fire{
			Slot: s.id, Cause: trigger.Hand, TsNanos: uint64(now.UnixNano()), AfterNanos: uint64(during),
			Text: fmt.Sprintf("asked for, %v from then on", during),
		}})
	}
	r.mu.Unlock()
	if err != nil {
		return catalog.Entry{}, err
	}
	select {
	case o := <-done:
		return o.entry, o.err
	case <-ctx.Done():
		return catalog.Entry{}, context.Cause(ctx)
	}
}

// ErrNoContainer says that no living container is the one asked for.
var ErrNoContainer = errors.New("no such container runs here")

// AmbiguousError says that several containers are meant.
type AmbiguousError struct{ Containers []string }

func (e *AmbiguousError) Error() string {
	return "several containers are meant: " + strings.Join(e.Containers, ", ")
}

// living finds the one container that a query means. The caller holds mu.
func (r *Recorder) living(q catalog.Query) (*slot, error) {
	var found []*slot
	var names []string
	for _, s := range r.slots {
		c := s.container()
		if !s.running() || q.Namespace != c.PodNamespace || q.Pod != c.PodName {
			continue
		}
		if q.Container != "" && q.Container != c.Name && q.Container != c.ID && q.Container != c.FullID {
			continue
		}
		found = append(found, s)
		names = append(names, c.Name)
	}
	switch len(found) {
	case 0:
		return nil, ErrNoContainer
	case 1:
		return found[0], nil
	}
	return nil, &AmbiguousError{names}
}

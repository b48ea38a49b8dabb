package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/flight/trigger"
	"github.com/unloop-dev/unloop/internal/node"
	"github.com/unloop-dev/unloop/internal/shelf"
)

// Shelf is where captures go; *shelf.Shelf is one.
type Shelf interface {
	Put(ctx context.Context, e catalog.Entry, write func(io.Writer, *catalog.Entry) error) (catalog.Entry, error)
	List(ctx context.Context, q catalog.Query) ([]catalog.Entry, error)
	Notes(ctx context.Context, e catalog.Entry) catalog.Entry
	Get(ctx context.Context, name string) (io.ReadCloser, int64, error)
	Trim(ctx context.Context, node string, k shelf.Keep, now time.Time) (removed, left int, leftBytes int64, err error)
}

var _ Shelf = (*shelf.Shelf)(nil)

// Names find the pod of a container; *node.Names is one. Calls may read folders.
type Names interface {
	Find(g node.Group) (node.Name, error)
}

// Config says what to join. Fields without a default must be set.
type Config struct {
	Source flight.Source
	Shelf  Shelf
	// Names may be nil on a machine without Kubernetes.
	Names Names
	// Image tells the image of a pod's container, where somebody can; nil for nobody.
	Image func(ctx context.Context, n node.Name, containerID string) (image string, err error)
	// Events calls do for each event of Kubernetes that asks for a capture of its pod's containers,
	// from any goroutine, and returns when ctx ends or when it fails; then it is called again.
	// Nil for none.
	Events func(ctx context.Context, do func(PodEvent)) error
	// Node is the name of this node.
	Node string
	// Flight, Trigger and Keep are those of the parts. Flight.Node, Trigger.Workload and
	// Trigger.Container are filled in here.
	Flight  flight.Options
	Trigger trigger.Options
	Keep    shelf.Keep
	// Grace is how long after a death the capture is taken, so that the wait of the parent and
	// the runtime's last words are in; 0 is 200 ms.
	Grace time.Duration
	// Naming is how long a capture waits for a name that is not sure: the kubelet links logs
	// of containers that live for some milliseconds after their end. 0 is 2 s.
	Naming time.Duration
	// Log takes one line for people at a time, without its end; nil drops them.
	Log func(format string, args ...any)
}

// Defaults and bounds.
const (
	defaultGrace  = 200 * time.Millisecond
	defaultNaming = 2 * time.Second
	// namingStep is how often a name is looked for while a capture waits for it, namingPause
	// while none does.
	namingStep  = 100 * time.Millisecond
	namingPause = time.Second
	// trimPause is how often the shelf is trimmed beside every new capture.
	trimPause = 10 * time.Minute
	// stopTime is how long writing goes on after the end was asked for: less than the 30 s that
	// a pod has to terminate.
	stopTime = 10 * time.Second
	// maxJobs bounds the captures that wait to be written.
	maxJobs = 256
)

// Recorder is the assembly. Make it with New, then call Run once.
type Recorder struct {
	cfg    Config
	stages []Stage
	front  *front
	writer *writer
	meters meters
	beat   atomic.Int64 // nanoseconds of the writer's last turn
	ready  atomic.Bool  // the source runs
	said   sync.Map     // see once

	// mu guards what follows and every call of the parts: they are for one goroutine at a time.
	mu    sync.Mutex
	kept  *flight.Recorder
	watch *trigger.Watch
	slots map[flight.Slot]*slot
}

// Stage is one part that calls go through.
type Stage struct {
	Name string
	flight.Handler
}

// New joins the parts. The error is that of a filter.
func New(cfg Config) (*Recorder, error) {
	if cfg.Source == nil || cfg.Shelf == nil {
		return nil, errors.New("recorder: a source and a shelf are needed")
	}
	if cfg.Grace == 0 {
		cfg.Grace = defaultGrace
	}
	if cfg.Naming == 0 {
		cfg.Naming = defaultNaming
	}
	if cfg.Log == nil {
		cfg.Log = func(string, ...any) {}
	}
	cfg.Flight.Node = cfg.Node
	r := &Recorder{cfg: cfg, kept: flight.New(cfg.Flight), slots: map[flight.Slot]*slot{}}
	r.writer = newWriter(r)
	cfg.Trigger.Workload, cfg.Trigger.Container = r.workload, r.container
	watch, err := trigger.NewWatch(r.kept, cfg.Trigger, r.writer.fire)
	if err != nil {
		return nil, err
	}
	r.watch, r.front = watch, &front{r: r, next: watch}
	// The order in which a call goes through. Each hands it on to the next.
	r.stages = []Stage{
		{"front", r.front}, // one goroutine at a time; whose container it is
		{"watch", watch},   // whether it is a reason for a capture
		{"rings", r.kept},  // keeps it
	}
	r.meters.init(r)
	return r, nil
}

// workload tells what a container is an instance of, for the limits; the caller holds mu.
func (r *Recorder) workload(id flight.Slot) string {
	s := r.slots[id]
	if s == nil {
		return ""
	}
	if key := flight.WorkloadKey(s.container()); key != "" {
		return key
	}
	// A container that lived some milliseconds has no name yet; its pod has a number.
	return s.group.PodUID
}

// container tells which container of which pod a slot is; one that lived some milliseconds has
// no name yet, and is one of its pod's. The caller holds mu.
func (r *Recorder) container(id flight.Slot) string {
	s := r.slots[id]
	if s == nil || s.group.PodUID == "" {
		return ""
	}
	return s.group.PodUID + "/" + s.name.Container
}

// Run records until ctx ends or the source fails; the error is the source's. What was asked
// for before its end is written. It leaves no goroutine behind.
func (r *Recorder) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { r.writer.run(work) })
	wg.Go(func() { r.name(work) })
	wg.Go(func() { r.trim(work) })
	wg.Go(func() { r.events(work) })
	r.ready.Store(true)
	err := r.cfg.Source.Run(ctx, r.stages[0].Handler)
	r.ready.Store(false)
	r.writer.drain()
	stop()
	wg.Wait()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("the source of system calls ended: %w", err)
	}
	return nil
}

// trim keeps the shelf within its bounds.
func (r *Recorder) trim(ctx context.Context) {
	tick := time.NewTicker(trimPause)
	defer tick.Stop()
	for {
		r.trimNow(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.writer.written:
		}
	}
}

func (r *Recorder) trimNow(ctx context.Context) {
	removed, left, bytes, err := r.cfg.Shelf.Trim(ctx, r.cfg.Node, r.cfg.Keep, time.Now())
	if err != nil {
		if ctx.Err() == nil {
			r.meters.shelfErrors.Inc()
			r.cfg.Log("captures cannot be trimmed: %v", err)
		}
		return
	}
	r.meters.removed.Add(float64(removed))
	r.meters.shelfCaptures.Set(float64(left))
	r.meters.shelfBytes.Set(float64(bytes))
}

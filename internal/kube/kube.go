// Package kube owns the live collector: it reads from a Kubernetes API server
// what diagnosis needs and fills a facts.Snapshot with it.
//
// It only ever reads (get and list), it never reads a Secret's or ConfigMap's
// values, and it decides nothing about causes: what it judges (needs.go,
// wanted.go) decides what else to fetch, never what is shown. A right that the
// user lacks is recorded in the snapshot and is no failure. internal/facts/convert
// turns API objects into facts; internal/collect is the neighbour for files.
//
// Requests follow one plan. Where many pods are asked for there are lists only,
// page by page, and each page is trimmed before the next is kept. Where one pod
// or workload is asked for there are at most six requests before its logs. What
// else is read after the logs depends on what they say.
package kube

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Config says what to read.
type Config struct {
	// RESTConfig says where the API server is and who asks; Flags.RESTConfig makes
	// one. It is not changed. Zero QPS and Burst become 50 and 300.
	RESTConfig *rest.Config
	// Namespace is the namespace to read; ignored with AllNamespaces.
	Namespace     string
	AllNamespaces bool
	// Captures says whether captures will be joined to what is read: they tell of pods that
	// said nothing. It is asked at most once, where a container ended; nil is no.
	Captures func(context.Context) bool
	// Selector is a label selector for pods.
	Selector string
	// Names are POD or TYPE/NAME; see ParseRef. Empty means every pod of the
	// namespace. They exclude AllNamespaces and Selector.
	Names []string
	// Progress, where set, is told what happens. Calls never overlap.
	Progress func(Progress)
	// LogLines, LogBytes and LogPods bound what is read of logs: lines and bytes kept
	// of each, and pods whose logs are read at all. Zero means 500, 1 MiB and 200.
	LogLines, LogBytes int64
	LogPods            int
}

// Progress is one step forward.
type Progress struct {
	// Reading is what is read now, in the plural: "pods", "logs".
	Reading string
	// Done is how many of them are there; Total how many there will be, 0 unknown.
	Done, Total int
}

// Defaults of Config.
const (
	// kubectl's own limits (k8s.io/kubectl v0.36 pkg/cmd/cmd.go, WithDiscoveryQPS and
	// WithDiscoveryBurst); the server's priority and fairness does the rest.
	defaultQPS   = 50
	defaultBurst = 300

	defaultLogLines = 500
	defaultLogBytes = 1 << 20
	defaultLogPods  = 200
)

// Collect reads what diagnosis needs of the pods and workloads that were asked
// for. Where the server could not be reached the error is an *Error, where a name
// does not exist a *NotFoundError; both have a Hint. A cancelled context gives
// the context's error. No goroutine of Collect outlives it.
func Collect(ctx context.Context, cfg Config) (*facts.Snapshot, error) {
	refs, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	// client-go reports broken connections through klog as well as by error; once is enough.
	ctx = klog.NewContext(ctx, klog.Logger{})
	r, err := newReader(cfg.RESTConfig)
	if err != nil {
		return nil, err
	}
	defer r.close()

	c := &collector{reader: r, cfg: cfg, onePod: len(refs) == 1 && refs[0].Kind == pods.name}
	snap, err := c.collect(ctx, refs)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	return snap, nil
}

// complete fills in defaults and checks what cannot go together.
func (cfg *Config) complete() ([]Ref, error) {
	cfg.LogLines = orDefault(cfg.LogLines, defaultLogLines)
	cfg.LogBytes = orDefault(cfg.LogBytes, defaultLogBytes)
	cfg.LogPods = orDefault(cfg.LogPods, defaultLogPods)
	if cfg.AllNamespaces {
		cfg.Namespace = ""
	}
	if len(cfg.Names) > 0 && (cfg.AllNamespaces || cfg.Selector != "") {
		return nil, fmt.Errorf("names cannot be given together with all namespaces or a selector")
	}
	if !cfg.AllNamespaces && cfg.Namespace == "" {
		return nil, fmt.Errorf("no namespace given")
	}
	var refs []Ref
	for _, name := range cfg.Names {
		ref, err := ParseRef(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

func orDefault[T int | int64](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

type collector struct {
	*reader
	cfg Config

	// onePod: one pod was asked for by name, and only its events were read.
	onePod bool

	progressMu sync.Mutex
}

func (c *collector) collect(ctx context.Context, refs []Ref) (*facts.Snapshot, error) {
	read := c.wide
	if len(refs) > 0 {
		read = func(ctx context.Context) (*facts.Snapshot, error) { return c.named(ctx, refs) }
	}
	snap, err := read(ctx)
	if err != nil {
		return nil, err
	}
	snap.Taken = c.clock.now()
	sick := troubled(snap)
	if err := c.readLogs(ctx, snap, sick); err != nil {
		return nil, err
	}
	if err := c.readWanted(ctx, snap, sick); err != nil {
		return nil, err
	}
	snap.Denied = once(snap.Denied)
	return snap, nil
}

// once drops repeated refusals and keeps their order.
func once(all []facts.Denied) []facts.Denied {
	var out []facts.Denied
	for _, d := range all {
		if !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

func (c *collector) tell(p Progress) {
	if c.cfg.Progress == nil {
		return
	}
	c.progressMu.Lock()
	defer c.progressMu.Unlock()
	c.cfg.Progress(p)
}

// job is one part of the reading. It fills a snapshot of its own, so that parts
// can run side by side.
type job func(context.Context) (*facts.Snapshot, error)

// sideBySide is how many lists are read at once: enough to hide round trips, few
// enough for the server's priority and fairness.
const sideBySide = 6

// together runs jobs side by side and merges what they found in the order of the
// jobs. The first error ends them all.
func together(ctx context.Context, jobs ...job) (*facts.Snapshot, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	parts := make([]*facts.Snapshot, len(jobs))
	slots := make(chan struct{}, sideBySide)
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			part, err := j(ctx)
			if err != nil {
				cancel(err)
				return
			}
			parts[i] = part
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	all := &facts.Snapshot{}
	for _, p := range parts {
		all.Merge(p)
	}
	return all, nil
}

// live is where every fact of this package comes from.
var live = facts.Source{Input: "live"}

// oneLine makes an error fit for one line of output.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

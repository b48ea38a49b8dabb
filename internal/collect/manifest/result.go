package manifest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Result is what one input gives. Its methods are for one goroutine: the one
// that calls Read, also from within Input.Text.
type Result struct {
	input Input
	pool  *Pool
	split *splitter
	parts []*part
	lists []*List
	work  sync.WaitGroup
	// pods are those of the first indexed parts.
	pods    map[podKey]*facts.Pod
	indexed int
}

type podKey struct{ namespace, name string }

// Read splits r into objects and lets the pool decode them; it returns when the
// whole input was split. The error is that of r, of ctx or of Input.Text. Call
// it once.
func (r *Result) Read(ctx context.Context, from io.Reader) error {
	r.split = &splitter{ctx: ctx, pool: r.pool, res: r, in: r.input, w: newWindow(from, r.input.Line)}
	if r.pool != nil {
		r.split.w.buf, r.pool.window = r.pool.window[:0], nil
	} else {
		r.split.local = new(worker)
	}
	err := r.split.run()
	r.split.flush()
	if r.pool != nil {
		r.pool.window = keep(r.split.w.buf)
	}
	r.split = nil
	return err
}

// wait returns when everything split so far is decoded.
func (r *Result) wait() {
	if r.split != nil {
		r.split.flush()
	}
	r.work.Wait()
}

// Pod returns the pod of that name among what was read so far, or nil.
func (r *Result) Pod(namespace, name string) *facts.Pod {
	if r.indexed < len(r.parts) || r.split != nil && r.split.cur != nil {
		r.wait()
	}
	if r.pods == nil {
		r.pods = map[podKey]*facts.Pod{}
	}
	for ; r.indexed < len(r.parts); r.indexed++ {
		for _, p := range r.parts[r.indexed].snap.Pods {
			r.pods[podKey{p.Namespace, p.Name}] = p
		}
	}
	return r.pods[podKey{namespace, name}]
}

// Lists returns the list objects in input order.
func (r *Result) Lists() []*List {
	r.wait()
	for _, l := range r.lists {
		space, mixed := "", false
		l.Items = 0
		for _, p := range l.parts {
			l.Items += p.items
			mixed = mixed || p.mixed || space != "" && p.space != "" && p.space != space
			space = either(space, p.space)
		}
		l.Namespace = ""
		if !mixed {
			l.Namespace = space
		}
	}
	return r.lists
}

// maxSkipped is how many damaged places of one input are listed one by one.
const maxSkipped = 10

// Snapshot joins what was read, in input order. It hands the objects over: call
// it once, and last.
func (r *Result) Snapshot() *facts.Snapshot {
	r.wait()
	out := &facts.Snapshot{}
	var endpoints []*facts.Endpoints
	more := 0
	for _, p := range r.parts {
		fits := min(len(p.snap.Skipped), maxSkipped-len(out.Skipped))
		more += len(p.snap.Skipped) - fits
		p.snap.Skipped = p.snap.Skipped[:fits]
		out.Merge(&p.snap)
		endpoints = append(endpoints, p.slices...)
	}
	if more > 0 {
		out.Skip("%s: %d more places could not be read", r.input.Name, more)
	}
	addSlices(out, endpoints)
	if out.ServerVersion == "" {
		out.ServerVersion = newestKubelet(out.Nodes)
	}
	r.parts, r.pods = nil, nil
	return out
}

// NotManifestError says that an input holds no Kubernetes object.
type NotManifestError struct {
	Input string
	// Why is one line.
	Why string
}

func (e *NotManifestError) Error() string { return fmt.Sprintf("%s: %s", e.Input, e.Why) }

// Empty returns a NotManifestError where the input held neither an object of
// any kind nor a whole list.
func (r *Result) Empty() error {
	r.wait()
	why := "no Kubernetes object found"
	for _, p := range r.parts {
		if p.known+len(p.unknown) > 0 {
			return nil
		}
		if p.why != "" {
			why = p.why
		}
	}
	if slices.ContainsFunc(r.lists, func(l *List) bool { return !l.Partial }) {
		return nil
	}
	return &NotManifestError{r.input.Name, why}
}

// Unknown returns the kinds of the objects that were left alone, one entry each
// object. known says that there were others.
func (r *Result) Unknown() (kinds []string, known bool) {
	r.wait()
	for _, p := range r.parts {
		kinds = append(kinds, p.unknown...)
		known = known || p.known > 0
	}
	return kinds, known
}

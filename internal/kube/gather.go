package kube

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/unloop-dev/unloop/internal/facts"
)

// wide reads every pod of a namespace or of all, with lists only.
func (c *collector) wide(ctx context.Context) (*facts.Snapshot, error) {
	selector, err := labels.Parse(c.cfg.Selector)
	if err != nil {
		return nil, fmt.Errorf("selector %q: %w", c.cfg.Selector, err)
	}
	snap, err := together(ctx, c.version, c.listing(nodes, where{}), c.podsAndTheirs)
	if err != nil {
		return nil, err
	}
	if len(snap.Pods)+len(snap.Workloads) == 0 && c.cfg.Namespace != "" {
		// An empty list is also what the server answers for a namespace that is not there.
		if _, _, err := c.get(ctx, namespaces, "", c.cfg.Namespace); apierrors.IsNotFound(err) {
			return nil, &NotFoundError{Ref: Ref{Kind: namespaces.name, Name: c.cfg.Namespace}}
		}
	}
	if !selector.Empty() {
		narrow(snap, func(w *facts.Workload) bool {
			return selector.Matches(labels.Set(w.Labels)) || w.Template != nil && selector.Matches(labels.Set(w.Template.Labels))
		})
	}
	return snap, nil
}

// podsAndTheirs lists the pods first, because they tell which events, templates
// and histories are worth keeping.
func (c *collector) podsAndTheirs(ctx context.Context) (*facts.Snapshot, error) {
	snap, err := c.list(ctx, pods, where{namespace: c.cfg.Namespace, label: c.cfg.Selector}, hooks{object: replicas{}.share, page: c.progress(pods)})
	if apierrors.IsForbidden(err) {
		snap, err = refusal(pods, "list", c.cfg.Namespace, "", err), nil
	}
	if err != nil {
		return nil, explain(err, c.host)
	}
	near := relatedTo(snap.Pods)
	ns := where{namespace: c.cfg.Namespace}
	todo := []job{c.shaped(events, ns, hooks{object: near.trimEvents})}
	for _, k := range []*kind{deployments, replicaSets, statefulSets, daemonSets, cronJobs, jobs, replicationControllers} {
		todo = append(todo, c.shaped(k, ns, hooks{template: near.wantTemplate}))
	}
	if near.histories {
		todo = append(todo, c.shaped(controllerRevisions, ns, hooks{template: near.wantTemplate}))
	}
	if near.claims {
		todo = append(todo, c.listing(claims, ns))
	}
	theirs, err := together(ctx, todo...)
	if err != nil {
		return nil, err
	}
	dropIdle(theirs)
	snap.Merge(theirs)
	return snap, nil
}

// listing is a list without which diagnosis can go on: its failure is recorded
// in the snapshot.
func (c *collector) listing(k *kind, w where) job { return c.shaped(k, w, hooks{}) }

// shaped is a listing of which not everything is kept.
func (c *collector) shaped(k *kind, w where, h hooks) job {
	h.page = c.progress(k)
	return func(ctx context.Context) (*facts.Snapshot, error) {
		snap, err := c.list(ctx, k, w, h)
		if err != nil {
			return c.without(ctx, k, "list", w.namespace, "", err)
		}
		return snap, nil
	}
}

// progress tells of the lists that take long.
func (c *collector) progress(k *kind) func(int) {
	if k != pods && k != events {
		return nil
	}
	return func(n int) { c.tell(Progress{Reading: k.resource, Done: n}) }
}

// without goes on without what could not be read, unless the whole reading was
// called off.
func (c *collector) without(ctx context.Context, k *kind, verb, namespace, name string, err error) (*facts.Snapshot, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return refusal(k, verb, namespace, name, err), nil
}

// refusal makes an empty snapshot that says why it is empty.
func refusal(k *kind, verb, namespace, name string, err error) *facts.Snapshot {
	what := verb + " " + k.resource
	reason := ""
	switch {
	case apierrors.IsForbidden(err):
		reason = "forbidden: " + what
		// RBAC grants kinds, hardly ever single objects.
		name = ""
	case apierrors.IsUnauthorized(err):
		reason = "unauthorized: " + what
		name = ""
	case apierrors.IsNotFound(err), apierrors.IsNotAcceptable(err), apierrors.IsMethodNotSupported(err):
		reason = "not served here: " + what
	default:
		reason = fmt.Sprintf("failed: %s: %s", what, oneLine(err))
	}
	return &facts.Snapshot{Denied: []facts.Denied{{Kind: k.fact, Namespace: namespace, Name: name, Reason: reason}}}
}

// narrow drops what was listed beside the pods that were asked for and is not
// theirs: events of other pods, and workloads that neither own them nor are
// owned by their owners. Workloads that also says yes to stay.
func narrow(s *facts.Snapshot, also func(*facts.Workload) bool) {
	held := map[owner]bool{}
	for _, p := range s.Pods {
		held[owner{"Pod", p.Namespace, p.Name}] = true
		if o := metav1.GetControllerOfNoCopy(p); o != nil {
			held[owner{o.Kind, p.Namespace, o.Name}] = true
		}
	}
	s.Events = slices.DeleteFunc(s.Events, func(e *facts.Event) bool {
		return e.Object.Kind == "Pod" && !held[owner{"Pod", e.Object.Namespace, e.Object.Name}]
	})
	for _, w := range s.Workloads {
		if also(w) {
			held[owner{w.Kind, w.Namespace, w.Name}] = true
		}
	}
	// Owners of held ones, then their children: Pod, Job, CronJob is the longest chain
	// of built-in kinds.
	for range 2 {
		for _, w := range s.Workloads {
			if w.OwnerName != "" && held[owner{w.Kind, w.Namespace, w.Name}] {
				held[owner{w.OwnerKind, w.Namespace, w.OwnerName}] = true
			}
		}
	}
	s.Workloads = slices.DeleteFunc(s.Workloads, func(w *facts.Workload) bool {
		return !held[owner{w.Kind, w.Namespace, w.Name}] && !held[owner{w.OwnerKind, w.Namespace, w.OwnerName}]
	})
	for k := range s.Listed {
		if workloadKinds[k.Kind] != nil || k.Kind == controllerRevisions.name {
			delete(s.Listed, k)
		}
	}
}

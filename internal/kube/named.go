package kube

import (
	"context"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/unloop-dev/unloop/internal/facts"
)

// named reads the pods and workloads that were asked for by name. For one of
// them it sends at most six requests:
//
//	pod: version, pod, its events, its node, its owner, the owner's history or owner
//	workload: version, workload, its pods, history or owner, events, nodes
func (c *collector) named(ctx context.Context, refs []Ref) (*facts.Snapshot, error) {
	todo := []job{c.version}
	for _, ref := range refs {
		todo = append(todo, c.asked(ref))
	}
	snap, err := together(ctx, todo...)
	if err != nil {
		return nil, err
	}
	c.tell(Progress{Reading: pods.resource, Done: len(snap.Pods)})

	todo = []job{c.eventsAround, c.nodesAround(snap)}
	seen := map[owner]bool{}
	for _, w := range snap.Workloads {
		seen[owner{w.Kind, w.Namespace, w.Name}] = true
	}
	for _, p := range snap.Pods {
		o := metav1.GetControllerOfNoCopy(p)
		if o == nil || seen[owner{o.Kind, p.Namespace, o.Name}] {
			continue
		}
		seen[owner{o.Kind, p.Namespace, o.Name}] = true
		todo = append(todo, c.ownersOf(p.Pod, o))
	}
	around, err := together(ctx, todo...)
	if err != nil {
		return nil, err
	}
	snap.Merge(around)
	unique(snap)
	narrow(snap, func(w *facts.Workload) bool { return slices.Contains(refs, Ref{w.Kind, w.Name}) })
	return snap, nil
}

// unique drops the second of pods and workloads that two names led to.
func unique(s *facts.Snapshot) {
	seen := map[owner]bool{}
	again := func(kind, namespace, name string) bool {
		k := owner{kind, namespace, name}
		was := seen[k]
		seen[k] = true
		return was
	}
	s.Pods = slices.DeleteFunc(s.Pods, func(p *facts.Pod) bool { return again(pods.name, p.Namespace, p.Name) })
	s.Workloads = slices.DeleteFunc(s.Workloads, func(w *facts.Workload) bool { return again(w.Kind, w.Namespace, w.Name) })
}

// asked reads one thing that was asked for; a workload with its pods and history.
func (c *collector) asked(ref Ref) job {
	return func(ctx context.Context) (*facts.Snapshot, error) {
		k := workloadKinds[ref.Kind]
		if ref.Kind == pods.name {
			k = pods
		}
		snap, o, err := c.get(ctx, k, c.cfg.Namespace, ref.Name)
		switch {
		case apierrors.IsNotFound(err):
			return nil, c.notFound(ctx, k, ref)
		case apierrors.IsForbidden(err):
			if k == pods { // a role may allow to list and not to get
				byName := where{namespace: c.cfg.Namespace, fields: "metadata.name=" + ref.Name}
				if listed, err := c.listing(pods, byName)(ctx); err != nil || len(listed.Pods) == 1 {
					return listed, err
				}
			}
			return refusal(k, "get", c.cfg.Namespace, ref.Name, err), nil
		case err != nil:
			return nil, explain(err, c.host)
		case k == pods:
			return snap, nil
		}
		below, err := c.below(ctx, snap.Workloads[0], selectorOf(o))
		if err != nil {
			return nil, err
		}
		snap.Merge(below)
		return snap, nil
	}
}

// below reads the pods of a workload, and its history or owner.
func (c *collector) below(ctx context.Context, w *facts.Workload, selector string) (*facts.Snapshot, error) {
	mine := where{namespace: w.Namespace, label: selector}
	var todo []job
	switch w.Kind {
	case "CronJob":
		snap, err := c.listing(jobs, where{namespace: w.Namespace})(ctx)
		if err != nil {
			return nil, err
		}
		keepOwned(snap, w)
		var names []string
		for _, j := range snap.Workloads {
			names = append(names, j.Name)
		}
		if len(names) == 0 {
			return snap, nil
		}
		// The label that every release sets (kubernetes v1.36 pkg/apis/batch/types.go LegacyJobNameLabel).
		of := where{namespace: w.Namespace, label: "job-name in (" + strings.Join(names, ",") + ")"}
		theirs, err := c.listing(pods, of)(ctx)
		if err != nil {
			return nil, err
		}
		snap.Merge(theirs)
		return snap, nil
	case "Deployment":
		todo = append(todo, c.listing(replicaSets, mine))
	case "StatefulSet", "DaemonSet":
		todo = append(todo, c.listing(controllerRevisions, mine))
	case "ReplicaSet", "Job":
		if k := workloadKinds[w.OwnerKind]; k != nil {
			todo = append(todo, c.getting(k, w.Namespace, w.OwnerName))
		}
	}
	todo = append(todo, c.listing(pods, mine))
	snap, err := together(ctx, todo...)
	if err != nil {
		return nil, err
	}
	keepOwned(snap, w)
	return snap, nil
}

// keepOwned drops pods and workloads that match a selector but belong to others.
func keepOwned(s *facts.Snapshot, w *facts.Workload) {
	mine := map[owner]bool{{w.Kind, w.Namespace, w.Name}: true}
	s.Workloads = slices.DeleteFunc(s.Workloads, func(x *facts.Workload) bool {
		if x.OwnerKind == w.Kind && x.OwnerName == w.Name {
			mine[owner{x.Kind, x.Namespace, x.Name}] = true
			return false
		}
		return x.Kind != w.OwnerKind || x.Name != w.OwnerName
	})
	if w.Kind == "CronJob" {
		return // its pods are listed by the names of its Jobs
	}
	s.Pods = slices.DeleteFunc(s.Pods, func(p *facts.Pod) bool {
		o := metav1.GetControllerOfNoCopy(p)
		return o == nil || !mine[owner{o.Kind, p.Namespace, o.Name}]
	})
}

// ownersOf reads the controller of a pod with its history, or with its own owner.
func (c *collector) ownersOf(p *corev1.Pod, o *metav1.OwnerReference) job {
	return func(ctx context.Context) (*facts.Snapshot, error) {
		kind, name := o.Kind, o.Name
		fallback := ""
		if deployment := deploymentOf(p, o); deployment != "" {
			kind, name = "Deployment", deployment
			rest := maps.Clone(p.Labels)
			delete(rest, appsv1.DefaultDeploymentUniqueLabelKey)
			fallback = labels.SelectorFromSet(rest).String()
		}
		k := workloadKinds[kind]
		if k == nil {
			return &facts.Snapshot{}, nil // a custom resource, or a node's own pod
		}
		snap, obj, err := c.get(ctx, k, p.Namespace, name)
		selector := fallback
		switch {
		case err == nil:
			selector = selectorOf(obj)
		case apierrors.IsNotFound(err) && kind == "Deployment":
			return c.getting(replicaSets, p.Namespace, o.Name)(ctx)
		case apierrors.IsNotFound(err):
			return &facts.Snapshot{}, nil
		default:
			if snap, err = c.without(ctx, k, "get", p.Namespace, name, err); err != nil {
				return nil, err
			}
		}
		var next job
		mine := where{namespace: p.Namespace, label: selector}
		switch {
		case selector == "" && kind != "Job":
		case kind == "Deployment":
			next = c.listing(replicaSets, mine)
		case kind == "StatefulSet", kind == "DaemonSet":
			next = c.listing(controllerRevisions, mine)
		case kind == "Job" && len(snap.Workloads) == 1 && snap.Workloads[0].OwnerKind == "CronJob":
			next = c.getting(cronJobs, p.Namespace, snap.Workloads[0].OwnerName)
		}
		if next == nil {
			return snap, nil
		}
		more, err := next(ctx)
		if err != nil {
			return nil, err
		}
		snap.Merge(more)
		return snap, nil
	}
}

// getting is a look-up without which diagnosis can go on. An object that does not
// exist is no failure: an owner may be gone already.
func (c *collector) getting(k *kind, namespace, name string) job {
	return func(ctx context.Context) (*facts.Snapshot, error) {
		snap, _, err := c.get(ctx, k, namespace, name)
		switch {
		case err == nil:
			return snap, nil
		case apierrors.IsNotFound(err):
			return &facts.Snapshot{}, nil
		}
		return c.without(ctx, k, "get", namespace, name, err)
	}
}

// eventsAround lists the events of one pod by its name, else those of the
// namespace: one request serves pods, owners and claims alike.
func (c *collector) eventsAround(ctx context.Context) (*facts.Snapshot, error) {
	w := where{namespace: c.cfg.Namespace}
	if c.onePod {
		ref, err := ParseRef(c.cfg.Names[0])
		if err != nil {
			return nil, err
		}
		w.fields = about(ref.Kind, ref.Name)
	}
	snap, err := c.listing(events, w)(ctx)
	if err == nil && len(snap.Denied) == 0 {
		// All there are of what was asked for, which is all that is asked of the list.
		snap.MarkListed(events.name, c.cfg.Namespace)
	}
	return snap, err
}

// about selects the events of one object, or of a kind where the name is "".
func about(kind, name string) string {
	set := fields.Set{"involvedObject.kind": kind}
	if name != "" {
		set["involvedObject.name"] = name
	}
	return set.AsSelector().String()
}

// nodesAround reads the node of the pods; all nodes where there are several, or
// where a pod has none and the question is why.
func (c *collector) nodesAround(s *facts.Snapshot) job {
	names := map[string]bool{}
	for _, p := range s.Pods {
		names[p.Spec.NodeName] = true
	}
	switch {
	case len(names) == 0:
		return func(context.Context) (*facts.Snapshot, error) { return &facts.Snapshot{}, nil }
	case len(names) == 1 && !names[""]:
		return c.getting(nodes, "", slices.Collect(maps.Keys(names))[0])
	}
	return c.listing(nodes, where{})
}

// notFound looks for what the name may have meant. What the user may not see is
// no part of the answer.
func (c *collector) notFound(ctx context.Context, k *kind, ref Ref) error {
	e := &NotFoundError{Ref: ref, Namespace: c.cfg.Namespace}
	everywhere, err := c.list(ctx, k, where{fields: "metadata.name=" + ref.Name}, hooks{})
	if err == nil {
		for _, p := range everywhere.Pods {
			e.Elsewhere = append(e.Elsewhere, p.Namespace)
		}
		for _, w := range everywhere.Workloads {
			e.Elsewhere = append(e.Elsewhere, w.Namespace)
		}
	}
	if k != pods || len(e.Elsewhere) > 0 {
		return e
	}
	if here, err := c.list(ctx, podNames, where{namespace: c.cfg.Namespace}, hooks{}); err == nil {
		e.Near = near(ref.Name, here.Objects)
	}
	return e
}

// near returns up to three names that share the longest stem with the one asked
// for: the pod's name with its generated ends cut off, one after the other.
func near(name string, all []*facts.Object) []string {
	for stem := name; stem != ""; {
		var out []string
		for _, o := range all {
			if strings.HasPrefix(o.Name, stem+"-") && len(out) < 3 {
				out = append(out, o.Name)
			}
		}
		if len(out) > 0 {
			return out
		}
		i := strings.LastIndexByte(stem, '-')
		stem = stem[:max(i, 0)]
	}
	return nil
}

// selectorOf returns the selector that a workload chooses its pods with, as text;
// "" for one without.
func selectorOf(o runtime.Object) string {
	var s *metav1.LabelSelector
	switch o := o.(type) {
	case *appsv1.Deployment:
		s = o.Spec.Selector
	case *appsv1.ReplicaSet:
		s = o.Spec.Selector
	case *appsv1.StatefulSet:
		s = o.Spec.Selector
	case *appsv1.DaemonSet:
		s = o.Spec.Selector
	case *batchv1.Job:
		s = o.Spec.Selector
	case *corev1.ReplicationController:
		s = &metav1.LabelSelector{MatchLabels: o.Spec.Selector}
	}
	if s == nil {
		return ""
	}
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return ""
	}
	return sel.String()
}

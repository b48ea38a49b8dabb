package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/kube"
)

// choice is which subjects of the input are meant. Its zero value means all.
type choice struct {
	refs     []kube.Ref
	selector labels.Selector
	// namespace is "" for all.
	namespace string
}

// refsOf reads POD, TYPE/NAME and, as kubectl does, TYPE NAME [NAME...].
func refsOf(args []string) ([]kube.Ref, error) {
	if len(args) == 0 {
		return nil, nil
	}
	kind, isType := kube.TypeKind(args[0])
	if strings.Contains(args[0], "/") {
		isType = false
	}
	switch {
	case isType && len(args) == 1 && kind == "Pod":
		return nil, nil // all pods, as in `kubectl get pods`
	case isType && len(args) == 1:
		return nil, fmt.Errorf("%q is a type without a name: want %s/NAME", args[0], strings.ToLower(kind))
	case isType:
		var out []kube.Ref
		for _, name := range args[1:] {
			if strings.Contains(name, "/") {
				return nil, fmt.Errorf("%q: there is no need to name a type twice: want %s NAME or %s", name, args[0], name)
			}
			out = append(out, kube.Ref{Kind: kind, Name: name})
		}
		return out, nil
	}
	var out []kube.Ref
	for _, a := range args {
		r, err := kube.ParseRef(a)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// pick returns the chosen subjects. A workload that was named and has no pods,
// because it wants none, comes back in idle as a diagnosis of its own.
func (c *choice) pick(all []*facts.Facts, snap *facts.Snapshot) (chosen []*facts.Facts, idle []unloop.Diagnosis, err error) {
	met := map[kube.Ref]bool{}
	for _, f := range all {
		if !c.covers(f) {
			continue
		}
		hit := len(c.refs) == 0
		for _, r := range c.refs {
			if belongs(f, r) {
				met[r], hit = true, true
			}
		}
		if hit {
			chosen = append(chosen, f)
		}
	}
	for _, r := range c.refs {
		if met[r] {
			continue
		}
		w := c.workload(snap, r)
		if w == nil {
			return nil, nil, fmt.Errorf("%s %q is not in the input", strings.ToLower(r.Kind), r.Name)
		}
		idle = append(idle, wellWorkload(w))
	}
	return chosen, idle, nil
}

// covers applies namespace and selector. A subject whose namespace the input did
// not tell is in every namespace.
func (c *choice) covers(f *facts.Facts) bool {
	if ns := f.Subject.Namespace; c.namespace != "" && ns != "" && ns != c.namespace {
		return false
	}
	if c.selector == nil {
		return true
	}
	return f.Pod != nil && c.selector.Matches(labels.Set(f.Pod.Labels))
}

// belongs reports whether the subject is the object, or is owned by it.
func belongs(f *facts.Facts, r kube.Ref) bool {
	if f.Subject.Kind == r.Kind && f.Subject.Name == r.Name || f.Subject.Workload == r.Kind+"/"+r.Name {
		return true
	}
	for _, w := range f.Owners {
		if w.Kind == r.Kind && w.Name == r.Name {
			return true
		}
	}
	if f.Pod == nil {
		return false
	}
	o := metav1.GetControllerOfNoCopy(f.Pod)
	return o != nil && o.Kind == r.Kind && o.Name == r.Name
}

func (c *choice) workload(snap *facts.Snapshot, r kube.Ref) *facts.Workload {
	for _, w := range snap.Workloads {
		if w.Kind == r.Kind && w.Name == r.Name && (c.namespace == "" || w.Namespace == c.namespace) {
			return w
		}
	}
	return nil
}

func wellWorkload(w *facts.Workload) unloop.Diagnosis {
	d := unloop.Diagnosis{Subject: unloop.Subject{Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}, Healthy: true, Status: "no pods wanted"}
	if w.Desired >= 0 && w.Ready >= 0 {
		d.Status = fmt.Sprintf("%d/%d ready", w.Ready, w.Desired)
	}
	return d
}

// completeTypes offers the types a subject can have; names would need a cluster.
func completeTypes(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, t := range []string{"pod/", "deployment/", "replicaset/", "statefulset/", "daemonset/", "job/", "cronjob/", "replicationcontroller/"} {
		if strings.HasPrefix(t, toComplete) {
			out = append(out, t)
		}
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

package diagnose

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Fitting returns the nodes that the pod's node selector and required node affinity
// let through. known is false where the spec is not at hand, or not every node that
// the scheduler counted.
func (p *Pass) Fitting() (nodes []*facts.NodeFacts, known bool) {
	u := p.Scheduling()
	if u == nil || p.Pod == nil || !p.Pod.HasSpec || len(p.Nodes()) == 0 || u.Total != len(p.Nodes()) {
		return nil, false
	}
	for _, n := range p.Nodes() {
		if fits(&p.Pod.Spec, n.Node) {
			nodes = append(nodes, n)
		}
	}
	return nodes, true
}

// fits is the filter NodeAffinity of the scheduler (kubernetes v1.36 component-helpers
// scheduling/corev1/nodeaffinity): the selector, and any one of the required terms.
func fits(spec *corev1.PodSpec, n *corev1.Node) bool {
	if !labels.SelectorFromSet(spec.NodeSelector).Matches(labels.Set(n.Labels)) {
		return false
	}
	a := spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return true
	}
	for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		// A term without requirements selects nothing.
		if len(term.MatchExpressions)+len(term.MatchFields) > 0 && holds(term.MatchExpressions, n.Labels) && holds(term.MatchFields, map[string]string{"metadata.name": n.Name}) {
			return true
		}
	}
	return false
}

var selectionOf = map[corev1.NodeSelectorOperator]selection.Operator{
	corev1.NodeSelectorOpIn: selection.In, corev1.NodeSelectorOpNotIn: selection.NotIn,
	corev1.NodeSelectorOpExists: selection.Exists, corev1.NodeSelectorOpDoesNotExist: selection.DoesNotExist,
	corev1.NodeSelectorOpGt: selection.GreaterThan, corev1.NodeSelectorOpLt: selection.LessThan,
}

func holds(all []corev1.NodeSelectorRequirement, of map[string]string) bool {
	for _, e := range all {
		r, err := labels.NewRequirement(e.Key, selectionOf[e.Operator], e.Values)
		if err != nil || !r.Matches(labels.Set(of)) {
			return false
		}
	}
	return true
}

// Package taintuntolerated recognises nodes whose taints the pod does not tolerate.
package taintuntolerated

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause taint-untolerated.
var Rule = &diagnose.Rule{
	ID: "taint-untolerated", Family: diagnose.Schedule, Since: "0.1",
	Title: "The nodes have taints that the pod does not tolerate",
	Doc: diagnose.Doc{
		Means: "A taint keeps pods off a node unless they tolerate it. The nodes that would otherwise take this pod have one that it does not tolerate.",
		Why: []string{
			"Only control-plane nodes are left, and they keep ordinary pods off.",
			"Nodes are reserved for a purpose (GPU, spot, a team) by a taint.",
			"The node controller tainted the nodes: not ready, out of disk or memory, unreachable.",
		},
		Confirm: []string{
			"kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints",
			"kubectl get pod POD -o jsonpath='{.spec.tolerations}'",
		},
		Remedy: []string{
			"Add a toleration for the taint to the pod, if the node is meant for it.",
			"Remove the taint, if it is left over: kubectl taint nodes NODE KEY-",
			"Add nodes without that taint.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-cordoned", Apart: "\"node(s) were unschedulable\": somebody cordoned the nodes"},
			{ID: "node-lost", Apart: "the taint is node.kubernetes.io/unreachable: the node is gone"},
			{ID: "node-selector-mismatch", Apart: "the nodes lack a label"},
			{ID: "taint-eviction", Apart: "a running pod was removed by a NoExecute taint"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler TaintToleration: 1.24 to 1.33 "had untolerated taint {k: v}",
// from 1.34 "had untolerated taint(s)" without the key, to 1.23 "had taint {k: v}, that the pod
// didn't tolerate", to 1.17 "had taints that the pod didn't tolerate", to 1.8 PodToleratesNodeTaints.
var reason = diagnose.Re(`(?:untolerated taint|had taints? (?:\{|that)|PodToleratesNodeTaints)(?:[^{]*\{(?P<key>[^:}\s]+):?\s*(?P<value>[^}]*)\})?`)

// byNode are taints that the node controller sets for a condition of the node
// (kubernetes pkg/apis/core well-known taints): the node's trouble is the cause.
var byNode = diagnose.Re(`^node\.(?:kubernetes|cloudprovider|alpha\.kubernetes)\.io/(?:not-?ready|unreachable|unschedulable|memory-pressure|disk-pressure|pid-pressure|network-unavailable|out-of-service|uninitialized|shutdown)`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, names, ok := u.Find(reason)
	if !ok {
		return
	}
	key := names["key"]
	f := diagnose.Finding{
		Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()},
		Summary: unloop.Msg("%d node(s) have a taint that the pod does not tolerate", r.Count),
	}
	if key != "" {
		f.Summary = unloop.Msg("%d node(s) have the taint %s, which the pod does not tolerate", r.Count, key)
	}
	switch {
	case !u.Deciding(r):
		f.Confidence = unloop.Likely
	case len(u.Reasons) > 1:
		// As many nodes are left out for something else.
		f.Confidence = unloop.Likely
	}
	if fit, known := p.Fitting(); known && len(fit) == r.Count && allTainted(fit) {
		// Every node that the pod may use has a taint; the other reasons are of nodes it may not use.
		f.Confidence = unloop.Proven
	}
	if controlPlane.Match(key) && len(u.Reasons) > 1 {
		// Nobody expects an ordinary pod there: where the other reason decides, this
		// one has nothing to say.
		if !u.Deciding(r) {
			return
		}
		f.Confidence = unloop.Possible
	}
	if byNode.Match(key) {
		f.Chain = []unloop.Message{unloop.Msg("the node controller keeps pods off nodes that are %s", key)}
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("add a toleration for the taint, if the node is meant for this pod"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		{Title: unloop.Msg("remove the taint, if it is left over"), Risk: unloop.RiskCluster, Command: "kubectl taint nodes NODE " + diagnose.Word(key, "KEY") + "-"},
	}
	for _, n := range p.Nodes() {
		for _, t := range n.Spec.Taints {
			if len(f.Evidence) < 5 {
				f.Evidence = append(f.Evidence, p.ObjectEvidence("node/"+n.Name, "taint %s", t.ToString()))
			}
		}
	}
	p.Report(f)
}

func allTainted(nodes []*facts.NodeFacts) bool {
	return !slices.ContainsFunc(nodes, func(n *facts.NodeFacts) bool {
		return !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule })
	})
}

var controlPlane = diagnose.Re(`^node-role\.kubernetes\.io/(?:control-plane|master|etcd|controlplane)`)

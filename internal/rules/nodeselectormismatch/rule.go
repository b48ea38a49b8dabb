// Package nodeselectormismatch recognises a node selector or node affinity that no node fits.
package nodeselectormismatch

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-selector-mismatch.
var Rule = &diagnose.Rule{
	ID: "node-selector-mismatch", Family: diagnose.Schedule, Since: "0.1",
	Title: "No node fits the pod's node selector or affinity",
	Doc: diagnose.Doc{
		Means: "The pod asks for nodes with certain labels (nodeSelector or required node affinity). No node has them all, or none of those that have them can take the pod.",
		Why: []string{
			"The label is misspelt, or was never put on a node.",
			"The nodes of that pool are scaled to zero.",
			"The architecture or zone asked for does not exist in this cluster.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.nodeSelector}{.spec.affinity.nodeAffinity}'",
			"kubectl get nodes --show-labels",
		},
		Remedy: []string{
			"Correct the selector or affinity.",
			"Label a node: kubectl label node NODE KEY=VALUE",
			"Add nodes of that pool.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "taint-untolerated", Apart: "the labels fit and a taint keeps the pod off"},
			{ID: "pv-wrong-zone", Apart: "the volume, not the pod, asks for a zone: \"volume node affinity conflict\""},
			{ID: "pod-affinity-unsatisfied", Apart: "the pod wants to be near other pods"},
			{ID: "node-affinity-admission", Apart: "the kubelet rejected a pod that was already bound"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler NodeAffinity: "didn't match Pod's node affinity/selector" (1.22 on), "didn't match
// Pod's node affinity" and "didn't match node selector" before, MatchNodeSelector to 1.8.
var reason = diagnose.Re(`match (?:the )?(?:pod's )?node(?: affinity| selector)|MatchNodeSelector|scheduler-enforced node affinity|match the requested (?:node ?name|host)`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, _, ok := u.Find(reason)
	if !ok {
		return
	}
	f := diagnose.Finding{Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()}}
	if !u.Deciding(r) || leavesNodes(u, r) {
		// Other nodes are left out for another reason, which may be the one to change.
		f.Confidence = unloop.Likely
	}
	f.Summary = unloop.Msg("no node has the labels that the pod's node selector or affinity asks for")
	if s := selector(p); s != "" {
		f.Summary = unloop.Msg("no node has the labels %s that the pod asks for", s)
		f.Evidence = append(f.Evidence, p.SpecEvidence("nodeSelector", "%s", s))
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("correct the node selector or affinity"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		{Title: unloop.Msg("give a node the labels"), Risk: unloop.RiskCluster, Command: "kubectl label node NODE KEY=VALUE"},
	}
	if fit, known := p.Fitting(); known && len(fit) > 0 {
		// Nodes with the labels are there, and left out for the other reasons.
		f.Confidence = unloop.Possible
		f.Summary = unloop.Msg("the labels that the pod asks for leave only %d of %d nodes, and those are left out for other reasons", len(fit), u.Total)
	}
	p.Report(f)
}

// leavesNodes reports whether nodes that the selector lets through were left out
// for a reason of their own. Tainted nodes are out of the question anyway.
func leavesNodes(u *diagnose.Unschedulable, r diagnose.NodeReason) bool {
	return slices.ContainsFunc(u.Reasons, func(o diagnose.NodeReason) bool { return o != r && !taints.Match(o.Reason) })
}

var taints = diagnose.Re(`taint|unschedulable`)

// selector writes what the pod asks for, as far as the spec tells.
func selector(p *diagnose.Pass) string {
	if p.Pod == nil {
		return ""
	}
	var out []string
	for k, v := range p.Pod.Spec.NodeSelector {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	if a := p.Pod.Spec.Affinity; a != nil && a.NodeAffinity != nil && a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, t := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			for _, e := range t.MatchExpressions {
				out = append(out, strings.TrimSpace(e.Key+" "+string(e.Operator)+" "+strings.Join(e.Values, ",")))
			}
		}
	}
	return strings.Join(out, ", ")
}

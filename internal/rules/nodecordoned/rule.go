// Package nodecordoned recognises nodes that somebody marked unschedulable.
package nodecordoned

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-cordoned.
var Rule = &diagnose.Rule{
	ID: "node-cordoned", Family: diagnose.Schedule, Since: "0.1",
	Title: "The nodes are marked unschedulable",
	Doc: diagnose.Doc{
		Means: "A node that is cordoned takes no new pods. The nodes that would suit this pod are all cordoned.",
		Why: []string{
			"A node was drained for maintenance and not uncordoned afterwards.",
			"An upgrade or autoscaler is replacing the nodes.",
		},
		Confirm: []string{
			"kubectl get nodes (STATUS shows SchedulingDisabled)",
		},
		Remedy: []string{
			"kubectl uncordon NODE once the node may be used again.",
			"Add nodes.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "taint-untolerated", Apart: "another taint than the cordon's keeps the pod off"},
			{ID: "insufficient-resources", Apart: "the nodes are open and full"},
			{ID: "node-lost", Apart: "the node does not report at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/"},
	},
	Explains: []string{"taint-untolerated", "rollout-stuck"},
	Run:      run,
}

// Source: kubernetes 1.6 to 1.36 scheduler NodeUnschedulable ("node(s) were unschedulable"), to 1.8
// CheckNodeUnschedulable; as a taint where the pod tolerates none (TaintToleration).
var reason = diagnose.Re(`were unschedulable|CheckNodeUnschedulable|taint \{node\.kubernetes\.io/unschedulable`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, _, ok := u.Find(reason)
	if !ok {
		return
	}
	f := diagnose.Finding{Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()}}
	if !u.Deciding(r) {
		// Other nodes are left out for another reason, which may be the one to change.
		f.Confidence = unloop.Likely
	}
	f.Summary = unloop.Msg("%d node(s) are cordoned", r.Count)
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("uncordon a node that may be used again"), Risk: unloop.RiskCluster, Command: "kubectl uncordon NODE"},
	}
	p.Report(f)
}

// Package nodedeleted recognises a pod whose node was removed from the cluster.
package nodedeleted

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-deleted.
var Rule = &diagnose.Rule{
	ID: "node-deleted", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node was removed from the cluster",
	Doc: diagnose.Doc{
		Means: "The Node object is gone, so the pod garbage collector removed its pods.",
		Why: []string{
			"An autoscaler or the cloud removed the machine (spot, scale-in).",
			"Somebody deleted the Node.",
		},
		Confirm: []string{
			"kubectl get nodes",
			"kubectl get events -A --field-selector reason=DeletingNode,reason=RemovingNode",
		},
		Remedy: []string{
			"Expected for spot and scale-in: run more than one replica, spread over nodes.",
			"Find who deleted the node otherwise.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-shutdown", Apart: "the node shut down in order"},
			{ID: "node-lost", Apart: "the Node object is still there"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm", "deleted-by-user", "node-affinity-admission", "taint-eviction"},
	Run:      run,
}

// Sources: kubernetes 1.26 to 1.36 condition DisruptionTarget; events and reasons of older releases.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.Conditions|diagnose.PodEvent|diagnose.PodStatus, "DeletionByPodGC", "DeletingNode")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the pod's node was removed from the cluster"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("run more than one replica, spread over nodes"), Risk: unloop.RiskNone},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

// Package tainteviction recognises a pod deleted because its node got a NoExecute taint.
package tainteviction

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause taint-eviction.
var Rule = &diagnose.Rule{
	ID: "taint-eviction", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The pod was deleted because its node got a NoExecute taint",
	Doc: diagnose.Doc{
		Means: "The node was given a taint with effect NoExecute that the pod does not tolerate (or no longer, after tolerationSeconds), so it was deleted. The node controller does that for nodes that are not ready or unreachable.",
		Why: []string{
			"The node was not ready or unreachable for more than five minutes.",
			"Somebody tainted the node with NoExecute.",
		},
		Confirm: []string{
			"kubectl describe node NODE (Taints, Conditions)",
		},
		Remedy: []string{
			"Look at the node: why it was not ready.",
			"Set tolerationSeconds for pods that should wait longer.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-lost", Apart: "the node is gone: the cause of the taint"},
			{ID: "drained", Apart: "EvictionByEvictionAPI"},
			{ID: "preempted", Apart: "PreemptionByScheduler"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm", "deleted-by-user", "node-affinity-admission"},
	Run:      run,
}

// Sources: kubernetes 1.26 to 1.36 condition DisruptionTarget; events and reasons of older releases.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.Conditions|diagnose.PodEvent|diagnose.PodStatus, "DeletionByTaintManager", "TaintManagerEviction")
	if len(texts) == 0 || calledOff(p, texts) {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the pod was deleted because its node got a NoExecute taint"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("look at the node and remove the taint's reason"), Risk: unloop.RiskCluster, Command: "kubectl describe node " + diagnose.Word(p.Subject.Node, "NODE")},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

// calledOff reports whether the deletion was cancelled, because the taint went away
// within the time that the pod tolerates it; the event has the same reason
// (kubernetes v1.36 pkg/controller/tainteviction, emitCancelPodDeletionEvent).
func calledOff(p *diagnose.Pass, texts []*diagnose.Text) bool {
	if p.Pod == nil || p.Pod.DeletionTimestamp != nil {
		return false
	}
	return slices.ContainsFunc(texts, func(t *diagnose.Text) bool { return strings.HasPrefix(t.Body, "Cancelling deletion") })
}

// Package drained recognises a pod that was evicted through the API, as in a node drain.
package drained

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause drained.
var Rule = &diagnose.Rule{
	ID: "drained", Family: diagnose.Control, Since: "0.1",
	Title: "The pod was evicted through the API, as in a node drain",
	Doc: diagnose.Doc{
		Means: "Somebody or something asked the API to evict the pod: a drain, an autoscaler, a descheduler, a vertical autoscaler. The pod was stopped in order; its owner makes another.",
		Why: []string{
			"The node is drained for an upgrade or scaled away.",
			"A descheduler or vertical pod autoscaler moved the pod.",
		},
		Confirm: []string{
			"kubectl get nodes (SchedulingDisabled)",
			"the audit log, for who asked",
		},
		Remedy: []string{
			"Expected; bound it with a PodDisruptionBudget and more than one replica.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "taint-eviction", Apart: "DeletionByTaintManager"},
			{ID: "deleted-by-user", Apart: "no DisruptionTarget"},
			{ID: "preempted", Apart: "PreemptionByScheduler"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm", "deleted-by-user", "node-affinity-admission"},
	Run:      run,
}

// Sources: kubernetes 1.26 to 1.36 condition DisruptionTarget; events and reasons of older releases.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.Conditions|diagnose.PodEvent|diagnose.PodStatus, "EvictionByEvictionAPI")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the pod was evicted through the API, as in a node drain"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("protect the workload with a PodDisruptionBudget and more than one replica"), Risk: unloop.RiskNone},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

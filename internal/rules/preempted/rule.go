// Package preempted recognises a pod that made room for one of higher priority.
package preempted

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause preempted.
var Rule = &diagnose.Rule{
	ID: "preempted", Family: diagnose.Schedule, Since: "0.1",
	Title: "A pod of higher priority took its place",
	Doc: diagnose.Doc{
		Means: "The scheduler (or the kubelet, for a critical pod) removed this pod to make room for a pod with a higher priority.",
		Why: []string{
			"The cluster is full and a pod with a higher priority class was created.",
			"The kubelet needed room for a critical static pod.",
		},
		Confirm: []string{
			"kubectl get events --field-selector reason=Preempted",
			"kubectl get priorityclass",
		},
		Remedy: []string{
			"Give the pod a priority class that fits its importance.",
			"Add nodes, so that nothing must be preempted.",
			"Set preemptionPolicy: Never on the class that pushes others out.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "evicted-memory", Apart: "the kubelet evicted it for pressure"},
			{ID: "deleted-by-user", Apart: "no Preempted event and no DisruptionTarget"},
			{ID: "taint-eviction", Apart: "a NoExecute taint removed it"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm", "deleted-by-user"},
	Run:      run,
}

// Sources: kubernetes scheduler event Preempted (texts of 1.9 to 1.36), condition DisruptionTarget PreemptionByScheduler
// (1.26 on), kubelet reason Preempting.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, "Preempted", "Preempting", "PreemptionByScheduler")
	for _, m := range p.Find(diagnose.Conditions|diagnose.PodStatus, critical) {
		texts = append(texts, m.Text)
	}
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the pod was removed to make room for a pod of higher priority"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("give the pod a priority class that fits its importance"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("add nodes, so that nothing must make room"), Risk: unloop.RiskCluster},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

var critical = diagnose.Re(`preempted (?:by kubelet|in order to admit critical pod)`)

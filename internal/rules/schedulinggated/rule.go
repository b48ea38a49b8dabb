// Package schedulinggated recognises a pod that waits for a scheduling gate.
package schedulinggated

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause scheduling-gated.
var Rule = &diagnose.Rule{
	ID: "scheduling-gated", Family: diagnose.Schedule, Since: "0.1",
	Title: "A scheduling gate has not been removed",
	Doc: diagnose.Doc{
		Means: "The pod was created with schedulingGates. The scheduler does not look at it until the controller that set each gate removes it.",
		Why: []string{
			"A queueing or quota controller has not admitted the pod yet.",
			"The controller that should remove the gate does not run.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.schedulingGates}'",
		},
		Remedy: []string{
			"Look at the controller that owns the gate.",
			"Remove the gate by hand where nobody owns it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "no-scheduler", Apart: "there is no gate, and no scheduler speaks"},
			{ID: "insufficient-resources", Apart: "the scheduler looked and found no node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/"},
	},
	Run: run,
}

// Source: kubernetes 1.26 to 1.36, condition PodScheduled with reason SchedulingGated.
func run(p *diagnose.Pass) {
	if p.Pod == nil {
		return
	}
	gates := p.Pod.Spec.SchedulingGates
	texts := p.FindReason(diagnose.Conditions, "SchedulingGated")
	row := p.Pod.Row != nil && p.Pod.Row.Status == "SchedulingGated"
	if len(texts) == 0 && !row || p.Pod.HasSpec && len(gates) == 0 && len(texts) == 0 {
		return
	}
	f := diagnose.Finding{Confidence: unloop.Proven, Summary: unloop.Msg("the pod waits for a scheduling gate to be removed")}
	for _, t := range texts {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	if row {
		f.Evidence = append(f.Evidence, p.RowEvidence())
	}
	if len(gates) > 0 {
		f.Summary = unloop.Msg("the scheduling gate %q has not been removed", gates[0].Name)
		f.Evidence = append(f.Evidence, p.SpecEvidence("schedulingGates", "%s", gates[0].Name))
	}
	f.Fixes = []unloop.Fix{{Title: unloop.Msg("look at the controller that sets and removes the gate"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}}
	p.Report(f)
}

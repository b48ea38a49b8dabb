// Package rolloutstuck names a rollout that made no progress in time, where nothing narrower is known.
package rolloutstuck

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause rollout-stuck.
var Rule = &diagnose.Rule{
	ID: "rollout-stuck", Family: diagnose.Control, Since: "0.1",
	Weight: diagnose.Consequence,
	Title:  "The rollout made no progress in time",
	Doc: diagnose.Doc{
		Means: "The Deployment waited longer than progressDeadlineSeconds for its new pods to become ready. That is a consequence: the cause is whatever keeps the new pods from it.",
		Why: []string{
			"The new pods crash, cannot pull their image, or never become ready.",
			"The pods cannot be created: quota, policy.",
			"The deadline is shorter than a normal start.",
		},
		Confirm: []string{
			"kubectl rollout status deployment/NAME",
			"kubectl get pods -l LABELS",
		},
		Remedy: []string{
			"Look at the new pods and correct what keeps them.",
			"Undo the rollout.",
			"Raise progressDeadlineSeconds for slow starts.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "crash-on-rollout", Apart: "the new pods crash and the old ones are well"},
			{ID: "quota-exceeded", Apart: "the pods cannot be created"},
			{ID: "readiness-never", Apart: "they run and are never ready"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"},
	},
	Run: run,
}

// Source: kubernetes 1.7 to 1.36 pkg/controller/deployment, condition Progressing; there is no event.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.Conditions, "ProgressDeadlineExceeded")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the rollout of %s made no progress in time", p.Subject.Name),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("look at the new pods"), Risk: unloop.RiskNone, Command: "kubectl get pods -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
			{Title: unloop.Msg("undo the rollout"), Risk: unloop.RiskRestart, Command: p.UndoCommand()},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

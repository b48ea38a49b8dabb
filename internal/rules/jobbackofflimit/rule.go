// Package jobbackofflimit names a Job that used up its retries, where nothing narrower is known.
package jobbackofflimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause job-backoff-limit.
var Rule = &diagnose.Rule{
	ID: "job-backoff-limit", Family: diagnose.Control, Since: "0.1",
	Weight: diagnose.Consequence,
	Title:  "The Job used up its retries",
	Doc: diagnose.Doc{
		Means: "The Job's pods failed more often than backoffLimit allows (6 by default), so the Job was marked Failed. That is a consequence: the cause is why its pods fail.",
		Why: []string{
			"The program in the Job fails each time.",
			"backoffLimit is low and failures are rare but real.",
		},
		Confirm: []string{
			"kubectl describe job JOB",
			"kubectl logs job/JOB --previous",
		},
		Remedy: []string{
			"Find why the pod fails; its log may be gone with it.",
			"Keep failed pods: restartPolicy Never, a higher backoffLimit, ttlSecondsAfterFinished.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "job-deadline", Apart: "the Job ran longer than its deadline"},
			{ID: "app-error-exit", Apart: "the pod's end is known"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/job/"},
	},
	Run: run,
}

// Sources: kubernetes 1.8 to 1.36 pkg/controller/job.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.PodStatus, "BackoffLimitExceeded", "MaxFailedIndexesExceeded", "FailedIndexes", "PodFailurePolicy")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the Job %s used up its retries", p.Subject.Name),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("read the log of a failed pod of the Job"), Risk: unloop.RiskNone, Command: "kubectl logs -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE") + " job/" + diagnose.Word(p.Subject.Name, "NAME")},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

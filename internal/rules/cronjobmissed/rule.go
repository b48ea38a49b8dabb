// Package cronjobmissed recognises a CronJob that missed its start times.
package cronjobmissed

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause cronjob-missed.
var Rule = &diagnose.Rule{
	ID: "cronjob-missed", Family: diagnose.Control, Since: "0.1",
	Title: "The CronJob missed its start times",
	Doc: diagnose.Doc{
		Means: "The CronJob controller did not start Jobs at their time: it was late by more than startingDeadlineSeconds, or more than 100 starts were missed, and then it stops trying.",
		Why: []string{
			"The controller manager was down or slow.",
			"The CronJob was suspended for long and startingDeadlineSeconds is not set.",
			"startingDeadlineSeconds is below ten seconds.",
			"The clock of the control plane is off.",
		},
		Confirm: []string{
			"kubectl describe cronjob NAME",
		},
		Remedy: []string{
			"Set startingDeadlineSeconds (a few minutes at least).",
			"Look at the controller manager.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "clock-skew", Apart: "times of different machines differ"},
			{ID: "job-backoff-limit", Apart: "the Job was started and failed"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"},
	},
	Run: run,
}

// Sources: kubernetes 1.8 to 1.36 pkg/controller/cronjob.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.PodEvent|diagnose.OwnerEvent, "MissSchedule", "TooManyMissedTimes", "FailedNeedsStart")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the CronJob %s missed start times", p.Subject.Name),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("set startingDeadlineSeconds to a few minutes"), Risk: unloop.RiskNone, Command: p.EditCommand()},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

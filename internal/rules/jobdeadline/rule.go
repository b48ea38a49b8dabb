// Package jobdeadline recognises a Job that ran longer than its deadline.
package jobdeadline

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause job-deadline.
var Rule = &diagnose.Rule{
	ID: "job-deadline", Family: diagnose.Control, Since: "0.1",
	Title: "The Job ran longer than its deadline",
	Doc: diagnose.Doc{
		Means: "The Job has activeDeadlineSeconds, and that time passed before it completed. Its pods were ended and the Job is Failed.",
		Why: []string{
			"The work takes longer than the deadline allows.",
			"The pods could not start, or waited for something, and the deadline ran meanwhile.",
		},
		Confirm: []string{
			"kubectl describe job JOB",
		},
		Remedy: []string{
			"Raise activeDeadlineSeconds.",
			"Find what made it slow, or kept its pods from starting.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pod-deadline", Apart: "the pod, not the Job, has the deadline"},
			{ID: "job-backoff-limit", Apart: "the retries were used up"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/job/"},
	},
	Explains: []string{"job-backoff-limit", "app-error-exit"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 pkg/controller/job.
var pattern = diagnose.Re(`job was active longer than specified deadline`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the Job %s ran longer than its deadline", jobName(p)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise activeDeadlineSeconds of the Job"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

func jobName(p *diagnose.Pass) string {
	if kind, name, ok := strings.Cut(p.Subject.Workload, "/"); ok && kind != "Pod" {
		return name
	}
	return p.Subject.Name
}

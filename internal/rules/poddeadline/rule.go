// Package poddeadline recognises a pod that ran longer than its active deadline.
package poddeadline

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pod-deadline.
var Rule = &diagnose.Rule{
	ID: "pod-deadline", Family: diagnose.Control, Since: "0.1",
	Title: "The pod ran longer than its active deadline",
	Doc: diagnose.Doc{
		Means: "The pod has activeDeadlineSeconds; when that time had passed, the kubelet ended it. It stays Failed.",
		Why: []string{
			"The program takes longer than was planned.",
			"A template meant for Jobs is used for a service.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.activeDeadlineSeconds}'",
		},
		Remedy: []string{
			"Raise or remove activeDeadlineSeconds.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "job-deadline", Apart: "the Job has the deadline"},
			{ID: "app-error-exit", Apart: "the program ended by itself"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm"},
	Run:      run,
}

// Source: kubernetes 1.2 to 1.36 pkg/kubelet/active_deadline.go (event type Normal).
var pattern = diagnose.Re(`pod was active on the node longer than (?:the )?specified deadline`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the pod ran longer than its activeDeadlineSeconds"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise or remove activeDeadlineSeconds"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

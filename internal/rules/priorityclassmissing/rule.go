// Package priorityclassmissing recognises a pod whose priority class does not exist.
package priorityclassmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause priorityclass-missing.
var Rule = &diagnose.Rule{
	ID: "priorityclass-missing", Family: diagnose.Control, Since: "0.1",
	Title: "The priority class that the pod names does not exist",
	Doc: diagnose.Doc{
		Means: "The pod names a priorityClassName that the cluster does not have, so the API server refuses to create it.",
		Why: []string{
			"The PriorityClass was not applied to this cluster.",
			"The name is misspelt.",
		},
		Confirm: []string{
			"kubectl get priorityclass",
		},
		Remedy: []string{
			"Create the priority class.",
			"Correct priorityClassName.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "serviceaccount-missing", Apart: "the same form of text names a service account"},
			{ID: "preempted", Apart: "the class exists and another one is higher"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Source: kubernetes 1.8 to 1.36 plugin/pkg/admission/priority.
var pattern = diagnose.Re(`no PriorityClass with name (?P<name>\S+) was found`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("there is no priority class %q", m.Names["name"]),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create the priority class"), Risk: unloop.RiskCluster, Command: "kubectl create priorityclass " + diagnose.Word(m.Names["name"], "NAME") + " --value=1000"},
				{Title: unloop.Msg("correct priorityClassName"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

// Package namespaceterminating recognises pods that cannot be made because their namespace is being deleted.
package namespaceterminating

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause namespace-terminating.
var Rule = &diagnose.Rule{
	ID: "namespace-terminating", Family: diagnose.Control, Since: "0.1",
	Title: "The namespace is being deleted",
	Doc: diagnose.Doc{
		Means: "The namespace has a deletion timestamp. Nothing new can be created in it, and what is in it is being removed.",
		Why: []string{
			"Somebody deleted the namespace, and a controller still tries to create pods in it.",
			"The namespace hangs in Terminating because of finalizers.",
		},
		Confirm: []string{
			"kubectl get namespace NAMESPACE -o yaml (status.conditions says what is left)",
		},
		Remedy: []string{
			"Wait, or deploy to another namespace.",
			"Where it hangs: repair what its conditions name, such as an API service that is down.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "quota-exceeded", Apart: "the same place, other text"},
			{ID: "ownerref-collected", Apart: "single objects vanish"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Source: kubernetes 1.2 to 1.36 plugin/pkg/admission/namespace/lifecycle.
var pattern = diagnose.Re(`unable to create new content in namespace (?P<name>\S+) because it is being terminated|namespaces? \\*"(?P<name2>[^"\\]+)\\*" not found`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the namespace %s is being deleted", m.Names["name"]+m.Names["name2"]),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("see what keeps the namespace"), Risk: unloop.RiskNone, Command: "kubectl get namespace " + diagnose.Word(m.Names["name"]+m.Names["name2"], "NAME") + " -o yaml"}},
		}
	})
}

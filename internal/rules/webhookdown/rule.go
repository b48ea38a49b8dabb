// Package webhookdown recognises an admission webhook that the API server cannot call.
package webhookdown

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause webhook-down.
var Rule = &diagnose.Rule{
	ID: "webhook-down", Family: diagnose.Control, Since: "0.1",
	Title: "An admission webhook does not answer, so nothing can be created",
	Doc: diagnose.Doc{
		Means: "The API server must ask an admission webhook before it creates the pod, cannot reach it (or does not trust its certificate), and the webhook's failurePolicy is Fail. Nothing that the webhook is for can be created, often not even the webhook's own pods.",
		Why: []string{
			"The webhook's pods do not run.",
			"Its certificate has expired or is not the one in the configuration.",
			"A network policy or firewall keeps the API server from it.",
			"The webhook was uninstalled and its configuration left behind.",
		},
		Confirm: []string{
			"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
			"kubectl get endpointslices -n WEBHOOK-NAMESPACE",
		},
		Remedy: []string{
			"Bring the webhook's pods back.",
			"Renew its certificate.",
			"Remove a configuration that was left behind, or set failurePolicy: Ignore until it is back.",
			"Exclude its own namespace with namespaceSelector.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "webhook-denied", Apart: "the webhook answered and refused"},
			{ID: "service-no-endpoints", Apart: "a Service of the program itself has nobody behind it"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit", "service-no-endpoints"},
	Run:      run,
}

// Sources: k8s.io/apiserver 1.9 to 1.36 ("failed calling webhook"; 1.9 to 1.12 "failed calling admission webhook").
var pattern = diagnose.Re(`failed calling (?:admission )?webhook \\*"(?P<name>[^"\\]+)\\*"(?P<why>[^\n]*)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the API server cannot call the admission webhook %s", m.Names["name"]),
			Chain:   []unloop.Message{unloop.Msg("the pods cannot be created")},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bring the webhook's pods back"), Risk: unloop.RiskNone, Command: "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"},
				{Title: unloop.Msg("where it was uninstalled, remove its configuration"), Risk: unloop.RiskCluster},
			},
		}
	})
}

// Package webhookdenied recognises pods that an admission webhook or policy refuses.
package webhookdenied

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause webhook-denied.
var Rule = &diagnose.Rule{
	ID: "webhook-denied", Family: diagnose.Control, Since: "0.1",
	Title: "An admission webhook refuses the pod",
	Doc: diagnose.Doc{
		Means: "A validating or mutating webhook (a policy engine, a service mesh) looked at the pod and refused it; or a ValidatingAdmissionPolicy did. Its text says why.",
		Why: []string{
			"A policy of the cluster forbids what the pod asks for: registry, labels, privileges, missing limits.",
		},
		Confirm: []string{
			"kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
			"kubectl describe rs -n NAMESPACE",
		},
		Remedy: []string{
			"Change the workload so that it follows the policy.",
			"Ask the policy's owner for an exception.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "webhook-down", Apart: "\"failed calling webhook\": nobody answered"},
			{ID: "podsecurity-violation", Apart: "the text says violates PodSecurity"},
			{ID: "image-signature-rejected", Apart: "the runtime, not the API server, refused the image"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: k8s.io/apiserver 1.9 to 1.36 admission/plugin/webhook/errors ("denied the request"), admission/plugin/policy
// (ValidatingAdmissionPolicy ... denied request).
var pattern = diagnose.Re(`admission webhook \\*"(?P<name>[^"\\]+)\\*" denied the request(?:: (?P<why>[^\n]*)| without explanation)?|ValidatingAdmissionPolicy \'(?P<name2>[^\']+)\'[^\n]*denied request: (?P<why2>[^\n]*)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		name, why := m.Names["name"]+m.Names["name2"], m.Names["why"]+m.Names["why2"]
		f := diagnose.Finding{
			Summary: unloop.Msg("the admission webhook %s refuses the pods", name),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("change the workload so that it follows the policy"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		}
		if why != "" {
			f.Summary = unloop.Msg("the admission webhook %s refuses the pods: %s", name, strings.TrimSpace(why))
		}
		return f
	})
}

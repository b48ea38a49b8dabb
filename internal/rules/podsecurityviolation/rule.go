// Package podsecurityviolation recognises pods refused by Pod Security admission or a PodSecurityPolicy.
package podsecurityviolation

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause podsecurity-violation.
var Rule = &diagnose.Rule{
	ID: "podsecurity-violation", Family: diagnose.Control, Since: "0.1",
	Title: "The namespace's pod security rules refuse the pod",
	Doc: diagnose.Doc{
		Means: "The namespace enforces a Pod Security level (or, before 1.25, PodSecurityPolicies apply), and the pod asks for something that level does not allow. The API server refuses to create it.",
		Why: []string{
			"The namespace was given enforce: restricted or baseline, and the workload does not set the fields that level demands.",
			"The pod needs host access (hostNetwork, hostPath, privileged) in a namespace that forbids it.",
			"The service account may not use a PodSecurityPolicy that would allow the pod.",
		},
		Confirm: []string{
			"kubectl get namespace NAMESPACE --show-labels",
			"kubectl describe rs -n NAMESPACE",
		},
		Remedy: []string{
			"Set the securityContext fields that the text names.",
			"Move the workload to a namespace whose level fits, or change the namespace's label.",
			"Before 1.25: let the service account use a policy that allows the pod.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "webhook-denied", Apart: "the text says admission webhook ... denied the request"},
			{ID: "admission-plugin-denied", Apart: "another admission plugin is named"},
			{ID: "quota-exceeded", Apart: "the text says exceeded quota"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/security/pod-security-admission/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: k8s.io/pod-security-admission 1.22 to 1.36; PodSecurityPolicy 1.3 to 1.24 ("unable to validate against any
// pod security policy", from 1.20 "PodSecurityPolicy: unable to admit pod").
var pattern = diagnose.Re(`violates PodSecurity "(?P<level>[^"\\]+)\\*": (?P<why>[^\n]*)|unable to validate against any (?:pod security policy|security context constraint)(?:: \[?(?P<psp>[^\n]*?)\]?$)?|PodSecurityPolicy: unable to admit pod(?:: (?P<psp2>[^\n]*))?|(?:podsecuritypolicies\.(?:policy|extensions)|podsecuritypolicy) .* is forbidden`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("no pod security policy that applies allows the pods"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set the security context that the policy asks for"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("use a namespace or service account whose policy allows the pod"), Risk: unloop.RiskCluster},
			},
		}
		if level := m.Names["level"]; level != "" {
			f.Summary = unloop.Msg("the namespace enforces the pod security level %s: %s", level, strings.TrimRight(m.Names["why"], " ."))
		} else if why := m.Names["psp"] + m.Names["psp2"]; why != "" {
			f.Summary = unloop.Msg("no pod security policy that applies allows the pods: %s", strings.Trim(why, " []"))
		}
		return f
	})
}

// Package admissionplugindenied recognises pods refused by an admission plugin that has no cause of its own.
package admissionplugindenied

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause admission-plugin-denied.
var Rule = &diagnose.Rule{
	ID: "admission-plugin-denied", Family: diagnose.Control, Since: "0.1",
	Title: "Another admission plugin of the API server refuses the pod's spec",
	Doc: diagnose.Doc{
		Means: "An admission plugin of the API server refused the pod with \"forbidden\" and a text of its own. It is none of the well-known ones (quota, limit range, pod security, service account, priority).",
		Why: []string{
			"A plugin such as SecurityContextDeny, AlwaysPullImages, NodeRestriction, PodNodeSelector or PodTolerationRestriction is enabled.",
		},
		Confirm: []string{
			"kubectl describe rs -n NAMESPACE",
			"the API server's --enable-admission-plugins",
		},
		Remedy: []string{
			"Change what the text names in the pod's spec.",
			"Ask the cluster's owner about the plugin.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "podsecurity-violation", Apart: "the text says PodSecurity or pod security policy"},
			{ID: "webhook-denied", Apart: "the text says admission webhook"},
			{ID: "limitrange-violation", Apart: "maximum or minimum usage"},
			{ID: "quota-exceeded", Apart: "exceeded quota"},
		},
		Refs: []string{"https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 plugin/pkg/admission: `pods "x" is forbidden: TEXT`, minus the texts that have rules
// of their own; and validation errors after a mutation (`Pod "x" is invalid`).
var pattern = diagnose.Re(`pods? \\*"(?P<pod>[^"\\]*)\\*" is (?P<how>forbidden|invalid): (?P<why>[^\n]*)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Names["why"]) || user.Match(m.Names["why"]) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the API server refuses the pods: %s", strings.TrimRight(m.Names["why"], " .")),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("change what the text names in the pod's spec"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		}
	})
}

// others have rules of their own.
var others = diagnose.Re(`exceeded quota|failed quota|violates PodSecurity|pod security polic|PodSecurityPolicy|security context constraint|usage per|limit to request ratio|error looking up service ?account|no PriorityClass|RuntimeClass|being terminated|no API token found`)

// user: a client's own right is missing, not a plugin's refusal.
var user = diagnose.Re(`^User "|cannot (?:create|get|list|delete) resource`)

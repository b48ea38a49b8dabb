// Package serviceaccountmissing recognises a pod whose service account does not exist.
package serviceaccountmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause serviceaccount-missing.
var Rule = &diagnose.Rule{
	ID: "serviceaccount-missing", Family: diagnose.Control, Since: "0.1",
	Title: "The service account that the pod names does not exist",
	Doc: diagnose.Doc{
		Means: "The pod names a service account that is not in its namespace. The API server refuses to create the pod; or it was deleted later and the kubelet cannot get a token for it.",
		Why: []string{
			"The ServiceAccount was not applied, or was applied to another namespace.",
			"The name is misspelt.",
			"It was deleted while the workload still runs.",
		},
		Confirm: []string{
			"kubectl get serviceaccount -n NAMESPACE",
		},
		Remedy: []string{
			"Create the service account.",
			"Correct serviceAccountName.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "rbac-forbidden", Apart: "the account exists and lacks a right"},
			{ID: "token-missing", Apart: "the account exists, its token is not mounted"},
			{ID: "priorityclass-missing", Apart: "the same form of text names a PriorityClass"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit", "token-missing"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 plugin/pkg/admission/serviceaccount ("error looking up service account"); pkg/kubelet/token
// for a projected token.
var pattern = diagnose.Re(`error looking up service ?account (?:(?P<ns>[^/\s]+)/)?(?P<name>[^:\s]+):|serviceaccounts? \\*"(?P<name2>[^"\\]+)\\*" not found`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.Conditions|diagnose.HostText|diagnose.AboutStart, pattern, func(m diagnose.Match) diagnose.Finding {
		name := m.Names["name"] + m.Names["name2"]
		return diagnose.Finding{
			Summary: unloop.Msg("there is no service account %q in the namespace", name),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create the service account"), Risk: unloop.RiskNone, Command: "kubectl create serviceaccount " + diagnose.Word(name, "NAME") + " -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
				{Title: unloop.Msg("correct serviceAccountName"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

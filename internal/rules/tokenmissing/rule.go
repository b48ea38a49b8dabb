// Package tokenmissing recognises a program without a service account token, or
// with one that the API server does not accept.
package tokenmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause token-missing.
var Rule = &diagnose.Rule{
	ID: "token-missing", Family: diagnose.Config, Since: "0.1",
	Title: "The service account token is missing or not accepted",
	Doc: diagnose.Doc{
		Means: "The program wants to talk to the API server as its service account. The token for that is a file that the kubelet mounts into the container. It is not there, or the API server answers 401 Unauthorized to it.",
		Why: []string{
			"automountServiceAccountToken: false in the pod or its service account.",
			"The service account was deleted and made again, so that old tokens are void.",
			"The cluster's signing key was changed, or the token is of another cluster.",
			"The program reads the token once and goes on with it after it has expired (client libraries older than the rotation of tokens).",
			"Clocks of the node and the API server differ.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.automountServiceAccountToken} {.spec.serviceAccountName}'",
			"kubectl exec POD -- ls /var/run/secrets/kubernetes.io/serviceaccount",
			"kubectl get serviceaccount NAME -o jsonpath='{.automountServiceAccountToken}'",
		},
		Remedy: []string{
			"Let the token be mounted: automountServiceAccountToken: true, or a projected serviceAccountToken volume.",
			"Replace the pod, so that it gets a new token.",
			"Bring the program's client library up to one that reads the token again.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "rbac-forbidden", Apart: "is forbidden (403): the API server knows the account and refuses"},
			{ID: "clock-skew", Apart: "the token is not valid yet"},
			{ID: "serviceaccount-missing", Apart: "the pod cannot be created, or its token volume cannot be made"},
			{ID: "cni-unauthorized", Apart: "the network plugin's token, in a sandbox error"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "file-missing", "readiness-never", "init-failing"},
	Run:      run,
}

// tokenDir is where the token is mounted (kubernetes plugin/pkg/admission/serviceaccount).
const tokenDir = "/var/run/secrets/kubernetes.io/serviceaccount"

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the API server does not accept the service account token of %s", diagnose.ContainerOf(h.Container)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("replace the pod, so that it gets a new token"), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
				{Title: unloop.Msg("let the token be mounted (automountServiceAccountToken)"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		switch off, e := notMounted(p, h.Container); {
		case off:
			f.Summary = unloop.Msg("%s has no service account token: it is not mounted", diagnose.ContainerOf(h.Container))
			f.Evidence = append(f.Evidence, e)
			f.Fixes = f.Fixes[1:]
			if h.Final {
				f.Confidence = unloop.Proven
			}
		case h.First("path", "file") != "":
			f.Summary = unloop.Msg("%s cannot read its service account token %s", diagnose.ContainerOf(h.Container), h.First("path", "file"))
		case p.Grade(h) == unloop.Proven:
			// A 401 may also come from a wrong clock or another server.
			f.Confidence = unloop.Likely
		}
		return f
	})
}

// notMounted reports whether the spec says that there is no token in the container.
func notMounted(p *diagnose.Pass, c *facts.Container) (bool, unloop.Evidence) {
	if p.Pod == nil || c.Spec == nil || diagnose.MountOf(p.Facts, c, tokenDir+"/token") != nil {
		return false, unloop.Evidence{}
	}
	if a := p.Pod.Spec.AutomountServiceAccountToken; a != nil && !*a {
		return true, p.SpecEvidence("automountServiceAccountToken", "false")
	}
	return false, unloop.Evidence{}
}

// Package certificateexpired recognises a program whose own certificate has
// expired.
package certificateexpired

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause certificate-expired.
var Rule = &diagnose.Rule{
	ID: "certificate-expired", Family: diagnose.Config, Since: "0.1",
	Title: "A certificate that the program uses has expired",
	Doc: diagnose.Doc{
		Means: "The program looked at a certificate of its own (one it serves with, or logs in with) and found that its time is over. It refuses to start or to go on with it.",
		Why: []string{
			"The certificate was made by hand or at installation, for a year or so, and nobody renewed it.",
			"cert-manager or another controller renewed the Secret, and the pod still holds the old file: it mounts it with subPath, or reads it once.",
			"The renewal fails, for example at the ACME challenge.",
			"The node's clock is wrong.",
		},
		Confirm: []string{
			"kubectl get secret NAME -o jsonpath='{.data.tls\\.crt}' | base64 -d | openssl x509 -noout -dates -subject",
			"kubectl get certificate -A and its conditions, where cert-manager is used",
		},
		Remedy: []string{
			"Renew the certificate and update the Secret or file that holds it, then restart the pod.",
			"Repair the automatic renewal.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-tls", Apart: "the certificate of the other side has expired"},
			{ID: "clock-skew", Apart: "not yet valid, or the clock of the node is off"},
			{ID: "kubelet-certificate-expired", Apart: "the kubelet's own client certificate, in its log"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/configuration/secret/",
			"https://kubernetes.io/docs/tasks/tls/managing-tls-in-a-cluster/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		what := h.First("file", "path", "name")
		f := diagnose.Finding{
			Summary: unloop.Msg("a certificate that %s uses has expired", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("renew the certificate, then restart the pod"), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
				{Title: unloop.Msg("look at what should renew it"), Risk: unloop.RiskNone, Command: "kubectl get certificates -A"},
			},
		}
		if what != "" {
			f.Summary = unloop.Msg("the certificate %s that %s uses has expired", what, h.Program())
			if m := diagnose.MountOf(p.Facts, h.Container, what); m != nil {
				f.Evidence = append(f.Evidence, p.MountEvidence(h.Container, m))
			}
		}
		return f
	})
}

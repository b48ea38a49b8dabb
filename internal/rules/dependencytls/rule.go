// Package dependencytls recognises the certificate of another side that the program does not trust.
package dependencytls

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause dependency-tls.
var Rule = &diagnose.Rule{
	ID: "dependency-tls", Family: diagnose.Network, Since: "0.1",
	Title: "The certificate of the other side is not trusted, has expired, or does not cover its name",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program connected to a backend over TLS, and the handshake failed: it refused the certificate (the issuer is unknown to it, the certificate has expired, or it was made for another name), or the backend ended the handshake.",
		Why: []string{
			"The CA that issued the backend's certificate is not in the program's trust store.",
			"The backend's certificate has expired.",
			"The program uses a name or address that the certificate does not list.",
			"The port does not speak TLS, or the backend wants another name, version or a client's certificate and ends the handshake.",
		},
		Confirm: []string{
			"openssl s_client -connect HOST:PORT -servername NAME",
			"the trust store in the image",
		},
		Remedy: []string{
			"Mount the issuing CA and let the program use it.",
			"Renew the backend's certificate.",
			"Use a name that the certificate lists.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "certificate-expired", Apart: "the program's own certificate has expired"},
			{ID: "clock-skew", Apart: "\"not yet valid\": a clock is wrong"},
			{ID: "registry-tls", Apart: "the node refuses the registry's certificate"},
			{ID: "dependency-refused", Apart: "the connection itself failed"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/secret/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy", "sidecar-not-ready"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		to := diagnose.Backend(h)
		if h.Call != nil {
			return handshake(p, h, to)
		}
		return diagnose.Finding{
			Summary: unloop.Msg("%s does not accept the certificate of %s", h.Program(), to),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("mount the CA that issued the certificate, and let the program trust it"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("renew the certificate of %s, or use a name that it lists", to), Risk: unloop.RiskCluster},
			},
		}
	})
}

// handshake tells of one that a recording shows to have come to nothing.
func handshake(p *diagnose.Pass, h *diagnose.Hit, to string) diagnose.Finding {
	f := diagnose.Finding{
		Chain: []unloop.Message{unloop.Msg("%s has no TLS connection to %s", h.Program(), to)},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("read the log of %s at that moment: it ended the handshake", to), Risk: unloop.RiskNone},
			{Title: unloop.Msg("correct the address, or the setting that says whether the connection uses TLS"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	how, what, _ := strings.Cut(h.Names["tls"], " ")
	switch how {
	case "closed", "reset":
		f.Summary = unloop.Msg("%s breaks off the TLS handshake of %s without an answer: it may not speak TLS on this port, or want other names or versions", to, h.Program())
	case "plain":
		f.Summary = unloop.Msg("%s does not speak TLS on this port, and %s expects it", to, h.Program())
	case "alert":
		f.Summary = unloop.Msg("%s rejects the TLS handshake of %s: %s", to, h.Program(), what)
	}
	return f
}

// Package clockskew recognises clocks that differ, so that tokens or certificates are not valid yet or no longer.
package clockskew

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause clock-skew.
var Rule = &diagnose.Rule{
	ID: "clock-skew", Family: diagnose.NodeSide, Since: "0.1",
	Title: "Clocks differ, so tokens or certificates are not valid",
	Doc: diagnose.Doc{
		Means: "A certificate or token is \"not yet valid\" or expired only because the clock of this node (or of the issuer) is wrong.",
		Why: []string{
			"Time synchronisation (chrony, ntpd) does not run on the node.",
			"A virtual machine was resumed or restored.",
		},
		Confirm: []string{
			"date on the node and on another machine",
			"chronyc tracking",
		},
		Remedy: []string{
			"Start time synchronisation on every node.",
			"Restart what was refused meanwhile.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "certificate-expired", Apart: "the certificate has really expired"},
			{ID: "dependency-tls", Apart: "the other side's certificate is wrong"},
			{ID: "token-missing", Apart: "no token is mounted"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"registry-tls", "dependency-tls", "token-missing", "certificate-expired", "unhandled-exception", "app-error-exit"},
	Run:      run,
}

// Sources: Go crypto/x509 ("current time ... is before ..."), Kubernetes token validation, NPD NTPProblem.
var pattern = diagnose.Re(`certificate (?:has expired or )?is not yet valid[^\n]*current time \S+ is before|token (?:is )?(?:not valid yet|used before issued)|not valid yet|issued in the future|clock skew|NTPIsDown|NTPProblem`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("a clock is wrong: %s is refused as not valid yet, or no longer", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("start time synchronisation on the node"), Risk: unloop.RiskCluster}},
		}
	})
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary:    unloop.Msg("a clock is wrong: something is refused as not valid yet"),
			Confidence: unloop.Likely,
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("start time synchronisation on the node"), Risk: unloop.RiskCluster, Command: "chronyc tracking"},
			},
		}
	})
}

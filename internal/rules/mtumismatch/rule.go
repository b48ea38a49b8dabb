// Package mtumismatch recognises packets larger than the path allows, which are lost.
package mtumismatch

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause mtu-mismatch.
var Rule = &diagnose.Rule{
	ID: "mtu-mismatch", Family: diagnose.Network, Since: "0.1",
	Weight: diagnose.General,
	Title:  "Packets larger than the path allows are lost",
	Needs:  facts.Logs,
	Doc: diagnose.Doc{
		Means: "The pod network's packets are larger than a link below lets through (an overlay, a VPN), and the notice about it is lost. Small requests work; large answers and TLS handshakes hang.",
		Why: []string{
			"The network plugin's MTU is not lowered by the overlay's overhead.",
			"ICMP \"fragmentation needed\" is blocked.",
		},
		Confirm: []string{
			"ping -M do -s 1400 from pod to pod across nodes",
			"ip link show in the pod and on the node",
		},
		Remedy: []string{
			"Set the network plugin's MTU to that of the path less its overhead.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "network-policy-block", Apart: "small requests fail too"},
			{ID: "dependency-unreachable", Apart: "connecting itself fails"},
			{ID: "dependency-tls", Apart: "the handshake ends with an error about a certificate"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/cluster-administration/networking/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("connections open and then hang when much is sent: packets may be too large for the path"),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("lower the MTU of the network plugin"), Risk: unloop.RiskCluster, Command: "ip link show"}},
		}
		if h.Level < logsig.Fatal {
			f.Confidence = unloop.Possible
		}
		return f
	})
}

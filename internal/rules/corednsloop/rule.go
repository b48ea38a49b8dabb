// Package corednsloop recognises CoreDNS that forwards queries to itself and stops.
package corednsloop

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause coredns-loop.
var Rule = &diagnose.Rule{
	ID: "coredns-loop", Family: diagnose.Network, Since: "0.1",
	Title: "CoreDNS forwards queries to itself and stops",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "CoreDNS found that its own queries come back to it, and ends on purpose. The node's resolv.conf names a local stub (127.0.0.53 or 127.0.0.1), which CoreDNS takes over and so forwards to itself.",
		Why: []string{
			"systemd-resolved or dnsmasq on the node, and the kubelet gives its stub file to pods.",
		},
		Confirm: []string{
			"kubectl logs -n kube-system COREDNS-POD (plugin/loop)",
			"cat /etc/resolv.conf on the node",
		},
		Remedy: []string{
			"Set the kubelet's resolvConf to /run/systemd/resolve/resolv.conf.",
			"Name real upstream servers in CoreDNS' forward.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dns-failure", Apart: "other pods, which do not resolve meanwhile"},
			{ID: "app-config-error", Apart: "another fault in the Corefile"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy", "dns-failure"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("CoreDNS forwards its queries to itself: the node's resolv.conf names a local stub"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set resolvConf of the kubelet to a file with real name servers"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("name real upstream servers in the Corefile"), Risk: unloop.RiskCluster, Command: "kubectl edit -n kube-system configmap/coredns"},
			},
		}
	})
}

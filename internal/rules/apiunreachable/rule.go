// Package apiunreachable recognises a pod that cannot reach the Kubernetes API server.
package apiunreachable

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause api-unreachable.
var Rule = &diagnose.Rule{
	ID: "api-unreachable", Family: diagnose.Network, Since: "0.1",
	Title: "The pod cannot reach the API server",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program calls the Kubernetes API (the kubernetes Service address, or the API server itself) and gets no connection.",
		Why: []string{
			"kube-proxy or the network plugin does not work on this node.",
			"The API server is down or overloaded, or its address changed.",
			"A network policy blocks the way.",
		},
		Confirm: []string{
			"kubectl exec POD -- nc -vz 10.96.0.1 443 (the kubernetes Service)",
			"kubectl get pods -n kube-system -o wide on that node",
		},
		Remedy: []string{
			"Repair kube-proxy and the network plugin on the node.",
			"Allow the API server in network policies.",
			"Correct the address in kubeconfigs.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dns-failure", Apart: "the name does not resolve"},
			{ID: "rbac-forbidden", Apart: "it answers: forbidden"},
			{ID: "token-missing", Apart: "it answers: unauthorized"},
			{ID: "leader-election-lost", Apart: "only the lease could not be renewed in time"},
			{ID: "dependency-unreachable", Apart: "another backend"},
		},
		Refs: []string{"https://kubernetes.io/docs/reference/networking/virtual-ips/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "leader-election-lost", "native-crash", "startup-probe-exhausted", "app-unhealthy", "dependency-unreachable", "dependency-refused"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("%s cannot reach the Kubernetes API server%s", h.Program(), at(h)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("check kube-proxy and the network plugin on the pod's node"), Risk: unloop.RiskNone, Command: "kubectl get pods -n kube-system -o wide"},
				{Title: unloop.Msg("check that the API server answers, and that no network policy is in the way"), Risk: unloop.RiskNone, Command: "kubectl get --raw /readyz"},
			},
		}
	})
}

func at(h *diagnose.Hit) string {
	host, port := h.Names["host"]+h.Names["addr"], h.Names["port"]
	switch {
	case host == "":
		return ""
	case port != "":
		return " at " + host + ":" + port
	}
	return " at " + host
}

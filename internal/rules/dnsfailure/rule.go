// Package dnsfailure recognises name resolution that does not work for the pod as such.
package dnsfailure

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause dns-failure.
var Rule = &diagnose.Rule{
	ID: "dns-failure", Family: diagnose.Network, Since: "0.1",
	Title: "Name resolution does not work for the pod",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program asked DNS and got no useful answer: a time-out, a refusal or a server failure. That is not about one name; names in general do not resolve for the pod.",
		Why: []string{
			"CoreDNS (kube-dns) does not run, is overloaded, or cannot reach its upstream.",
			"A network policy or firewall blocks port 53 from the pod.",
			"The node's network to the DNS Service is broken.",
		},
		Confirm: []string{
			"kubectl get pods -n kube-system -l k8s-app=kube-dns",
			"kubectl exec POD -- nslookup kubernetes.default",
		},
		Remedy: []string{
			"Bring CoreDNS back; read its log.",
			"Allow DNS (UDP and TCP 53) in network policies.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "service-name-wrong", Apart: "the answer was: no such name; other names resolve"},
			{ID: "registry-dns", Apart: "the node, not the pod, resolves image registries"},
			{ID: "coredns-loop", Apart: "CoreDNS stops for a loop"},
			{ID: "api-unreachable", Apart: "the address is the API server's"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("DNS does not answer the pod"),
			Chain:   []unloop.Message{unloop.Msg("%s cannot resolve names", h.Program())},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("check that cluster DNS runs"), Risk: unloop.RiskNone, Command: "kubectl get pods -n kube-system -l k8s-app=kube-dns"},
				{Title: unloop.Msg("allow port 53 (UDP and TCP) in the namespace's network policies"), Risk: unloop.RiskCluster, Command: "kubectl get networkpolicy -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
			},
		}
		if host := h.Names["host"]; host != "" {
			f.Summary = unloop.Msg("DNS does not answer the pod's question for %q", host)
		}
		return f
	})
}

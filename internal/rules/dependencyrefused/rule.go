// Package dependencyrefused recognises a service that refuses the connection the program needs.
package dependencyrefused

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause dependency-refused.
var Rule = &diagnose.Rule{
	ID: "dependency-refused", Family: diagnose.Network, Since: "0.1",
	Title: "A service that the program needs refuses the connection",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program connected to an address, and the other side answered at once that nobody listens there. The name resolved and the network works.",
		Why: []string{
			"The backend is down, restarting, or not up yet.",
			"The port or host is wrong.",
			"The address is localhost, and what listens there is in another pod.",
			"The Service has no ready pod behind it (many proxies refuse then).",
		},
		Confirm: []string{
			"kubectl get endpointslices -n NAMESPACE",
			"kubectl get pods -n NAMESPACE: does the backend run?",
			"kubectl exec POD -- nc -vz HOST PORT",
		},
		Remedy: []string{
			"Bring the backend up.",
			"Correct host and port.",
			"Let the program retry with back-off instead of ending.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "service-no-endpoints", Apart: "the Service exists and nobody is behind it"},
			{ID: "dependency-unreachable", Apart: "no answer at all: time-out, no route"},
			{ID: "service-name-wrong", Apart: "the name does not exist"},
			{ID: "sidecar-start-order", Apart: "the address is the proxy in the same pod"},
			{ID: "network-policy-block", Apart: "a policy mostly drops, which is a time-out"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		to := diagnose.Backend(h)
		f := diagnose.Finding{
			Summary: unloop.Msg("%s refuses the connection", to),
			Chain:   []unloop.Message{unloop.Msg("%s cannot connect to %s", h.Program(), to)},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bring %s up, or correct host and port", to), Risk: unloop.RiskNone, Command: "kubectl get pods,services,endpointslices -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
				{Title: unloop.Msg("let the program retry instead of ending"), Risk: unloop.RiskRestart},
			},
		}
		if svc := diagnose.ServiceOf(p, h); svc != nil {
			if e := p.EndpointsOf(svc.Namespace, svc.Name); e != nil && e.Ready > 0 {
				f.Evidence = append(f.Evidence, p.ObjectEvidence("endpoints/"+svc.Namespace+"/"+svc.Name, "%d ready now", e.Ready))
			}
		}
		return f
	})
}

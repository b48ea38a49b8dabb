// Package servicenoendpoints recognises a Service that has no ready pod behind it.
package servicenoendpoints

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause service-no-endpoints.
var Rule = &diagnose.Rule{
	ID: "service-no-endpoints", Family: diagnose.Network, Since: "0.1",
	Title: "The Service exists but has no ready pod behind it",
	Needs: facts.Logs | facts.Services,
	Doc: diagnose.Doc{
		Means: "The program connects to a Service. The Service exists, and its endpoints are empty: no ready pod carries the labels its selector asks for. Connections are refused or time out.",
		Why: []string{
			"The backend's pods are not ready, crash, or are scaled to zero.",
			"The selector does not fit the pods' labels.",
		},
		Confirm: []string{
			"kubectl get endpointslices -l kubernetes.io/service-name=SERVICE -n NAMESPACE",
			"kubectl get pods -l SELECTOR -n NAMESPACE",
		},
		Remedy: []string{
			"Bring the backend's pods to ready.",
			"Correct the selector or the labels.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-refused", Apart: "endpoints are there and the program behind refuses"},
			{ID: "service-name-wrong", Apart: "there is no such Service"},
			{ID: "webhook-down", Apart: "the API server, not the program, finds no endpoints"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy", "dependency-refused", "dependency-unreachable"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Logged() {
		for _, cause := range []string{"dependency-refused", "dependency-unreachable", "service-no-endpoints"} {
			if report(p, p.Hits(c, cause)) {
				break
			}
		}
	}
}

// report finds the first line whose address is a Service without endpoints.
func report(p *diagnose.Pass, hits []*diagnose.Hit) bool {
	for _, h := range hits {
		svc := diagnose.ServiceOf(p, h)
		if svc == nil || len(svc.Spec.Selector) == 0 {
			continue
		}
		e := p.EndpointsOf(svc.Namespace, svc.Name)
		if e == nil || e.Ready > 0 {
			continue
		}
		f := diagnose.Finding{
			Container: h.Container, Confidence: min(p.Grade(h), unloop.Proven), Late: h.Late(),
			Summary: unloop.Msg("the Service %q in namespace %s has no ready pod behind it", svc.Name, svc.Namespace),
			Chain:   []unloop.Message{unloop.Msg("%s cannot connect to %s", h.Program(), diagnose.Backend(h))},
			Evidence: []unloop.Evidence{
				h.Evidence(),
				p.ObjectEvidence("endpoints/"+svc.Namespace+"/"+svc.Name, "%d ready, %d not ready", e.Ready, e.NotReady),
			},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bring the pods behind the Service to ready, or correct its selector"), Risk: unloop.RiskNone, Command: "kubectl get pods -n " + diagnose.Word(svc.Namespace, "NAMESPACE") + " -l " + diagnose.Word(labels(svc.Spec.Selector), "SELECTOR")},
			},
		}
		p.Report(f)
		return true
	}
	return false
}

func labels(m map[string]string) string {
	var out []string
	for k, v := range m {
		out = append(out, k+"="+v)
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

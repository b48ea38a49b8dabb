// Package sidecarnotready recognises a proxy beside the application that never becomes ready.
package sidecarnotready

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause sidecar-not-ready.
var Rule = &diagnose.Rule{
	ID: "sidecar-not-ready", Family: diagnose.InitFam, Since: "0.1",
	Weight: diagnose.General,
	Title:  "An injected proxy beside the application never becomes ready",
	Needs:  facts.Status,
	Doc: diagnose.Doc{
		Means: "The application's container is well, and the proxy beside it (a mesh sidecar) has never become ready: its own readiness probe fails. The pod gets no traffic.",
		Why: []string{
			"The proxy cannot reach its control plane, or does not trust its certificate.",
			"Traffic interception (iptables) was not set up.",
			"The control plane has no configuration for it.",
		},
		Confirm: []string{
			"kubectl logs POD -c PROXY",
			"kubectl get pods -n MESH-NAMESPACE",
		},
		Remedy: []string{
			"Look at the proxy's log: control plane address, certificates.",
			"Restart the pod once the control plane is well.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "sidecar-crash", Apart: "the proxy ends"},
			{ID: "dependency-tls", Apart: "its log says that the control plane's certificate is not trusted"},
			{ID: "readiness-never", Apart: "it is the application's own probe"},
			{ID: "sidecar-start-order", Apart: "the application ended because the proxy came later"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"},
	},
	Explains: []string{"readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	proxy := diagnose.Proxy(p.Facts)
	if proxy == nil || proxy.Status == nil || proxy.Status.Ready || proxy.Running() == nil {
		return
	}
	for _, c := range p.Containers {
		if c != proxy && c.Class == facts.App && (c.Status == nil || !c.Status.Ready) {
			return
		}
	}
	f := diagnose.Finding{
		Container: proxy, Confidence: unloop.Likely,
		Summary:  unloop.Msg("the proxy %q beside the application has not become ready", proxy.Name),
		Evidence: []unloop.Evidence{p.StatusEvidence("containers/"+proxy.Name+".ready", "false; the application's containers are ready")},
		Fixes:    []unloop.Fix{{Title: unloop.Msg("read the proxy's log: control plane address, certificates"), Risk: unloop.RiskNone, Command: p.LogsCommand(proxy, false)}},
	}
	if pr := diagnose.ProbeOf(p, proxy, "readiness"); pr != nil {
		f.Evidence = append(f.Evidence, pr.Evidence(p)...)
	}
	p.Report(f)
}

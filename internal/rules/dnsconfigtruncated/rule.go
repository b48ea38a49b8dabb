// Package dnsconfigtruncated recognises search domains or name servers that were cut off.
package dnsconfigtruncated

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause dns-config-truncated.
var Rule = &diagnose.Rule{
	ID: "dns-config-truncated", Family: diagnose.Network, Since: "0.1",
	Weight: diagnose.General,
	Title:  "Search domains or name servers were cut off, so some names no longer resolve",
	Needs:  facts.Logs | facts.Events,
	Doc: diagnose.Doc{
		Means: "The node's resolv.conf has more search domains or name servers than fit, and the kubelet left some out. Mostly that is harmless; it matters where a name resolves only through what was cut.",
		Why: []string{
			"A long list of search domains on the node.",
			"More than three name servers.",
		},
		Confirm: []string{
			"kubectl exec POD -- cat /etc/resolv.conf",
			"the node's /etc/resolv.conf",
		},
		Remedy: []string{
			"Shorten the node's resolv.conf, or give the kubelet one of its own (resolvConf).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dns-failure", Apart: "nothing resolves"},
			{ID: "service-name-wrong", Apart: "the name does not exist anywhere"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/"},
	},
	Run: run,
}

// Source: kubernetes 1.2 to 1.36 pkg/kubelet/network/dns. The event alone is noise: names must fail too.
func run(p *diagnose.Pass) {
	events := p.FindReason(diagnose.PodEvent, "DNSConfigForming")
	if len(events) == 0 {
		return
	}
	for _, c := range p.Logged() {
		for _, h := range p.Hits(c, "service-name-wrong") {
			if !h.Final {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Possible, Late: h.Late(), Evidence: []unloop.Evidence{h.Evidence(), events[0].Evidence()},
				Summary: unloop.Msg("the name %q does not resolve, and the kubelet cut off search domains or name servers", h.Names["host"]),
				Fixes:   []unloop.Fix{{Title: unloop.Msg("shorten the node's resolv.conf, or write the name in full"), Risk: unloop.RiskCluster}},
			})
			break
		}
	}
}

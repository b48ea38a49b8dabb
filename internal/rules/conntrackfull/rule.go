// Package conntrackfull recognises a node whose connection tracking table is full.
package conntrackfull

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause conntrack-full.
var Rule = &diagnose.Rule{
	ID: "conntrack-full", Family: diagnose.Network, Since: "0.1",
	Title: "The node's connection tracking table is full",
	Doc: diagnose.Doc{
		Means: "The node's kernel can track no further connection and drops packets. Connections of all its pods time out at random.",
		Why: []string{
			"Very many short connections, or a low nf_conntrack_max.",
		},
		Confirm: []string{
			"dmesg | grep conntrack",
			"sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
		},
		Remedy: []string{
			"Raise net.netfilter.nf_conntrack_max (kube-proxy --conntrack-min).",
			"Reuse connections; fewer short ones.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "network-policy-block", Apart: "only some flows, always"},
			{ID: "liveness-timeout", Apart: "one pod only"},
			{ID: "dependency-unreachable", Apart: "one backend only"},
		},
		Refs: []string{"https://docs.kernel.org/networking/nf_conntrack-sysctl.html"},
	},
	Explains: []string{"dependency-unreachable", "liveness-timeout", "dns-failure", "api-unreachable"},
	Run:      run,
}

// Sources: kernel net/netfilter/nf_conntrack_core.c; node-problem-detector ConntrackFull.
var pattern = diagnose.Re(`nf_conntrack: (?:nf_conntrack: )?table full, dropping packet|ip_conntrack: table full|ConntrackFull`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the connection tracking table is full, as %s reports", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("raise net.netfilter.nf_conntrack_max on the node"), Risk: unloop.RiskCluster}},
		}
	})
	p.ReportTexts(diagnose.NodeText|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the node's connection tracking table is full, so packets are dropped"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise net.netfilter.nf_conntrack_max on the node"), Risk: unloop.RiskCluster, Command: "sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"},
			},
		}
	})
}

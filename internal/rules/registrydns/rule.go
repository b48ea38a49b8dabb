// Package registrydns recognises a registry whose host name the node cannot
// resolve.
package registrydns

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause registry-dns.
var Rule = &diagnose.Rule{
	ID: "registry-dns", Family: diagnose.Image, Since: "0.1",
	Title: "The node cannot resolve the registry's host name",
	Doc: diagnose.Doc{
		Means: "The container runtime asked the node's own resolver for the registry's address and got none. Pulls use the DNS of the node, not that of the cluster, so a Service name is not known there.",
		Why: []string{
			"The registry's host name in the image is misspelt or no longer exists.",
			"The image names a Service of the cluster as its registry; nodes do not ask the cluster's DNS.",
			"The node's name server does not answer or is wrong (/etc/resolv.conf, systemd-resolved, a cloud's DHCP options).",
			"The node has no way to the internet and no internal name for the registry.",
		},
		Confirm: []string{
			"kubectl debug node/NODE -it --image=busybox -- chroot /host getent hosts HOST",
			"cat /etc/resolv.conf on the node",
		},
		Remedy: []string{
			"Correct the host name in the image.",
			"Repair the node's name servers.",
			"Add the registry to the DNS that nodes use, or to /etc/hosts of the nodes.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dns-failure", Apart: "names do not resolve inside the pod, which asks the cluster's DNS"},
			{ID: "registry-unreachable", Apart: "the name resolved, and the connection failed; or the name is that of a proxy"},
			{ID: "image-tag-missing", Apart: "the registry answered"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/containers/images/",
			"https://kubernetes.io/docs/tasks/debug/debug-cluster/",
		},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("registry-dns", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Names["host"] + pl.Names["host2"]
		if host == "" {
			host = pl.Registry()
		}
		f := diagnose.Finding{
			Summary: unloop.Msg("the node cannot resolve the registry's host name %q", host),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct the host name %q in the image", host), Risk: unloop.RiskRestart, Command: p.SetImageCommand(pl.Container)},
				{Title: unloop.Msg("repair the name resolution of the node"), Risk: unloop.RiskCluster},
			},
		}
		if s := pl.Names["server"]; s != "" {
			f.Chain = append(f.Chain, unloop.Msg("the node's name server %s gave no address", s))
		}
		return f
	})
}

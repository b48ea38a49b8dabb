// Package registryplainhttp recognises a registry that speaks plain HTTP where
// the runtime expects HTTPS, or the reverse.
package registryplainhttp

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause registry-plain-http.
var Rule = &diagnose.Rule{
	ID: "registry-plain-http", Family: diagnose.Image, Since: "0.1",
	Title: "The registry speaks HTTP where the runtime expects HTTPS",
	Doc: diagnose.Doc{
		Means: "The container runtime opens registries with HTTPS unless it is told otherwise. This registry answers without TLS on that port, so the two do not understand each other.",
		Why: []string{
			"A registry inside the network runs without a certificate, and the node's runtime has no entry that allows that.",
			"The image names the port of plain HTTP.",
			"TLS ends at a proxy in front of the registry, and the nodes go past it.",
			"The runtime's entry says HTTP for a registry that has since got a certificate.",
		},
		Confirm: []string{
			"curl -v http://HOST/v2/ and curl -v https://HOST/v2/ on the node",
			"cat /etc/containerd/certs.d/HOST/hosts.toml, /etc/docker/daemon.json or /etc/containers/registries.conf on the node",
		},
		Remedy: []string{
			"Give the registry a certificate and serve HTTPS.",
			"Allow plain HTTP for this host on every node: hosts.toml with an http:// server (containerd), insecure-registries (Docker), insecure = true (CRI-O); then restart the runtime.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "registry-tls", Apart: "x509 or handshake texts: TLS was spoken and failed"},
			{ID: "registry-unreachable", Apart: "no answer at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

var reverse = diagnose.Re(`http request to an? https server|malformed http response`)

func run(p *diagnose.Pass) {
	p.ReportPulls("registry-plain-http", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Registry()
		f := diagnose.Finding{
			Summary: unloop.Msg("the registry %s speaks plain HTTP, and the node's runtime expects HTTPS", host),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("serve HTTPS on %s", host), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("allow plain HTTP for %s in the runtime's configuration on every node", host), Risk: unloop.RiskCluster},
			},
		}
		if reverse.Match(pl.Body) {
			f.Summary = unloop.Msg("the registry %s speaks HTTPS, and the node's runtime uses plain HTTP", host)
			f.Fixes = []unloop.Fix{{Title: unloop.Msg("take the entry for plain HTTP to %s out of the runtime's configuration", host), Risk: unloop.RiskCluster}}
		}
		return f
	})
}

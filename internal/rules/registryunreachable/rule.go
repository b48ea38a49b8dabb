// Package registryunreachable recognises a registry that the node cannot connect
// to, or that answers with errors of its own.
package registryunreachable

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause registry-unreachable.
var Rule = &diagnose.Rule{
	ID: "registry-unreachable", Family: diagnose.Image, Since: "0.1",
	Title: "The node cannot reach the registry",
	Doc: diagnose.Doc{
		Means: "The name of the registry was resolved, and no connection came about: it was refused, timed out, has no route, was cut, or the proxy in between does not work. A registry that answers every request with a server error (5xx) counts here too.",
		Why: []string{
			"A firewall, security group or missing NAT gateway keeps the node from the internet.",
			"The container runtime's service has no proxy setting, although the node needs one; or names a proxy that does not answer.",
			"The registry is down, or listens on another port than the image names.",
			"The path loses large packets (MTU), so that connections open and then hang.",
		},
		Confirm: []string{
			"curl -v https://HOST/v2/ on the node",
			"systemctl show containerd -p Environment (crio, docker) shows the proxy the runtime uses",
		},
		Remedy: []string{
			"Open the way from the nodes to the registry, or put a mirror where they can reach it.",
			"Set HTTPS_PROXY and NO_PROXY for the runtime's service and restart it.",
			"Repair or wait for the registry.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "registry-dns", Apart: "lookup ... no such host: the name was not resolved"},
			{ID: "registry-tls", Apart: "x509 or a TLS handshake text: the connection was there"},
			{ID: "image-pull-stalled", Apart: "the pull began and then made no progress"},
			{ID: "image-pull-denied", Apart: "the registry answered and refused"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("registry-unreachable", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Registry()
		f := diagnose.Finding{
			Summary: unloop.Msg("the node cannot reach the registry %s", host),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("open the way from the node to %s: firewall, NAT, routes", host), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("give the container runtime's service the proxy that the node needs"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("pull from a mirror that the node can reach"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(pl.Container)},
			},
		}
		why := strings.ToLower(pl.Names["why"])
		switch {
		case pl.Names["proxy"]+pl.Names["proxy2"] != "":
			f.Summary = unloop.Msg("the proxy between the node and the registry %s does not let the pull through", host)
			f.Fixes = []unloop.Fix{
				{Title: unloop.Msg("correct the proxy settings of the container runtime's service (HTTPS_PROXY, NO_PROXY)"), Risk: unloop.RiskCluster},
			}
		case strings.HasPrefix(why, "50") || strings.Contains(why, " 50"):
			// The node did reach it; it is the registry that does not work.
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("the registry %s answers with a server error (%s)", host, strings.TrimSpace(pl.Names["why"]))
			f.Fixes = []unloop.Fix{{Title: unloop.Msg("repair the registry, or wait for it; the kubelet goes on trying"), Risk: unloop.RiskNone}}
		case why != "":
			f.Chain = append(f.Chain, unloop.Msg("the connection to %s failed: %s", host, strings.Trim(pl.Names["why"], ": ")))
		}
		return f
	})
	for _, w := range p.Waits("RegistryUnavailable") {
		if len(p.Pulls()) > 0 {
			continue
		}
		p.Report(diagnose.Finding{
			Container: w.Container, Confidence: unloop.Likely,
			Summary:  unloop.Msg("the registry of the image of %s is not available", diagnose.ContainerOf(w.Container)),
			Evidence: []unloop.Evidence{w.Evidence},
			Fixes:    []unloop.Fix{{Title: unloop.Msg("read the event that says why"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
		})
	}
}

// Package calicobgpblocked recognises Calico nodes that cannot talk BGP to each other.
package calicobgpblocked

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause calico-bgp-blocked.
var Rule = &diagnose.Rule{
	ID: "calico-bgp-blocked", Family: diagnose.Network, Since: "0.1",
	Title: "Calico nodes cannot talk BGP to each other",
	Doc: diagnose.Doc{
		Means: "calico-node of this node has no BGP session with its peers, so routes between nodes are missing. Pods of the node start, and traffic to other nodes fails. Mostly a firewall on the nodes blocks TCP port 179.",
		Why: []string{
			"firewalld, iptables or a security group blocks TCP 179.",
			"calico-node chose the wrong interface (docker0, virbr0) for its address.",
			"Two nodes have the same address, or AS numbers differ.",
		},
		Confirm: []string{
			"kubectl exec -n kube-system CALICO-NODE-POD -- birdcl show protocols",
			"nc -vz OTHER-NODE 179 on the node",
		},
		Remedy: []string{
			"Open TCP 179 between the nodes (and stop firewalld, or add the rule).",
			"Set IP_AUTODETECTION_METHOD to the right interface.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "mtu-mismatch", Apart: "sessions are up, large packets are lost"},
			{ID: "cni-agent-down", Apart: "calico-node does not run"},
			{ID: "readiness-never", Apart: "another program's probe"},
			{ID: "kernel-module-missing", Apart: "calico-node lacks a module"},
		},
		Refs: []string{"https://docs.tigera.io/calico/latest/getting-started/kubernetes/requirements"},
	},
	Explains: []string{"readiness-never", "app-error-exit"},
	Run:      run,
}

// Sources: projectcalico/calico node/pkg/health ("BIRD is not ready: BGP not established with ...").
var pattern = diagnose.Re(`BGP not established with (?P<peers>[0-9a-f.:, ]+)`)

func run(p *diagnose.Pass) {
	reported := false
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		reported = true
		f := finding()
		f.Summary = unloop.Msg("calico-node has no BGP session with %s", strings.Trim(m.Names["peers"], " ,."))
		return f
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		reported = true
		f := finding()
		f.Summary = unloop.Msg("calico-node cannot open a BGP session with %s", diagnose.Backend(h))
		return f
	})
	if reported || p.Pod == nil || p.Pod.HasStatus || p.Pod.Row == nil || !strings.HasPrefix(p.Subject.Name, "calico-node-") {
		return
	}
	// Tables only: on more than one node calico-node runs and is not ready. Its
	// readiness probe asks for BGP sessions and little else.
	if n := notReady(p); n >= 2 {
		f := finding()
		f.Confidence = unloop.Possible
		f.Summary = unloop.Msg("calico-node runs and is not ready on %d nodes: mostly BGP between the nodes is blocked", n)
		f.Evidence = []unloop.Evidence{p.RowEvidence()}
		p.Report(f)
	}
}

func finding() diagnose.Finding {
	return diagnose.Finding{
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("open TCP 179 between the nodes"), Risk: unloop.RiskCluster, Command: "firewall-cmd --permanent --add-port=179/tcp && firewall-cmd --reload"},
			{Title: unloop.Msg("let calico-node choose the right interface"), Risk: unloop.RiskCluster, Command: "kubectl set env -n kube-system daemonset/calico-node IP_AUTODETECTION_METHOD=interface=IFACE"},
		},
	}
}

func notReady(p *diagnose.Pass) int {
	n := 0
	for _, o := range p.Pods() {
		if o.Row != nil && strings.HasPrefix(o.Name, "calico-node-") && o.Row.Ready < o.Row.Total && (o.Row.Status == "Running" || o.Row.Status == "CrashLoopBackOff") {
			n++
		}
	}
	return n
}

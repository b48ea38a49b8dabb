// Package hostportconflict recognises a host port that is already taken on the nodes.
package hostportconflict

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause hostport-conflict.
var Rule = &diagnose.Rule{
	ID: "hostport-conflict", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The host port is already taken on the nodes",
	Doc: diagnose.Doc{
		Means: "The pod asks for a port of the node itself (hostPort, or hostNetwork). Another pod or program has it on every node that could take the pod.",
		Why: []string{
			"More replicas than nodes, with a hostPort.",
			"A rolling update: the new pod finds the old one on the port.",
			"A program of the node itself listens there.",
		},
		Confirm: []string{
			"kubectl get pods -A -o jsonpath='{range .items[*]}{.metadata.name} {.spec.containers[*].ports[*].hostPort}{\"\\n\"}{end}'",
			"ss -ltnp on the node",
		},
		Remedy: []string{
			"Run one pod per node (DaemonSet), or no more replicas than nodes.",
			"Use a Service instead of a hostPort.",
			"Set maxSurge: 0, maxUnavailable: 1 for the rolling update.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "port-in-use", Apart: "the program itself says address already in use"},
			{ID: "anti-affinity-full", Apart: "an affinity, not a port"},
			{ID: "insufficient-resources", Apart: "CPU or memory"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/services-networking/service/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler NodePorts ("didn't have free ports for the requested pod ports", 1.2 to 1.8 PodFitsHostPorts,
// HostPortConflict), kubelet rejection NodePorts, CNI portmap and docker at sandbox start.
var reason = diagnose.Re(`free ports for the requested pod ports|PodFitsHostPorts|PodFitsPorts`)

var atNode = diagnose.Re(`Predicate NodePorts failed|HostPortConflict|(?:portmap|hostport|host port|port mapping|userland proxy|driver failed programming external connectivity)[^\n]{0,200}(?:address already in use|port is already allocated)`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	if r, _, ok := u.Find(reason); ok {
		f := finding(p, unloop.Proven)
		if !u.Deciding(r) {
			f.Confidence = unloop.Likely
		}
		f.Evidence = append([]unloop.Evidence{u.Text.Evidence()}, f.Evidence...)
		p.Report(f)
		return
	}
	p.ReportTexts(diagnose.PodEvent|diagnose.PodStatus|diagnose.Waiting|diagnose.Terminated|diagnose.HostText, atNode, func(diagnose.Match) diagnose.Finding {
		return finding(p, unloop.Proven)
	})
}

func finding(p *diagnose.Pass, conf unloop.Confidence) diagnose.Finding {
	f := diagnose.Finding{
		Confidence: conf, Summary: unloop.Msg("the host port is taken on every node that could take the pod"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("run no more replicas than nodes, or use a DaemonSet"), Risk: unloop.RiskRestart},
			{Title: unloop.Msg("drop the host port and use a Service"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	for _, c := range p.Containers {
		if c.Spec == nil {
			continue
		}
		for _, port := range c.Spec.Ports {
			if port.HostPort != 0 {
				f.Summary = unloop.Msg("the host port %d is taken on every node that could take the pod", port.HostPort)
				f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".ports", "hostPort %d", port.HostPort))
			}
		}
	}
	return f
}

// Package cniagentdown recognises a network plugin whose agent on the node does not run or answer.
package cniagentdown

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause cni-agent-down.
var Rule = &diagnose.Rule{
	ID: "cni-agent-down", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The network plugin's agent on the node does not run or answer",
	Doc: diagnose.Doc{
		Means: "The plugin's program was called, and its agent (a DaemonSet pod on the node), or the API server it needs, did not answer.",
		Why: []string{
			"The agent's pod crashes or is not scheduled on this node.",
			"The agent is starting after a reboot.",
			"The agent cannot reach the API server.",
		},
		Confirm: []string{
			"kubectl get pods -n kube-system -o wide | grep NODE",
			"kubectl logs -n kube-system AGENT-POD",
		},
		Remedy: []string{
			"Look at the agent's pod on that node and restart it.",
			"Restore its way to the API server.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-not-ready", Apart: "no configuration at all"},
			{ID: "cni-unauthorized", Apart: "it answers, and the API server refuses its token"},
			{ID: "cni-misconfigured", Apart: "it answers and names its own configuration"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: calico cni-plugin, cilium-cni, flannel ("/run/flannel/subnet.env"), weave, antrea, aws-vpc-cni, multus, OVN.
var pattern = diagnose.Re(`/calico/nodename: no such file|unable to connect to cilium (?:daemon|agent)|cilium API client timeout|/run/flannel/subnet\.env: no such file|(?:weave|antrea|ovn|aws-cni|ipamd|ipam|multus|kube-router)[^\n]{0,200}(?:connection refused|connect: no such file)|(?:plugin|network|cni)[^\n]{0,300}(?:dial (?:unix|tcp)|Get \\*"?https?:)[^\n]{0,200}(?:connection refused|connect: no such file or directory|i/o timeout|no route to host)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the network plugin's agent on the node does not answer"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("look at the network plugin's pod on that node"), Risk: unloop.RiskNone, Command: "kubectl get pods -A -o wide --field-selector spec.nodeName=" + diagnose.Word(p.Subject.Node, "NODE")},
			},
		}
	})
}

// others have rules of their own.
var others = diagnose.Re(`pull(?:ing)? image|sandbox image|connection is unauthorized|No IPs? `)

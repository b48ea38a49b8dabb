// Package ipexhausted recognises a node or pool without a free pod address.
package ipexhausted

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause ip-exhausted.
var Rule = &diagnose.Rule{
	ID: "ip-exhausted", Family: diagnose.Sandbox, Since: "0.1",
	Title: "No free pod address is left",
	Doc: diagnose.Doc{
		Means: "The network plugin's address management has no free address for a new pod: on this node's range, in the pool, or in the cloud subnet.",
		Why: []string{
			"The pod range per node is small and the node runs many pods.",
			"Addresses of deleted pods were leaked (runtime crashes, old allocation files).",
			"The cloud subnet is used up, or the instance type allows no more addresses.",
		},
		Confirm: []string{
			"ls /var/lib/cni/networks/* on the node (host-local)",
			"the plugin's own tool, such as calicoctl ipam show",
		},
		Remedy: []string{
			"Remove leaked allocations (restart the node, or the plugin's garbage collection).",
			"Give a larger range, pool or subnet.",
			"Fewer pods per node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "too-many-pods", Apart: "the scheduler refuses for maxPods"},
			{ID: "cni-agent-down", Apart: "the agent that gives addresses does not answer"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/cluster-administration/networking/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit", "cni-agent-down"},
	Run:      run,
}

// Sources: containernetworking host-local, calico, cilium, aws-vpc-cni, azure-vnet, GKE.
var pattern = diagnose.Re(`no (?:IP addresses|available IPs?|more IPs?) (?:available|left)?\s*(?:in|for|on)?\s*(?:range set|pool|subnet|node|network)?|no IPs available in pools|failed to (?:request|assign|allocate) (?:\d+ )?(?:an? )?IP(?:v[46])?(?: addresses?)?[^\n]{0,80}(?:to container|: no|exhaust|insufficient|available)|range is full|No more (?:free )?IPs|InsufficientFreeAddresses|IP pool exhausted|ipam[^\n]{0,60}exhausted`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("no free pod address is left on the node"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("remove leaked allocations, or give the pods a larger range"), Risk: unloop.RiskCluster},
			},
		}
	})
}

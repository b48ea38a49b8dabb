// Package cniunauthorized recognises a network plugin whose token the API server refuses.
package cniunauthorized

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause cni-unauthorized.
var Rule = &diagnose.Rule{
	ID: "cni-unauthorized", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The network plugin's token is no longer accepted",
	Doc: diagnose.Doc{
		Means: "The network plugin asked the API server with a token in its kubeconfig on the node, and was refused.",
		Why: []string{
			"The token expired: the agent that renews it was down for long, or the node's clock is wrong.",
			"The service account or its secret was made anew.",
			"The cluster's CA or API server changed.",
		},
		Confirm: []string{
			"ls -l /etc/cni/net.d on the node (age of the plugin's kubeconfig)",
			"kubectl logs -n kube-system AGENT-POD",
		},
		Remedy: []string{
			"Restart the plugin's agent on the node: it writes a new kubeconfig.",
			"Correct the clock.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-agent-down", Apart: "nobody answers"},
			{ID: "rbac-forbidden", Apart: "the application itself is refused"},
			{ID: "clock-skew", Apart: "times on the node are off"},
		},
		Refs: []string{"https://docs.tigera.io/calico/latest/operations/troubleshoot/troubleshooting"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit", "cni-agent-down"},
	Run:      run,
}

// Sources: calico ("connection is unauthorized"), multus and others ("Unauthorized" while adding to the network).
var pattern = diagnose.Re(`connection is unauthorized|(?:plugin|network|multus|cni)[^\n]{0,400}(?:: Unauthorized|\b401 Unauthorized|the server has asked for the client to provide credentials|is forbidden: User)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the API server refuses the network plugin's token"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("restart the network plugin's agent on that node, which renews its token"), Risk: unloop.RiskCluster, Command: "kubectl get pods -n kube-system -o wide"},
			},
		}
	})
}

// others have rules of their own.
var others = diagnose.Re(`pull(?:ing)? image|sandbox image`)

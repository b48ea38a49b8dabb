// Package sandboxtimeout recognises a sandbox that takes longer to create than the kubelet waits.
package sandboxtimeout

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause sandbox-timeout.
var Rule = &diagnose.Rule{
	ID: "sandbox-timeout", Family: diagnose.Sandbox, Since: "0.1",
	Weight: diagnose.General,
	Title:  "Creating the pod's sandbox takes longer than the kubelet waits",
	Doc: diagnose.Doc{
		Means: "The kubelet asked the runtime for the pod's sandbox and gave up waiting. The runtime is still at it, so each new try finds the name reserved. What makes it slow is not in the text: mostly the network plugin or the disk.",
		Why: []string{
			"The network plugin hangs (its agent or the API server is slow).",
			"The node's disk is overloaded.",
			"The runtime is stuck; a container of an earlier try is left over.",
		},
		Confirm: []string{
			"journalctl -u containerd (or crio, docker) on the node, around the first time-out",
			"crictl pods --name POD",
		},
		Remedy: []string{
			"Find the slow part: network plugin, disk, or runtime.",
			"Restart the runtime on that node, or remove the sandbox that is left over.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-agent-down", Apart: "a text of the network plugin precedes the time-out"},
			{ID: "node-io-stall", Apart: "everything on the node is slow"},
			{ID: "runtime-broken", Apart: "the runtime's own connections break"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/crictl/"},
	},
	Explains: []string{"rollout-stuck", "image-pull-slow"},
	Run:      run,
}

// Sources: kubelet and CRI time-outs; containerd and CRI-O name reservation ("is reserved for", "already exists"), Docker
// ("Conflict. The container name ... is already in use"). The reservation is a consequence of the time-out.
var pattern = diagnose.Re(`(?:failed to (?:create|reserve|start)[^\n]{0,60}sandbox|create pod ?sandbox|pod sandbox|failed to create a sandbox|RunPodSandbox)[^\n]*?(?:deadline ?exceeded|operation timeout|timed out|is reserved for|already (?:exists|in use)|conflict\.)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		if m.Event != nil && m.Reason != "" && !sandboxReason.Match(m.Reason) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			// The text says that it took too long, not why.
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("the runtime does not finish creating the pod's sandbox in time"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("find the slow part on the node: network plugin, disk or runtime"), Risk: unloop.RiskNone, Command: "journalctl -u containerd -u crio -u docker --since -15min"},
				{Title: unloop.Msg("restart the runtime on that node, or remove the sandbox that is left over"), Risk: unloop.RiskCluster},
			},
		}
	})
}

var sandboxReason = diagnose.Re(`sandbox|FailedSync`)

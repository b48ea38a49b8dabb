// Package plegunhealthy recognises a kubelet that does not get the state of its containers in time.
package plegunhealthy

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pleg-unhealthy.
var Rule = &diagnose.Rule{
	ID: "pleg-unhealthy", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kubelet no longer gets the state of the containers in time",
	Doc: diagnose.Doc{
		Means: "The kubelet's loop that asks the runtime for all containers (PLEG) has not finished for three minutes. The node becomes NotReady and its pods stand still.",
		Why: []string{
			"The runtime hangs on one container, often one on a dead NFS mount.",
			"Too many containers, or too little CPU or disk for runtime and kubelet.",
		},
		Confirm: []string{
			"kubectl describe node NODE",
			"crictl ps on the node: does it hang?",
		},
		Remedy: []string{
			"Restart the runtime; free the hanging container or mount.",
			"Fewer containers per node, reserved CPU for system services.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-io-stall", Apart: "the disk is what hangs"},
			{ID: "runtime-restart", Apart: "the runtime died"},
			{ID: "node-lost", Apart: "the kubelet does not report at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"node-lost", "readiness-never", "liveness-timeout", "sandbox-timeout"},
	Run:      run,
}

// Source: kubernetes 1.2 to 1.36 pkg/kubelet/pleg ("PLEG is not healthy").
var pattern = diagnose.Re(`PLEG is not healthy`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the kubelet of the node does not get the state of its containers in time"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("look for a container or mount on which the runtime hangs, then restart the runtime"), Risk: unloop.RiskCluster, Command: "crictl ps"},
			},
		}
	})
}

// Package nodeshutdown recognises a pod ended because its node was shut down.
package nodeshutdown

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-shutdown.
var Rule = &diagnose.Rule{
	ID: "node-shutdown", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node was shut down",
	Doc: diagnose.Doc{
		Means: "The node was shut down in order (a reboot, a spot instance taken back), and the kubelet ended its pods first. They stay Failed or Completed until they are collected.",
		Why: []string{
			"A reboot for an update.",
			"A spot or preemptible machine was taken back.",
			"Somebody stopped the machine.",
		},
		Confirm: []string{
			"kubectl get events -A | grep -i shutdown",
			"kubectl get pod POD -o jsonpath='{.status.message}'",
		},
		Remedy: []string{
			"Expected: run more than one replica, spread over nodes.",
			"Give pods enough time with shutdownGracePeriod.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-lost", Apart: "the node went away without a word"},
			{ID: "node-deleted", Apart: "the Node object is gone"},
			{ID: "node-reboot", Apart: "the containers came back on the same node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/"},
	},
	Explains: []string{"app-error-exit", "pid1-ignores-sigterm", "deleted-by-user", "node-affinity-admission", "oom-undetected", "killed-from-inside", "taint-eviction"},
	Run:      run,
}

// Sources: kubernetes 1.20 to 1.36 pkg/kubelet/nodeshutdown (reason Shutdown in 1.20, Terminated from 1.21, NodeShutdown for rejected pods).
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.PodStatus|diagnose.PodEvent, "Terminated", "NodeShutdown", "Shutdown")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the pod was ended because its node was shutting down"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("run more than one replica, spread over nodes"), Risk: unloop.RiskNone},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

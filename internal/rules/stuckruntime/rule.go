// Package stuckruntime recognises a pod whose containers the runtime cannot end.
package stuckruntime

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause stuck-runtime.
var Rule = &diagnose.Rule{
	ID: "stuck-runtime", Family: diagnose.Control, Since: "0.1",
	Title: "The runtime cannot end the container",
	Doc: diagnose.Doc{
		Means: "The pod is deleted and its node is well, but the runtime does not get the containers to end: a process hangs in the kernel (a dead NFS server, a broken disk), or the runtime or network plugin fails to take the sandbox down.",
		Why: []string{
			"A process waits in the kernel for storage that does not answer.",
			"The network plugin's delete step fails.",
			"The runtime is stuck.",
		},
		Confirm: []string{
			"kubectl describe pod POD",
			"ps -eo pid,stat,wchan,cmd | grep \" D\" on the node",
		},
		Remedy: []string{
			"Bring the storage back, or unmount it by force.",
			"Restart the runtime on the node; reboot the node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "stuck-finalizer", Apart: "the containers have ended"},
			{ID: "stuck-node-lost", Apart: "the node does not report"},
			{ID: "prestop-hang", Apart: "it ends, after the whole grace period"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/crictl/"},
	},
	Explains: []string{"deleted-by-user"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 events FailedKillPod, ExceededGracePeriod.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.PodEvent, "FailedKillPod", "ExceededGracePeriod")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the runtime on node %s cannot end the pod's containers", p.Subject.Node),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("look for processes that hang in the kernel, and at the runtime's log on the node"), Risk: unloop.RiskNone, Command: "journalctl -u containerd -u crio --since -30min"},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

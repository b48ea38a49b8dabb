// Package nodeiostall recognises a node whose storage is stalled.
package nodeiostall

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-io-stall.
var Rule = &diagnose.Rule{
	ID: "node-io-stall", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node's storage is stalled",
	Doc: diagnose.Doc{
		Means: "Processes on the node wait in the kernel for a disk or network file system for minutes. Runtime, kubelet and programs all time out.",
		Why: []string{
			"A disk or its controller fails or is overloaded (throttled cloud disk).",
			"A hard-mounted NFS server does not answer.",
		},
		Confirm: []string{
			"dmesg | grep \"blocked for more than\"",
			"cat /proc/pressure/io on the node",
		},
		Remedy: []string{
			"Restore the storage, or move the workloads to another node.",
			"Give noisy workloads another disk.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pleg-unhealthy", Apart: "the runtime, not the disk, is the slow one"},
			{ID: "disk-failing", Apart: "the disk reports errors"},
			{ID: "storage-unreachable", Apart: "one volume's server"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"sandbox-timeout", "pleg-unhealthy", "liveness-timeout", "leader-election-lost", "image-pull-stalled"},
	Run:      run,
}

// Sources: kernel/hung_task.c; node-problem-detector TaskHung.
var pattern = diagnose.Re(`task \S+:\d+ blocked for more than \d+ seconds|TaskHung|etcdserver: [^\n]*took too long|slow fdatasync|disk (?:is )?(?:likely )?(?:too )?slow`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("processes on the node wait for its storage for minutes"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("restore the storage, or move the workloads off the node"), Risk: unloop.RiskCluster, Command: "kubectl cordon NODE"},
			},
		}
	})
}

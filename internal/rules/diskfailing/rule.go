// Package diskfailing recognises a node's disk that reports errors.
package diskfailing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause disk-failing.
var Rule = &diagnose.Rule{
	ID: "disk-failing", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node's disk reports errors",
	Doc: diagnose.Doc{
		Means: "The kernel of the node reports read or write errors of a disk, or errors of the file system on it.",
		Why: []string{
			"The disk, its cable or controller is failing.",
			"The cloud volume was detached or broke.",
		},
		Confirm: []string{
			"dmesg | grep -iE \"i/o error|ext4-fs error|xfs\" on the node",
			"smartctl -a DEVICE",
		},
		Remedy: []string{
			"Drain the node and replace the disk.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "filesystem-readonly", Apart: "what the program sees afterwards"},
			{ID: "node-io-stall", Apart: "waits without errors"},
			{ID: "filesystem-damaged", Apart: "a volume does not mount"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"filesystem-readonly", "sandbox-timeout", "runtime-broken", "image-corrupt", "data-corrupt", "filesystem-damaged"},
	Run:      run,
}

// Sources: kernel block layer, ext4, xfs, btrfs, nvme; node-problem-detector IOError, Ext4Error.
var pattern = diagnose.Re(`(?:blk_update_request: |print_req_error: |critical medium error|Buffer )?I/O error, dev \S+|Buffer I/O error on dev|EXT4-fs error|XFS \([^)]*\): (?:metadata I/O error|Corruption|log I/O error)|BTRFS (?:error|critical)|nvme\S* [^\n]*(?:timeout|I/O error|resetting)|Medium Error|Ext4Error|MemoryReadError`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the node's disk reports errors"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("drain the node and replace the disk"), Risk: unloop.RiskCluster, Command: "kubectl drain NODE --ignore-daemonsets"},
			},
		}
	})
}

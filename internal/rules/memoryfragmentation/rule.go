// Package memoryfragmentation recognises a node whose free memory is too fragmented for what the kernel needs.
package memoryfragmentation

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause memory-fragmentation.
var Rule = &diagnose.Rule{
	ID: "memory-fragmentation", Family: diagnose.NodeSide, Since: "0.1",
	Title: "Free memory is too fragmented for what the kernel needs",
	Doc: diagnose.Doc{
		Means: "The kernel needed several pages in a row and found none, although memory is free. New processes, sockets or cgroups fail with \"cannot allocate memory\".",
		Why: []string{
			"Long uptime with much page cache, little free memory kept by vm.min_free_kbytes.",
			"Network drivers or cgroups that ask for large blocks.",
		},
		Confirm: []string{
			"dmesg | grep \"page allocation failure\"",
			"cat /proc/buddyinfo on the node",
		},
		Remedy: []string{
			"echo 1 > /proc/sys/vm/compact_memory, or drop caches, for the moment.",
			"Raise vm.min_free_kbytes; use a newer kernel.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-node", Apart: "an OOM line: memory is really out"},
			{ID: "kernel-cgroup-leak", Apart: "cgroup mkdir fails on an old kernel"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"kernel-cgroup-leak", "runtime-broken", "sandbox-timeout", "oom-at-start"},
	Run:      run,
}

// Source: kernel mm/page_alloc.c warn_alloc (order 2 and up; order 0 is lack of memory).
var pattern = diagnose.Re(`page allocation failure: order:(?:[2-9]|1[01])|SLUB: Unable to allocate memory`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("free memory on the node is too fragmented for the kernel"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("compact memory or drop caches now; raise vm.min_free_kbytes"), Risk: unloop.RiskCluster, Command: "echo 1 > /proc/sys/vm/compact_memory"},
			},
		}
	})
}

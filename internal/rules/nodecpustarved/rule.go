// Package nodecpustarved recognises a node that lacks CPU time as a whole.
package nodecpustarved

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-cpu-starved.
var Rule = &diagnose.Rule{
	ID: "node-cpu-starved", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The whole node lacks CPU time",
	Doc: diagnose.Doc{
		Means: "The kernel of the node reports that CPUs did not get to run for long (soft lockups, starved watchdogs), or time is stolen by the host. Everything on the node times out.",
		Why: []string{
			"The host is overcommitted (steal time).",
			"A program without CPU limits takes all, and system services have no reserve.",
		},
		Confirm: []string{
			"top on the node (st, us)",
			"dmesg | grep -i \"soft lockup\"",
			"cat /proc/pressure/cpu",
		},
		Remedy: []string{
			"Move workloads away; bound the one that takes all.",
			"Reserve CPU for system services; another machine type or host.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cpu-throttled", Apart: "one container at its own limit"},
			{ID: "liveness-timeout", Apart: "one pod only"},
			{ID: "node-io-stall", Apart: "waits for the disk"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"liveness-timeout", "leader-election-lost", "oom-undetected", "killed-from-inside", "pleg-unhealthy"},
	Run:      run,
}

// Sources: kernel watchdog and RCU; etcd "leader failed to send out heartbeat on time ... likely overloaded".
var pattern = diagnose.Re(`soft lockup - CPU#|rcu: INFO: rcu_sched (?:self-)?detected stall|hrtimer: interrupt took|clocksource: timekeeping watchdog|perf: interrupt took too long`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary:    unloop.Msg("the node as a whole lacks CPU time"),
			Confidence: unloop.Likely,
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("move workloads off the node, and bound the one that takes the CPU"), Risk: unloop.RiskCluster, Command: "kubectl top pods -A --sort-by=cpu"},
			},
		}
	})
}

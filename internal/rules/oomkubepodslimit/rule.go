// Package oomkubepodslimit recognises memory used up by all pods of a node together.
package oomkubepodslimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause oom-kubepods-limit.
var Rule = &diagnose.Rule{
	ID: "oom-kubepods-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "All pods together reached the memory the node gives to pods",
	Doc: diagnose.Doc{
		Means: "The kernel killed a process because the cgroup of all pods (/kubepods) reached its limit: what the node gives to pods (allocatable). The container itself was below its own limit or has none.",
		Why: []string{
			"Limits of the pods together are far above allocatable (overcommit).",
			"Much memory is reserved for the system.",
		},
		Confirm: []string{
			"dmesg: oom_memcg=/kubepods or /kubepods.slice",
		},
		Remedy: []string{
			"Bring limits nearer to requests.",
			"Check kubeReserved and systemReserved.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-node", Apart: "CONSTRAINT_NONE: the whole node"},
			{ID: "oom-container-limit", Apart: "oom_memcg is the container's"},
			{ID: "oom-pod-limit", Apart: "oom_memcg is the pod's"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/"},
	},
	Explains: []string{"app-error-exit", "app-unhealthy", "liveness-timeout", "readiness-never", "init-failing", "oom-undetected", "killed-from-inside", "oom-container-limit", "job-backoff-limit", "rollout-stuck", "clean-exit-restarted", "native-crash", "oom-node"},
	Run:      run,
}

// Source: kernel mm/oom_kill.c oom_memcg, kubernetes cgroup names of both drivers.
var pattern = diagnose.Re(`oom_memcg=/(?:kubepods|kubepods\.slice)(?:/(?:burstable|besteffort)|/kubepods-(?:burstable|besteffort)\.slice)?(?:,|\s|$)`)

func run(p *diagnose.Pass) {
	p.ReportCgroupOOM(pattern, func(c *facts.Container) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the pods of the node together used all memory that the node gives to pods; %s was killed", diagnose.ContainerOf(c)),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("bring the pods' limits nearer to their requests"), Risk: unloop.RiskCluster}},
		}
	})
}

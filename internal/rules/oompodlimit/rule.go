// Package oompodlimit recognises memory used up at the pod's shared limit.
package oompodlimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause oom-pod-limit.
var Rule = &diagnose.Rule{
	ID: "oom-pod-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "The pod's shared memory limit was reached",
	Doc: diagnose.Doc{
		Means: "The kernel killed a process because the cgroup of the pod as a whole reached its limit: a pod-level limit, or the sum of the containers' limits counted together with memory-backed volumes.",
		Why: []string{
			"A pod-level memory limit (1.32 on) smaller than what its containers use together.",
			"A memory-backed emptyDir fills the pod's share.",
		},
		Confirm: []string{
			"dmesg: oom_memcg ends with the pod's cgroup",
		},
		Remedy: []string{
			"Raise the pod's limit or the sum of its containers' limits.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-container-limit", Apart: "oom_memcg is the container's"},
			{ID: "oom-tmpfs", Apart: "shmem-rss is large"},
			{ID: "oom-kubepods-limit", Apart: "oom_memcg is /kubepods"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"app-error-exit", "app-unhealthy", "liveness-timeout", "readiness-never", "init-failing", "oom-undetected", "killed-from-inside", "oom-container-limit", "job-backoff-limit", "rollout-stuck", "clean-exit-restarted", "native-crash"},
	Run:      run,
}

// Source: kernel mm/oom_kill.c oom_memcg, kubernetes cgroup names of both drivers.
var pattern = diagnose.Re(`oom_memcg=/\S*?pod[0-9a-f_-]+(?:\.slice)?(?:,|\s|$)`)

func run(p *diagnose.Pass) {
	p.ReportCgroupOOM(pattern, func(c *facts.Container) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the pod as a whole reached its memory limit, and %s was killed", diagnose.ContainerOf(c)),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("raise the pod's limit, or the sum of its containers' limits"), Risk: unloop.RiskRestart}},
		}
	})
}

// Package evictedpids recognises a pod that the kubelet evicted because its node was short of process ids.
package evictedpids

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause evicted-pids.
var Rule = &diagnose.Rule{
	ID: "evicted-pids", Family: diagnose.Resource, Since: "0.1",
	Title: "The kubelet evicted the pod because the node was short of process ids",
	Doc: diagnose.Doc{
		Means: "The node had nearly no process ids left. The kubelet ended pods to free some.",
		Why: []string{
			"A program starts processes or threads without end.",
			"kernel.pid_max of the node is low.",
		},
		Confirm: []string{
			"kubectl describe node NODE (PIDPressure)",
			"ps -eLf | wc -l on the node",
		},
		Remedy: []string{
			"Bound the pods with podPidsLimit.",
			"Find the program that starts so many threads.",
			"Raise kernel.pid_max.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pid-limit", Apart: "the pod's own pid limit was reached, nothing was evicted"},
			{ID: "evicted-memory", Apart: "the text names memory"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/", "https://kubernetes.io/docs/concepts/policy/pid-limiting/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "oom-container-limit", "rollout-stuck", "job-backoff-limit", "node-lost", "taint-eviction"},
	Run:      run,
}

// Source: kubernetes 1.14 to 1.36 pkg/kubelet/eviction.
var pattern = diagnose.Re(`(?:low on resource: \[?pids\b|node had condition: \[?(?:\S+ )*PIDPressure)(?:.*?container (?P<container>\S+) was using (?P<used>[^\s,]+), (?:which exceeds its request of|request is) (?P<request>[^\s,]+?)(?:[.,]|\s|$))?`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the kubelet evicted the pod because its node was short of process ids"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bound processes with podPidsLimit in the kubelet's configuration"), Risk: unloop.RiskCluster},
			},
		}
		if c, used, req := m.Names["container"], m.Names["used"], m.Names["request"]; c != "" {
			f.Summary = unloop.Msg("the kubelet evicted the pod because its node was short of process ids; container %s was using %s with a request of %s", c, used, req)
		}
		return f
	})
}

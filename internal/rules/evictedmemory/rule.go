// Package evictedmemory recognises a pod that the kubelet evicted because its node was short of memory.
package evictedmemory

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause evicted-memory.
var Rule = &diagnose.Rule{
	ID: "evicted-memory", Family: diagnose.Resource, Since: "0.1",
	Title: "The kubelet evicted the pod because the node was short of memory",
	Doc: diagnose.Doc{
		Means: "The node's available memory fell below the kubelet's threshold. To save the node, the kubelet ended pods, those first that use more than they request. The pod is Failed and stays so; its owner makes a new one.",
		Why: []string{
			"Pods on the node use much more memory than they request.",
			"A pod without requests grew; it is among the first to go.",
			"System processes or another pod used the memory, and this one was only the one chosen.",
		},
		Confirm: []string{
			"kubectl describe node NODE (MemoryPressure, and requests against use)",
			"kubectl get pod POD -o jsonpath='{.status.message}'",
		},
		Remedy: []string{
			"Set memory requests to what the pods really use.",
			"Bound the pod with a limit, and find why it grew.",
			"Give the node more memory, or fewer pods.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-node", Apart: "the kernel killed the process; the pod is not Evicted"},
			{ID: "oom-container-limit", Apart: "the container reached its own limit"},
			{ID: "evicted-disk", Apart: "the text names ephemeral-storage"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "oom-container-limit", "rollout-stuck", "job-backoff-limit", "node-lost", "taint-eviction"},
	Run:      run,
}

// Sources: kubernetes 1.3 to 1.36 pkg/kubelet/eviction/helpers.go; to 1.9 "The node was low on compute resources." or "on
// resource: memory".
var pattern = diagnose.Re(`(?:low on (?:resource: \[?memory|compute resources)|node had condition: \[?(?:\S+ )*MemoryPressure)(?:.*?container (?P<container>\S+) was using (?P<used>[^\s,]+), (?:which exceeds its request of|request is) (?P<request>[^\s,]+?)(?:[.,]|\s|$))?`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the kubelet evicted the pod because its node was short of memory"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set the memory request to what the pod really uses"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("see what uses the node's memory"), Risk: unloop.RiskNone, Command: "kubectl top pods -A --sort-by=memory"},
			},
		}
		if c, used, req := m.Names["container"], m.Names["used"], m.Names["request"]; c != "" {
			f.Summary = unloop.Msg("the kubelet evicted the pod because its node was short of memory; container %s was using %s with a request of %s", c, used, req)
		}
		return f
	})
}

// Package cputhrottled recognises a CPU limit so low that probes or requests time out.
package cputhrottled

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause cpu-throttled.
var Rule = &diagnose.Rule{
	ID: "cpu-throttled", Family: diagnose.Resource, Since: "0.1",
	Title: "The CPU limit slows the container so much that probes time out",
	Needs: facts.Spec | facts.Events,
	Doc: diagnose.Doc{
		Means: "The container has a low CPU limit. When it needs more, the kernel stops it for parts of every 100 ms, answers come late, and probes time out although the program is sound.",
		Why: []string{
			"The limit is far below what the program needs at start or under load.",
			"A runtime starts as many threads as the node has CPUs.",
		},
		Confirm: []string{
			"container_cpu_cfs_throttled_periods_total against container_cpu_cfs_periods_total",
			"cat /sys/fs/cgroup/cpu.stat in the container",
		},
		Remedy: []string{
			"Raise or drop the CPU limit; keep the request.",
			"Raise timeoutSeconds of the probes.",
			"Give the start a startupProbe.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-timeout", Apart: "there is no low limit, or no throttling"},
			{ID: "liveness-deadlock", Apart: "it wants no CPU"},
			{ID: "node-cpu-starved", Apart: "the whole node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"liveness-timeout", "startup-too-slow", "readiness-never", "startup-probe-exhausted"},
	Run:      run,
}

// Throttling itself is a metric; the limit and the time-outs are what status and events show.
func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		if c.Spec == nil {
			continue
		}
		q, ok := c.Spec.Resources.Limits[corev1.ResourceCPU]
		if !ok || q.MilliValue() > low {
			continue
		}
		for _, which := range []string{"liveness", "startup", "readiness"} {
			pr := diagnose.ProbeOf(p, c, which)
			if pr == nil || pr.Answer != diagnose.TimedOut {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Possible,
				Evidence: append([]unloop.Evidence{p.SpecEvidence("containers/"+c.Name+".resources.limits.cpu", "%s", q.String())}, pr.Evidence(p)...),
				Summary:  unloop.Msg("the CPU limit of %s is %s, and its %s probe gets no answer in time", diagnose.ContainerOf(c), q.String(), which),
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("raise or drop the CPU limit"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
					{Title: unloop.Msg("see how much it is throttled"), Risk: unloop.RiskNone, Command: "cat /sys/fs/cgroup/cpu.stat"},
				},
			})
			break
		}
	}
}

// low: under a fifth of a CPU most runtimes take longer than a second for a pause or a start.
const low = 200

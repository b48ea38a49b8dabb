// Package livenesstimeout recognises a liveness probe that gets no answer in time from a loaded program.
package livenesstimeout

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause liveness-timeout.
var Rule = &diagnose.Rule{
	ID: "liveness-timeout", Family: diagnose.Probe, Since: "0.1",
	Title: "The liveness probe gets no answer in time from a loaded program",
	Doc: diagnose.Doc{
		Means: "The program answered its liveness probe for a while; then answers came later than timeoutSeconds (1 second by default), several times in a row, and the kubelet killed it. It was alive, only slow.",
		Why: []string{
			"timeoutSeconds is 1 and the program pauses (garbage collection, load, a slow disk).",
			"The probe's handler does real work or asks a backend.",
			"The CPU limit throttles the container.",
		},
		Confirm: []string{
			"kubectl describe pod POD (Unhealthy: context deadline exceeded)",
			"container_cpu_cfs_throttled_periods_total, latency of the probe's handler",
		},
		Remedy: []string{
			"Raise timeoutSeconds (3 to 10) and failureThreshold.",
			"Make the handler cheap and independent of backends.",
			"Raise the CPU limit.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cpu-throttled", Apart: "throttling rises at the same time"},
			{ID: "liveness-deadlock", Apart: "the program is idle and still does not answer"},
			{ID: "startup-too-slow", Apart: "it never answered in this instance"},
			{ID: "node-io-stall", Apart: "the whole node is slow"},
			{ID: "liveness-checks-dependency", Apart: "many pods at the same moment"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "liveness")
		if pr == nil || pr.Answer != diagnose.TimedOut {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible, Evidence: pr.Evidence(p),
			Summary: unloop.Msg("the liveness probe of %s gets no answer in time", diagnose.ContainerOf(c)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise timeoutSeconds and failureThreshold of the liveness probe"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("raise the CPU limit of %s, if it is throttled", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if pr.Kill != nil {
			f.Chain = []unloop.Message{unloop.Msg("the kubelet killed %s because its liveness probe failed", diagnose.ContainerOf(c))}
		}
		if pr.SucceededBefore(p, c) {
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%s was well and then answered its liveness probe too late", diagnose.ContainerOf(c))
		}
		p.Report(f)
	}
}

// Package startupprobeexhausted recognises a startup probe that used up its attempts.
package startupprobeexhausted

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause startup-probe-exhausted.
var Rule = &diagnose.Rule{
	ID: "startup-probe-exhausted", Family: diagnose.Probe, Since: "0.1",
	Title: "The startup probe used up its attempts before the program answered",
	Doc: diagnose.Doc{
		Means: "The container has a startupProbe. It failed failureThreshold times, so the kubelet killed the container. Liveness and readiness probes did not run yet.",
		Why: []string{
			"The program needs longer than initialDelay + period x failureThreshold.",
			"The probe asks a wrong port or path.",
			"The program hangs in its start, for example waiting for a backend.",
		},
		Confirm: []string{
			"kubectl describe pod POD (Killing ... failed startup probe)",
			"kubectl logs POD --previous",
		},
		Remedy: []string{
			"Raise failureThreshold of the startupProbe.",
			"Correct its port or path.",
			"Find what the start waits for.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "startup-too-slow", Apart: "there is no startup probe, the liveness probe kills"},
			{ID: "liveness-wrong-target", Apart: "the liveness probe"},
			{ID: "cpu-throttled", Apart: "slow only because of its CPU limit"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "startup-too-slow"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "startup")
		if pr == nil || pr.Answer == diagnose.NotRun {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Evidence: pr.Evidence(p),
			Summary: unloop.Msg("the startup probe of %s, which asks %s, fails", diagnose.ContainerOf(c), pr.Target),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise failureThreshold of the startup probe, or correct what it asks"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("read what the start waits for"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)},
			},
		}
		if pr.Kill != nil {
			f.Confidence = unloop.Proven
			f.Summary = unloop.Msg("%s did not answer its startup probe within its attempts", diagnose.ContainerOf(c))
			if b := pr.Budget(); b > 0 {
				f.Summary = unloop.Msg("%s did not answer its startup probe within %s", diagnose.ContainerOf(c), b)
			}
			f.Chain = []unloop.Message{unloop.Msg("the kubelet killed it because its startup probe failed")}
		}
		p.Report(f)
	}
}

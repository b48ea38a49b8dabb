// Package livenessdeadlock recognises a program that hangs and no longer answers its liveness probe.
package livenessdeadlock

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause liveness-deadlock.
var Rule = &diagnose.Rule{
	ID: "liveness-deadlock", Family: diagnose.Probe, Since: "0.1",
	Title: "The program hangs and no longer answers its liveness probe",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program is alive as a process and does nothing any more: its threads wait for each other or for something that never comes. The liveness probe times out and the restart is right.",
		Why: []string{
			"A lock cycle in the program.",
			"A connection pool that is used up and never given back.",
			"All workers wait for a backend without a time-out.",
		},
		Confirm: []string{
			"a thread dump (jstack, SIGQUIT, py-spy, pprof goroutines) before the restart",
			"CPU use near zero while the probe fails",
		},
		Remedy: []string{
			"Take a dump before the next restart and correct the program.",
			"Give calls to backends a time-out.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-timeout", Apart: "the program works, only slowly"},
			{ID: "cpu-throttled", Apart: "it wants CPU and does not get it"},
			{ID: "node-io-stall", Apart: "it waits for the node's disk"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "liveness-timeout"},
	Run:      run,
}

// Only a dump in the log shows a lock cycle; idle CPU would need metrics.
func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "liveness")
		if pr == nil || pr.Answer != diagnose.TimedOut {
			continue
		}
		for _, h := range p.Hits(c, "liveness-deadlock") {
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Likely, Late: h.Late(),
				Summary:  unloop.Msg("the threads of %s wait for each other", diagnose.ContainerOf(c)),
				Chain:    []unloop.Message{unloop.Msg("the liveness probe gets no answer")},
				Evidence: append([]unloop.Evidence{h.Evidence()}, pr.Evidence(p)...),
				Fixes:    []unloop.Fix{{Title: unloop.Msg("take a full thread dump before the next restart and correct the lock order"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)}},
			})
			break
		}
	}
}

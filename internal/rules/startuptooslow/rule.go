// Package startuptooslow recognises a program that starts slower than its liveness probe allows.
package startuptooslow

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause startup-too-slow.
var Rule = &diagnose.Rule{
	ID: "startup-too-slow", Family: diagnose.Probe, Since: "0.1",
	Title: "The program starts slower than its liveness probe allows",
	Doc: diagnose.Doc{
		Means: "The liveness probe gives up before the program is ready for the first time, so the kubelet kills it while it is still starting, every time at about the same age.",
		Why: []string{
			"The program needs long to start (JVM, migrations, loading a model) and initialDelaySeconds plus failures times period is shorter.",
			"A slow node or a low CPU limit makes the start longer than it used to be.",
		},
		Confirm: []string{
			"kubectl logs POD --previous ends in the middle of the start",
			"compare the lifetime of the instances with delay + period x failures",
		},
		Remedy: []string{
			"Give the container a startupProbe with enough attempts.",
			"Raise initialDelaySeconds or failureThreshold of the liveness probe.",
			"Give it more CPU for the start.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-wrong-target", Apart: "the program is up, and the probe asks something else"},
			{ID: "startup-probe-exhausted", Apart: "the startup probe, not the liveness probe, gave up"},
			{ID: "cpu-throttled", Apart: "it is slow only because of its CPU limit"},
			{ID: "dependency-refused", Apart: "it waits for a backend at its start"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		if pr := diagnose.ProbeOf(p, c, "liveness"); pr != nil {
			judge(p, c, pr)
		} else {
			inferred(p, c)
		}
	}
}

func judge(p *diagnose.Pass, c *facts.Container, pr *diagnose.ProbeFacts) {
	switch pr.Answer {
	case diagnose.Refused, diagnose.TimedOut, diagnose.NoAnswer:
	default:
		return
	}
	if pr.SucceededBefore(p, c) {
		return
	}
	f := finding(p, c)
	f.Evidence = pr.Evidence(p)
	if pr.Kill != nil {
		f.Chain = []unloop.Message{unloop.Msg("the kubelet killed %s because its liveness probe failed", diagnose.ContainerOf(c))}
	}
	switch listens := diagnose.ListensOn(p, c); {
	case pr.Answer == diagnose.TimedOut && diagnose.Listening(listens, pr.Port) && connected.Match(pr.Output):
		// It has opened the port, took the connection and then said nothing.
		return
	case len(listens) > 0 && diagnose.Listening(listens, pr.Port):
		// It does open the right port, only too late for the probe.
		f.Confidence = unloop.Likely
		f.Evidence = append(f.Evidence, listens[0].Evidence)
	case len(listens) > 0:
		return
	case starting(p, c, &f):
		f.Confidence = unloop.Likely
	case pr.Answer == diagnose.Refused && (diagnose.DeclaresOther(c, pr.Port) || !pr.TooEarly()):
		return
	}
	p.Report(f)
}

// connected: net/http of the kubelet had its connection and waited for the answer.
var connected = diagnose.Re(`while awaiting headers`)

// starting reports whether the log ends while the program still starts.
func starting(p *diagnose.Pass, c *facts.Container, f *diagnose.Finding) bool {
	for _, h := range p.Hits(c, "startup-too-slow") {
		if h.Final {
			f.Evidence = append(f.Evidence, h.Evidence())
			return true
		}
	}
	return false
}

// inferred: events are gone, and the container was ended by a signal at the age
// at which its liveness probe gives up for the first time.
func inferred(p *diagnose.Pass, c *facts.Container) {
	t, where := c.Exit()
	if t == nil || !p.KilledAtBudget(c) {
		return
	}
	f := finding(p, c)
	f.Summary = unloop.Msg("%s was stopped at the age at which its liveness probe gives up", diagnose.ContainerOf(c))
	f.Evidence = []unloop.Evidence{p.ExitEvidence(c, t, where), p.SpecEvidence("containers/"+c.Name+".livenessProbe", "gives up after %s", (&diagnose.ProbeFacts{Spec: c.Spec.LivenessProbe}).Budget())}
	if starting(p, c, &f) {
		f.Confidence = unloop.Likely
	}
	p.Report(f)
}

func finding(p *diagnose.Pass, c *facts.Container) diagnose.Finding {
	return diagnose.Finding{
		Container: c, Confidence: unloop.Possible,
		Summary: unloop.Msg("the liveness probe of %s gives up before the program has started", diagnose.ContainerOf(c)),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("give %s a startupProbe with enough attempts", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("raise initialDelaySeconds or failureThreshold of the liveness probe"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}

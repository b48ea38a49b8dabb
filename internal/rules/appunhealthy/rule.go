// Package appunhealthy recognises a program that itself reports that it is unhealthy.
package appunhealthy

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause app-unhealthy.
var Rule = &diagnose.Rule{
	ID: "app-unhealthy", Family: diagnose.Probe, Since: "0.1",
	Title: "The probe is right: the program itself reports that it is unhealthy",
	Doc: diagnose.Doc{
		Means: "The liveness probe asks the right thing, and the program answers that it is not well (a 5xx status, a command that fails, NOT_SERVING), or answered well before and then no longer. The kubelet restarts it, which is what the probe is for.",
		Why: []string{
			"The program found itself unable to work: a lost backend, a full queue, a broken state.",
			"The health page or file was removed.",
			"A bug.",
		},
		Confirm: []string{
			"kubectl logs POD --previous around the time of the kill",
			"ask the health endpoint by hand",
		},
		Remedy: []string{
			"Read the program's log at that time and correct what it names.",
			"Where the check is too strict, relax it or move it to readiness.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-wrong-target", Apart: "it fails from the first attempt on: 404, refused"},
			{ID: "liveness-checks-dependency", Apart: "many pods at once, for a backend"},
			{ID: "liveness-timeout", Apart: "no answer in time, instead of a bad one"},
			{ID: "startup-too-slow", Apart: "it was never well in this instance"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "liveness")
		if pr == nil {
			inferred(p, c)
			continue
		}
		before := pr.SucceededBefore(p, c)
		f := diagnose.Finding{
			Container: c, Evidence: pr.Evidence(p),
			Summary: unloop.Msg("%s reports through its liveness probe that it is unhealthy", diagnose.ContainerOf(c)),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("read the program's log at that time"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)}},
		}
		if pr.Kill != nil {
			f.Chain = []unloop.Message{unloop.Msg("the kubelet killed %s because its liveness probe failed", diagnose.ContainerOf(c))}
		}
		switch pr.Answer {
		case diagnose.Status5xx:
			f.Summary = unloop.Msg("%s answers its liveness probe with status %d", diagnose.ContainerOf(c), pr.Status)
			f.Confidence = sure(before)
		case diagnose.CommandFailed:
			f.Confidence = sure(before)
		case diagnose.Status4xx, diagnose.Refused:
			if !before {
				continue
			}
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%s was well, and then its liveness probe failed", diagnose.ContainerOf(c))
		case diagnose.Unserved:
			if !notServing.Match(pr.Output) {
				continue
			}
			f.Confidence = sure(before)
		case diagnose.NoAnswer:
			// Killed, and the event that says what the probe got is gone.
			f.Confidence = unloop.Possible
			f.Summary = unloop.Msg("%s failed its liveness probe; what it answered is not known", diagnose.ContainerOf(c))
		default:
			continue
		}
		p.Report(f)
	}
}

// inferred: events are gone. The container was ended by a signal, it has a liveness
// probe, and it lived longer than a probe takes that never passes.
func inferred(p *diagnose.Pass, c *facts.Container) {
	t, where := c.Exit()
	if t == nil || t.Reason != "Error" || t.ExitCode != 137 && t.ExitCode != 143 || c.Spec == nil || c.Spec.LivenessProbe == nil || p.Has(facts.Events) {
		return
	}
	pr := &diagnose.ProbeFacts{Name: "liveness", Spec: c.Spec.LivenessProbe, Kill: &diagnose.Kill{}}
	if !pr.SucceededBefore(p, c) {
		return
	}
	p.Report(diagnose.Finding{
		Container: c, Confidence: unloop.Possible,
		Summary:  unloop.Msg("%s was probably stopped because its liveness probe failed after a while", diagnose.ContainerOf(c)),
		Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where), p.SpecEvidence("containers/"+c.Name+".livenessProbe", "gives up after %s", pr.Budget())},
		Fixes:    []unloop.Fix{{Title: unloop.Msg("look at the events while they last"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
	})
}

func sure(before bool) unloop.Confidence {
	if before {
		return unloop.Proven
	}
	return unloop.Likely
}

var notServing = diagnose.Re(`NOT_SERVING`)

// Package livenesschecksdependency recognises a liveness probe that fails because it checks a backend which is down.
package livenesschecksdependency

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause liveness-checks-dependency.
var Rule = &diagnose.Rule{
	ID: "liveness-checks-dependency", Family: diagnose.Probe, Since: "0.1",
	Title: "The liveness probe fails because it checks a backend, which is down",
	Needs: facts.Events | facts.Logs,
	Doc: diagnose.Doc{
		Means: "The handler behind the liveness probe asks a backend (a database, another service). When the backend fails, every replica is killed, which helps nobody and makes the outage longer.",
		Why: []string{
			"A health endpoint that includes database or downstream checks is used for liveness.",
		},
		Confirm: []string{
			"several pods of the workload are killed in the same minute",
			"the log at that time names the backend",
		},
		Remedy: []string{
			"Use an endpoint for liveness that checks the process only; check backends in readiness.",
			"Bring the backend back.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-refused", Apart: "the program ends by itself for the backend"},
			{ID: "app-unhealthy", Apart: "one pod only"},
			{ID: "liveness-timeout", Apart: "slow answers, not bad ones"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "app-unhealthy", "liveness-timeout", "dependency-refused", "dependency-unreachable"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "liveness")
		if pr == nil || pr.Kill == nil || pr.Answer != diagnose.Status5xx && pr.Answer != diagnose.TimedOut {
			continue
		}
		h := backend(p, c)
		n := others(p)
		if h == nil || n < 1 {
			continue
		}
		p.Report(diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Late: h.Late(),
			Summary:  unloop.Msg("the liveness probe fails on %d pods of %s at once, while a backend of theirs fails", n+1, p.Subject.Workload),
			Evidence: append([]unloop.Evidence{h.Evidence()}, pr.Evidence(p)...),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("ask an endpoint for liveness that checks the process only"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("bring the backend back"), Risk: unloop.RiskNone},
			},
		})
	}
}

// backend returns the line that says that a backend fails.
func backend(p *diagnose.Pass, c *facts.Container) *diagnose.Hit {
	for _, cause := range []string{"dependency-refused", "dependency-unreachable", "service-name-wrong", "dns-failure", "dependency-auth", "dependency-tls"} {
		if hits := p.Hits(c, cause); len(hits) > 0 {
			return hits[0]
		}
	}
	return nil
}

// others counts the siblings that the kubelet killed for their liveness probe too.
func others(p *diagnose.Pass) int {
	names := map[string]bool{}
	for _, s := range p.Siblings {
		if s.Name != p.Subject.Name {
			names[s.Name] = true
		}
	}
	seen := map[string]bool{}
	for _, e := range p.AllEvents() {
		if e.Reason == "Killing" && names[e.Object.Name] && liveness.Match(e.Message) {
			seen[e.Object.Name] = true
		}
	}
	return len(seen)
}

var liveness = diagnose.Re(`failed liveness probe`)

// Package livenesschecksdependency recognises a liveness probe that fails because it checks a backend which is down.
package livenesschecksdependency

import (
	"strings"

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
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "app-unhealthy", "liveness-timeout", "dependency-refused", "dependency-unreachable", "service-no-endpoints", "service-name-wrong", "dns-failure", "dependency-auth", "dependency-tls"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "liveness")
		if pr == nil || pr.Kill == nil || pr.Answer != diagnose.Status5xx && pr.Answer != diagnose.TimedOut {
			continue
		}
		h, said := backend(p, c, pr)
		n := others(p)
		if h == nil || !said && n < 1 {
			continue
		}
		sum := unloop.Msg("the liveness probe fails on %d pods of %s at once, while a backend of theirs fails", n+1, p.Subject.Workload)
		if said {
			sum = unloop.Msg("the liveness probe of %s fails because what it asks, %s, checks a backend, which fails", diagnose.ContainerOf(c), pr.Spec.HTTPGet.Path)
		}
		p.Report(diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Late: h.Late(),
			Summary:  sum,
			Evidence: append([]unloop.Evidence{h.Evidence()}, pr.Evidence(p)...),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("ask an endpoint for liveness that checks the process only"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("bring the backend back"), Risk: unloop.RiskNone},
			},
		})
	}
}

// backend returns the line that says that a backend fails; said where the line
// is the answer to the probe itself, since it names the path that the probe asks.
func backend(p *diagnose.Pass, c *facts.Container, pr *diagnose.ProbeFacts) (h *diagnose.Hit, said bool) {
	for _, cause := range []string{"dependency-refused", "dependency-unreachable", "service-name-wrong", "dns-failure", "dependency-auth", "dependency-tls"} {
		for _, one := range p.Hits(c, cause) {
			if asks(pr, one.Text) {
				return one, true
			}
			if h == nil {
				h = one
			}
		}
	}
	return h, false
}

// asks reports whether the line names the path that the probe asks, as a word of
// its own; the root names nothing.
func asks(pr *diagnose.ProbeFacts, line string) bool {
	if pr.Spec == nil || pr.Spec.HTTPGet == nil || len(pr.Spec.HTTPGet.Path) < 2 {
		return false
	}
	_, rest, ok := strings.Cut(" "+line+" ", pr.Spec.HTTPGet.Path)
	return ok && strings.ContainsRune(" \"':,;?)]}", rune(rest[0]))
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

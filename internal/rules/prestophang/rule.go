// Package prestophang recognises a preStop hook that uses up the grace period.
package prestophang

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause prestop-hang.
var Rule = &diagnose.Rule{
	ID: "prestop-hang", Family: diagnose.Probe, Since: "0.1",
	Title: "The preStop hook uses up the grace period",
	Doc: diagnose.Doc{
		Means: "Before the container is stopped, its preStop hook runs, and its time counts. The hook takes the whole grace period, so that the program is killed (137) without time to end in order.",
		Why: []string{
			"The hook sleeps longer than terminationGracePeriodSeconds.",
			"The hook waits for something that does not come.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].lifecycle.preStop} {.spec.terminationGracePeriodSeconds}'",
		},
		Remedy: []string{
			"Shorten the hook, or raise terminationGracePeriodSeconds above hook plus stop.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pid1-ignores-sigterm", Apart: "there is no hook: the program ignores the signal"},
			{ID: "oom-container-limit", Apart: "137 with reason OOMKilled"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/"},
	},
	Explains: []string{"pid1-ignores-sigterm", "oom-undetected", "killed-from-inside"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode != 137 || t.Reason == "OOMKilled" || c.Spec == nil || c.Spec.Lifecycle == nil || c.Spec.Lifecycle.PreStop == nil {
			continue
		}
		k := p.KillOf(c)
		if k == nil || k.By == "hook" || k.By == "rule" {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where), p.EventEvidence(k.Event), p.SpecEvidence("containers/"+c.Name+".lifecycle.preStop", "%s", words(c.Spec.Lifecycle.PreStop))},
			Summary: unloop.Msg("the preStop hook of %s uses up the grace period of %s", diagnose.ContainerOf(c), p.Grace(c)),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("shorten the hook, or raise terminationGracePeriodSeconds"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		}
		if s := c.Spec.Lifecycle.PreStop.Sleep; s != nil && float64(s.Seconds) >= p.Grace(c).Seconds() || len(p.FindReason(diagnose.PodEvent, "FailedPreStopHook")) > 0 {
			f.Confidence = unloop.Likely
		}
		p.Report(f)
	}
}

func words(h *corev1.LifecycleHandler) string {
	switch {
	case h.Exec != nil:
		return strings.Join(h.Exec.Command, " ")
	case h.HTTPGet != nil:
		return "http-get " + h.HTTPGet.Path
	case h.Sleep != nil:
		return "sleep " + strconv.FormatInt(h.Sleep.Seconds, 10) + "s"
	}
	return "a hook"
}

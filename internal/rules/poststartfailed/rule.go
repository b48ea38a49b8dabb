// Package poststartfailed recognises a postStart hook that failed.
package poststartfailed

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause poststart-failed.
var Rule = &diagnose.Rule{
	ID: "poststart-failed", Family: diagnose.Probe, Since: "0.1",
	Title: "The postStart hook failed, so the container was killed",
	Doc: diagnose.Doc{
		Means: "The container's postStart hook (a command or request that runs right after the start) failed. The kubelet kills the container for that and starts it again.",
		Why: []string{
			"The hook's command does not exist or ends with an error.",
			"The hook asks a port that the program has not opened yet.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].state.waiting.message}' while it waits",
			"journalctl -u kubelet | grep -i poststart",
		},
		Remedy: []string{
			"Correct the hook; let it wait for what it needs.",
			"Do it in an init container or in the program itself.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "app-error-exit", Apart: "the program ended by itself before the hook"},
			{ID: "unhandled-exception", Apart: "a trace in the log"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "startup-too-slow", "exec-probe-broken"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36: waiting PostStartHookError, event FailedPostStartHook, Killing FailedPostStartHook.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.Waiting|diagnose.PodEvent, "PostStartHookError", "FailedPostStartHook")
	if len(texts) == 0 {
		for _, c := range p.Troubled() {
			if k := p.KillOf(c); k != nil && k.By == "hook" {
				p.Report(finding(p, c, p.EventEvidence(k.Event)))
			}
		}
		return
	}
	done := map[*facts.Container]bool{}
	for _, t := range texts {
		if !done[t.Container] {
			done[t.Container] = true
			p.Report(finding(p, t.Container, t.Evidence()))
		}
	}
}

func finding(p *diagnose.Pass, c *facts.Container, ev unloop.Evidence) diagnose.Finding {
	f := diagnose.Finding{
		Container: c, Confidence: unloop.Proven, Evidence: []unloop.Evidence{ev},
		Summary: unloop.Msg("the postStart hook of %s failed, and the kubelet killed it for that", diagnose.ContainerOf(c)),
		Fixes:   []unloop.Fix{{Title: unloop.Msg("correct the hook, or move it into the program or an init container"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
	}
	if c != nil && c.Spec != nil && c.Spec.Lifecycle != nil && c.Spec.Lifecycle.PostStart != nil && c.Spec.Lifecycle.PostStart.Exec != nil {
		f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".lifecycle.postStart", "%q", c.Spec.Lifecycle.PostStart.Exec.Command))
	}
	return f
}

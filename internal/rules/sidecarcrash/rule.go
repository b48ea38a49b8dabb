// Package sidecarcrash names a native sidecar that crashes, where nothing narrower is known.
package sidecarcrash

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause sidecar-crash.
var Rule = &diagnose.Rule{
	ID: "sidecar-crash", Family: diagnose.InitFam, Since: "0.1",
	Weight: diagnose.LastResort,
	Title:  "A native sidecar container crashes",
	Needs:  facts.Status | facts.Spec,
	Doc: diagnose.Doc{
		Means: "An init container with restartPolicy: Always (a native sidecar) ends again and again. kubectl shows Init:CrashLoopBackOff, although the application may be running.",
		Why: []string{
			"The sidecar's program fails: configuration, certificates, a port already in use.",
		},
		Confirm: []string{
			"kubectl logs POD -c SIDECAR --previous",
		},
		Remedy: []string{
			"Read the sidecar's log and correct what it names.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "init-failing", Apart: "an ordinary init container: the application never started"},
			{ID: "sidecar-not-ready", Apart: "it runs and is not ready"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if c.Class != facts.Sidecar || t == nil || p.KilledByKubelet(c) {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where), p.SpecEvidence("initContainers/"+c.Name+".restartPolicy", "Always")},
			Summary: unloop.Msg("the sidecar %q ends with exit code %d and is started again", c.Name, t.ExitCode),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("read the sidecar's log"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)}},
		}
		p.Report(f)
	}
}

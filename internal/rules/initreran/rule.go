// Package initreran recognises init containers that ran again because the pod's sandbox was lost.
package initreran

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause init-reran.
var Rule = &diagnose.Rule{
	ID: "init-reran", Family: diagnose.InitFam, Since: "0.1",
	Weight: diagnose.General,
	Title:  "Init containers ran again because the pod's sandbox was lost",
	Needs:  facts.Status | facts.Events,
	Doc: diagnose.Doc{
		Means: "The pod's sandbox (its network namespace holder) was lost and made anew, so all init containers ran again on a pod that had been running. Init containers that are not made for that fail or do damage.",
		Why: []string{
			"The node rebooted, or the runtime lost the sandbox.",
			"The pod's network changed.",
		},
		Confirm: []string{
			"kubectl describe pod POD (SandboxChanged)",
		},
		Remedy: []string{
			"Make the init container safe to run again.",
			"Find out why the sandbox was lost.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-reboot", Apart: "the node rebooted: that is the deeper cause"},
			{ID: "init-failing", Apart: "the first start of the pod"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/init-containers/"},
	},
	Explains: []string{"init-failing", "app-error-exit"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	changed := p.FindReason(diagnose.PodEvent, "SandboxChanged")
	if len(changed) == 0 {
		return
	}
	for _, c := range p.Containers {
		t, where := c.Exit()
		if c.Class != facts.Init || t == nil || t.ExitCode == 0 || !appRan(p) {
			continue
		}
		p.Report(diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Evidence: []unloop.Evidence{changed[0].Evidence(), p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("the pod's sandbox was lost, and the init container %q fails when it runs again", c.Name),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("make the init container safe to run again"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		})
	}
}

// appRan: a regular container of the pod has run before.
func appRan(p *diagnose.Pass) bool {
	for _, c := range p.Containers {
		if t, _ := c.Exit(); c.Class == facts.App && (t != nil || c.Restarts() > 0) {
			return true
		}
	}
	return false
}

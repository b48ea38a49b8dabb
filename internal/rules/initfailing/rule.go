// Package initfailing names an init container that fails, where nothing narrower is known.
package initfailing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause init-failing.
var Rule = &diagnose.Rule{
	ID: "init-failing", Family: diagnose.InitFam, Since: "0.1",
	Weight: diagnose.LastResort,
	Title:  "An init container fails, so the pod's containers never start",
	Needs:  facts.Status,
	Doc: diagnose.Doc{
		Means: "An init container ends with an error. Init containers run one after the other before the pod's own containers, so these never start.",
		Why: []string{
			"The init container's program fails: a migration, a download, a permission fix.",
			"What it needs (a backend, a file, a right) is not there.",
		},
		Confirm: []string{
			"kubectl logs POD -c INIT-CONTAINER --previous",
			"kubectl describe pod POD",
		},
		Remedy: []string{
			"Read the init container's log and correct what it names.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "init-waiting", Apart: "it runs and waits"},
			{ID: "init-oom", Apart: "it was killed for memory"},
			{ID: "sidecar-crash", Apart: "it is a sidecar (restartPolicy: Always)"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/"},
	},
	Explains: []string{"app-error-exit"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if c.Class != facts.Init || t == nil || t.ExitCode == 0 || t.Reason == "OOMKilled" {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("the init container %q ends with exit code %d, so the pod's containers never start", c.Name, t.ExitCode),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("read the init container's log"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)}},
		}
		if l, _ := c.DeadLog(); l.HasText() {
			f.Evidence = append(f.Evidence, p.LastLineEvidence(c, l))
		}
		p.Report(f)
	}
	if p.Pod != nil && !p.Pod.HasStatus && p.Pod.Row != nil && rowFails.Match(p.Pod.Row.Status) {
		p.Report(diagnose.Finding{
			Confidence: unloop.Possible, Summary: unloop.Msg("an init container of the pod fails (%s)", p.Pod.Row.Status), Evidence: []unloop.Evidence{p.RowEvidence()},
			Fixes: []unloop.Fix{{Title: unloop.Msg("see which one, and how it ended"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
		})
	}
}

// rowFails: the STATUS column of a pod whose init container ended badly.
var rowFails = diagnose.Re(`^Init:(?:Error|CrashLoopBackOff|ExitCode:|Signal:)`)

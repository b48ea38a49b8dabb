// Package killedfrominside recognises a kill sent by another process of the pod or node.
package killedfrominside

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause killed-from-inside.
var Rule = &diagnose.Rule{
	ID: "killed-from-inside", Family: diagnose.Resource, Since: "0.1",
	Title: "Another process of the pod or node sent the killing signal",
	Needs: facts.Status | facts.Host,
	Doc: diagnose.Doc{
		Means: "The container ended with SIGKILL, Kubernetes asked for no stop and the kernel was not out of memory: some process sent the signal. Only a record of signals shows which.",
		Why: []string{
			"A supervisor, watchdog or cron job inside the pod.",
			"Somebody ran kill on the node.",
			"A security agent on the node.",
		},
		Confirm: []string{
			"a recording of system calls or an audit rule on kill",
		},
		Remedy: []string{
			"Find the sender in the recording, and stop it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-undetected", Apart: "memory: a kernel line exists"},
			{ID: "pid1-ignores-sigterm", Apart: "Kubernetes asked for a stop"},
			{ID: "prestop-hang", Apart: "Kubernetes asked for a stop, the hook used the time"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected"},
	Run:      run,
}

// Source: audit(8) records of kill; the program's own log of a watchdog is a signature of the log table.
var pattern = diagnose.Re(`type=SYSCALL[^\n]*syscall=(?:62|234|200)[^\n]*a1=9\b|syscall=kill[^\n]*sig(?:nal)?=(?:9|SIGKILL)`)

func run(p *diagnose.Pass) {
	lines := p.Find(diagnose.HostText, pattern)
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode != 137 || t.Reason != "Error" || len(lines) == 0 || p.KillOf(c) != nil {
			continue
		}
		p.Report(diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Evidence: []unloop.Evidence{lines[0].Evidence(), p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("a process on the node sent SIGKILL to %s", diagnose.ContainerOf(c)),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("find the sender in the audit record"), Risk: unloop.RiskNone, Command: "ausearch -sc kill -i"}},
		})
	}
}

// Package apperrorexit names an end with an error of the program's own about
// which nothing narrower is known. It is the last resort of the catalogue.
package apperrorexit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause app-error-exit.
var Rule = &diagnose.Rule{
	ID: "app-error-exit", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.LastResort,
	Title: "The program ended by itself with an error",
	Doc: diagnose.Doc{
		Means: "The program ran and ended on its own with an exit code other than 0. Kubernetes did not end it. Nothing in the facts at hand says more exactly why.",
		Why: []string{
			"An error the program reports only in its log, which is not at hand or says nothing.",
			"A start script whose last command failed.",
			"A program that gives up in silence: a missing file, a refused connection.",
		},
		Confirm: []string{
			"kubectl logs POD -c CONTAINER --previous",
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].lastState.terminated}'",
		},
		Remedy: []string{
			"Read the log of the instance that ended and correct what it names.",
			"Where the log is silent, record the system calls before the end.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "unhandled-exception", Apart: "the log ends with a trace or a panic"},
			{ID: "app-config-error", Apart: "the log names a key, a value or a line of the configuration"},
			{ID: "missing-env-var", Apart: "the log names a variable that is not set"},
			{ID: "file-missing", Apart: "the log names a file that is not there"},
			{ID: "bad-arguments", Apart: "the log shows a usage text or an unknown flag"},
			{ID: "clean-exit-restarted", Apart: "the exit code is 0"},
			{ID: "oom-container-limit", Apart: "the reason is OOMKilled"},
			{ID: "node-reboot", Apart: "exit code 255 with reason Unknown, on all pods of the node"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Run: run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode == 0 || killedFromOutside(p, c, t.Reason, t.ExitCode) {
			continue
		}
		f := diagnose.Finding{
			Confidence: unloop.Likely, Container: c,
			Summary:  unloop.Msg("%s ended by itself with exit code %d: %s", diagnose.ContainerOf(c), t.ExitCode, diagnose.ExitInfo(c, t).Meaning),
			Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Fixes:    []unloop.Fix{{Title: unloop.Msg("read the log of the instance that ended"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)}},
		}
		if t.ExitCode == unknownCode {
			f.Summary = unloop.Msg("%s ended by itself with an error, and its exit code is not known", diagnose.ContainerOf(c))
		}
		if c.Death != nil && c.DeathSure && !c.Recorded {
			f.Evidence = append(f.Evidence, diagnose.DeathEvidence(c.Death))
		}
		if l, sure := c.DeadLog(); l != nil && sure {
			f.Evidence = append(f.Evidence, p.LastLineEvidence(c, l))
		}
		if command := p.CapturesCommand(); c.Death == nil && command != "" {
			f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("see its last system calls, where the flight recorder runs (docs/record.md)"), Risk: unloop.RiskNone, Command: command})
		}
		p.Report(f)
	}
	if p.Pod == nil || p.Pod.HasStatus {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Possible,
		Summary:    unloop.Msg("a container of the pod keeps ending; how it ended is not in the input"),
		Fixes:      []unloop.Fix{{Title: unloop.Msg("look at the last end"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
	}
	switch {
	case p.State.Has(detect.Ended) && p.Pod.Row != nil:
		f.Evidence = []unloop.Evidence{p.RowEvidence()}
	case p.Pod.Row == nil:
		for _, m := range p.Find(diagnose.PodEvent, restarting) {
			f.Container, f.Evidence = m.Container, []unloop.Evidence{m.Evidence()}
			break
		}
	}
	if len(f.Evidence) > 0 {
		p.Report(f)
	}
}

// unknownCode is what CRI-O writes where it does not know the code
// (server/container_status.go), and a text reader where the text leaves it out.
const unknownCode = -1

// restarting is the kubelet's BackOff event (kubernetes 1.2 to 1.36).
var restarting = diagnose.Re(`back-off\b.*restarting failed`)

// killedFromOutside: ends that are not the program's own have rules of their own.
func killedFromOutside(p *diagnose.Pass, c *facts.Container, reason string, code int32) bool {
	switch reason {
	case "OOMKilled", "StartError", "ContainerCannotRun", "ContainerStatusUnknown", "Unknown", "RestartingAllContainers", "seccomp killed":
		return true
	}
	return code == 137 || p.KilledByKubelet(c) || p.KilledAtBudget(c)
}

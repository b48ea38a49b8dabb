// Package pid1ignoressigterm recognises a main process that does not react to the
// stop signal, so that every stop ends in a kill.
package pid1ignoressigterm

import (
	"path"
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause pid1-ignores-sigterm.
var Rule = &diagnose.Rule{
	ID: "pid1-ignores-sigterm", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.LastResort,
	Title: "The program does not react to the stop signal",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "To stop a container the kubelet sends SIGTERM to its main process, waits for the grace period (30 s by default) and then kills it with SIGKILL: exit code 137. The program did not end in that time. The kernel does not apply a signal's default action to process 1, so a program without a handler of its own ignores SIGTERM there.",
		Why: []string{
			"A shell is process 1 (sh -c \"program\" or a script without exec) and does not pass the signal on to the program.",
			"The program has no handler for SIGTERM and counts on the default action.",
			"It has one, and waits for connections or work longer than the grace period.",
		},
		Confirm: []string{
			"time kubectl delete pod POD takes just the grace period",
			"kubectl exec POD -- cat /proc/1/cmdline /proc/1/status: which program, and whether SigCgt holds bit 15",
		},
		Remedy: []string{
			"Start the program with exec in scripts, or name it directly in command.",
			"Handle SIGTERM in the program: finish, then exit.",
			"Put a small init before it (tini, dumb-init), or shareProcessNamespace: true.",
			"Where the work needs the time, raise terminationGracePeriodSeconds.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-container-limit", Apart: "137 as well, with reason OOMKilled or without any Killing event before it"},
			{ID: "prestop-hang", Apart: "the preStop hook uses up the grace period, before the signal is sent"},
			{ID: "liveness-wrong-target", Apart: "why the kubelet stops it at all"},
			{ID: "stuck-runtime", Apart: "not even SIGKILL ends it"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	},
	Run: run,
}

// slack is for clocks, the runtime and whole seconds in times.
const slack = 5 * time.Second

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode != 137 || t.Reason != "Error" && t.Reason != "" {
			continue
		}
		k := p.KillOf(c)
		if k == nil || c.Spec != nil && c.Spec.Lifecycle != nil && c.Spec.Lifecycle.PreStop != nil {
			continue
		}
		grace := p.Grace(c)
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible,
			Summary:  unloop.Msg("the main process of %s did not end on SIGTERM and was killed after the grace period of %s", diagnose.ContainerOf(c), grace),
			Evidence: []unloop.Evidence{p.EventEvidence(k.Event), p.ExitEvidence(c, t, where)},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("let the program of %s handle SIGTERM, and start it with exec", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("put an init process such as tini before it"), Risk: unloop.RiskRestart},
			},
		}
		if !t.FinishedAt.IsZero() && !k.Event.Last.IsZero() {
			took := t.FinishedAt.Sub(k.Event.Last)
			if took < grace-slack || took > grace+slack {
				// Killed earlier than the grace period: by something else.
				continue
			}
			f.Confidence = unloop.Likely
		}
		if wrapped(c) {
			f.Evidence = append(f.Evidence, p.CommandEvidence(c)...)
			f.Chain = []unloop.Message{unloop.Msg("a shell is the main process of %s and does not pass signals on", diagnose.ContainerOf(c))}
		}
		p.Report(f)
	}
}

// wrapped reports whether a shell without exec is the main process.
func wrapped(c *facts.Container) bool {
	argv := diagnose.Argv(c)
	if len(argv) < 2 {
		return false
	}
	switch path.Base(argv[0]) {
	case "sh", "bash", "ash", "dash":
		return !strings.Contains(argv[len(argv)-1], "exec ")
	}
	return false
}

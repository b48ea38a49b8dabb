// Package oomchildprocess recognises a child process that was killed at the container's memory limit.
package oomchildprocess

import (
	"slices"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause oom-child-process.
var Rule = &diagnose.Rule{
	ID: "oom-child-process", Family: diagnose.Resource, Since: "0.1",
	Title: "A child process was killed at the container's memory limit",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "The runtime marked the end as OOMKilled, and the exit code is not 137: the kernel killed a child (a worker, a shell command, a probe's process), and the main process went on or ended in its own way. With one main process and workers, that is how one request takes a worker down.",
		Why: []string{
			"A worker process of a server grew to the limit.",
			"A script ran a command that needed more memory than the limit.",
			"An exec probe's process was killed in the container's cgroup.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].lastState.terminated}'",
			"dmesg on the node: task= names the child",
		},
		Remedy: []string{
			"Raise the limit, or run fewer workers.",
			"Limit the workers themselves.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-container-limit", Apart: "exit code 137: the main process was killed"},
			{ID: "clean-exit-restarted", Apart: "exit 0 and reason Completed"},
			{ID: "app-error-exit", Apart: "reason Error"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"app-error-exit", "app-unhealthy", "liveness-timeout", "readiness-never", "init-failing", "oom-undetected", "killed-from-inside", "oom-container-limit", "job-backoff-limit", "rollout-stuck", "clean-exit-restarted", "native-crash"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		if sent(h.Container) {
			return diagnose.Finding{} // a recording shows who killed it
		}
		return diagnose.Finding{
			Summary: unloop.Msg("a child process of %s was killed, probably for memory", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("raise the memory limit, or run fewer workers"), Risk: unloop.RiskRestart}},
		}
	})
	for _, c := range p.Troubled() {
		recorded(p, c)
		t, where := c.Exit()
		if t == nil || t.Reason != "OOMKilled" || t.ExitCode == 137 || c.Class == facts.Init {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Proven, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("a child process of %s was killed for memory, and the main process ended with %d", diagnose.ContainerOf(c), t.ExitCode),
		}
		if t.ExitCode == 143 || t.ExitCode == 0 && p.KilledByKubelet(c) {
			// The mark stays for the life of the container: the end may have another reason.
			f.Confidence = unloop.Possible
		}
		if child := victim(c); child != nil {
			f.Evidence = append([]unloop.Evidence{diagnose.DeathEvidence(child)}, f.Evidence...)
			f.Summary = unloop.Msg("%s (pid %d), a child of %s, was killed for memory, and the main process ended with %d", child.Name, child.Pid, diagnose.ContainerOf(c), t.ExitCode)
		}
		limit, known := diagnose.MemoryLimit(c)
		if known && limit != "" {
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".resources.limits.memory", "%s", limit))
		}
		f.Fixes = []unloop.Fix{
			{Title: unloop.Msg("raise the memory limit of %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.SetMemoryCommand(c, limit)},
			{Title: unloop.Msg("run fewer workers, or bound each"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		}
		p.Report(f)
	}
}

// sent reports whether a recording shows a process that killed this container's, or a
// child of its.
func sent(c *facts.Container) bool {
	if diagnose.Killer(c) != nil {
		return true
	}
	if c.Death == nil || !c.DeathSure {
		return false
	}
	return slices.ContainsFunc(c.Death.Deepest().Killed, func(d *facts.Death) bool { return diagnose.KillerOf(d) != nil })
}

// victim is the child that a recording shows to have been killed shortly before the end,
// and that nobody sent the signal to; nil for none.
func victim(c *facts.Container) *facts.Death {
	if c.Death == nil || !c.DeathSure || sent(c) {
		return nil
	}
	killed := c.Death.Deepest().Killed
	if len(killed) == 0 {
		return nil
	}
	return killed[len(killed)-1]
}

// recorded takes a child that SIGKILL ended shortly before, and that nobody sent: such a
// signal comes from the kernel, for memory. The kernel does not always tell who sent a
// SIGKILL, so it is likely only where the recorder saw it choose a victim.
func recorded(p *diagnose.Pass, c *facts.Container) {
	t, where := c.Exit()
	child := victim(c)
	if t == nil || child == nil || t.ExitCode == 137 || p.KillOf(c) != nil || t.Reason == "OOMKilled" && !c.Recorded {
		return
	}
	f := diagnose.Finding{
		Container: c, Confidence: unloop.Possible,
		Evidence: []unloop.Evidence{diagnose.DeathEvidence(child), p.ExitEvidence(c, t, where)},
		Summary:  unloop.Msg("%s (pid %d), a child of %s, was killed, probably for memory, and the container ended with %d after it", child.Name, child.Pid, c.Death.Deepest().Name, t.ExitCode),
		Fixes:    []unloop.Fix{{Title: unloop.Msg("raise the memory limit, or run fewer workers"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
	}
	if c.Death.OOM {
		f.Confidence = unloop.Likely
	}
	p.Report(f)
}

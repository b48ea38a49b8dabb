// Package killedfrominside recognises a kill sent by another process of the pod or node.
package killedfrominside

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause killed-from-inside.
var Rule = &diagnose.Rule{
	ID: "killed-from-inside", Family: diagnose.Resource, Since: "0.1",
	Title: "Another process of the pod or node sent the killing signal",
	Needs: facts.Status,
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
	for _, c := range p.Troubled() {
		recorded(p, c)
	}
	lines := p.Find(diagnose.HostText, pattern)
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if diagnose.Killer(c) != nil {
			continue
		}
		if t == nil || t.ExitCode != 137 || t.Reason != "Error" || p.KillOf(c) != nil || p.KilledAtBudget(c) {
			continue
		}
		if len(lines) == 0 {
			shared(p, c, t, where)
			continue
		}
		p.Report(diagnose.Finding{
			Container: c, Confidence: unloop.Likely, Evidence: []unloop.Evidence{lines[0].Evidence(), p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("a process on the node sent SIGKILL to %s", diagnose.ContainerOf(c)),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("find the sender in the audit record"), Risk: unloop.RiskNone, Command: "ausearch -sc kill -i"}},
		})
	}
}

// recorded takes the sender from a recording of system calls. What a runtime sends, it
// sends for the kubelet.
func recorded(p *diagnose.Pass, c *facts.Container) {
	s := diagnose.Killer(c)
	if s == nil || s.Name != "SIGKILL" || p.KillOf(c) != nil || ofRuntime(s.SenderName) {
		return
	}
	t, where := c.Exit()
	victim := c.Death.Deepest()
	f := diagnose.Finding{
		Container: c, Confidence: unloop.Likely,
		Evidence: []unloop.Evidence{diagnose.SignalEvidence(victim, s), p.ExitEvidence(c, t, where)},
		Summary:  unloop.Msg("%s (pid %d) sent SIGKILL to %s", s.SenderName, s.Sender, diagnose.ContainerOf(c)),
		Fixes:    []unloop.Fix{{Title: unloop.Msg("stop %s, or let it spare the container", s.SenderName), Risk: unloop.RiskNone}},
	}
	if s.Sent {
		f.Confidence = unloop.Proven
	}
	switch {
	case s.Sender == victim.Pid:
		f.Summary = unloop.Msg("%s (pid %d) sent SIGKILL to itself, with which %s ended", s.SenderName, s.Sender, diagnose.ContainerOf(c))
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("see why %s gives up in this way: what it did before stands in the recording", s.SenderName), Risk: unloop.RiskNone}}
	case victim != c.Death:
		f.Summary = unloop.Msg("%s (pid %d) sent SIGKILL to %s (pid %d), with whose status %s ended", s.SenderName, s.Sender, victim.Name, victim.Pid, diagnose.ContainerOf(c))
	}
	p.Report(f)
}

// ofRuntime reports whether a program starts and stops containers for the kubelet.
func ofRuntime(name string) bool {
	for _, r := range []string{"containerd", "runc", "crun", "conmon", "crio", "cri-o", "dockerd", "docker", "podman", "kubelet", "systemd", "youki", "runsc", "kata"} {
		if strings.HasPrefix(name, r) {
			return true
		}
	}
	return false
}

// shared: the pod's containers see and may signal each other's processes, nothing
// else is known to have killed this one, and it has no memory limit to reach.
func shared(p *diagnose.Pass, c *facts.Container, t *corev1.ContainerStateTerminated, where string) {
	if p.Pod == nil || p.Pod.Spec.ShareProcessNamespace == nil || !*p.Pod.Spec.ShareProcessNamespace || p.Pod.DeletionTimestamp != nil || !p.Has(facts.Events) {
		return
	}
	var others []string
	for _, o := range p.Containers {
		if o != c && o.Class != facts.Init {
			others = append(others, o.Name)
		}
	}
	if limit, known := diagnose.MemoryLimit(c); len(others) == 0 || !known || limit != "" {
		return
	}
	p.Report(diagnose.Finding{
		Container: c, Confidence: unloop.Possible,
		Evidence: []unloop.Evidence{p.SpecEvidence("shareProcessNamespace", "true"), p.ExitEvidence(c, t, where)},
		Summary:  unloop.Msg("%s was killed with SIGKILL, by nothing that Kubernetes knows of, and shares its process ids with %s, which may have done it", diagnose.ContainerOf(c), strings.Join(others, ", ")),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("look for a kill in the other containers, or switch shareProcessNamespace off"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	})
}

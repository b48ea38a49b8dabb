// Package oomundetected recognises an OOM kill that the runtime did not record as one.
package oomundetected

import (
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause oom-undetected.
var Rule = &diagnose.Rule{
	ID: "oom-undetected", Family: diagnose.Resource, Since: "0.1",
	Weight: diagnose.General,
	Title:  "It was an OOM kill, but the runtime did not record it as one",
	Needs:  facts.Status,
	Doc: diagnose.Doc{
		Means: "The container ended with 137 and reason Error, nobody sent a stop, and memory is the usual reason: the runtime missed the mark (older containerd, the systemd cgroup driver). A kernel line for the container proves it.",
		Why: []string{
			"The cgroup was gone before the runtime read its counters.",
			"A child was killed first and the main process followed.",
		},
		Confirm: []string{
			"dmesg on the node: Killed process",
			"container_memory_working_set_bytes near the limit before the end",
		},
		Remedy: []string{
			"Treat it as oom-container-limit: raise the limit or bound the program.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pid1-ignores-sigterm", Apart: "a Killing event before: the grace period ended"},
			{ID: "killed-from-inside", Apart: "another process sent the signal"},
			{ID: "oom-container-limit", Apart: "reason OOMKilled"},
			{ID: "evicted-memory", Apart: "the pod is Evicted"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"app-error-exit", "readiness-never"},
	Run:      run,
}

// Sources: containerd up to 2.2 may leave Error 137 (kubernetes-failures 2.6); kernel mm/oom_kill.c.
var pattern = diagnose.Re(`memory cgroup out of memory: kill(?:ed)? process|constraint_memcg|task in \S+ killed as a result of limit of|OOMKilling`)

func run(p *diagnose.Pass) {
	lines := p.Find(diagnose.NodeText|diagnose.HostText, pattern)
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.ExitCode != 137 || t.Reason != "Error" && t.Reason != "" || p.KillOf(c) != nil || p.KilledAtBudget(c) || p.Pod != nil && p.Pod.DeletionTimestamp != nil {
			continue
		}
		if diagnose.Killer(c) != nil {
			continue // a recording shows who sent the signal
		}
		limit, known := diagnose.MemoryLimit(c)
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("%s was killed with SIGKILL and no stop was asked for: probably for its use of memory", diagnose.ContainerOf(c)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("look for a kernel line of that moment on the node"), Risk: unloop.RiskNone, Command: "dmesg -T | grep -i 'killed process'"},
				{Title: unloop.Msg("raise the memory limit of %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.SetMemoryCommand(c, limit)},
			},
		}
		switch {
		case len(lines) > 0:
			f.Confidence = unloop.Likely
			f.Evidence = append(f.Evidence, lines[0].Evidence())
		case known && limit != "" && p.Has(facts.Events):
			// Events are there, none is a kill, and there is a limit to reach.
			f.Confidence = unloop.Likely
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".resources.limits.memory", "%s", limit))
		case c.Death != nil && c.DeathSure && nearLimit(limit, c.Death.RSSKiB):
			f.Confidence = unloop.Likely
			f.Evidence = append(f.Evidence, diagnose.DeathEvidence(c.Death), p.SpecEvidence("containers/"+c.Name+".resources.limits.memory", "%s", limit))
		}
		p.Report(f)
	}
}

// nearLimit reports whether a process alone used nine tenths of the limit.
func nearLimit(limit string, rssKiB uint32) bool {
	q, err := resource.ParseQuantity(limit)
	return limit != "" && err == nil && int64(rssKiB)<<10 >= q.Value()/10*9
}

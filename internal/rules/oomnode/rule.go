// Package oomnode recognises a node that ran out of memory, so that the kernel killed this container.
package oomnode

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause oom-node.
var Rule = &diagnose.Rule{
	ID: "oom-node", Family: diagnose.Resource, Since: "0.1",
	Title: "The node ran out of memory and the kernel chose this container",
	Doc: diagnose.Doc{
		Means: "The node as a whole had no memory left. The kernel killed the process that its score made the victim: pods without requests first. That container need not be the one that used the memory.",
		Why: []string{
			"Containers without a memory limit grow until the node is full.",
			"Requests are far below real use, so that too many pods share the node.",
			"System processes use more than is reserved for them.",
		},
		Confirm: []string{
			"dmesg on the node: CONSTRAINT_NONE, \"Out of memory: Killed process\"",
			"kubectl describe node NODE: allocated against capacity",
		},
		Remedy: []string{
			"Give every container a memory limit and honest requests.",
			"Reserve memory for the system (systemReserved, kubeReserved) and set eviction thresholds.",
			"Fewer pods per node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-container-limit", Apart: "the container has a limit and reached it (CONSTRAINT_MEMCG)"},
			{ID: "oom-kubepods-limit", Apart: "oom_memcg=/kubepods: all pods together"},
			{ID: "evicted-memory", Apart: "the kubelet acted first: Evicted"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"},
	},
	Explains: []string{"app-error-exit", "app-unhealthy", "liveness-timeout", "readiness-never", "init-failing", "oom-undetected", "killed-from-inside", "oom-container-limit", "job-backoff-limit", "rollout-stuck", "clean-exit-restarted", "native-crash", "runtime-restart", "runtime-broken", "node-lost"},
	Run:      run,
}

// Sources: kernel mm/oom_kill.c; kubelet event SystemOOM; node-problem-detector OOMKilling.
var global = diagnose.Re(`CONSTRAINT_NONE|global_oom|(?:^|[^a-z] )out of memory: kill(?:ed)? process|SystemOOM|system OOM encountered`)

func run(p *diagnose.Pass) {
	lines := p.Find(diagnose.NodeText|diagnose.HostText|diagnose.PodEvent, global)
	reported := false
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.Reason != "OOMKilled" && t.ExitCode != 137 {
			continue
		}
		limit, known := diagnose.MemoryLimit(c)
		f := finding(p)
		f.Container = c
		f.Evidence = []unloop.Evidence{p.ExitEvidence(c, t, where)}
		switch {
		case len(lines) > 0 && t.Reason == "OOMKilled":
			f.Confidence = unloop.Proven
			f.Evidence = append(f.Evidence, lines[0].Evidence())
		case len(lines) > 0:
			f.Evidence = append(f.Evidence, lines[0].Evidence())
		case t.Reason == "OOMKilled" && known && limit == "" && t.ExitCode == 137:
			// No limit of its own: memory ran out above it, on the node or for all pods.
			f.Summary = unloop.Msg("%s has no memory limit and was killed because the memory of its node was used up", diagnose.ContainerOf(c))
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".resources.limits", "no memory limit"))
		default:
			continue
		}
		reported = true
		p.Report(f)
	}
	if !reported && len(lines) > 0 {
		f := finding(p)
		f.Summary = unloop.Msg("the node ran out of memory")
		f.Evidence = []unloop.Evidence{lines[0].Evidence()}
		p.Report(f)
	}
}

func finding(p *diagnose.Pass) diagnose.Finding {
	return diagnose.Finding{
		Confidence: unloop.Likely, Summary: unloop.Msg("the node ran out of memory, and the kernel killed this container"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("give every container on the node a memory limit and an honest request"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("see what uses the node's memory"), Risk: unloop.RiskNone, Command: "kubectl top pods -A --sort-by=memory"},
		},
	}
}

// Package oomcontainerlimit recognises a container that was killed because it
// reached its own memory limit.
package oomcontainerlimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause oom-container-limit.
var Rule = &diagnose.Rule{
	ID: "oom-container-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "The container reached its memory limit and was killed",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "The processes of the container together used as much memory as its limit allows, so the kernel killed them (SIGKILL, exit code 137) and the runtime marked the end as OOMKilled.",
		Why: []string{
			"The limit is lower than what the program needs when it does its work.",
			"The program leaks memory, or a request makes it allocate without bound.",
			"A runtime sizes its heap by the node's memory instead of the limit (old JVMs, worker processes per core).",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.containerStatuses[*].lastState.terminated.reason}' says OOMKilled",
			"container_memory_working_set_bytes rises to the limit before each restart",
			"dmesg on the node: CONSTRAINT_MEMCG with oom_memcg of this container",
		},
		Remedy: []string{
			"Raise limits.memory to what the program really needs, with the request near it.",
			"Bound the program: heap size as a share of the limit, fewer workers, smaller caches.",
			"Find the leak: take a heap profile before the limit is reached.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-node", Apart: "the kernel line says CONSTRAINT_NONE, or the container has no limit: the node ran out"},
			{ID: "oom-child-process", Apart: "OOMKilled with an exit code other than 137: a child was killed, the main process went on"},
			{ID: "evicted-memory", Apart: "the pod is Failed with reason Evicted: the kubelet acted, not the kernel"},
			{ID: "pid1-ignores-sigterm", Apart: "137 with reason Error after a Killing event: the grace period ended"},
			{ID: "runtime-heap-exhausted", Apart: "the language runtime's own heap was full, reason Error"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/",
			"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
		},
	},
	Explains: []string{"app-error-exit", "app-unhealthy", "liveness-timeout", "readiness-never", "init-failing", "native-crash", "job-backoff-limit", "rollout-stuck"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.Reason != "OOMKilled" || t.ExitCode != 137 || c.Class == facts.Init {
			continue
		}
		f := diagnose.Finding{Container: c, Confidence: unloop.Proven, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)}}
		limit, known := diagnose.MemoryLimit(c)
		switch {
		case known && limit == "":
			// Without a limit it is the node's or an ancestor's memory that ran out.
			continue
		case known:
			f.Summary = unloop.Msg("%s used all of its memory limit of %s and was killed", diagnose.ContainerOf(c), limit)
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".resources.limits.memory", "%s", limit))
		default:
			// The mark alone does not say whose limit it was.
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%s was killed for its use of memory", diagnose.ContainerOf(c))
		}
		if other := p.OOMElsewhere(c); other != nil {
			f.Confidence = unloop.Possible
			f.Evidence = append(f.Evidence, *other)
		}
		f.Chain = []unloop.Message{unloop.Msg("the kernel killed its processes for memory")}
		f.Fixes = []unloop.Fix{
			{Title: unloop.Msg("raise the memory limit of %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.SetMemoryCommand(c, limit)},
			{Title: unloop.Msg("size the program's heap, caches and workers to the limit"), Risk: unloop.RiskRestart},
		}
		p.Report(f)
	}
	fromRow(p)
}

// fromRow: of the pod only a table is known, whose STATUS is the reason of the last
// end (kubernetes 1.6 to 1.36 pkg/printers, printPod).
func fromRow(p *diagnose.Pass) {
	if p.Pod == nil || p.Pod.HasStatus || p.Pod.Row == nil || p.Pod.Row.Status != "OOMKilled" {
		return
	}
	p.Report(diagnose.Finding{
		Confidence: unloop.Likely, Summary: unloop.Msg("a container of the pod was killed for its use of memory"), Evidence: []unloop.Evidence{p.RowEvidence()},
		Chain: []unloop.Message{unloop.Msg("the kernel killed its processes for memory")},
		Fixes: []unloop.Fix{{Title: unloop.Msg("see which container it was and what its limit is"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
	})
}

// Package pidlimit recognises a pod or node at its limit of processes.
package pidlimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause pid-limit.
var Rule = &diagnose.Rule{
	ID: "pid-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "No further process or thread may be created (pid limit)",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The pod (podPidsLimit), the node (pid_max) or the user reached the number of processes and threads allowed. fork and thread creation fail with EAGAIN.",
		Why: []string{
			"The program starts threads without bound (a pool per request).",
			"Zombies are not reaped: PID 1 does not wait for its children.",
			"podPidsLimit is low.",
		},
		Confirm: []string{
			"cat /sys/fs/cgroup/pids.current inside the pod",
			"dmesg: fork rejected by pids controller",
		},
		Remedy: []string{
			"Bound threads and processes of the program.",
			"Use an init process that reaps zombies (shareProcessNamespace, tini).",
			"Raise podPidsLimit.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "fd-limit", Apart: "files, not processes"},
			{ID: "runtime-heap-exhausted", Apart: "the heap"},
			{ID: "memory-fragmentation", Apart: "fork says cannot allocate memory"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/policy/pid-limiting/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "native-crash", "app-config-error", "runtime-heap-exhausted"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("%s may create no further process or thread", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bound the threads and processes of the program"), Risk: unloop.RiskRestart},
				{Title: unloop.Msg("raise podPidsLimit in the kubelet's configuration"), Risk: unloop.RiskCluster},
			},
		}
	})
}

// Package shmtoosmall recognises shared memory that is full at its small default size.
package shmtoosmall

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause shm-too-small.
var Rule = &diagnose.Rule{
	ID: "shm-too-small", Family: diagnose.Resource, Since: "0.1",
	Title: "Shared memory under /dev/shm is full at its small default size",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "/dev/shm of a container is 64 MiB. A database, browser or data loader that shares memory filled it.",
		Why: []string{
			"PostgreSQL parallel queries, PyTorch data loaders, Chromium.",
		},
		Confirm: []string{
			"df -h /dev/shm inside the container",
		},
		Remedy: []string{
			"Mount an emptyDir with medium Memory on /dev/shm.",
			"Let the program use files instead (--disable-dev-shm-usage).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "native-crash", Apart: "135 (SIGBUS) for another reason"},
			{ID: "volume-full", Apart: "the path is another volume"},
			{ID: "oom-tmpfs", Apart: "the memory limit was reached"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "native-crash", "app-config-error", "volume-full", "node-disk-full"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("/dev/shm is too small for %s", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("mount an emptyDir with medium Memory on /dev/shm"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

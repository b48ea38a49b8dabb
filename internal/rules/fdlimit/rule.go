// Package fdlimit recognises a program at its limit of open files.
package fdlimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause fd-limit.
var Rule = &diagnose.Rule{
	ID: "fd-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "The program has reached its limit of open files",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "open, accept or socket failed with EMFILE or ENFILE: the process (ulimit -n) or the node may have no more files open.",
		Why: []string{
			"A leak of connections or files.",
			"Many connections and the default limit of the runtime (1024).",
		},
		Confirm: []string{
			"ls /proc/1/fd | wc -l inside the container",
			"ulimit -n inside the container",
		},
		Remedy: []string{
			"Close what is opened; bound the connection pools.",
			"Raise the limit of the runtime's service (LimitNOFILE) or in the program's start script.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "inotify-limit", Apart: "the line names inotify or fsnotify"},
			{ID: "pid-limit", Apart: "processes"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "native-crash", "app-config-error"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("%s may open no further file or connection", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("find the leak: list the open files of the process"), Risk: unloop.RiskNone, Command: "ls -l /proc/1/fd"},
				{Title: unloop.Msg("raise LimitNOFILE of the container runtime"), Risk: unloop.RiskCluster},
			},
		}
	})
}

// Package inotifylimit recognises a node whose inotify watches or instances are used up.
package inotifylimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause inotify-limit.
var Rule = &diagnose.Rule{
	ID: "inotify-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "The node's inotify watches or instances are used up",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "Watching files failed: the node's fs.inotify limits (per user, shared by all containers of that uid) are used up. The texts speak of \"too many open files\" or \"no space left on device\" and mean neither.",
		Why: []string{
			"Many containers that watch many files (log shippers, development servers).",
			"Low defaults (128 instances).",
		},
		Confirm: []string{
			"sysctl fs.inotify on the node",
		},
		Remedy: []string{
			"Raise fs.inotify.max_user_instances and max_user_watches on the node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "fd-limit", Apart: "ordinary files and sockets"},
			{ID: "node-disk-full", Apart: "the disk"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "native-crash", "app-config-error", "fd-limit", "node-disk-full", "volume-full"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the inotify limit of the node is used up, so %s cannot watch files", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise the inotify limits on the node"), Risk: unloop.RiskCluster, Command: "sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=1048576"},
			},
		}
	})
}

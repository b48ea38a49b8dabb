// Package volumechownslow recognises a start that waits while the owner of many files is changed.
package volumechownslow

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause volume-chown-slow.
var Rule = &diagnose.Rule{
	ID: "volume-chown-slow", Family: diagnose.Volume, Since: "0.1",
	Title: "Changing the owner of many files delays the start",
	Doc: diagnose.Doc{
		Means: "The pod sets fsGroup, so the kubelet changes group and mode of every file on the volume before it starts the containers. With very many files that takes minutes.",
		Why: []string{
			"A volume with millions of small files and fsGroupChangePolicy: Always (the default).",
		},
		Confirm: []string{
			"kubectl describe pod POD (VolumePermissionChangeInProgress)",
			"journalctl -u kubelet | grep -i \"setting volume ownership\"",
		},
		Remedy: []string{
			"Set fsGroupChangePolicy: OnRootMismatch.",
			"Drop fsGroup where the files already belong to the program.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "attach-stuck", Apart: "the volume is not attached"},
			{ID: "image-pull-slow", Apart: "the image is what takes long"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes 1.33 to 1.36 event VolumePermissionChangeInProgress; kubelet log "Setting volume ownership" from 1.18.
var pattern = diagnose.Re(`setting volume ownership for (?P<name>\S+)(?: is taking longer than expected)?`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("changing the owner of the files on volume %s takes long", m.Names["name"]),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set fsGroupChangePolicy: OnRootMismatch"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

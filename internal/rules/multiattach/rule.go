// Package multiattach recognises a volume that is still attached, mapped or locked on another node.
package multiattach

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause multi-attach.
var Rule = &diagnose.Rule{
	ID: "multi-attach", Family: diagnose.Volume, Since: "0.1",
	Title: "The volume is still attached, mapped or locked on another node",
	Doc: diagnose.Doc{
		Means: "The volume can be used by one node at a time (ReadWriteOnce), and another node still has it: its old pod runs there, hangs there, or that node is gone without having let it go.",
		Why: []string{
			"A rolling update starts the new pod on another node before the old one is gone (maxSurge).",
			"The old node is down: its pod hangs in Terminating and the volume is kept for minutes.",
			"A detach failed, for example because the CSI pod on the old node was removed.",
		},
		Confirm: []string{
			"kubectl get volumeattachment | grep PV",
			"kubectl get pods -o wide -A | grep CLAIM-USER",
		},
		Remedy: []string{
			"Delete the old pod; where its node is gone for good, delete the Node or give it the out-of-service taint.",
			"Use strategy Recreate for a Deployment with such a volume, or a StatefulSet.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "attach-stuck", Apart: "nobody says why it is not attached"},
			{ID: "node-lost", Apart: "the old node is gone: that is the deeper cause"},
			{ID: "data-dir-locked", Apart: "the program itself finds a lock"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable", "attach-failed"},
	Run:      run,
}

// Sources: kubernetes 1.6 to 1.36 attach-detach controller; rbd in-tree ("is locked by other nodes", "rbd image ... is still being
// used"); iSCSI, scheduler ReadWriteOncePod; cloud answers "already attached to another".
var pattern = diagnose.Re(`multi-attach error for volume \\*"(?P<name>[^"\\]+)|is locked by other nodes|rbd image \S+ is still being used|is still being used by another|already exclusively attached|(?:disk|volume)[^\n]{0,160}(?:is )?(?:already|still|currently) (?:being )?(?:attached|in use|used) (?:to|by|on) (?:another|a different|other|instance|node|vm)|ReadWriteOncePod access mode already in-use`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("another node still has the volume%s", name(m.Names["name"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("delete the pod that still has the volume, or its node if it is gone for good"), Risk: unloop.RiskData, Command: "kubectl get volumeattachment"},
				{Title: unloop.Msg("use strategy Recreate for workloads with such a volume"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

func name(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

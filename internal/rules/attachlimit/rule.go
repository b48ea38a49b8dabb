// Package attachlimit recognises a node that can take no further volume.
package attachlimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause attach-limit.
var Rule = &diagnose.Rule{
	ID: "attach-limit", Family: diagnose.Volume, Since: "0.1",
	Title: "The node can take no further volume",
	Doc: diagnose.Doc{
		Means: "Each node (or instance type) can have a limited number of volumes attached. It is reached.",
		Why: []string{
			"Many pods with a volume each on one node.",
			"The driver reports a limit that is too low, or attachments were leaked.",
		},
		Confirm: []string{
			"kubectl get csinode NODE -o jsonpath='{.spec.drivers}'",
			"kubectl get volumeattachment | grep NODE | wc -l",
		},
		Remedy: []string{
			"Spread the pods over more nodes, or use larger instances.",
			"Remove leaked attachments.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "multi-attach", Apart: "another node has this very volume"},
			{ID: "insufficient-resources", Apart: "CPU or memory"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/storage-limits/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable", "attach-failed"},
	Run:      run,
}

// Sources: kubernetes scheduler NodeVolumeLimits (1.2 to 1.36; MaxVolumeCount to 1.8), kubelet VolumeAttachmentLimitExceeded from 1.34;
// cloud answers.
var pattern = diagnose.Re(`exceed max volume count|MaxVolumeCount|MaxEBSVolumeCount|volume attachment limit|(?:maximum|max) number of (?:data )?(?:disks|volumes)|AttachmentLimitExceeded|attach(?:ed)? volume limit`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions|diagnose.PodStatus, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the node already has as many volumes attached as it may"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("spread the pods over more nodes, or use larger ones"), Risk: unloop.RiskCluster, Command: "kubectl get volumeattachment"},
			},
		}
	})
}

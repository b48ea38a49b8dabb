// Package pvwrongzone recognises a volume in another zone or on another node than the pod may use.
package pvwrongzone

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pv-wrong-zone.
var Rule = &diagnose.Rule{
	ID: "pv-wrong-zone", Family: diagnose.Volume, Since: "0.1",
	Title: "The volume is in another zone or on another node than the pod may use",
	Doc: diagnose.Doc{
		Means: "The volume can be used only in one zone or on one node (its node affinity), and no node that is left for the pod lies there.",
		Why: []string{
			"The volume was made before the pod was scheduled (Immediate binding) in a zone where the pod cannot run.",
			"The nodes of that zone are gone, full or tainted.",
			"A local volume's node was removed.",
		},
		Confirm: []string{
			"kubectl get pv PV -o jsonpath='{.spec.nodeAffinity}'",
			"kubectl get nodes -L topology.kubernetes.io/zone",
		},
		Remedy: []string{
			"Add nodes in the volume's zone.",
			"Use volumeBindingMode: WaitForFirstConsumer for new volumes.",
			"Move the data to a volume in a zone that is used.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "insufficient-resources", Apart: "nodes of that zone exist and are full"},
			{ID: "node-selector-mismatch", Apart: "the pod, not the volume, asks for labels"},
			{ID: "attach-failed", Apart: "the pod was bound and the storage refuses to attach"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/storage-classes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable", "attach-failed", "taint-untolerated"},
	Run:      run,
}

// Sources: kubernetes scheduler VolumeBinding ("had volume node affinity conflict" to 1.32, "didn't match PersistentVolume's node
// affinity" from 1.33), VolumeZone, to 1.8 NoVolumeZoneConflict; cloud answers that name the zone at attach.
var pattern = diagnose.Re(`volume node affinity conflict|match PersistentVolume's node affinity|no available volume zone|NoVolumeZoneConflict|NodeAffinity check failed|(?:disk|volume|instance|vm)[^\n]{0,200}(?:not (?:in|zoned)[^\n]{0,40}(?:same|availability) (?:availability )?zone|cannot be attached to[^\n]{0,120}zone|different (?:availability )?zone|zone mismatch)|(?:availability )?zone[^\n]{0,80}(?:does not match|is not in|differs|different)|cannot be attached[^\n]{0,160}(?:availability )?zone`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the volume is in another zone or on another node than those left for the pod"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("add a node in the volume's zone"), Risk: unloop.RiskCluster, Command: "kubectl get nodes -L topology.kubernetes.io/zone"},
				{Title: unloop.Msg("use volumeBindingMode: WaitForFirstConsumer for new volumes"), Risk: unloop.RiskCluster},
			},
		}
	})
}

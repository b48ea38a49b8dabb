// Package pvcstaticmismatch recognises a claim and a prepared volume that do not fit.
package pvcstaticmismatch

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pvc-static-mismatch.
var Rule = &diagnose.Rule{
	ID: "pvc-static-mismatch", Family: diagnose.Volume, Since: "0.1",
	Title: "Claim and prepared volume do not fit, or the volume is taken",
	Doc: diagnose.Doc{
		Means: "The claim is meant for a prepared PersistentVolume, and they differ in size, access mode, volume mode or class; or the volume is bound to another claim, or still keeps the mark of an earlier one (Released).",
		Why: []string{
			"The volume is Released: its old claim was deleted and reclaimPolicy is Retain.",
			"Class, mode or size of claim and volume differ.",
		},
		Confirm: []string{
			"kubectl get pv",
			"kubectl describe pvc CLAIM",
		},
		Remedy: []string{
			"Remove claimRef of a Released volume, after looking at its data.",
			"Bring class, modes and size into line.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pvc-provisioning-failed", Apart: "a provisioner was to make it"},
			{ID: "pvc-no-class", Apart: "no class and no volume"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable"},
	Run:      run,
}

// Source: kubernetes 1.6 to 1.36 pkg/controller/volume/persistentvolume.
var pattern = diagnose.Re(`cannot bind to requested volume \\*"(?P<name>[^"\\]+)\\*": (?P<why>[^\n]+)|volume \\*"(?P<name2>[^"\\]+)\\*" already bound to a different claim|Bound claim has lost (?:its|reference to) PersistentVolume|bound to non-existent persistentvolume|(?:pvc\(s\) bound to non-existent pv)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the prepared volume %s", what(m)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("bring claim and volume into line, or free the volume by removing its claimRef"), Risk: unloop.RiskData, Command: "kubectl get pv"},
			},
		}
	})
}

func what(m diagnose.Match) string {
	switch {
	case m.Names["name"] != "":
		return m.Names["name"] + " does not fit: " + strings.TrimRight(m.Names["why"], " .")
	case m.Names["name2"] != "":
		return m.Names["name2"] + " is bound to another claim"
	}
	return "of the claim is gone"
}

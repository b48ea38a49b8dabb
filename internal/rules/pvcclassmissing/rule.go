// Package pvcclassmissing recognises a claim that names a storage class which does not exist.
package pvcclassmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pvc-class-missing.
var Rule = &diagnose.Rule{
	ID: "pvc-class-missing", Family: diagnose.Volume, Since: "0.1",
	Title: "The claim names a storage class that does not exist",
	Doc: diagnose.Doc{
		Means: "The PersistentVolumeClaim asks for a storage class that the cluster does not have, so nobody makes a volume for it.",
		Why: []string{
			"The manifest comes from another cluster or cloud.",
			"The class name is misspelt, or the class was removed.",
		},
		Confirm: []string{
			"kubectl get storageclass",
			"kubectl describe pvc CLAIM",
		},
		Remedy: []string{
			"Make the claim anew with a class that exists.",
			"Create a storage class of that name.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pvc-no-class", Apart: "no class is named"},
			{ID: "pvc-provisioning-failed", Apart: "the class exists, its provisioner fails"},
			{ID: "pvc-unbound", Apart: "the claim's events are not at hand"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/storage-classes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable", "pvc-missing"},
	Run:      run,
}

// Source: kubernetes 1.4 to 1.36 pkg/controller/volume/persistentvolume (to 1.5 "StorageClass \"x\" not found").
var pattern = diagnose.Re(`storageclass(?:es)?(?:\.storage\.k8s\.io)? \\*"(?P<name>[^"\\]+)\\*" not found`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("there is no storage class %q", m.Names["name"]),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("make the claim anew with a class that exists"), Risk: unloop.RiskData, Command: "kubectl get storageclass"},
				{Title: unloop.Msg("create a storage class of that name"), Risk: unloop.RiskCluster},
			},
		}
	})
}

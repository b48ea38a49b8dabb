// Package pvcnoclass recognises a claim without a storage class where there is no default and no volume fits.
package pvcnoclass

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pvc-no-class.
var Rule = &diagnose.Rule{
	ID: "pvc-no-class", Family: diagnose.Volume, Since: "0.1",
	Title: "The claim names no storage class, and there is no default",
	Doc: diagnose.Doc{
		Means: "The PersistentVolumeClaim leaves storageClassName empty, the cluster has no default storage class, and no prepared volume fits. Nobody will make one.",
		Why: []string{
			"The cluster (kubeadm, bare metal) has no storage class marked as default.",
			"The claim sets storageClassName: \"\" on purpose, and the prepared volume is missing.",
		},
		Confirm: []string{
			"kubectl get storageclass",
			"kubectl describe pvc CLAIM",
		},
		Remedy: []string{
			"Name a storage class in the claim (a claim must be made anew for that).",
			"Mark a class as default.",
			"Prepare a PersistentVolume that fits.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pvc-class-missing", Apart: "the claim names a class that does not exist"},
			{ID: "pvc-provisioning-failed", Apart: "the provisioner tried"},
			{ID: "pvc-static-mismatch", Apart: "a prepared volume is there and does not fit"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/change-default-storage-class/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable"},
	Run:      run,
}

// Source: kubernetes 1.6 to 1.36 pkg/controller/volume/persistentvolume FailedBinding; to 1.5 "no persistent volumes available for this claim".
var pattern = diagnose.Re(`no persistent volumes available for this claim and no storage class is set|no persistent volumes available for this claim`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the claim names no storage class, there is no default one, and no volume fits it"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("mark a storage class as default"), Risk: unloop.RiskCluster, Command: "kubectl patch storageclass CLASS -p '{\"metadata\":{\"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"}}}'"},
				{Title: unloop.Msg("make the claim anew with a storageClassName"), Risk: unloop.RiskData},
			},
		}
	})
}

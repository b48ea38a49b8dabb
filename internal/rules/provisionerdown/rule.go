// Package provisionerdown recognises a claim for which nobody makes a volume because the provisioner does not run.
package provisionerdown

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause provisioner-down.
var Rule = &diagnose.Rule{
	ID: "provisioner-down", Family: diagnose.Volume, Since: "0.1",
	Title: "Nobody provisions the volume: the provisioner does not run",
	Doc: diagnose.Doc{
		Means: "The claim waits for an external provisioner (a CSI driver's controller), and minutes later there is neither a volume nor an error. Nobody is there to answer.",
		Why: []string{
			"The CSI driver's controller pods do not run or are not installed.",
			"The provisioner's name in the class is misspelt.",
		},
		Confirm: []string{
			"kubectl describe pvc CLAIM",
			"kubectl get pods -A | grep -i csi",
			"kubectl get storageclass CLASS -o yaml",
		},
		Remedy: []string{
			"Start or install the provisioner.",
			"Correct the provisioner of the storage class.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pvc-provisioning-failed", Apart: "the provisioner answered with an error"},
			{ID: "pvc-class-missing", Apart: "the class does not exist"},
			{ID: "csi-missing", Apart: "the volume exists and the node lacks the driver"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable"},
	Run:      run,
}

// Source: kubernetes 1.4 to 1.36 pkg/controller/volume/persistentvolume event ExternalProvisioning: normal for seconds.
var pattern = diagnose.Re(`(?:external provisioner|provisioned by|provisioner) \\*["'](?P<name>[^"'\\]+)\\*["']`)

func run(p *diagnose.Pass) {
	for _, t := range p.FindReason(diagnose.OwnerEvent|diagnose.PodEvent, "ExternalProvisioning") {
		if t.Event == nil || t.Event.Count < repeats && max(t.Event.FirstAge, t.Event.Age) < patience && t.Event.Age >= 0 {
			continue
		}
		name := "of its class"
		if names, ok := pattern.Find(t.Body); ok {
			name = names["name"]
		}
		p.Report(diagnose.Finding{
			// The provisioner may only be slow.
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("the provisioner %s does not answer the claim", name),
			Evidence:   []unloop.Evidence{t.Evidence()},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("check that the driver's controller runs"), Risk: unloop.RiskNone, Command: "kubectl get pods -A | grep -i csi"},
				{Title: unloop.Msg("correct the provisioner of the storage class"), Risk: unloop.RiskCluster, Command: "kubectl get storageclass"},
			},
		})
		return
	}
}

// The event comes about every 15 s (kubernetes pvcontroller resync); a volume is
// made within a minute or two.
const (
	repeats  = 8
	patience = 2 * time.Minute
)

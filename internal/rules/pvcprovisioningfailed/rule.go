// Package pvcprovisioningfailed recognises a provisioner that tried to make the volume and failed.
package pvcprovisioningfailed

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pvc-provisioning-failed.
var Rule = &diagnose.Rule{
	ID: "pvc-provisioning-failed", Family: diagnose.Volume, Since: "0.1",
	Title: "The provisioner tried to make the volume and failed",
	Doc: diagnose.Doc{
		Means: "The storage class's provisioner was asked for a volume and answered with an error.",
		Why: []string{
			"A quota of the cloud or storage is used up.",
			"The provisioner lacks rights in the cloud.",
			"Parameters of the class, the size or the access mode are not accepted.",
		},
		Confirm: []string{
			"kubectl describe pvc CLAIM",
			"the log of the provisioner's controller pod",
		},
		Remedy: []string{
			"Act on the answer: quota, rights, parameters.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "provisioner-down", Apart: "the provisioner never answers"},
			{ID: "pvc-class-missing", Apart: "the class does not exist"},
			{ID: "pv-wrong-zone", Apart: "the volume was made, in another zone"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable", "provisioner-down"},
	Run:      run,
}

// Sources: external-provisioner ("failed to provision volume with StorageClass"), kubernetes in-tree provisioners ("Failed to provision volume with StorageClass", AWS, GCE, Azure, Cinder texts).
var pattern = diagnose.Re(`failed to provision volume(?: with StorageClass \\*"(?P<name>[^"\\]+)\\*")?:?\s*(?P<why>[^\n]*)|error (?:creating|getting) provisioner: (?P<why2>[^\n]*)|provisioning failed(?: for volume)?:? (?P<why3>[^\n]+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the provisioner could not make the volume: %s", why(m.Names["why"]+m.Names["why2"]+m.Names["why3"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("act on the provisioner's answer: quota, rights or parameters of the class"), Risk: unloop.RiskCluster, Command: p.DescribeCommand()},
			},
		}
	})
}

// why drops the gRPC wrapping of a driver's answer.
func why(s string) string {
	if _, after, ok := strings.Cut(s, " desc = "); ok {
		s = after
	}
	if s = strings.TrimSpace(s); s != "" {
		return s
	}
	return "no reason given"
}

// others have rules of their own.
var others = diagnose.Re(`storageclass(?:es)?\S* \\*"[^"]+" not found`)

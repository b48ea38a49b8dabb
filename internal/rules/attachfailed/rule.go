// Package attachfailed recognises an attach that the storage or the API refuses.
package attachfailed

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause attach-failed.
var Rule = &diagnose.Rule{
	ID: "attach-failed", Family: diagnose.Volume, Since: "0.1",
	Title: "The storage or the API refuses to attach the volume",
	Doc: diagnose.Doc{
		Means: "The controller asked the storage to attach the volume to the node, and got an error as the answer.",
		Why: []string{
			"The disk was deleted outside Kubernetes.",
			"The PersistentVolume is marked for deletion.",
			"The controller lacks rights in the cloud.",
		},
		Confirm: []string{
			"kubectl describe pod POD",
			"kubectl get volumeattachment -o yaml",
		},
		Remedy: []string{
			"Act on the answer: restore the disk or the volume, grant the right.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "multi-attach", Apart: "another node has it"},
			{ID: "attach-limit", Apart: "the node is at its limit"},
			{ID: "pv-wrong-zone", Apart: "the zones differ"},
			{ID: "attach-stuck", Apart: "there is no answer"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable"},
	Run:      run,
}

// Source: kubernetes 1.2 to 1.36 operation executor ("AttachVolume.Attach failed for volume").
var pattern = diagnose.Re(`AttachVolume\.(?:Attach|NewAttacher|FindAttachablePlugin\S*) failed for volume[^:]*:\s*(?P<why>[^\n]*)|PersistentVolume \\*"?\S+ is marked for deletion|failed to attach volume[^\n:]*: (?P<why2>[^\n]+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the storage refuses to attach the volume: %s", why(m.Names["why"]+m.Names["why2"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("act on the answer: the disk, its volume object, or the controller's rights"), Risk: unloop.RiskData, Command: "kubectl get volumeattachment"},
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
	return "the volume is marked for deletion"
}

// others have rules of their own.
var others = diagnose.Re(`multi-attach|exceed max volume|attachment limit|availability zone|timed out waiting for external-attacher|not found in the list of registered`)

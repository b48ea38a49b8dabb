// Package attachstuck recognises a volume that is never attached or mounted while nothing says why.
package attachstuck

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause attach-stuck.
var Rule = &diagnose.Rule{
	ID: "attach-stuck", Family: diagnose.Volume, Since: "0.1",
	Weight: diagnose.LastResort,
	Title:  "The volume is never attached, and nothing says why",
	Doc: diagnose.Doc{
		Means: "The pod waits for a volume. The kubelet only reports that it waits; from 1.28 on it reports not even that. The attacher (a CSI controller) or the storage does not finish.",
		Why: []string{
			"The CSI controller or attacher does not run.",
			"A VolumeAttachment is stuck, for example on a node that is gone.",
			"A network file system does not answer and the mount hangs.",
		},
		Confirm: []string{
			"kubectl get volumeattachment",
			"kubectl get pods -A | grep -i csi",
			"kubectl describe pod POD, then the kubelet's log on the node",
		},
		Remedy: []string{
			"Restart the driver's controller and its pod on the node.",
			"Delete a stale VolumeAttachment.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "multi-attach", Apart: "a text says that another node has it"},
			{ID: "csi-missing", Apart: "a text says that the driver is not registered"},
			{ID: "image-pull-slow", Apart: "PodReadyToStartContainers is True: volumes are there"},
			{ID: "storage-unreachable", Apart: "the mount says that the server does not answer"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"image-pull-slow", "rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes 1.5 to 1.27 pkg/kubelet ("Unable to attach or mount volumes", to 1.17 "Unable to mount volumes for pod"), external
// attacher time-outs. They say that the kubelet waits, not for what.
var pattern = diagnose.Re(`unable to (?:attach or )?mount volumes[^\n]*(?:timed out|timeout expired)|timeout expired waiting for volumes to attach|timed out waiting for external-attacher of (?P<driver>\S+) CSI driver|volume not attached according to node status`)

func run(p *diagnose.Pass) {
	reported := false
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		reported = true
		f := diagnose.Finding{
			Confidence: unloop.Possible,
			Summary:    unloop.Msg("the pod's volumes are not attached or mounted in time, and nothing seen says why"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("look at the attachments and at the storage driver's pods"), Risk: unloop.RiskNone, Command: "kubectl get volumeattachment"},
			},
		}
		if d := m.Names["driver"]; d != "" {
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("the CSI driver %s does not attach the volume", d)
		}
		return f
	})
	if !reported {
		fromAttachments(p)
	}
}

// fromAttachments finds the silent form (1.28 on): the claim is bound, its volume
// is not attached, and there is no event.
func fromAttachments(p *diagnose.Pass) {
	for _, c := range p.Claims {
		for _, a := range p.Objects("VolumeAttachment", "") {
			if a.Fields["pv"] == "" || a.Fields["pv"] != c.Spec.VolumeName || a.Fields["node"] != p.Subject.Node || a.Fields["attached"] != "false" {
				continue
			}
			f := diagnose.Finding{
				Confidence: unloop.Likely,
				Summary:    unloop.Msg("the volume %s is not attached to node %s", a.Fields["pv"], a.Fields["node"]),
				Evidence:   []unloop.Evidence{p.ObjectEvidence("volumeattachment/"+a.Name, "attached: false %s", a.Fields["error"])},
				Fixes:      []unloop.Fix{{Title: unloop.Msg("look at the storage driver's controller"), Risk: unloop.RiskNone, Command: "kubectl describe volumeattachment " + diagnose.Word(a.Name, "NAME")}},
			}
			p.Report(f)
			return
		}
	}
}

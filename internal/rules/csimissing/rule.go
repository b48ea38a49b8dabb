// Package csimissing recognises a CSI driver that is not installed or registered on the node.
package csimissing

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause csi-missing.
var Rule = &diagnose.Rule{
	ID: "csi-missing", Family: diagnose.Volume, Since: "0.1",
	Title: "The CSI driver is not installed or not registered on the node",
	Doc: diagnose.Doc{
		Means: "The volume belongs to a CSI driver, and the kubelet of this node has no such driver registered (or the cluster has no such driver at all).",
		Why: []string{
			"The driver's node DaemonSet does not run on this node (taint, node selector, crash).",
			"The driver is not installed or enabled in the cluster.",
			"The kubelet restarted and the driver has not registered again.",
		},
		Confirm: []string{
			"kubectl get csidrivers; kubectl get csinodes NODE -o yaml",
			"kubectl get pods -A -o wide | grep -i csi",
		},
		Remedy: []string{
			"Install or enable the driver.",
			"Get its node pod to run on this node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "attach-stuck", Apart: "no text names the driver"},
			{ID: "mount-helper-missing", Apart: "the driver is not CSI and lacks a tool"},
			{ID: "secrets-store-failed", Apart: "the secrets store driver answers with an error"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable"},
	Run:      run,
}

// Sources: kubernetes 1.10 to 1.36 pkg/volume/csi, scheduler NodeVolumeLimits from 1.35.
var pattern = diagnose.Re(`driver name (?P<name>\S+) not found in the list of registered CSI drivers|(?P<name2>\S+) CSI driver is not installed on the node|csi driver \S* ?not found|CSINode (?:\S+ )?does not contain driver (?P<name3>\S+)|no CSI driver|no volume plugin matched`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the CSI driver %s is not registered on the node", strings.Trim(m.Names["name"]+m.Names["name2"]+m.Names["name3"], "\"\\.,")),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("install the driver, or get its pod to run on this node"), Risk: unloop.RiskCluster, Command: "kubectl get csinodes; kubectl get pods -A -o wide | grep -i csi"},
			},
		}
	})
}

// Package pullqps recognises a pull that the kubelet itself put off because it
// was asked for too many at once.
package pullqps

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pull-qps.
var Rule = &diagnose.Rule{
	ID: "pull-qps", Family: diagnose.Image, Since: "0.1",
	Title: "The kubelet's own limit on image pulls",
	Doc: diagnose.Doc{
		Means: "The kubelet starts at most registryPullQPS pulls a second (5, with a burst of 10) and refuses what goes beyond. No registry was asked; the kubelet tries again after its back-off.",
		Why: []string{
			"Many pods start on the node at once: a new node, a reboot, a large rollout.",
			"registryPullQPS is set lower than the default.",
			"A crash loop with imagePullPolicy Always asks for a pull at each restart.",
		},
		Confirm: []string{
			"kubectl get events -A --field-selector reason=Failed | grep QPS",
			"kubectl get --raw /api/v1/nodes/NODE/proxy/configz shows registryPullQPS and registryBurst",
		},
		Remedy: []string{
			"Wait: it passes by itself once the rush is over.",
			"Raise registryPullQPS and registryBurst in the kubelet's configuration.",
			"Set imagePullPolicy IfNotPresent, or pull the images ahead.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "registry-rate-limit", Apart: "toomanyrequests or 429: the registry's limit"},
		},
		Refs: []string{"https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("pull-qps", func(pl diagnose.Pull) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the kubelet put off the pull of %s: more pulls at once than its registryPullQPS allows", diagnose.NamedImage(pl.Image)),
			Chain:   []unloop.Message{unloop.Msg("the image of %s is not pulled yet", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("wait; the kubelet tries again by itself"), Risk: unloop.RiskNone},
				{Title: unloop.Msg("raise registryPullQPS and registryBurst in the kubelet's configuration"), Risk: unloop.RiskCluster},
			},
		}
	})
}

// Package pauseimagemissing recognises a node that cannot pull the sandbox (pause) image.
package pauseimagemissing

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pause-image-missing.
var Rule = &diagnose.Rule{
	ID: "pause-image-missing", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The sandbox (pause) image cannot be pulled",
	Doc: diagnose.Doc{
		Means: "Every pod needs a small pause container first. The runtime has no such image and cannot pull it from the registry its configuration names, so no new pod can start on the node.",
		Why: []string{
			"The node has no way to the registry of the pause image (air-gapped, proxy).",
			"The runtime's configuration names a mirror or tag that does not exist or needs a login.",
			"Image garbage collection removed it while the registry is away.",
		},
		Confirm: []string{
			"grep sandbox /etc/containerd/config.toml (or pause_image in crio.conf) on the node",
			"crictl images | grep pause",
		},
		Remedy: []string{
			"Mirror the pause image and name it in the runtime's configuration.",
			"Pull it onto the node by hand: crictl pull IMAGE.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-tag-missing", Apart: "the application's own image is named"},
			{ID: "registry-unreachable", Apart: "the application's image cannot be reached"},
			{ID: "image-pull-denied", Apart: "the application's image is refused"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/crictl/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit", "registry-unreachable", "registry-dns", "registry-tls", "image-tag-missing", "image-pull-denied", "registry-rate-limit", "registry-plain-http"},
	Run:      run,
}

// Sources: containerd 1.2 to 2.3 ("failed to get sandbox image"), CRI-O ("pulling pause image"), dockershim ("unable to pull sandbox image", "failed pulling image ... pause"), kubelet to 1.5 ("gcr.io/google_containers/pause").
var pattern = diagnose.Re(`failed to get sandbox image \\*"?(?P<image>[^"\\\s]+)|unable to pull (?:sandbox|pause|infra) image \\*"?(?P<image2>[^"\\\s:]+[^"\\\s]*)|(?:image pull failed for|failed to pull image|failed pulling image|pull access denied for|Error pulling image)[^\n]{0,40}?(?P<image3>\S*/pause(?:-\w+)?(?:[:@][\w.:-]+)?)|pod[_-]infrastructure|get pause image`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the node cannot pull the pause image %s", strings.TrimRight(m.Names["image"]+m.Names["image2"]+m.Names["image3"], ":,.\\")),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("make the pause image available to the node, and name it in the runtime's configuration"), Risk: unloop.RiskCluster, Command: "crictl pull IMAGE"},
			},
		}
	})
}

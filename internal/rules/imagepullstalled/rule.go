// Package imagepullstalled recognises a pull that began, made no progress and was
// cancelled.
package imagepullstalled

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause image-pull-stalled.
var Rule = &diagnose.Rule{
	ID: "image-pull-stalled", Family: diagnose.Image, Since: "0.1",
	Title: "The pull made no progress and was cancelled",
	Doc: diagnose.Doc{
		Means: "The registry was reached and the pull began; then too little or nothing arrived, until the runtime or the kubelet cancelled it (after five minutes without progress with containerd's default). It is tried again, mostly with the same end.",
		Why: []string{
			"Large packets get lost between node and registry: a wrong MTU, a tunnel, a firewall.",
			"A proxy cuts long downloads, or a registry's storage behind it does not answer.",
			"The layers come from another host than the registry (a cloud's object store), which the node cannot reach well.",
			"The node's disk is so slow that unpacking holds the download up.",
		},
		Confirm: []string{
			"crictl pull IMAGE on the node, and watch where it stops",
			"curl -o /dev/null of a layer's address from the node",
			"ping -M do -s 1472 HOST shows whether full packets pass",
		},
		Remedy: []string{
			"Set the MTU of the node's interfaces to what the path carries.",
			"Let the node reach the registry's storage host as well.",
			"Raise image_pull_progress_timeout of containerd where the link is only slow.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "registry-unreachable", Apart: "no connection came about at all"},
			{ID: "image-pull-slow", Apart: "it goes on and was not cancelled"},
			{ID: "runtime-broken", Apart: "every call to the runtime times out, not the pull alone"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

var said = diagnose.Re(`no progress`)

func run(p *diagnose.Pass) {
	p.ReportPulls("image-pull-stalled", func(pl diagnose.Pull) diagnose.Finding {
		f := diagnose.Finding{
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("the pull of %s began and was cancelled before it was complete", diagnose.NamedImage(pl.Image)),
			Chain:      []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("pull the image by hand on the node and see where it stops"), Risk: unloop.RiskNone, Command: "crictl pull " + diagnose.Word(pl.Image, "IMAGE")},
				{Title: unloop.Msg("look at MTU, proxy and the registry's storage host on the way from the node"), Risk: unloop.RiskCluster},
			},
		}
		if said.Match(pl.Body) {
			f.Confidence = unloop.Proven
		}
		return f
	})
}

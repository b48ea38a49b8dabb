// Package imageformatunsupported recognises an image whose manifest or layers
// have a format that the runtime does not take (any more).
package imageformatunsupported

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause image-format-unsupported.
var Rule = &diagnose.Rule{
	ID: "image-format-unsupported", Family: diagnose.Image, Since: "0.1",
	Title: "The runtime does not take the image's format",
	Doc: diagnose.Doc{
		Means: "The registry has the image, in a format that this node's runtime cannot use: an old one that was given up (Docker schema 1), or a new one that the runtime is too old for, or something that is no container image at all.",
		Why: []string{
			"The image was last pushed many years ago, as Docker schema 1; containerd 2 no longer reads that.",
			"The build compresses layers with zstd or writes an OCI index, and the runtime is older than those.",
			"The tag holds another artefact: a Helm chart, a signature, an attestation.",
		},
		Confirm: []string{
			"crane manifest IMAGE (or skopeo inspect --raw docker://IMAGE) shows mediaType and schemaVersion",
			"kubectl get node NODE -o jsonpath='{.status.nodeInfo.containerRuntimeVersion}'",
		},
		Remedy: []string{
			"Build the image again, or pull and push it with a current tool, as OCI or Docker schema 2.",
			"Build with gzip layers, or bring the runtime up to date.",
			"Name the image's tag, not that of its chart or signature.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-tag-missing", Apart: "the registry has nothing under that name"},
			{ID: "image-wrong-platform", Apart: "the format is fine, and the node's platform is not in the list"},
			{ID: "image-corrupt", Apart: "the format is known and the content damaged"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("image-format-unsupported", func(pl diagnose.Pull) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("%s has a format that the runtime of the node does not take", diagnose.NamedImage(pl.Image)),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("build and push %s again with a current tool", diagnose.NamedImage(pl.Image)), Risk: unloop.RiskNone, Command: "skopeo copy --format oci docker://" + diagnose.Word(pl.Image, "IMAGE") + " docker://" + diagnose.Word(pl.Image, "IMAGE")},
				{Title: unloop.Msg("use an image in the OCI format"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(pl.Container)},
			},
		}
		if n := p.Node; n != nil && n.Node != nil && n.Status.NodeInfo.ContainerRuntimeVersion != "" {
			f.Evidence = append(f.Evidence, unloop.Evidence{Kind: "node", Ref: "node/" + n.Name, Text: "runtime " + n.Status.NodeInfo.ContainerRuntimeVersion})
		}
		return f
	})
}

// Package imagewrongplatform recognises an image without a variant for the node's
// operating system and architecture.
package imagewrongplatform

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause image-wrong-platform.
var Rule = &diagnose.Rule{
	ID: "image-wrong-platform", Family: diagnose.Image, Since: "0.1",
	Title: "The image has no variant for the node's platform",
	Doc: diagnose.Doc{
		Means: "The tag exists, and the list behind it has no image for the operating system, version and architecture of this node. Some runtimes end that message with \"not found\", which reads as if the tag were missing.",
		Why: []string{
			"The image was built for one architecture (amd64 or arm64), and the pod landed on a node of the other.",
			"A Windows image is for another Windows build than the node runs.",
			"A Linux pod was scheduled to a Windows node, or the reverse, for want of a node selector.",
		},
		Confirm: []string{
			"docker buildx imagetools inspect IMAGE (or crane manifest IMAGE) lists the platforms",
			"kubectl get node NODE -o jsonpath='{.status.nodeInfo.operatingSystem}/{.status.nodeInfo.architecture}'",
		},
		Remedy: []string{
			"Build and push the image for the node's platform as well (docker buildx build --platform).",
			"Select nodes that fit with nodeSelector kubernetes.io/arch, kubernetes.io/os or node.kubernetes.io/windows-build.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-tag-missing", Apart: "not found without a word about a platform"},
			{ID: "exec-format-error", Apart: "the image was pulled and started; its program is for another architecture"},
			{ID: "image-format-unsupported", Apart: "a media type or schema version is refused"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// otherSystem is what Windows says when it creates a container from an image of
// another system or build (hcsshim).
var otherSystem = diagnose.Re(`operating system (?:of the container )?does not match|cannot be used on this platform`)

func run(p *diagnose.Pass) {
	p.ReportPulls("image-wrong-platform", func(pl diagnose.Pull) diagnose.Finding {
		return finding(p, pl.Container, pl.Image)
	})
	p.ReportStart(otherSystem, func(m diagnose.Match) diagnose.Finding {
		return finding(p, m.Container, diagnose.ImageName(m.Container))
	})
}

func finding(p *diagnose.Pass, c *facts.Container, image string) diagnose.Finding {
	f := diagnose.Finding{
		Summary: unloop.Msg("%s has no variant for the platform of the node", diagnose.NamedImage(image)),
		Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be used on this node", diagnose.ContainerOf(c))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("build and push %s for the node's platform", diagnose.NamedImage(image)), Risk: unloop.RiskNone, Command: "docker buildx build --platform linux/amd64,linux/arm64 -t " + diagnose.Word(image, "IMAGE") + " --push ."},
			{Title: unloop.Msg("select nodes of the image's platform with nodeSelector"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if n := p.Node; n != nil && n.Node != nil && n.Status.NodeInfo.Architecture != "" {
		platform := n.Status.NodeInfo.OperatingSystem + "/" + n.Status.NodeInfo.Architecture
		f.Summary = unloop.Msg("%s has no variant for %s, the platform of node %s", diagnose.NamedImage(image), platform, n.Name)
		f.Evidence = append(f.Evidence, unloop.Evidence{Kind: "node", Ref: "node/" + n.Name, Text: "platform " + platform})
	}
	return f
}

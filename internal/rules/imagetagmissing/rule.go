// Package imagetagmissing recognises an image whose repository or tag the
// registry does not have.
package imagetagmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause image-tag-missing.
var Rule = &diagnose.Rule{
	ID: "image-tag-missing", Family: diagnose.Image, Since: "0.1",
	Title: "The registry has no such image or tag",
	Doc: diagnose.Doc{
		Means: "The registry answered that it does not have the repository, the tag or the digest that the pod asks for.",
		Why: []string{
			"The tag is misspelt, or was never pushed.",
			"The repository name is misspelt, or a registry host is missing in front of it, so that the default registry is asked.",
			"The tag was deleted by a retention rule.",
			"The image is private, and the registry hides that as \"not found\".",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].image}'",
			"skopeo inspect docker://IMAGE (or crane manifest IMAGE) from a machine that may pull it",
		},
		Remedy: []string{
			"Correct the image name or tag in the workload.",
			"Push the image.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-pull-denied", Apart: "the registry says denied, unauthorized or 403; some registries say that for missing repositories too"},
			{ID: "image-wrong-platform", Apart: "\"no match for platform in manifest: not found\": the tag exists for other platforms"},
			{ID: "registry-dns", Apart: "\"no such host\": the registry itself was not found"},
			{ID: "image-name-invalid", Apart: "InvalidImageName: no registry was asked"},
			{ID: "pause-image-missing", Apart: "the text speaks of a sandbox image: it is the node's, not the pod's"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("image-tag-missing", func(pl diagnose.Pull) diagnose.Finding {
		f := finding(p, pl.Container, pl.Image)
		if names, t := p.LostPullSecrets(); t != nil {
			// Without its credentials the node may have asked as a stranger.
			f.Confidence = unloop.Likely
			f.Chain = append(f.Chain, unloop.Msg("the kubelet asked without the pull secret %s, which it could not read", names))
			f.Evidence = append(f.Evidence, t.Evidence())
		}
		return f
	})
	p.ReportPulls("image-pull-denied", func(pl diagnose.Pull) diagnose.Finding {
		if !pl.Hidden() {
			return diagnose.Finding{}
		}
		f := finding(p, pl.Container, pl.Image)
		f.Confidence = unloop.Possible
		if diagnose.OfficialImage(pl.Image) {
			// All repositories without an owner are public on Docker Hub, so that a
			// refusal can only mean that there is none of that name.
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("Docker Hub has no repository %q: the name is misspelt, or its owner or registry is missing in front", pl.Image)
		}
		return f
	})
	for _, w := range p.UnexplainedPulls() {
		image := diagnose.ImageName(w.Container)
		f := finding(p, w.Container, image)
		f.Container, f.Confidence = w.Container, unloop.Possible
		f.Summary = unloop.Msg("%s cannot be pulled; nothing at hand says why, and a name or tag that does not exist is the most common reason", diagnose.NamedImage(image))
		f.Evidence = append([]unloop.Evidence{w.Evidence}, f.Evidence...)
		f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("read the event that says why: Failed to pull image"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}}, f.Fixes...)
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, c *facts.Container, image string) diagnose.Finding {
	return diagnose.Finding{
		Summary: unloop.Msg("the registry does not have %s", diagnose.NamedImage(image)),
		Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(c))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("set an image that exists"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
			{Title: unloop.Msg("push %s to its registry", diagnose.NamedImage(image)), Risk: unloop.RiskNone},
		},
	}
}

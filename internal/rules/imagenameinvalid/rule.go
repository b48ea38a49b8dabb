// Package imagenameinvalid recognises an image reference that cannot be parsed,
// so that no registry was ever asked.
package imagenameinvalid

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause image-name-invalid.
var Rule = &diagnose.Rule{
	ID: "image-name-invalid", Family: diagnose.Image, Since: "0.1",
	Title: "The image reference cannot be parsed",
	Doc: diagnose.Doc{
		Means: "What stands in image is not a reference: [HOST[:PORT]/]path[:tag][@digest], with the path in lower case. The kubelet or the runtime refused it before any registry was asked.",
		Why: []string{
			"A template left something behind: <no value>, ${TAG}, an empty tag after the colon.",
			"The repository's name has upper-case letters, or the reference has blanks or quotes in it.",
			"A URL was written (https://...) instead of a reference.",
			"CRI-O was given a short name (nginx) and has no registries to search.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].image}'",
		},
		Remedy: []string{
			"Correct the reference, or the values that the template makes it from.",
			"On CRI-O, write the registry host in front (docker.io/library/nginx).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-tag-missing", Apart: "a registry was asked and has no such image"},
			{ID: "image-corrupt", Apart: "also InspectFailed, but about files of the image on the node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	reported := false
	p.ReportPulls("image-name-invalid", func(pl diagnose.Pull) diagnose.Finding {
		reported = true
		f := finding(p, pl.Container, pl.Image)
		if pl.Names["short"] != "" {
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("%s has no registry host, and the node's runtime has no registries to search", diagnose.NamedImage(pl.Image))
		}
		return f
	})
	if reported {
		return
	}
	p.ReportWaits("InvalidImageName", func(c *facts.Container) diagnose.Finding {
		return finding(p, c, diagnose.ImageName(c))
	})
}

func finding(p *diagnose.Pass, c *facts.Container, image string) diagnose.Finding {
	f := diagnose.Finding{
		Summary: unloop.Msg("%q is not an image reference", image),
		Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(c))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("set a valid image"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
		},
	}
	if image == "" {
		f.Summary = unloop.Msg("the image of %s is not an image reference", diagnose.ContainerOf(c))
	}
	if why := wrong(image); why != "" {
		f.Summary = unloop.Msg("%q is not an image reference: %s", image, why)
	}
	return f
}

// wrong says what of a reference's grammar an image breaks (distribution/reference
// regexp.go); "" where none of the usual mistakes is seen.
func wrong(image string) string {
	name, _, _ := strings.Cut(image, "@")
	i := strings.LastIndexByte(name, ':')
	tag, tagged := "", i > strings.LastIndexByte(name, '/')
	if tagged {
		name, tag = name[:i], name[i+1:]
	}
	switch {
	case image == "":
		return ""
	case strings.Contains(image, "<no value>"), strings.Contains(image, "{{"), strings.Contains(image, "${"), strings.Contains(image, "$("):
		return "a template was not filled in"
	case strings.Contains(image, "://"):
		return "it is a URL"
	case strings.ContainsAny(image, " \t\"'"):
		return "it holds blanks or quotes"
	case tagged && tag == "":
		return "nothing stands after the colon"
	case strings.ToLower(name) != name:
		return "the repository has upper-case letters"
	case strings.Contains(name, "//"), strings.HasPrefix(image, "/"), strings.HasSuffix(name, "/"):
		return "a part between the slashes is empty"
	}
	return ""
}

// Package imageneverpull recognises a pull policy of Never for an image that is
// not usable on the node.
package imageneverpull

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause image-never-pull.
var Rule = &diagnose.Rule{
	ID: "image-never-pull", Family: diagnose.Image, Since: "0.1",
	Title: "The pull policy is Never and the image is not on the node",
	Doc: diagnose.Doc{
		Means: "imagePullPolicy: Never forbids the kubelet to pull. It found no such image on the node, or, since Kubernetes 1.35, one that was pulled with credentials this pod has not shown.",
		Why: []string{
			"The image was built on a developer's machine and not loaded into the cluster's nodes.",
			"It was loaded into one node, and the pod runs on another.",
			"The name or tag in the pod differs from that of the loaded image.",
			"The kubelet's image clean-up removed the image when the disk filled up.",
			"Kubernetes 1.35 and later: the image is there, and the pod has no pull secret that proves its right to it.",
		},
		Confirm: []string{
			"crictl images | grep NAME on the node",
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].imagePullPolicy}'",
		},
		Remedy: []string{
			"Load the image into every node (kind load docker-image, minikube image load, ctr -n k8s.io images import).",
			"Set imagePullPolicy: IfNotPresent and push the image to a registry.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-tag-missing", Apart: "the kubelet did try to pull"},
			{ID: "image-gc-race", Apart: "the image was there a moment before"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	reported := false
	p.ReportPulls("image-never-pull", func(pl diagnose.Pull) diagnose.Finding {
		reported = true
		return finding(p, pl.Container, pl.Image)
	})
	if reported {
		return
	}
	p.ReportWaits("ErrImageNeverPull", func(c *facts.Container) diagnose.Finding {
		return finding(p, c, diagnose.ImageName(c))
	})
}

func finding(p *diagnose.Pass, c *facts.Container, image string) diagnose.Finding {
	f := diagnose.Finding{
		Summary: unloop.Msg("%s is not on the node, and the pull policy Never forbids to pull it", diagnose.NamedImage(image)),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("load %s into the node", diagnose.NamedImage(image)), Risk: unloop.RiskNone, Command: "ctr -n k8s.io images import IMAGE.tar"},
			{Title: unloop.Msg("set imagePullPolicy: IfNotPresent on %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if image == "" {
		f.Fixes = f.Fixes[1:]
	}
	if c != nil && c.Spec != nil && c.Spec.ImagePullPolicy != "" {
		f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".imagePullPolicy", "%s", c.Spec.ImagePullPolicy))
	}
	return f
}

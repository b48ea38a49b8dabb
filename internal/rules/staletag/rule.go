// Package staletag recognises a tag that stands for different images on different
// nodes.
package staletag

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause stale-tag.
var Rule = &diagnose.Rule{
	ID: "stale-tag", Family: diagnose.Image, Since: "0.1",
	Title: "The same tag means different images on different nodes",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "The tag was pushed again with new content. A node that had pulled it before keeps the old image, as the pull policy IfNotPresent says; other nodes pulled the new one. Pods of one workload then run different programs under one name, and those with one of them crash.",
		Why: []string{
			"A moving tag (latest, main, v1) is used with imagePullPolicy IfNotPresent.",
			"A release was built again under its old version number.",
		},
		Confirm: []string{
			"kubectl get pods -o custom-columns=POD:.metadata.name,NODE:.spec.nodeName,IMAGEID:.status.containerStatuses[*].imageID",
		},
		Remedy: []string{
			"Name images by digest, or by a tag that is never pushed twice.",
			"Set imagePullPolicy: Always where the tag must move.",
			"Replace the pods after the tag has been corrected.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "crash-on-rollout", Apart: "the pods that crash are of a newer revision of the workload"},
			{ID: "image-corrupt", Apart: "the same digest fails on one node only"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"app-error-exit"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		if t, _ := c.Exit(); t == nil || t.ExitCode == 0 || c.Status == nil {
			continue
		}
		if c.Spec != nil && c.Spec.ImagePullPolicy == corev1.PullAlways {
			continue
		}
		mine := digest(c.Status.ImageID)
		if mine == "" || strings.Contains(c.Status.Image, "@") {
			continue
		}
		for _, s := range p.Siblings {
			o := status(s, c.Name)
			if o == nil || s.Name == p.Subject.Name || o.Image != c.Status.Image || !o.Ready || s.Spec.NodeName == p.Subject.Node {
				continue
			}
			theirs := digest(o.ImageID)
			if theirs == "" || theirs == mine {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Likely,
				Summary: unloop.Msg("the tag %s is another image here than on node %s, where %s runs well", c.Status.Image, s.Spec.NodeName, s.Name),
				Evidence: []unloop.Evidence{
					p.StatusEvidence("containers/"+c.Name+".imageID", "%s on node %s", mine, p.Subject.Node),
					p.ObjectEvidence("pods/"+s.Name, "imageID %s on node %s", theirs, s.Spec.NodeName),
				},
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("name the image by its digest %s", theirs), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
					{Title: unloop.Msg("set imagePullPolicy: Always and replace the pods"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				},
			})
			break
		}
	}
}

func status(p *facts.Pod, name string) *corev1.ContainerStatus {
	for i := range p.Status.ContainerStatuses {
		if p.Status.ContainerStatuses[i].Name == name {
			return &p.Status.ContainerStatuses[i]
		}
	}
	return nil
}

// digest returns the repository digest of an image id; "" where the runtime gives
// only its local id, which differs between nodes for other reasons.
func digest(id string) string {
	_, d, ok := strings.Cut(id, "@")
	if !ok {
		return ""
	}
	return d
}

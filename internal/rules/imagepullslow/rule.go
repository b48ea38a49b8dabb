// Package imagepullslow recognises a pod that waits for an image which is still
// being pulled.
package imagepullslow

import (
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause image-pull-slow.
var Rule = &diagnose.Rule{
	ID: "image-pull-slow", Family: diagnose.Image, Since: "0.1",
	Title: "The image is still being pulled",
	Needs: facts.Events,
	Doc: diagnose.Doc{
		Means: "The kubelet has begun to pull the image and has neither finished nor failed. Nothing is broken as far as is known; it takes long.",
		Why: []string{
			"The image is large (gigabytes), or new on this node.",
			"The way to the registry is slow or shared by many nodes that start at once.",
			"The kubelet pulls one image at a time (serializeImagePulls), and others stand before this one.",
			"The node's disk is slow at unpacking.",
		},
		Confirm: []string{
			"kubectl get events --field-selector involvedObject.name=POD shows Pulling without Pulled",
			"crictl ps -a and the runtime's log on the node show progress",
		},
		Remedy: []string{
			"Wait; the kubelet goes on by itself.",
			"Make the image smaller, or pull it ahead (a DaemonSet, a node image that has it).",
			"Set serializeImagePulls: false with maxParallelImagePulls in the kubelet's configuration.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-pull-stalled", Apart: "the pull was cancelled for want of progress"},
			{ID: "attach-stuck", Apart: "no Pulling event yet: volumes are not there"},
			{ID: "sandbox-timeout", Apart: "no Pulling event yet: the sandbox is not made"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-waiting"},
	Run:      run,
}

// usual is how long a pull may take before it is worth a word: the kubelet's own
// patience for a pull without progress is five times that.
const usual = time.Minute

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		w := c.Waiting()
		if w == nil && c.Status != nil || w != nil && w.Reason != "ContainerCreating" && w.Reason != "PodInitializing" && w.Reason != "" {
			continue
		}
		e := pulling(c.Events)
		if e == nil || e.Age >= 0 && e.Age < usual {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Likely,
			Summary:  unloop.Msg("the image %q of %s is still being pulled", diagnose.ImageName(c), diagnose.ContainerOf(c)),
			Evidence: []unloop.Evidence{p.EventEvidence(e)},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("wait for the pull to end"), Risk: unloop.RiskNone, Command: p.DescribeCommand()},
				{Title: unloop.Msg("make the image smaller, or pull it to the nodes ahead"), Risk: unloop.RiskNone},
			},
		}
		if e.Age >= 0 {
			f.Summary = unloop.Msg("the image %q of %s has been pulled for %s and is not there yet", diagnose.ImageName(c), diagnose.ContainerOf(c), e.Age.Round(time.Second))
		} else {
			f.Confidence = unloop.Possible
		}
		p.Report(f)
	}
}

// pulling returns the Pulling event after which nothing has come.
func pulling(events []*facts.Event) *facts.Event {
	for i := len(events) - 1; i >= 0; i-- {
		switch strings.ToLower(events[i].Reason) {
		case "pulling":
			return events[i]
		case "pulled", "failed", "backoff", "created", "started", "inspectfailed":
			return nil
		}
	}
	return nil
}

// Package imagegcrace recognises an image that was removed from the node between
// its pull and the creation of the container.
package imagegcrace

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause image-gc-race.
var Rule = &diagnose.Rule{
	ID: "image-gc-race", Family: diagnose.Image, Since: "0.1",
	Title: "The image was removed before the container was made",
	Doc: diagnose.Doc{
		Means: "The kubelet found or pulled the image, and when the runtime was to make the container from it, the image was gone. On a node that is short of disk space the kubelet removes unused images, and an image that no container uses yet counts as unused.",
		Why: []string{
			"The node's disk is nearly full, so images are removed as fast as they are pulled.",
			"A clean-up job on the node (docker system prune, crictl rmi --prune) runs beside the kubelet.",
			"Two image stores on the node: the kubelet asks one and the runtime another.",
		},
		Confirm: []string{
			"kubectl describe node NODE shows DiskPressure, FreeDiskSpaceFailed or ImageGCFailed",
			"journalctl -u kubelet | grep 'Removing image' on the node",
		},
		Remedy: []string{
			"Free or enlarge the node's disk; the kubelet then tries again by itself.",
			"Take out clean-up jobs that remove images under the kubelet's feet.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-tag-missing", Apart: "the pull itself failed: the text speaks of a pull"},
			{ID: "image-corrupt", Apart: "the image is there and its files are damaged"},
			{ID: "image-never-pull", Apart: "the pull policy is Never"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/garbage-collection/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Sources: containerd 1.2 to 2.3 CreateContainer ("failed to resolve image", "failed
// to get image from containerd"), Docker ("No such image"), cri-o with
// containers/storage ("image not known").
var gone = diagnose.Re(`failed to (?:resolve|get) image [^\n]*not found|no such image|image not known`)

var creating = diagnose.Re(`create ?container|startcontainer`)

func run(p *diagnose.Pass) {
	p.ReportStart(gone, func(m diagnose.Match) diagnose.Finding {
		// In a node's log the image clean-up says so too, of images that it removes.
		if m.Where == diagnose.HostText && !creating.Match(m.Body) {
			return diagnose.Finding{}
		}
		if strings.Contains(strings.ToLower(m.Body), "pull") || strings.EqualFold(m.Reason, "ErrImagePull") {
			return diagnose.Finding{}
		}
		f := diagnose.Finding{
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("the image %q was gone from the node when %s was to be made from it", diagnose.ImageName(m.Container), diagnose.ContainerOf(m.Container)),
			Chain:      []unloop.Message{unloop.Msg("the runtime cannot create %s", diagnose.ContainerOf(m.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("free or enlarge the disk that holds the node's images"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("let another node run the pod meanwhile"), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
			},
		}
		if e := p.DiskShort(); len(e) > 0 {
			f.Confidence = unloop.Proven
			f.Chain = append(f.Chain, unloop.Msg("the node is short of disk space and removes images"))
			f.Evidence = e
		}
		return f
	})
}

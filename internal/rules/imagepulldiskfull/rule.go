// Package imagepulldiskfull recognises a pull that failed because the node's
// image file system is full.
package imagepulldiskfull

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause image-pull-disk-full.
var Rule = &diagnose.Rule{
	ID: "image-pull-disk-full", Family: diagnose.Image, Since: "0.1",
	Title: "No room on the node for the image",
	Doc: diagnose.Doc{
		Means: "The image was found and its layers were being written, and the file system that holds images on the node ran out of space (or of inodes).",
		Why: []string{
			"The node's disk is too small for the images and containers it runs.",
			"Logs, old images or local volumes fill the disk faster than the kubelet cleans up.",
			"The image is very large, and unpacking needs room for the packed and the unpacked layers at once.",
			"Images have a partition of their own that nobody watches.",
		},
		Confirm: []string{
			"kubectl describe node NODE shows DiskPressure, FreeDiskSpaceFailed or ImageGCFailed",
			"df -h and df -i of /var/lib/containerd (or /var/lib/docker, /var/lib/containers) on the node",
		},
		Remedy: []string{
			"Free the disk: crictl rmi --prune, old logs, old files of emptyDir and hostPath volumes.",
			"Enlarge the disk or the image partition.",
			"Make the image smaller.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "evicted-disk", Apart: "the pod ran and was evicted for the node's shortage"},
			{ID: "node-disk-full", Apart: "no space while something else than an image was written"},
			{ID: "kernel-cgroup-leak", Apart: "no space left on device for a directory under /sys/fs/cgroup"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
			"https://kubernetes.io/docs/concepts/architecture/garbage-collection/",
		},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("image-pull-disk-full", func(pl diagnose.Pull) diagnose.Finding {
		node := p.Subject.Node
		if node == "" {
			node = "the node"
		}
		return diagnose.Finding{
			Summary:  unloop.Msg("the disk of %s has no room for %s", node, diagnose.NamedImage(pl.Image)),
			Chain:    []unloop.Message{unloop.Msg("the image of %s cannot be unpacked", diagnose.ContainerOf(pl.Container))},
			Evidence: p.DiskShort(),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("remove images that nothing uses on %s", node), Risk: unloop.RiskNone, Command: "crictl rmi --prune"},
				{Title: unloop.Msg("enlarge the file system that holds images"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("run the pod on a node with room"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

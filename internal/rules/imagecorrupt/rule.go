// Package imagecorrupt recognises an image whose files on the node are damaged or
// incomplete.
package imagecorrupt

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause image-corrupt.
var Rule = &diagnose.Rule{
	ID: "image-corrupt", Family: diagnose.Image, Since: "0.1",
	Title: "The image's files on the node are damaged",
	Doc: diagnose.Doc{
		Means: "The node has the image, or has just downloaded it, and its files are not what they should be: a layer is missing or cut short, a check sum does not fit, or the root file system made of them cannot be used.",
		Why: []string{
			"The node lost power or was reset while an image was being unpacked.",
			"The disk was full during an earlier pull, and a part was left behind.",
			"Somebody removed files under the runtime's directory by hand.",
			"The disk or its file system has errors.",
			"A proxy or cache on the way delivers a layer cut short.",
		},
		Confirm: []string{
			"the same image runs on other nodes: kubectl get pods -o wide",
			"crictl inspecti IMAGE and crictl pull IMAGE on the node",
			"dmesg on the node: I/O errors or file system errors",
		},
		Remedy: []string{
			"Remove the image on that node and pull it again: crictl rmi IMAGE && crictl pull IMAGE.",
			"Where that does not help, drain the node and clear the runtime's storage.",
			"Check the disk below.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-gc-race", Apart: "the image is gone as a whole, on a node that is short of disk"},
			{ID: "filesystem-readonly", Apart: "everything on that disk fails, not one image"},
			{ID: "disk-failing", Apart: "the kernel reports errors of the disk"},
			{ID: "image-name-invalid", Apart: "InspectFailed because the name cannot be parsed"},
			{ID: "readonly-rootfs", Apart: "the pod asks for a read-only root file system itself"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"init-failing", "runtime-broken"},
	Run:      run,
}

// rootfs are start errors about a root file system made of damaged layers: the
// mount point cannot be made although the pod does not ask for a read-only root
// (runc 1.0 to 1.5 rootfs_linux.go), or the layers' directories are gone
// (overlay in Docker, containerd, containers/storage).
var (
	rootfs = diagnose.Re(`(?:error )?mounting \\*"[^"\\]*\\*" to rootfs (?:\\*"[^"\\]*\\*" )?at \\*"(?P<dst>[^"\\]*)\\*".*?read-only file system`)
	layers = diagnose.Re(`readlink /var/lib/.*?invalid argument|layer not known|error creating overlay mount.*?no such file|failed to mount rootfs component.*?(?:no such file|invalid argument|stale)|parent snapshot \S+ does not exist|content digest sha256:\w+: not found|structure needs cleaning|unexpected end of json`)
)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the local image of %s is damaged", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("remove the image on that node and pull it again"), Risk: unloop.RiskCluster}},
		}
	})
	p.ReportPulls("image-corrupt", func(pl diagnose.Pull) diagnose.Finding {
		f := finding(p, pl.Container, pl.Image)
		f.Confidence = unloop.Likely
		return f
	})
	for _, w := range p.Waits("ImageInspectError") {
		if len(p.Pulls()) > 1 || len(p.Pulls()) == 1 && p.Pulls()[0].Cause != "" {
			continue
		}
		f := finding(p, w.Container, diagnose.ImageName(w.Container))
		f.Container, f.Confidence = w.Container, unloop.Possible
		f.Evidence = []unloop.Evidence{w.Evidence}
		p.Report(f)
	}
	p.ReportStart(layers, func(m diagnose.Match) diagnose.Finding {
		f := finding(p, m.Container, diagnose.ImageName(m.Container))
		f.Confidence = unloop.Likely
		return f
	})
	p.ReportStart(rootfs, func(m diagnose.Match) diagnose.Finding {
		r := diagnose.RightsOf(p.Facts, m.Container)
		if r.ReadOnlyRoot || inVolume(p.Facts, m.Container, diagnose.InRoot(m.Names["dst"])) {
			return diagnose.Finding{}
		}
		f := finding(p, m.Container, diagnose.ImageName(m.Container))
		f.Confidence = unloop.Possible
		f.Summary = unloop.Msg("the root file system of %s came up read-only, as it does when the image's layers on the node are damaged", diagnose.ContainerOf(m.Container))
		return f
	})
}

// inVolume reports whether a mount point lies in another volume of the container.
func inVolume(f *facts.Facts, c *facts.Container, dst string) bool {
	return diagnose.MountAbove(f, c, dst) != nil
}

func finding(p *diagnose.Pass, c *facts.Container, image string) diagnose.Finding {
	node := p.Subject.Node
	if node == "" {
		node = "the node"
	}
	return diagnose.Finding{
		Summary: unloop.Msg("the files of %s on %s are damaged or incomplete", diagnose.NamedImage(image), node),
		Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be used", diagnose.ContainerOf(c))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("remove the image on %s and pull it again", node), Risk: unloop.RiskNone, Command: "crictl rmi " + diagnose.Word(image, "IMAGE") + " && crictl pull " + diagnose.Word(image, "IMAGE")},
			{Title: unloop.Msg("run the pod on another node, and check the disk of %s", node), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
		},
	}
}

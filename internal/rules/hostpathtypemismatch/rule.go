// Package hostpathtypemismatch recognises a host path that is of another kind than the pod asks for.
package hostpathtypemismatch

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause hostpath-type-mismatch.
var Rule = &diagnose.Rule{
	ID: "hostpath-type-mismatch", Family: diagnose.Volume, Since: "0.1",
	Title: "The path on the node is of another kind than the pod asks for",
	Doc: diagnose.Doc{
		Means: "A hostPath volume says that the path must be a directory, file or socket. On the node it is something else or does not exist; or a missing file was made as a directory by an earlier pod.",
		Why: []string{
			"The file or socket does not exist on this node.",
			"An earlier mount without a type made a directory where a file should be.",
		},
		Confirm: []string{
			"stat PATH on the node",
		},
		Remedy: []string{
			"Create the right kind of path on the node.",
			"Correct path or type of the hostPath volume.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "mount-type-mismatch", Apart: "the OCI runtime, not the kubelet, reports that kinds differ"},
			{ID: "subpath-failed", Apart: "a subPath of a volume"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"app-error-exit", "file-missing", "app-config-error", "image-pull-slow", "attach-stuck", "rollout-stuck"},
	Run:      run,
}

// Source: kubernetes 1.8 to 1.36 pkg/volume/hostpath.
var pattern = diagnose.Re(`hostPath type check failed: (?P<path>\S+) is not (?:an? )?(?P<kind>[a-z ]+)`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		file := h.Names["file"] + h.Names["path"]
		f := diagnose.Finding{
			Confidence: unloop.Possible,
			Summary:    unloop.Msg("%s is a directory where %s needs a file", file, h.Program()),
			Fixes:      []unloop.Fix{{Title: unloop.Msg("remove the directory on the node, and mount the path with type FileOrCreate"), Risk: unloop.RiskCluster, Command: p.EditCommand()}},
		}
		if m := diagnose.MountOf(p.Facts, h.Container, file); m != nil && m.Volume != nil && m.Volume.HostPath != nil {
			f.Confidence = p.Grade(h)
			f.Evidence = append(f.Evidence, p.SpecEvidence("volumes/"+m.Volume.Name, "hostPath %s", m.Volume.HostPath.Path))
		}
		return f
	})
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the host path %s is not a %s", m.Names["path"], strings.TrimSpace(m.Names["kind"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create it on the node, or correct path and type of the volume"), Risk: unloop.RiskCluster, Command: p.EditCommand()},
			},
		}
	})
}

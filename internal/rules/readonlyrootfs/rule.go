// Package readonlyrootfs recognises a program that writes to its root file system
// where that is read-only by the pod's own wish.
package readonlyrootfs

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause readonly-rootfs.
var Rule = &diagnose.Rule{
	ID: "readonly-rootfs", Family: diagnose.Config, Since: "0.1",
	Title: "The program writes where the pod makes everything read-only",
	Doc: diagnose.Doc{
		Means: "The program wanted to write a file and got \"Read-only file system\". The path lies in the image's own file system, which readOnlyRootFilesystem: true closes, or on a volume that is mounted read-only (a ConfigMap, a Secret, readOnly: true).",
		Why: []string{
			"readOnlyRootFilesystem was switched on, and the program still writes temporary files, a pid file, a cache or logs into its image.",
			"The entrypoint changes a configuration file in place, and that file comes from a ConfigMap.",
			"A volume is mounted with readOnly: true although the program writes to it.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].securityContext.readOnlyRootFilesystem}'",
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].volumeMounts}'",
		},
		Remedy: []string{
			"Mount an emptyDir at each directory the program writes to (/tmp, /var/run, /var/cache/...).",
			"Tell the program to write somewhere else.",
			"Let an init container copy configuration that is changed at the start into an emptyDir.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "filesystem-readonly", Apart: "the path is on a volume that should be writable: its file system turned read-only after an error"},
			{ID: "volume-permission-denied", Apart: "Permission denied instead of Read-only file system"},
			{ID: "image-corrupt", Apart: "the pod asks for no read-only root, and the runtime itself cannot write into it"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "file-missing", "init-failing"},
	Run:      run,
}

// mountPoint is the runtime that cannot make a mount point (runc 1.0 to 1.5
// libcontainer/rootfs_linux.go).
var mountPoint = diagnose.Re(`(?:error )?mounting \\*"[^"\\]*\\*" to rootfs (?:\\*"[^"\\]*\\*" )?at \\*"(?P<dst>[^"\\]*)\\*".*?read-only file system`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding { return fromLog(p, h) })
	p.ReportStart(mountPoint, func(m diagnose.Match) diagnose.Finding {
		c, dst := m.Container, diagnose.InRoot(m.Names["dst"])
		f := finding(p, c, dst)
		f.Chain = []unloop.Message{unloop.Msg("the runtime cannot make the mount point %q", dst)}
		switch above := diagnose.MountAbove(p.Facts, c, dst); {
		case above != nil && (above.Plain() || above.ReadOnly):
			f.Summary = unloop.Msg("the mount point %q cannot be made inside the volume %q, which is read-only", dst, above.Name)
			f.Evidence = append(f.Evidence, p.MountEvidence(c, above))
			f.Confidence = unloop.Likely
		case above != nil:
			return diagnose.Finding{}
		case diagnose.RightsOf(p.Facts, c).ReadOnlyRoot:
			f.Confidence = unloop.Likely
		default:
			f.Confidence = unloop.Possible
		}
		return f
	})
}

func fromLog(p *diagnose.Pass, h *diagnose.Hit) diagnose.Finding {
	c, file := h.Container, h.First("path", "file", "name")
	f := finding(p, c, file)
	m := diagnose.MountOf(p.Facts, c, file)
	r := diagnose.RightsOf(p.Facts, c)
	switch {
	case m != nil && (m.ReadOnly || m.Plain()):
		f.Summary = unloop.Msg("%s writes to %q, and the %s volume %q there is read-only", h.Program(), file, m.Kind(), m.Name)
		f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("copy the files into an emptyDir that the program may write to, with an init container"), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
		if p.Grade(h) > unloop.Possible {
			f.Confidence = unloop.Likely
		}
	case m != nil:
		// A volume that should be writable: filesystem-readonly.
		return diagnose.Finding{}
	case r.ReadOnlyRoot && file != "" && h.Final:
		f.Confidence = unloop.Proven
	case r.Known && !r.ReadOnlyRoot:
		f.Confidence = unloop.Possible
	case p.Grade(h) == unloop.Proven:
		// The log says what failed, not that the pod asked for it.
		f.Confidence = unloop.Likely
	}
	return f
}

func finding(p *diagnose.Pass, c *facts.Container, file string) diagnose.Finding {
	target := diagnose.ContainerOf(c)
	f := diagnose.Finding{
		Summary:  unloop.Msg("%s writes to %q, which is read-only", target, file),
		Evidence: p.UserEvidence(c),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("mount an emptyDir at the directory of %q", file), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("let the program write somewhere else"), Risk: unloop.RiskRestart},
		},
	}
	if file == "" {
		f.Summary = unloop.Msg("%s writes to a read-only file system", target)
		f.Fixes[0].Title = unloop.Msg("mount an emptyDir at the directories that %s writes to", target)
	}
	return f
}

// Package volumepermissiondenied recognises a program whose user may not read or
// write on a mounted volume.
package volumepermissiondenied

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause volume-permission-denied.
var Rule = &diagnose.Rule{
	ID: "volume-permission-denied", Family: diagnose.Config, Since: "0.1",
	Title: "The program's user may not use the volume",
	Doc: diagnose.Doc{
		Means: "The program wanted to read or write a file and got \"Permission denied\". The path lies on a volume whose files belong to another user or group than the container runs as.",
		Why: []string{
			"The volume's root belongs to root, and the image runs as another user; no fsGroup is set.",
			"The volume is a hostPath or NFS share, where fsGroup changes nothing.",
			"The image changed its user between two versions, and the files still belong to the old one.",
			"The NFS server maps root to nobody (root squash), so that even root may not write.",
			"A Secret or ConfigMap volume has defaultMode 0400 and the program is not root.",
		},
		Confirm: []string{
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh, then id and ls -ln the path",
			"kubectl get pod POD -o jsonpath='{.spec.securityContext} {.spec.containers[*].securityContext}'",
		},
		Remedy: []string{
			"Set securityContext.fsGroup to a group of the program's user (block storage, emptyDir, Secrets).",
			"Change the owner once with an init container that runs as root (hostPath, NFS, local volumes).",
			"Run the container as the user that the files belong to (runAsUser).",
			"Correct the export's options on the NFS server.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "readonly-rootfs", Apart: "Read-only file system instead of Permission denied"},
			{ID: "selinux-denied", Apart: "ids fit, and the node's audit log shows avc: denied"},
			{ID: "capability-missing", Apart: "the path is the image's own: the program expects to be root"},
			{ID: "storage-access-denied", Apart: "the storage refuses the mount itself, in a FailedMount event"},
			{ID: "command-not-executable", Apart: "the command itself may not be executed"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/storage/volumes/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "file-missing", "init-failing", "readiness-never", "liveness-wrong-target", "startup-too-slow"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, file := h.Container, h.First("path", "file", "name")
		f := finding(p, h, file)
		m := diagnose.MountOf(p.Facts, c, file)
		switch {
		case m != nil:
			f.Summary = unloop.Msg("%s may not use %q on the %s volume %q", h.Program(), file, m.Kind(), m.Name)
			f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
			f.Fixes = fixes(p, c, m)
		case file != "" && len(diagnose.Mounts(p.Facts, c)) > 0:
			// The path is the image's own.
			return diagnose.Finding{}
		case p.Grade(h) == unloop.Proven:
			// Whether the path is on a volume is not known.
			f.Confidence = unloop.Likely
		}
		return f
	})
	for _, c := range p.Troubled() {
		refusedOwner(p, c)
	}
}

// refusedOwner takes an entrypoint that runs as root and may still not change the
// owner of its data: the storage does not let it.
func refusedOwner(p *diagnose.Pass, c *facts.Container) {
	for _, h := range append(p.Hits(c, "capability-missing"), p.Hits(c, "volume-permission-denied")...) {
		file, ok := p.RefusedOwner(h)
		if !ok {
			continue
		}
		f := finding(p, h, file)
		f.Container, f.Late = c, h.Late()
		f.Confidence = min(p.Grade(h), unloop.Likely)
		f.Summary = unloop.Msg("the storage does not let %s change the owner of %q", h.Program(), file)
		f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
		if m := diagnose.MountOf(p.Facts, c, file); m != nil {
			f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
		}
		f.Fixes = []unloop.Fix{
			{Title: unloop.Msg("give the files their owner on the storage itself, or lift the export's root squash"), Risk: unloop.RiskData},
			{Title: unloop.Msg("run %s as the user that the files belong to", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		}
		p.Report(f)
		return
	}
}

func finding(p *diagnose.Pass, h *diagnose.Hit, file string) diagnose.Finding {
	f := diagnose.Finding{
		Summary:  unloop.Msg("%s may not use %q: permission denied", h.Program(), file),
		Evidence: p.UserEvidence(h.Container),
		Fixes:    fixes(p, h.Container, nil),
	}
	if file == "" {
		f.Summary = unloop.Msg("%s may not use a file or directory that it needs: permission denied", h.Program())
	}
	return f
}

// fixes puts first what works for the kind of volume.
func fixes(p *diagnose.Pass, c *facts.Container, m *diagnose.Mount) []unloop.Fix {
	group := unloop.Fix{Title: unloop.Msg("set securityContext.fsGroup to the group of the program's user"), Risk: unloop.RiskRestart, Command: p.EditCommand()}
	owner := unloop.Fix{Title: unloop.Msg("change the owner of the files once, with an init container that runs as root"), Risk: unloop.RiskData, Command: p.EditCommand()}
	user := unloop.Fix{Title: unloop.Msg("run %s as the user that the files belong to", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()}
	if m != nil {
		switch m.Kind() {
		case "hostPath", "nfs":
			// fsGroup does nothing there (k8s.io/kubernetes pkg/volume: SupportsOwnershipManagement).
			return []unloop.Fix{owner, user}
		case "configMap", "secret", "projected", "downwardAPI":
			return []unloop.Fix{group, {Title: unloop.Msg("open the files of %q with defaultMode", m.Name), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
		}
	}
	return []unloop.Fix{group, owner, user}
}

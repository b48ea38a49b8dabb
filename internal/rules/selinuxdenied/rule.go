// Package selinuxdenied recognises an access that SELinux on the node denies to
// the container, or a label that cannot be set.
package selinuxdenied

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause selinux-denied.
var Rule = &diagnose.Rule{
	ID: "selinux-denied", Family: diagnose.Config, Since: "0.1",
	Title: "SELinux on the node denies the access",
	Doc: diagnose.Doc{
		Means: "On nodes with SELinux in enforcing mode, every process and file has a label, and the policy says which may use which. The container's process may not use a file, socket or device because their labels do not fit; the program only sees \"Permission denied\".",
		Why: []string{
			"A hostPath directory has the label of the system, not container_file_t.",
			"Two pods with different labels use one volume, and the second relabelled it.",
			"The container talks to a socket of the node (the runtime's, D-Bus) without being allowed to.",
			"The volume's file system cannot carry labels.",
		},
		Confirm: []string{
			"ausearch -m avc -ts recent on the node (or journalctl -k | grep avc)",
			"ls -dZ PATH on the node; getenforce",
		},
		Remedy: []string{
			"Label the directory for containers: chcon -Rt container_file_t PATH, or semanage fcontext and restorecon.",
			"Give the pod the label of the volume: securityContext.seLinuxOptions.",
			"Extend the policy with what the program needs (udica, audit2allow).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-permission-denied", Apart: "no avc record on the node: owner and mode do not fit"},
			{ID: "apparmor-profile-missing", Apart: "the node uses AppArmor"},
			{ID: "capability-missing", Apart: "Operation not permitted instead of Permission denied"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Explains: []string{"app-error-exit", "volume-permission-denied", "command-not-executable", "init-failing"},
	Run:      run,
}

var (
	// avc is the kernel's record of a denial (security/selinux/avc.c).
	avc = diagnose.Re(`avc: +denied +\{ *(?P<what>[^}]*?) *\}(?:[^\n]*? comm="(?P<comm>[^"]*)")?(?:[^\n]*? (?:name|path)="(?P<path>[^"]*)")?[^\n]*scontext=[^\n]*container`)
	// label are texts of runtimes that could not set a label: opencontainers/selinux
	// in containerd, cri-o, Docker and runc.
	label = diagnose.Re(`selinux relabel\w* of (?P<path>\S+)|relabel failed|failed to set file label on (?P<path2>\S+)|attr/keycreate|failed to set selinux|lsetxattr[^\n]*(?:operation not supported|permission denied)`)
)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.HostText|diagnose.NodeText, avc, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("SELinux on the node denies %s to the container", m.Names["what"]),
			Fixes:      fixes(p, m.Names["path"]),
		}
		if m.Names["path"] != "" {
			f.Summary = unloop.Msg("SELinux on the node denies %s of %q to the container", m.Names["what"], m.Names["path"])
		}
		// With the program's own complaint beside the kernel's record it is proven.
		for _, c := range p.Troubled() {
			for _, h := range p.Hits(c, "volume-permission-denied") {
				f.Confidence, f.Container = unloop.Proven, c
				f.Evidence = append(f.Evidence, h.Evidence())
				return f
			}
		}
		return f
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("SELinux on the node denies %s an access", h.Program()),
			Fixes:   fixes(p, h.First("path", "file")),
		}
	})
	p.ReportStart(label, func(m diagnose.Match) diagnose.Finding {
		path := m.Names["path"] + m.Names["path2"]
		f := diagnose.Finding{
			Confidence: unloop.Likely,
			Summary:    unloop.Msg("the SELinux label of %q cannot be set for %s", path, diagnose.ContainerOf(m.Container)),
			Fixes:      fixes(p, path),
		}
		if path == "" {
			f.Summary = unloop.Msg("an SELinux label cannot be set for %s", diagnose.ContainerOf(m.Container))
		}
		return f
	})
}

func fixes(p *diagnose.Pass, path string) []unloop.Fix {
	if path == "" || path[0] != '/' {
		path = "PATH"
	}
	return []unloop.Fix{
		{Title: unloop.Msg("label the directory on the node for containers"), Risk: unloop.RiskCluster, Command: "chcon -Rt container_file_t " + diagnose.Word(path, "PATH")},
		{Title: unloop.Msg("give the pod the label of the volume with seLinuxOptions"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
	}
}

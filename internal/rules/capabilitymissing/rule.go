// Package capabilitymissing recognises a program that needs root or a Linux
// capability which its security context takes away.
package capabilitymissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause capability-missing.
var Rule = &diagnose.Rule{
	ID: "capability-missing", Family: diagnose.Config, Since: "0.1",
	Title: "The program needs root or a capability that it does not have",
	Doc: diagnose.Doc{
		Means: "The program does something that the kernel keeps for root or for a holder of one capability: change owners, change its user, open raw sockets, mount, set up the firewall, write into directories of the image that belong to root. Its security context does not give it that right.",
		Why: []string{
			"runAsUser or runAsNonRoot was set for an image that is built to start as root and give it up itself.",
			"capabilities.drop: [ALL] takes away CHOWN, SETUID or NET_BIND_SERVICE that the entrypoint uses.",
			"A network tool (iptables, tcpdump, a VPN) has no NET_ADMIN or NET_RAW.",
			"The binary has file capabilities, and the container may not have them: exec says operation not permitted.",
			"The platform gives every namespace its own user ids (OpenShift), so that the image does not run as the user it was built for.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.securityContext} {.spec.containers[*].securityContext}'",
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh, then id and grep Cap /proc/self/status",
		},
		Remedy: []string{
			"Add the one capability the program needs: securityContext.capabilities.add.",
			"Use an image that is built to run without root, or give its directories to the user that it runs as.",
			"Let the container run as root where the cluster's rules allow that.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-permission-denied", Apart: "Permission denied on a path that is on a volume"},
			{ID: "seccomp-denied", Apart: "also Operation not permitted; the node's audit log shows type=1326"},
			{ID: "privileged-port-denied", Apart: "only listening on a port below 1024 was refused"},
			{ID: "kernel-module-missing", Apart: "the right is there, and the kernel lacks the module"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
			"https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing"},
	Run:      run,
}

// execDenied is a binary with file capabilities that the container may not have.
var execDenied = diagnose.Re(`exec: \\*"(?P<path>[^"\\]+)\\*": operation not permitted`)

func run(p *diagnose.Pass) {
	p.ReportStart(execDenied, func(m diagnose.Match) diagnose.Finding {
		f := execFinding(p, m.Container, m.Names["path"])
		f.Confidence = unloop.Likely
		return f
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		r := diagnose.RightsOf(p.Facts, h.Container)
		f := finding(p, h)
		_, storage := p.RefusedOwner(h)
		switch {
		case storage:
			f.Confidence = unloop.Possible // volume-permission-denied says more
		case r.Privileged:
			// It has all rights: something else refuses.
			f.Confidence = unloop.Possible
		case p.Grade(h) == unloop.Proven && !r.Other() && !r.Drops():
			// Nothing seen takes the right away; the image's user may.
			f.Confidence = unloop.Likely
		}
		return f
	})
	execRefused(p)
	ownFiles(p)
}

// execRefused takes the runtime's last line where the kernel does not permit the
// exec itself: the file has capabilities that the container may not have.
func execRefused(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		for _, h := range p.Hits(c, "command-not-executable") {
			if !diagnose.NotPermitted(h) {
				continue
			}
			f := execFinding(p, c, h.First("path", "name"))
			f.Container, f.Late = c, h.Late()
			f.Confidence = min(p.Grade(h), unloop.Likely)
			if r := diagnose.RightsOf(p.Facts, c); r.Drops() || r.NoEscalation {
				f.Confidence = p.Grade(h)
			}
			f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
			p.Report(f)
			break
		}
	}
}

// ownFiles takes a refusal on a path that is no volume: the files are the image's
// own, and belong to root.
func ownFiles(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		if len(diagnose.Mounts(p.Facts, c)) == 0 || len(p.Hits(c, "capability-missing")) > 0 {
			continue
		}
		for _, h := range p.Hits(c, "volume-permission-denied") {
			file := h.First("path", "file", "name")
			if file == "" || file[0] != '/' || diagnose.MountOf(p.Facts, c, file) != nil {
				continue
			}
			f := finding(p, h)
			f.Container, f.Late = c, h.Late()
			f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
			f.Summary = unloop.Msg("the user of %s may not use %q of the image", diagnose.ContainerOf(c), file)
			f.Confidence = min(p.Grade(h), unloop.Likely)
			p.Report(f)
			break
		}
	}
}

func execFinding(p *diagnose.Pass, c *facts.Container, file string) diagnose.Finding {
	return diagnose.Finding{
		Summary:  unloop.Msg("the kernel does not permit to execute %q: it has file capabilities that %s may not have", file, diagnose.ContainerOf(c)),
		Evidence: p.UserEvidence(c),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("add the capability that %q carries to %s", file, diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("take the file capability off in the image's build (setcap -r)"), Risk: unloop.RiskRestart},
		},
	}
}

func finding(p *diagnose.Pass, h *diagnose.Hit) diagnose.Finding {
	target := diagnose.ContainerOf(h.Container)
	f := diagnose.Finding{
		Summary:  unloop.Msg("%s needs a right of root that %s does not have", h.Program(), target),
		Evidence: p.UserEvidence(h.Container),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("use an image that is built to run without root"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(h.Container)},
			{Title: unloop.Msg("give %s the capability or the user that the program needs", target), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if what := h.First("name", "path"); what != "" {
		f.Summary = unloop.Msg("%s needs a right of root for %s that %s does not have", h.Program(), what, target)
	}
	return f
}

// Package seccompdenied recognises a system call that the container's seccomp
// profile blocks.
package seccompdenied

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause seccomp-denied.
var Rule = &diagnose.Rule{
	ID: "seccomp-denied", Family: diagnose.Config, Since: "0.1",
	Title: "The seccomp profile blocks a system call",
	Doc: diagnose.Doc{
		Means: "The container runs under a seccomp profile that lists the system calls it may use. The program made one that is not on the list: it was killed with SIGSYS (exit code 159), or the call failed with \"Operation not permitted\".",
		Why: []string{
			"A profile of the cluster's own is too narrow for this program or for its newer version.",
			"The runtime's default profile on an old node does not know a new system call (clone3, statx, faccessat2) and refuses it.",
			"The program uses calls that default profiles refuse on purpose: ptrace, bpf, io_uring, keyctl, unshare.",
		},
		Confirm: []string{
			"dmesg or /var/log/audit/audit.log on the node: type=1326 with the program's name and syscall=N",
			"kubectl get pod POD -o jsonpath='{.spec.securityContext.seccompProfile}'",
		},
		Remedy: []string{
			"Add the system call to the profile.",
			"Bring the container runtime and libseccomp on the node up to date.",
			"Use RuntimeDefault instead of a profile of your own.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "capability-missing", Apart: "Operation not permitted without an audit record: a capability is missing"},
			{ID: "native-crash", Apart: "other codes: 134, 139"},
			{ID: "seccomp-profile-missing", Apart: "the container is not created at all"},
		},
		Refs: []string{"https://kubernetes.io/docs/tutorials/security/seccomp/"},
	},
	Explains: []string{"app-error-exit", "native-crash", "init-failing"},
	Run:      run,
}

// sigsys is 128 + SIGSYS (31 on amd64 and arm64).
const sigsys = 159

// audit is the kernel's record of a filtered call (kernel/auditsc.c, AUDIT_SECCOMP 1326).
var audit = diagnose.Re(`type=1326[^\n]*comm="(?P<comm>[^"]*)"[^\n]*syscall=(?P<nr>\d+)|type=1326[^\n]*syscall=(?P<nr2>\d+)`)

// forbidden is CRI-O's message for containers it stopped itself (internal/runtimehandlerhooks, seccomp notifier).
var forbidden = diagnose.Re(`used forbidden syscalls?: (?P<calls>[^\n]+)`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return finding(p, h.Container, unloop.Msg("the seccomp profile of %s blocks a system call that %s needs", diagnose.ContainerOf(h.Container), h.Program()))
	})
	p.ReportTexts(diagnose.Terminated, forbidden, func(m diagnose.Match) diagnose.Finding {
		return finding(p, m.Container, unloop.Msg("%s used system calls that its seccomp profile forbids: %s", diagnose.ContainerOf(m.Container), m.Names["calls"]))
	})
	records := p.Find(diagnose.HostText|diagnose.NodeText, audit)
	for _, c := range p.EndedWith(sigsys) {
		t, where := c.Exit()
		f := finding(p, c, unloop.Msg("%s was killed for a system call that its seccomp profile forbids", diagnose.ContainerOf(c)))
		f.Container, f.Confidence = c, unloop.Likely
		f.Evidence = append(f.Evidence, p.ExitEvidence(c, t, where))
		if len(records) > 0 {
			f.Confidence = unloop.Proven
			f.Evidence = append(f.Evidence, records[0].Evidence())
			f.Chain = append(f.Chain, unloop.Msg("the kernel recorded system call number %s", records[0].Names["nr"]+records[0].Names["nr2"]))
		}
		p.Report(f)
	}
	if len(records) > 0 && len(p.EndedWith(sigsys)) == 0 {
		m := records[0]
		f := finding(p, nil, unloop.Msg("a seccomp profile blocked system call number %s", m.Names["nr"]+m.Names["nr2"]))
		f.Confidence = unloop.Possible
		f.Evidence = append(f.Evidence, m.Evidence())
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, c *facts.Container, summary unloop.Message) diagnose.Finding {
	f := diagnose.Finding{
		Summary: summary,
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("add the system call to the seccomp profile"), Risk: unloop.RiskCluster},
			{Title: unloop.Msg("use the profile RuntimeDefault"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if name := p.SeccompProfile(c); name != "" {
		f.Evidence = append(f.Evidence, p.SpecEvidence("seccompProfile", "%s", name))
	}
	return f
}

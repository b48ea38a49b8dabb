// Package seccompprofilemissing recognises a seccomp profile that the pod names
// and that is not on the node, or cannot be used there.
package seccompprofilemissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause seccomp-profile-missing.
var Rule = &diagnose.Rule{
	ID: "seccomp-profile-missing", Family: diagnose.Config, Since: "0.1",
	Title: "The seccomp profile is not on the node",
	Doc: diagnose.Doc{
		Means: "The pod asks for a seccomp profile of type Localhost: a file under the kubelet's seccomp directory on the node. There is no such file, or it cannot be read as a profile, so the runtime refuses to create the container.",
		Why: []string{
			"The file was copied to some nodes only; a new node does not have it.",
			"localhostProfile is relative to the kubelet's seccomp directory (/var/lib/kubelet/seccomp), and a wrong or absolute path was written.",
			"The operator that distributes profiles has not done so yet.",
			"The file is no valid JSON, or the node has no seccomp.",
		},
		Confirm: []string{
			"ls /var/lib/kubelet/seccomp on the node",
			"kubectl get pod POD -o jsonpath='{.spec.securityContext.seccompProfile} {.spec.containers[*].securityContext.seccompProfile}'",
		},
		Remedy: []string{
			"Put the file on every node, for example with the Security Profiles Operator or a DaemonSet.",
			"Correct localhostProfile.",
			"Use RuntimeDefault.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "seccomp-denied", Apart: "the profile is there and blocks the program"},
			{ID: "apparmor-profile-missing", Apart: "the text names apparmor"},
		},
		Refs: []string{"https://kubernetes.io/docs/tutorials/security/seccomp/"},
	},
	Explains: []string{"init-failing", "sandbox-timeout"},
	Run:      run,
}

// Sources: containerd 1.2 to 2.3 contrib/seccomp and cri ("cannot load seccomp
// profile", "seccomp is not supported"), cri-o ("setup seccomp"), kubernetes
// pkg/kubelet/dockershim up to 1.23 ("failed to generate seccomp security
// options"), kubelet ("localhostProfile must be set"), runc and crun ("error
// loading seccomp filter").
var profile = diagnose.Re(`cannot load seccomp profile|setup seccomp: |(?:unable|failed) to (?:init|load|generate|set ?up) (?:local |pod |sandbox |container )?seccomp|error loading seccomp|seccomp (?:security options|spec opts|profile)[^\n]{0,200}(?:no such file|not found|cannot|failed|invalid)|` +
	`seccomp is not (?:supported|enabled)|localhostprofile must be set|decoding seccomp profile failed|unknown seccomp profile`)

// named finds the file in such a text.
var named = diagnose.Re(`seccomp profile \\*"(?P<file>[^"\\]+)|local profile \\*"(?P<file2>[^"\\]+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart|diagnose.PodStatus, profile, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the seccomp profile that the pod names cannot be loaded on the node"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("put the profile on every node that runs the pod"), Risk: unloop.RiskCluster},
				{Title: unloop.Msg("correct the profile's name, or use RuntimeDefault"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if n, ok := named.Find(m.Body); ok {
			f.Summary = unloop.Msg("the seccomp profile %q cannot be loaded on the node", n["file"]+n["file2"])
		}
		if name := p.SeccompProfile(m.Container); name != "" {
			f.Evidence = append(f.Evidence, p.SpecEvidence("seccompProfile", "%s", name))
		}
		return f
	})
}

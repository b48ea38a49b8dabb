// Package apparmorprofilemissing recognises an AppArmor profile that is not loaded
// on the node, or a node without AppArmor.
package apparmorprofilemissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause apparmor-profile-missing.
var Rule = &diagnose.Rule{
	ID: "apparmor-profile-missing", Family: diagnose.Config, Since: "0.1",
	Title: "The AppArmor profile is not loaded on the node",
	Doc: diagnose.Doc{
		Means: "The pod asks for an AppArmor profile by name. The kernel of this node has no profile of that name loaded, or has no AppArmor at all, so the container cannot be started under it.",
		Why: []string{
			"The profile was loaded on some nodes only, or is gone after a reboot.",
			"The name differs from the one inside the profile's file.",
			"The node's distribution uses SELinux instead of AppArmor.",
			"The runtime's own default profile could not be loaded because apparmor_parser is not installed.",
		},
		Confirm: []string{
			"cat /sys/kernel/security/apparmor/profiles on the node",
			"cat /sys/module/apparmor/parameters/enabled on the node says Y",
		},
		Remedy: []string{
			"Load the profile on every node (apparmor_parser -r), or with the Security Profiles Operator.",
			"Keep the pod on nodes that have it, with a node label.",
			"Use RuntimeDefault or Unconfined.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "seccomp-profile-missing", Apart: "the text names seccomp"},
			{ID: "volume-permission-denied", Apart: "the profile is loaded; a denial shows as Permission denied and in the node's log as apparmor=\"DENIED\""},
		},
		Refs: []string{"https://kubernetes.io/docs/tutorials/security/apparmor/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Sources: kubernetes 1.4 to 1.36 pkg/security/apparmor and
// pkg/kubelet/lifecycle/handlers.go ("Cannot enforce AppArmor"), containerd 1.2 to
// 2.3 ("apparmor profile not found", "apparmor is not supported"), cri-o, runc
// ("apparmor failed to apply profile"), crun (/proc/.../attr/apparmor/exec).
var profile = diagnose.Re(`cannot enforce apparmor:? (?:profile \\*"(?P<name>[^"\\]+))?|apparmor profile not found (?P<name3>[^\s:]+)|apparmor profile \\*"?(?P<name2>[\w./-]+)\\*"? (?:is )?(?:not found|not loaded)|apparmor (?:failed to apply profile|is not (?:supported|enabled))|unable to apply apparmor profile|attr/apparmor/exec|apparmor_parser[^\n]{0,60}(?:not found|failed)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart|diagnose.PodStatus, profile, func(m diagnose.Match) diagnose.Finding {
		name := m.Names["name"] + m.Names["name2"] + m.Names["name3"]
		f := diagnose.Finding{
			Summary: unloop.Msg("the node cannot enforce the AppArmor profile that the pod names"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("load the profile on every node that runs the pod"), Risk: unloop.RiskCluster, Command: "apparmor_parser -r FILE"},
				{Title: unloop.Msg("correct the profile's name, or use RuntimeDefault"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if name != "" {
			f.Summary = unloop.Msg("the AppArmor profile %q is not loaded on the node", name)
		}
		return f
	})
	if p.Pod != nil && p.Pod.Row != nil && !p.Pod.HasStatus && p.Pod.Row.Status == "AppArmor" {
		p.Report(diagnose.Finding{
			Confidence: unloop.Proven,
			Summary:    unloop.Msg("the kubelet rejected the pod: the node cannot enforce its AppArmor profile"),
			Evidence:   []unloop.Evidence{p.RowEvidence()},
			Fixes:      []unloop.Fix{{Title: unloop.Msg("read which profile it is"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
		})
	}
}

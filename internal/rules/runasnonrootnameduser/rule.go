// Package runasnonrootnameduser recognises a pod that must not run as root while
// its image names its user by name, which the kubelet cannot check.
package runasnonrootnameduser

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause runasnonroot-named-user.
var Rule = &diagnose.Rule{
	ID: "runasnonroot-named-user", Family: diagnose.Config, Since: "0.1",
	Title: "The pod must not run as root, and the image's user is a name",
	Doc: diagnose.Doc{
		Means: "runAsNonRoot: true asks the kubelet to refuse user 0. The image's USER is a name. Which number that name has stands in a file inside the image, which the kubelet does not read, so it refuses to be on the safe side.",
		Why: []string{
			"The Dockerfile says USER app instead of USER 1001.",
		},
		Confirm: []string{
			"docker image inspect IMAGE --format '{{.Config.User}}' shows a name",
			"docker run --rm --entrypoint id IMAGE shows the number behind it",
		},
		Remedy: []string{
			"Set runAsUser in the pod to the number that the name has in the image.",
			"Write the number in the image's USER.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "runasnonroot-root-image", Apart: "the image really would run as root"},
			{ID: "user-not-in-image", Apart: "the runtime cannot find the name in the image"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Source: kubernetes 1.5 to 1.36 pkg/kubelet/kuberuntime/security_context_others.go
// verifyRunAsNonRoot.
var named = diagnose.Re(`image has non-numeric user \(\\*"?(?P<user>[^)"\\]*)|non-numeric user`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, named, func(m diagnose.Match) diagnose.Finding {
		target, user := diagnose.ContainerOf(m.Container), m.Names["user"]
		return diagnose.Finding{
			Summary:  unloop.Msg("%s must not run as root, and the kubelet cannot tell whether its image's user %q is root", target, user),
			Evidence: p.UserEvidence(m.Container),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set runAsUser of %s to the number of %q", target, user), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("write the number in the image's USER"), Risk: unloop.RiskRestart},
			},
		}
	})
}

// Package runasnonrootrootimage recognises a pod that must not run as root while
// its image, or its own runAsUser, would make it run as root.
package runasnonrootrootimage

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause runasnonroot-root-image.
var Rule = &diagnose.Rule{
	ID: "runasnonroot-root-image", Family: diagnose.Config, Since: "0.1",
	Title: "The pod must not run as root, and the image does",
	Doc: diagnose.Doc{
		Means: "runAsNonRoot: true asks the kubelet to refuse a container that would run as user 0. The image has no USER, or USER 0, and the pod gives no other user (or gives runAsUser 0), so the kubelet refuses to create it.",
		Why: []string{
			"runAsNonRoot was added by a policy or a chart, and the image was built to run as root.",
			"The USER line of the Dockerfile stands in an earlier stage than the final one.",
			"runAsUser: 0 in the container contradicts runAsNonRoot: true of the pod.",
		},
		Confirm: []string{
			"docker image inspect IMAGE --format '{{.Config.User}}' is empty, 0 or root",
			"kubectl get pod POD -o jsonpath='{.spec.securityContext} {.spec.containers[*].securityContext}'",
		},
		Remedy: []string{
			"Set runAsUser to a number other than 0 that the program can run as.",
			"Add USER with a number to the image, or use a variant that runs without root.",
			"Take runAsNonRoot out, if the program really needs root and the cluster's rules allow that.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "runasnonroot-named-user", Apart: "the image's user is a name: non-numeric user"},
			{ID: "podsecurity-violation", Apart: "the pod is refused at creation and does not exist"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

// Source: kubernetes 1.2 to 1.36 pkg/kubelet/kuberuntime/security_context_others.go
// verifyRunAsNonRoot (before 1.6 pkg/securitycontext).
var root = diagnose.Re(`runasnonroot and image will run as root|(?P<own>runasuser breaks non-root policy)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, root, func(m diagnose.Match) diagnose.Finding {
		target := diagnose.ContainerOf(m.Container)
		f := diagnose.Finding{
			Summary:  unloop.Msg("%s must not run as root, and its image runs as root", target),
			Evidence: p.UserEvidence(m.Container),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("set runAsUser of %s to a number other than 0", target), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("use an image with a numeric USER other than 0"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(m.Container)},
			},
		}
		if m.Names["own"] != "" {
			f.Summary = unloop.Msg("%s must not run as root, and its runAsUser is 0", target)
			f.Fixes = f.Fixes[:1]
		}
		return f
	})
}

// Package imagepulldenied recognises pulls that the registry refuses for missing,
// wrong or insufficient credentials.
package imagepulldenied

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause image-pull-denied.
var Rule = &diagnose.Rule{
	ID: "image-pull-denied", Family: diagnose.Image, Since: "0.1",
	Title: "The registry refuses the pull",
	Doc: diagnose.Doc{
		Means: "The registry was reached and refused: it wants credentials and got none, does not accept those it got, or they may not read this repository.",
		Why: []string{
			"The repository is private, and the pod has no imagePullSecrets.",
			"The pull secret holds a wrong or expired password or token, or is for another registry host than the image names.",
			"The account may log in but not read this repository.",
			"The repository does not exist: Docker Hub and others answer the same for both.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.imagePullSecrets} {.spec.serviceAccountName}'",
			"kubectl get secret NAME -o jsonpath='{.type}' must say kubernetes.io/dockerconfigjson",
			"docker login HOST with the same account, then docker pull IMAGE",
		},
		Remedy: []string{
			"Create a pull secret in the pod's namespace and name it in imagePullSecrets (of the pod or its service account).",
			"Renew the credentials in the secret.",
			"Grant the account the right to read the repository.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pull-secret-missing", Apart: "the pod names a pull secret that is not there: event FailedToRetrieveImagePullSecret"},
			{ID: "image-tag-missing", Apart: "the registry says not found or manifest unknown"},
			{ID: "registry-rate-limit", Apart: "status 429, toomanyrequests"},
			{ID: "node-credentials-broken", Apart: "the node should log in with its own role, and fails on some nodes only"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"},
	},
	Explains: []string{"init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportPulls("image-pull-denied", func(pl diagnose.Pull) diagnose.Finding {
		host := pl.Registry()
		f := diagnose.Finding{
			Summary: unloop.Msg("the registry %s refuses to give %s", host, diagnose.NamedImage(pl.Image)),
			Chain:   []unloop.Message{unloop.Msg("the image of %s cannot be pulled", diagnose.ContainerOf(pl.Container))},
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create a pull secret for %s and name it in imagePullSecrets", host), Risk: unloop.RiskRestart, Command: "kubectl create secret docker-registry NAME" + inNamespace(p) + " --docker-server=" + diagnose.Word(host, "HOST") + " --docker-username=USER --docker-password=PASSWORD"},
				{Title: unloop.Msg("name the secret in the workload's imagePullSecrets"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		secrets := diagnose.PullSecrets(p.Facts)
		if len(secrets) > 0 {
			f.Evidence = append(f.Evidence, p.SpecEvidence("imagePullSecrets", "%s", strings.Join(secrets, ", ")))
			f.Fixes[0].Title = unloop.Msg("renew the credentials in the pull secret %s", strings.Join(secrets, ", "))
		}
		switch {
		case !pl.Hidden():
		case diagnose.OfficialImage(pl.Image):
			f.Confidence = unloop.Possible
		default:
			f.Confidence = unloop.Likely
			f.Summary = unloop.Msg("the registry %s refuses to give %s, or hides that there is no such repository", host, diagnose.NamedImage(pl.Image))
			f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("correct the image name, if it is misspelt"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(pl.Container)})
		}
		return f
	})
}

func inNamespace(p *diagnose.Pass) string {
	if p.Subject.Namespace == "" {
		return ""
	}
	return " -n " + p.Subject.Namespace
}

// Package pullsecretmissing recognises a pull that is refused because the pull
// secret that the pod names does not exist.
package pullsecretmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause pull-secret-missing.
var Rule = &diagnose.Rule{
	ID: "pull-secret-missing", Family: diagnose.Image, Since: "0.1",
	Title: "The pull secret the pod names does not exist",
	Doc: diagnose.Doc{
		Means: "The pod, or its service account, names a Secret with registry credentials in imagePullSecrets, and there is none of that name in the pod's namespace. The kubelet then pulls without it, and the registry refuses.",
		Why: []string{
			"The secret was created in another namespace; secrets do not reach across.",
			"The name is misspelt, or a chart adds a prefix to it.",
			"The controller that copies pull secrets into new namespaces has not done so.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.imagePullSecrets}'",
			"kubectl get secret -n NAMESPACE --field-selector type=kubernetes.io/dockerconfigjson",
		},
		Remedy: []string{
			"Create the secret in the pod's namespace; the kubelet tries again by itself.",
			"Correct the name in the workload or service account.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "image-pull-denied", Apart: "the secret is there, and the registry does not accept what is in it"},
			{ID: "secret-missing", Apart: "the secret is for the container's environment or a volume, not for the pull"},
			{ID: "image-tag-missing", Apart: "not found, and the repository is public: the event about the secret is then only noise"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/"},
	},
	Explains: []string{"image-pull-denied", "image-tag-missing", "node-credentials-broken", "init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	names, evidence := missing(p)
	if names == "" {
		return
	}
	p.ReportPulls("image-pull-denied", func(pl diagnose.Pull) diagnose.Finding {
		f := finding(p, pl.Container, names, evidence)
		if pl.Hidden() {
			f.Confidence = unloop.Likely
		}
		return f
	})
	for _, w := range p.UnexplainedPulls() {
		f := finding(p, w.Container, names, append([]unloop.Evidence{w.Evidence}, evidence...))
		f.Container, f.Confidence = w.Container, unloop.Likely
		p.Report(f)
	}
}

// missing returns the pull secrets that are known to be absent, or that the
// kubelet could not read.
func missing(p *diagnose.Pass) (names string, evidence []unloop.Evidence) {
	for _, name := range diagnose.PullSecrets(p.Facts) {
		if _, e := p.Secret(p.Subject.Namespace, name); e == facts.Absent {
			names = name
			evidence = append(evidence, p.SpecEvidence("imagePullSecrets", "%s", name), p.ObjectEvidence("secrets/"+p.Subject.Namespace, "no Secret %q among those of the namespace", name))
			break
		}
	}
	if lost, t := p.LostPullSecrets(); t != nil {
		evidence = append(evidence, t.Evidence())
		if names == "" {
			names = lost
		}
	}
	return names, evidence
}

func finding(p *diagnose.Pass, c *facts.Container, names string, evidence []unloop.Evidence) diagnose.Finding {
	ns := p.Subject.Namespace
	if ns == "" {
		ns = "NAMESPACE"
	}
	return diagnose.Finding{
		Summary:  unloop.Msg("the pull secret %s does not exist in %s", names, diagnose.NamespaceOf(p.Subject.Namespace)),
		Chain:    []unloop.Message{unloop.Msg("the registry refuses the pull for %s", diagnose.ContainerOf(c)), unloop.Msg("the kubelet has no credentials to show")},
		Evidence: evidence,
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("create the pull secret %s in namespace %s", names, ns), Risk: unloop.RiskNone, Command: "kubectl create secret docker-registry " + diagnose.Word(names, "NAME") + " -n " + diagnose.Word(ns, "NAMESPACE") + " --docker-server=HOST --docker-username=USER --docker-password=PASSWORD"},
			{Title: unloop.Msg("correct the name in imagePullSecrets"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}

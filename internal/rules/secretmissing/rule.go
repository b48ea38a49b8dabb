// Package secretmissing recognises a Secret that the pod names and that does not
// exist in its namespace.
package secretmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause secret-missing.
var Rule = &diagnose.Rule{
	ID: "secret-missing", Family: diagnose.Config, Since: "0.1",
	Title: "A Secret the pod names does not exist",
	Doc: diagnose.Doc{
		Means: "The pod takes environment variables or a volume from a Secret, and there is none of that name in the pod's namespace. The kubelet does not start the container until there is one.",
		Why: []string{
			"The Secret is made by hand or by another pipeline, and that step has not run in this namespace.",
			"A controller that should make it (external secrets, sealed secrets, cert-manager, an operator) has failed or is late.",
			"The name is misspelt, or a chart's release name is part of it.",
			"It was created in another namespace.",
		},
		Confirm: []string{
			"kubectl get secret -n NAMESPACE",
			"kubectl get externalsecret,sealedsecret,certificate -n NAMESPACE, and their conditions",
		},
		Remedy: []string{
			"Create the Secret in the pod's namespace; the kubelet tries again by itself.",
			"Repair the controller that should make it.",
			"Correct the name in the workload.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pull-secret-missing", Apart: "the secret stands in imagePullSecrets, and the pull is refused"},
			{ID: "config-key-missing", Apart: "the Secret exists, and the key in it does not"},
			{ID: "kubelet-cache-timeout", Apart: "\"failed to sync secret cache\": the kubelet could not ask"},
			{ID: "secrets-store-failed", Apart: "the volume is of the secrets-store driver: the vault behind it is asked"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/secret/"},
	},
	Explains: []string{"init-failing", "rollout-stuck", "kubelet-cache-timeout"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 pkg/kubelet/kubelet_pods.go
// makeEnvironmentVariables and pkg/volume/secret; up to 1.6 the plural.
var notFound = diagnose.Re(`secrets? \\*"(?P<name>[^"\\]+)\\*" not found`)

// otherUse are texts about pull secrets and about the storage's own secrets.
var otherUse = diagnose.Re(`pull secret|failed to get secret [^\n]*(?:storageclass|csi)|provision`)

func run(p *diagnose.Pass) {
	reported := false
	p.ReportTexts(diagnose.AboutStart, notFound, func(m diagnose.Match) diagnose.Finding {
		if otherUse.Match(m.Body) {
			return diagnose.Finding{}
		}
		reported = true
		return finding(p, m.Names["name"])
	})
	if !reported {
		reported = fromObjects(p)
	}
	if !reported {
		fromReason(p)
	}
	// A program that asks the API server itself says so; controllers say it also of
	// objects that are not theirs.
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := finding(p, h.First("name"))
		f.Summary = unloop.Msg("%s asks the API server for the Secret %q, which does not exist", h.Program(), h.First("name"))
		if f.Confidence = min(p.Grade(h), unloop.Likely); h.Level < logsig.Fatal {
			f.Confidence = unloop.Possible
		}
		f.Fixes = f.Fixes[:1]
		return f
	})
}

// fromObjects finds the missing object without any text: the container waits, and
// the complete list of Secrets does not hold a name that it needs.
func fromObjects(p *diagnose.Pass) bool {
	for _, c := range p.ConfigWaits() {
		for _, r := range diagnose.SecretRefs(p.Facts, c) {
			if _, e := p.Secret(p.Subject.Namespace, r.Name); e == facts.Absent && !r.Optional {
				f := finding(p, r.Name)
				f.Container, f.Confidence = c, unloop.Proven
				f.Evidence = append(p.RefEvidence([]diagnose.Ref{r}), p.ObjectEvidence("secrets/"+p.Subject.Namespace, "no Secret %q among those of the namespace", r.Name))
				p.Report(f)
				return true
			}
		}
	}
	return false
}

// fromReason says what is possible where the kubelet's message is missing.
func fromReason(p *diagnose.Pass) {
	for _, w := range p.SilentConfigErrors() {
		refs, known := diagnose.PossibleRefs(p.Facts, w.Container, diagnose.SecretRefs)
		if known && len(refs) == 0 {
			continue
		}
		f := finding(p, "NAME")
		f.Container, f.Confidence = w.Container, unloop.Possible
		f.Summary = unloop.Msg("the configuration of %s cannot be made; a Secret that it names may be missing", diagnose.ContainerOf(w.Container))
		if known {
			f.Summary = unloop.Msg("the configuration of %s cannot be made; it needs the Secret %s", diagnose.ContainerOf(w.Container), diagnose.RefNames(refs))
		}
		f.Evidence = append([]unloop.Evidence{w.Evidence}, p.RefEvidence(refs)...)
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("read the event that says what is missing"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}}
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, name string) diagnose.Finding {
	ns := p.Subject.Namespace
	if ns == "" {
		ns = "NAMESPACE"
	}
	return diagnose.Finding{
		Summary: unloop.Msg("there is no Secret %q in namespace %s", name, ns),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("create the Secret %q", name), Risk: unloop.RiskNone, Command: "kubectl create secret generic " + diagnose.Word(name, "NAME") + " -n " + diagnose.Word(ns, "NAMESPACE") + " --from-file=FILE"},
			{Title: unloop.Msg("look at the controller that should make it"), Risk: unloop.RiskNone, Command: "kubectl get events -n " + diagnose.Word(ns, "NAMESPACE")},
			{Title: unloop.Msg("correct the name in the workload"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}

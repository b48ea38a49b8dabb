// Package configmapmissing recognises a ConfigMap that the pod names and that
// does not exist in its namespace.
package configmapmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause configmap-missing.
var Rule = &diagnose.Rule{
	ID: "configmap-missing", Family: diagnose.Config, Since: "0.1",
	Title: "A ConfigMap the pod names does not exist",
	Doc: diagnose.Doc{
		Means: "The pod takes environment variables or a volume from a ConfigMap, and there is none of that name in the pod's namespace. The kubelet does not start the container until there is one.",
		Why: []string{
			"The ConfigMap was not applied, or was applied to another namespace.",
			"A generator gave it a suffix (kustomize, helm) that the pod does not use.",
			"The name is misspelt.",
		},
		Confirm: []string{"kubectl get configmap -n NAMESPACE"},
		Remedy: []string{
			"Create the ConfigMap in the pod's namespace; the kubelet retries by itself.",
			"Correct the name in the workload.",
			"Mark the reference optional: true where the program can do without it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "config-key-missing", Apart: "the object exists, a key in it does not: \"couldn't find key\", \"references non-existent config key\""},
			{ID: "kubelet-cache-timeout", Apart: "\"failed to sync configmap cache\": the kubelet could not ask"},
			{ID: "secret-missing", Apart: "the text names a secret"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/"},
	},
	Explains: []string{"init-failing", "rollout-stuck", "kubelet-cache-timeout"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 pkg/kubelet/kubelet_pods.go
// makeEnvironmentVariables and pkg/volume/configmap; up to 1.6 the plural
// ("configmaps \"x\" not found").
var notFound = diagnose.Re(`configmaps? \\*"(?P<name>[^"\\]+)\\*" not found`)

func run(p *diagnose.Pass) {
	reported := false
	p.ReportTexts(diagnose.AboutStart, notFound, func(m diagnose.Match) diagnose.Finding {
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
		f.Summary = unloop.Msg("%s asks the API server for the ConfigMap %q, which does not exist", h.Program(), h.First("name"))
		if f.Confidence = min(p.Grade(h), unloop.Likely); h.Level < logsig.Fatal {
			f.Confidence = unloop.Possible
		}
		f.Fixes = f.Fixes[:1]
		return f
	})
}

// fromObjects finds the missing object without any text: the container waits, and
// the complete list of ConfigMaps does not hold a name that it needs.
func fromObjects(p *diagnose.Pass) bool {
	for _, c := range p.ConfigWaits() {
		for _, r := range diagnose.ConfigMapRefs(p.Facts, c) {
			if _, e := p.ConfigMap(p.Subject.Namespace, r.Name); e == facts.Absent && !r.Optional {
				f := finding(p, r.Name)
				f.Container, f.Confidence = c, unloop.Proven
				f.Evidence = append(p.RefEvidence([]diagnose.Ref{r}), p.ObjectEvidence("configmaps/"+p.Subject.Namespace, "no ConfigMap %q among those of the namespace", r.Name))
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
		refs, known := diagnose.PossibleRefs(p.Facts, w.Container, diagnose.ConfigMapRefs)
		if known && len(refs) == 0 {
			continue
		}
		f := finding(p, "NAME")
		f.Container, f.Confidence = w.Container, unloop.Possible
		f.Summary = unloop.Msg("the configuration of %s cannot be made; a ConfigMap that it names may be missing", diagnose.ContainerOf(w.Container))
		if known {
			f.Summary = unloop.Msg("the configuration of %s cannot be made; it needs the ConfigMap %s", diagnose.ContainerOf(w.Container), diagnose.RefNames(refs))
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
		Summary: unloop.Msg("there is no ConfigMap %q in namespace %s", name, ns),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("create the ConfigMap %q", name), Risk: unloop.RiskNone, Command: "kubectl create configmap " + diagnose.Word(name, "NAME") + " -n " + diagnose.Word(ns, "NAMESPACE") + " --from-file=FILE"},
			{Title: unloop.Msg("correct the name in the workload"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}

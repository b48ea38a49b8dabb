// Package configkeymissing recognises a key that the pod asks for and that its
// ConfigMap or Secret does not have.
package configkeymissing

import (
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause config-key-missing.
var Rule = &diagnose.Rule{
	ID: "config-key-missing", Family: diagnose.Config, Since: "0.1",
	Title: "A key is missing in a ConfigMap or Secret",
	Doc: diagnose.Doc{
		Means: "The ConfigMap or Secret that the pod names exists, but the key the pod asks for is not in it. The kubelet does not start the container until it is.",
		Why: []string{
			"The key is misspelt, or was renamed in the object and not in the workload.",
			"The object is older or newer than the workload: it was not updated with the release.",
			"An operator or chart fills the key only when a feature is switched on.",
			"The object was made with --from-file, so that its key is the file's name.",
		},
		Confirm: []string{
			"kubectl describe configmap NAME -n NAMESPACE (for a Secret: kubectl describe secret) lists the keys",
		},
		Remedy: []string{
			"Add the key to the object; the kubelet tries again by itself.",
			"Correct the key in the workload.",
			"Mark the reference optional: true where the program can do without it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "configmap-missing", Apart: "the whole ConfigMap is not found"},
			{ID: "secret-missing", Apart: "the whole Secret is not found"},
			{ID: "mount-type-mismatch", Apart: "a missing key named in subPath gives an empty directory, and the start fails later"},
			{ID: "missing-env-var", Apart: "the program runs and misses a variable"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/"},
	},
	Explains: []string{"init-failing", "rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 pkg/kubelet/kubelet_pods.go
// makeEnvironmentVariables; pkg/volume/configmap, secret, projected MakePayload;
// to 1.6 the text of a volume did not name the key; from 1.34 fileKeyRef.
var noKey = diagnose.Re(`couldn.t find key (?P<key>\S+) in (?P<kind>configmap|secret) (?:[\w.-]+/)?(?P<name>[\w.-]+)|references non-existent (?P<kind2>config|secret) key(?:: (?P<key2>[\w./-]+)|\b)|` +
	`environment variable key \\*"(?P<key3>[^"\\]+)\\*" not found in file \\*"(?P<file>[^"\\]+)`)

// setUp names the volume of a mount that failed (pkg/volume/util/operationexecutor).
var setUp = diagnose.Re(`setup failed for volume \\*"(?P<volume>[^"\\]+)`)

func run(p *diagnose.Pass) {
	reported := false
	p.ReportTexts(diagnose.AboutStart, noKey, func(m diagnose.Match) diagnose.Finding {
		reported = true
		key := strings.Trim(m.Names["key"]+m.Names["key2"]+m.Names["key3"], `",.`)
		kind, name := kindOf(m.Names["kind"]+m.Names["kind2"]), m.Names["name"]
		if v, ok := setUp.Find(m.Body); ok && name == "" {
			name = objectOf(p.Facts, v["volume"])
		}
		if m.Names["file"] != "" {
			kind, name = "file", m.Names["file"]
		}
		return finding(p, kind, name, key)
	})
	if !reported {
		reported = fromObjects(p)
	}
	if !reported {
		fromReason(p)
	}
}

func kindOf(word string) string {
	if strings.EqualFold(word, "secret") {
		return "Secret"
	}
	return "ConfigMap"
}

// objectOf returns the object behind a volume of the pod.
func objectOf(f *facts.Facts, volume string) string {
	if f.Pod == nil {
		return ""
	}
	for _, v := range f.Pod.Spec.Volumes {
		switch {
		case v.Name != volume:
		case v.ConfigMap != nil:
			return v.ConfigMap.Name
		case v.Secret != nil:
			return v.Secret.SecretName
		}
	}
	return ""
}

// fromObjects compares the keys that the pod asks for with those that are known.
func fromObjects(p *diagnose.Pass) bool {
	for _, c := range p.ConfigWaits() {
		for _, kind := range []string{"ConfigMap", "Secret"} {
			for _, r := range refs(p.Facts, c, kind) {
				o, e := lookup(p, kind, r.Name)
				if e != facts.Present || r.Key == "" || r.Optional || o.Keys == nil || slices.Contains(o.Keys, r.Key) {
					continue
				}
				f := finding(p, kind, r.Name, r.Key)
				f.Container, f.Confidence = c, unloop.Proven
				f.Evidence = append(p.RefEvidence([]diagnose.Ref{r}), p.ObjectEvidence(kind+"/"+r.Name, "keys %s", strings.Join(o.Keys, ", ")))
				p.Report(f)
				return true
			}
		}
	}
	return false
}

func refs(f *facts.Facts, c *facts.Container, kind string) []diagnose.Ref {
	if kind == "Secret" {
		return diagnose.SecretRefs(f, c)
	}
	return diagnose.ConfigMapRefs(f, c)
}

func lookup(p *diagnose.Pass, kind, name string) (*facts.KeyedObject, facts.Existence) {
	if kind == "Secret" {
		return p.Secret(p.Subject.Namespace, name)
	}
	return p.ConfigMap(p.Subject.Namespace, name)
}

// fromReason says what is possible where the kubelet's message is missing: only
// for pods that do ask for single keys.
func fromReason(p *diagnose.Pass) {
	for _, w := range p.SilentConfigErrors() {
		var keyed []diagnose.Ref
		for _, kind := range []string{"ConfigMap", "Secret"} {
			all, _ := diagnose.PossibleRefs(p.Facts, w.Container, func(f *facts.Facts, c *facts.Container) []diagnose.Ref { return refs(f, c, kind) })
			for _, r := range all {
				if r.Key != "" {
					keyed = append(keyed, r)
				}
			}
		}
		if len(keyed) == 0 {
			continue
		}
		p.Report(diagnose.Finding{
			Container: w.Container, Confidence: unloop.Possible,
			Summary:  unloop.Msg("the configuration of %s cannot be made; a key that it asks for in %s may be missing", diagnose.ContainerOf(w.Container), diagnose.RefNames(keyed)),
			Evidence: append([]unloop.Evidence{w.Evidence}, p.RefEvidence(keyed)...),
			Fixes:    []unloop.Fix{{Title: unloop.Msg("read the event that says what is missing"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
		})
	}
}

func finding(p *diagnose.Pass, kind, name, key string) diagnose.Finding {
	ns := p.Subject.Namespace
	if ns == "" {
		ns = "NAMESPACE"
	}
	f := diagnose.Finding{
		Summary: unloop.Msg("the %s %q in %s has no key %q", kind, name, diagnose.NamespaceOf(p.Subject.Namespace), key),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("add the key %q to the %s %q", key, kind, name), Risk: unloop.RiskNone, Command: "kubectl edit " + strings.ToLower(kind) + " " + diagnose.Word(name, "NAME") + " -n " + diagnose.Word(ns, "NAMESPACE")},
			{Title: unloop.Msg("correct the key in the workload"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	switch {
	case key == "":
		f.Summary = unloop.Msg("a %s volume of the pod asks for a key that is not there", kind)
		f.Fixes = f.Fixes[1:]
	case kind == "file":
		f.Summary = unloop.Msg("the file %q has no environment variable %q", name, key)
		f.Fixes = f.Fixes[1:]
	case name == "":
		f.Summary = unloop.Msg("a %s of the pod has no key %q", kind, key)
		f.Fixes = f.Fixes[1:]
	}
	return f
}

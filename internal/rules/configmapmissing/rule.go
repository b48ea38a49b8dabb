// Package configmapmissing recognises a ConfigMap that the pod names and that
// does not exist in its namespace.
package configmapmissing

import (
	"github.com/unloop-dev/unloop/internal/diagnose"
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
	p.ReportMissing(diagnose.Keyed{
		Kind: "ConfigMap", Missing: notFound, Refs: diagnose.ConfigMapRefs, Create: "kubectl create configmap",
		Exists: func(p *diagnose.Pass, name string) facts.Existence {
			_, e := p.ConfigMap(p.Subject.Namespace, name)
			return e
		},
	})
}

// Package secretmissing recognises a Secret that the pod names and that does not
// exist in its namespace.
package secretmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
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
	p.ReportMissing(diagnose.Keyed{
		Kind: "Secret", Missing: notFound, Refs: diagnose.SecretRefs, Create: "kubectl create secret generic",
		Others: otherUse,
		Exists: func(p *diagnose.Pass, name string) facts.Existence {
			_, e := p.Secret(p.Subject.Namespace, name)
			return e
		},
		More: []unloop.Fix{{Title: unloop.Msg("look at the controller that should make it"), Risk: unloop.RiskNone, Command: "kubectl get events -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")}},
	})
}

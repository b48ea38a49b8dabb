// Package secretsstorefailed recognises a secrets store driver that cannot fetch its object from the external vault.
package secretsstorefailed

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause secrets-store-failed.
var Rule = &diagnose.Rule{
	ID: "secrets-store-failed", Family: diagnose.Volume, Since: "0.1",
	Title: "The secrets store driver cannot fetch the object from the external vault",
	Doc: diagnose.Doc{
		Means: "The pod mounts secrets from an external vault through the secrets store CSI driver. The vault (or the login to it) answered with an error, so the volume is not mounted.",
		Why: []string{
			"The object does not exist in the vault, or its name in the SecretProviderClass is wrong.",
			"The pod's identity has no right to read it.",
			"The vault's network rules keep the node out.",
		},
		Confirm: []string{
			"kubectl get secretproviderclass -o yaml",
			"the log of the driver's provider pod on the node",
		},
		Remedy: []string{
			"Correct names in the SecretProviderClass.",
			"Grant the identity the right to read.",
			"Open the vault's network rules to the nodes.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "secret-missing", Apart: "a Kubernetes Secret is missing"},
			{ID: "csi-missing", Apart: "the driver itself is not on the node"},
			{ID: "storage-access-denied", Apart: "a file share refuses"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/security/secrets-good-practices/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "rollout-stuck", "storage-access-denied", "secret-missing", "storage-unreachable"},
	Run:      run,
}

// Source: kubernetes-sigs/secrets-store-csi-driver and its providers.
var pattern = diagnose.Re(`failed to mount secrets store objects for pod[^\n]*?(?:err(?:or)?: (?P<why>[^\n]*))?$|secrets-store[^\n]*(?:failed to get|error)[^\n]*|SecretProviderClass[^\n]*not found|error fetching object from provider`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.HostText, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the secrets store driver cannot fetch the secrets%s", why(m.Names["why"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct the SecretProviderClass, the identity's rights or the vault's network rules"), Risk: unloop.RiskCluster, Command: "kubectl get secretproviderclass -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE") + " -o yaml"},
			},
		}
	})
}

func why(s string) string {
	if _, after, ok := strings.Cut(s, " desc = "); ok {
		s = after
	}
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	const most = 200 // two screen lines; the whole text is in the evidence
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return ": " + s
}

// others have rules of their own.
var others = diagnose.Re(`not found in the list of registered CSI drivers`)

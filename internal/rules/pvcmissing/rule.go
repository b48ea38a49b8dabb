// Package pvcmissing recognises a claim that the pod names and that does not exist.
package pvcmissing

import (
	"slices"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause pvc-missing.
var Rule = &diagnose.Rule{
	ID: "pvc-missing", Family: diagnose.Volume, Since: "0.1",
	Title: "The claim that the pod names does not exist",
	Doc: diagnose.Doc{
		Means: "The pod mounts a PersistentVolumeClaim, and there is none of that name in its namespace.",
		Why: []string{
			"The claim was not applied, or was applied to another namespace.",
			"The name is misspelt.",
			"It was deleted.",
		},
		Confirm: []string{
			"kubectl get pvc -n NAMESPACE",
		},
		Remedy: []string{
			"Create the claim.",
			"Correct claimName.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "configmap-missing", Apart: "the text names a configmap"},
			{ID: "pvc-unbound", Apart: "the claim exists and is not bound"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"attach-stuck", "image-pull-slow", "pvc-unbound", "rollout-stuck", "job-backoff-limit", "storage-unreachable"},
	Run:      run,
}

// Sources: kubernetes scheduler and kubelet 1.2 to 1.36.
var pattern = diagnose.Re(`persistentvolumeclaims? \\*"(?P<name>[^"\\]+)\\*" (?P<how>not found|is being deleted)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.OwnerEvent|diagnose.HostText|diagnose.Waiting|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		if m.Names["how"] == "not found" && there(p, m.Names["name"]) {
			return diagnose.Finding{} // it was made since
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the claim %q %s", m.Names["name"], how(m.Names["how"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("create the claim"), Risk: unloop.RiskNone, Command: "kubectl get pvc -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
				{Title: unloop.Msg("correct claimName in the workload"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

func how(s string) string {
	if s == "not found" {
		return "does not exist"
	}
	return s
}

// there: the pod's claim of that name exists now.
func there(p *diagnose.Pass, name string) bool {
	return slices.ContainsFunc(p.Claims, func(c *facts.Claim) bool { return c.Name == name })
}

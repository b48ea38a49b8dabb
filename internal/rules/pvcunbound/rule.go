// Package pvcunbound names a claim that is not bound where nothing seen says why.
package pvcunbound

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pvc-unbound.
var Rule = &diagnose.Rule{
	ID: "pvc-unbound", Family: diagnose.Volume, Since: "0.1",
	Weight: diagnose.LastResort,
	Title:  "The claim is not bound, and nothing seen says why",
	Doc: diagnose.Doc{
		Means: "The scheduler says that the pod has an unbound claim. The claim itself, or its events, are not at hand; they hold the cause.",
		Why: []string{
			"The storage class does not exist, or there is none.",
			"The provisioner fails or does not run.",
			"A prepared volume does not fit.",
		},
		Confirm: []string{
			"kubectl describe pvc CLAIM -n NAMESPACE",
		},
		Remedy: []string{
			"Read the claim's events and act on them.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pvc-no-class", Apart: "the claim's event says so"},
			{ID: "pvc-class-missing", Apart: "the claim's event names the class"},
			{ID: "pvc-provisioning-failed", Apart: "the provisioner answered"},
			{ID: "provisioner-down", Apart: "the provisioner is silent"},
			{ID: "pvc-static-mismatch", Apart: "a prepared volume does not fit"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler VolumeBinding 1.9 to 1.36; "didn't find available persistent volumes to bind".
var reason = diagnose.Re(`unbound (?:immediate )?PersistentVolumeClaims?|PersistentVolumeClaim is not bound|find available persistent volumes to bind`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, _, ok := u.Find(reason)
	if !ok {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Likely, Summary: unloop.Msg("a claim of the pod is not bound; its events say why"),
		Evidence: []unloop.Evidence{u.Text.Evidence()},
		Fixes:    []unloop.Fix{{Title: unloop.Msg("read the claim's events"), Risk: unloop.RiskNone, Command: "kubectl describe pvc -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")}},
	}
	if !u.Deciding(r) {
		f.Confidence = unloop.Possible
	}
	for _, c := range p.Claims {
		if c.Status.Phase == "Pending" {
			f.Summary = unloop.Msg("the claim %q is not bound; its events say why", c.Name)
			f.Evidence = append(f.Evidence, p.ObjectEvidence("pvc/"+c.Name, "phase Pending, storage class %s", class(c.Spec.StorageClassName)))
		}
	}
	p.Report(f)
}

func class(name *string) string {
	if name == nil || *name == "" {
		return "none"
	}
	return *name
}

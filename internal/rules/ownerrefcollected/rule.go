// Package ownerrefcollected recognises an object deleted because its owner reference is invalid.
package ownerrefcollected

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause ownerref-collected.
var Rule = &diagnose.Rule{
	ID: "ownerref-collected", Family: diagnose.Control, Since: "0.1",
	Title: "The garbage collector deleted the pod because its owner is gone or invalid",
	Doc: diagnose.Doc{
		Means: "The object names an owner that does not exist in its namespace (or is in another one). The garbage collector deletes such objects.",
		Why: []string{
			"A tool wrote an owner reference across namespaces.",
			"The owner was deleted.",
			"A backup was restored with old uids.",
		},
		Confirm: []string{
			"kubectl get events --field-selector reason=OwnerRefInvalidNamespace -A",
			"kubectl get pod POD -o jsonpath='{.metadata.ownerReferences}'",
		},
		Remedy: []string{
			"Correct or drop the owner reference where the object is made.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "deleted-by-user", Apart: "no event of the garbage collector"},
			{ID: "namespace-terminating", Apart: "the whole namespace goes"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/garbage-collection/"},
	},
	Explains: []string{"deleted-by-user"},
	Run:      run,
}

// Source: kubernetes 1.20 to 1.36 pkg/controller/garbagecollector.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.PodEvent|diagnose.OwnerEvent, "OwnerRefInvalidNamespace")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the owner that the object names does not exist in its namespace"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("correct or drop the owner reference where the object is made"), Risk: unloop.RiskNone},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

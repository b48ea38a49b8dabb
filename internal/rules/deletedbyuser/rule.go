// Package deletedbyuser names a deletion that no controller and no disruption accounts for.
package deletedbyuser

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause deleted-by-user.
var Rule = &diagnose.Rule{
	ID: "deleted-by-user", Family: diagnose.Control, Since: "0.1",
	Weight: diagnose.LastResort,
	Title:  "Somebody deleted the pod",
	Doc: diagnose.Doc{
		Means: "The pod has a deletion timestamp and hangs or was seen while it stopped; no controller, eviction or taint accounts for the deletion. The audit log says who asked.",
		Why: []string{
			"Somebody ran kubectl delete.",
			"A tool outside the cluster's own controllers deleted it.",
		},
		Confirm: []string{
			"the API server's audit log, verb delete on the pod",
		},
		Remedy: []string{
			"Find the caller in the audit log.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "scaled-down", Apart: "an owner's event names the pod"},
			{ID: "drained", Apart: "DisruptionTarget EvictionByEvictionAPI"},
			{ID: "stuck-finalizer", Apart: "what matters is why it does not finish"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	},
	Run: run,
}

// Source: kubernetes API: deletionTimestamp without DisruptionTarget (1.26 on) or an owner's event.
func run(p *diagnose.Pass) {
	if p.Pod == nil || p.Pod.DeletionTimestamp == nil || !p.Has(facts.Owner) && !p.Has(facts.Events) {
		return
	}
	p.Report(diagnose.Finding{
		Confidence: unloop.Possible, Summary: unloop.Msg("the pod was deleted, and no controller accounts for it"),
		Evidence: []unloop.Evidence{p.StatusEvidence("metadata.deletionTimestamp", "%s", p.Pod.DeletionTimestamp.UTC().Format(time.RFC3339))},
		Fixes:    []unloop.Fix{{Title: unloop.Msg("look for the caller in the API server's audit log"), Risk: unloop.RiskNone}},
	})
}

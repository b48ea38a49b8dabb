// Package stuckfinalizer recognises a deleted pod that a finalizer keeps.
package stuckfinalizer

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause stuck-finalizer.
var Rule = &diagnose.Rule{
	ID: "stuck-finalizer", Family: diagnose.Control, Since: "0.1",
	Title: "A finalizer keeps the deleted object",
	Doc: diagnose.Doc{
		Means: "The pod is deleted and its containers have ended, but metadata.finalizers is not empty: a controller must do its work and remove its finalizer first.",
		Why: []string{
			"The controller that owns the finalizer does not run or fails.",
			"It was uninstalled and its finalizers were left behind.",
			"Job tracking: the Job controller has not counted the pod yet.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.metadata.finalizers}'",
		},
		Remedy: []string{
			"Bring the controller back.",
			"Remove the finalizer by hand where its controller is gone for good.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "stuck-node-lost", Apart: "the node is not ready: nobody can say that the containers ended"},
			{ID: "stuck-runtime", Apart: "the containers still run"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/"},
	},
	Explains: []string{"deleted-by-user"},
	Run:      run,
}

// Source: kubernetes API: an object with finalizers stays until the list is empty.
func run(p *diagnose.Pass) {
	if p.Pod == nil || p.Pod.DeletionTimestamp == nil || len(p.Pod.Finalizers) == 0 {
		return
	}
	for _, c := range p.Containers {
		if c.Running() != nil {
			return // the containers come first
		}
	}
	name := p.Pod.Finalizers[0]
	p.Report(diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("the finalizer %s keeps the deleted pod", name),
		Evidence: []unloop.Evidence{p.StatusEvidence("metadata.finalizers", "%s", strings.Join(p.Pod.Finalizers, ", "))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("bring back the controller that owns the finalizer"), Risk: unloop.RiskNone},
			{Title: unloop.Msg("remove the finalizer, where its controller is gone for good"), Risk: unloop.RiskData, Command: "kubectl patch pod " + diagnose.Word(p.Subject.Name, "NAME") + " -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE") + ` --type=merge -p '{"metadata":{"finalizers":null}}'`},
		},
	})
}

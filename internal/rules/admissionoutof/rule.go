// Package admissionoutof recognises a pod that the kubelet rejected because its node was full by then.
package admissionoutof

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause admission-outof.
var Rule = &diagnose.Rule{
	ID: "admission-outof", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kubelet rejected the pod because the node's resources were taken meanwhile",
	Doc: diagnose.Doc{
		Means: "The pod was bound to the node, and when the kubelet looked there was not enough of a resource left. The scheduler and the kubelet had different views for a moment, or spec.nodeName was set by hand. The pod stays Failed; its owner makes a new one.",
		Why: []string{
			"Static pods or terminating pods still hold the resources.",
			"spec.nodeName is set by hand, so no scheduler counted.",
			"The kubelet restarted with a smaller allocatable.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.message}'",
			"kubectl describe node NODE",
		},
		Remedy: []string{
			"Let the owner try again; delete the failed pods.",
			"Do not set nodeName by hand.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "insufficient-resources", Apart: "the scheduler found no node; the pod was never bound"},
			{ID: "device-admission", Apart: "UnexpectedAdmissionError for a device"},
			{ID: "evicted-memory", Apart: "the pod ran before"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit", "resize-infeasible"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 pkg/kubelet/lifecycle/predicate.go InsufficientResourceError.
var pattern = diagnose.Re(`node didn't have enough (?:resource|capacity): (?P<name>[^,\s]+), requested: (?P<requested>\d+), used: (?P<used>\d+), capacity: (?P<capacity>\d+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		n := m.Names
		return diagnose.Finding{
			Summary: unloop.Msg("the kubelet had no %s left for the pod: requested %s, used %s of %s", n["name"], n["requested"], n["used"], n["capacity"]),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("delete the failed pod; its owner makes another"), Risk: unloop.RiskNone, Command: "kubectl delete pod " + diagnose.Word(p.Subject.Name, "NAME") + " -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
				{Title: unloop.Msg("do not set nodeName by hand; let the scheduler choose"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

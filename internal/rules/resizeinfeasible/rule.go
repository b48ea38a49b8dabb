// Package resizeinfeasible recognises an in-place resize that does not fit the node.
package resizeinfeasible

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause resize-infeasible.
var Rule = &diagnose.Rule{
	ID: "resize-infeasible", Family: diagnose.Control, Since: "0.1",
	Title: "The requested in-place resize does not fit the node",
	Doc: diagnose.Doc{
		Means: "The pod's resources were changed in place, and the kubelet cannot give them: Infeasible means never on this node, Deferred means not now. The pod goes on with its old resources.",
		Why: []string{
			"The node has not that much.",
			"The pod's QoS, CPU or memory manager policy forbids it.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.conditions}'",
		},
		Remedy: []string{
			"Ask for less, or move the pod to a larger node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "admission-outof", Apart: "the pod was rejected when it arrived"},
			{ID: "oom-container-limit", Apart: "the pod was killed meanwhile"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/"},
	},
	Run: run,
}

// Source: kubernetes 1.33 to 1.36 condition PodResizePending.
func run(p *diagnose.Pass) {
	for _, t := range p.FindReason(diagnose.Conditions|diagnose.PodEvent, "Infeasible", "Deferred", "ResizeInfeasible", "ResizeDeferred", "ResizeError") {
		p.Report(diagnose.Finding{
			Confidence: unloop.Proven, Summary: unloop.Msg("the node cannot give the resources that the resize asks for: %s", strings.TrimRight(t.Body, ".")),
			Evidence: []unloop.Evidence{t.Evidence()},
			Fixes:    []unloop.Fix{{Title: unloop.Msg("ask for less, or move the pod to a larger node"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		})
		return
	}
}

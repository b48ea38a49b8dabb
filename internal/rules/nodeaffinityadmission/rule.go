// Package nodeaffinityadmission recognises a pod that the kubelet rejected because its node's labels do not fit it.
package nodeaffinityadmission

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-affinity-admission.
var Rule = &diagnose.Rule{
	ID: "node-affinity-admission", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The kubelet rejected the pod because the node's labels do not fit it",
	Doc: diagnose.Doc{
		Means: "The pod was bound to the node, but the node's labels do not (or no longer) fit its node selector or affinity, so the kubelet rejected it.",
		Why: []string{
			"The node came up and pods were admitted before all its labels were set.",
			"Labels were changed after the pod was bound.",
			"spec.nodeName was set by hand.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.message}'",
			"kubectl get node NODE --show-labels",
		},
		Remedy: []string{
			"Delete the failed pods once the labels are right.",
			"Give labels at registration (--node-labels), and do not set nodeName by hand.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-selector-mismatch", Apart: "the scheduler found no node; the pod was never bound"},
			{ID: "taint-untolerated", Apart: "a taint, not a label"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"},
	},
	Explains: []string{"node-selector-mismatch", "rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes 1.2 to 1.36 pkg/kubelet/lifecycle/predicate.go (NodeAffinity; to 1.16 MatchNodeSelector).
var pattern = diagnose.Re(`predicate (?:NodeAffinity|MatchNodeSelector|NodeName|TaintToleration|PodToleratesNodeTaints) failed`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the kubelet rejected the pod: its node's labels or taints do not fit it"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("delete the failed pod once the node's labels are right"), Risk: unloop.RiskNone, Command: "kubectl delete pod " + diagnose.Word(p.Subject.Name, "NAME") + " -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE")},
			},
		}
	})
}

// Package stucknodelost recognises a deleted pod whose node is gone.
package stucknodelost

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause stuck-node-lost.
var Rule = &diagnose.Rule{
	ID: "stuck-node-lost", Family: diagnose.Control, Since: "0.1",
	Title: "The pod cannot finish terminating because its node is gone",
	Doc: diagnose.Doc{
		Means: "The pod is deleted, and only the kubelet of its node could say that its containers have ended. The node does not report, so the pod stays Terminating, and with it its name and its volumes.",
		Why: []string{
			"The node crashed or lost its network.",
			"The machine was removed without removing the Node.",
		},
		Confirm: []string{
			"kubectl get node NODE",
			"the machine's console",
		},
		Remedy: []string{
			"Bring the node back.",
			"If the machine is gone for good: delete the Node, or taint it node.kubernetes.io/out-of-service=nodeshutdown:NoExecute.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "stuck-runtime", Apart: "the node is ready"},
			{ID: "stuck-finalizer", Apart: "the containers have ended and a finalizer is left"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/"},
	},
	Explains: []string{"deleted-by-user", "node-lost", "taint-eviction", "stuck-finalizer"},
	Run:      run,
}

// Source: kubernetes 1.5 to 1.36: a kubelet confirms the end of a pod; node condition Ready Unknown.
func run(p *diagnose.Pass) {
	if p.Pod == nil || p.Pod.DeletionTimestamp == nil || p.Node == nil {
		return
	}
	for _, c := range p.Node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status == corev1.ConditionUnknown {
			p.Report(diagnose.Finding{
				Confidence: unloop.Proven, Summary: unloop.Msg("node %s does not report, so nobody confirms that the pod has ended", p.Node.Name),
				Evidence: []unloop.Evidence{{Kind: "node", Ref: "node/" + p.Node.Name + " conditions/Ready", Text: c.Reason + ": " + c.Message}},
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("bring the node back"), Risk: unloop.RiskNone, Command: "kubectl describe node " + diagnose.Word(p.Node.Name, "NODE")},
					{Title: unloop.Msg("delete the Node, if its machine is gone for good"), Risk: unloop.RiskCluster, Command: "kubectl delete node " + diagnose.Word(p.Node.Name, "NODE")},
				},
			})
			return
		}
	}
}

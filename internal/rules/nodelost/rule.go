// Package nodelost recognises a node that no longer reports to the cluster.
package nodelost

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause node-lost.
var Rule = &diagnose.Rule{
	ID: "node-lost", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node no longer reports to the cluster",
	Doc: diagnose.Doc{
		Means: "The kubelet of the node has stopped posting its status. The pods' states are the last ones known, not the present ones. After some minutes the pods are marked for deletion and replaced elsewhere where they can be.",
		Why: []string{
			"The machine crashed, hangs, or was stopped.",
			"Its network or the way to the API server broke.",
			"The kubelet crashed or its certificate expired.",
		},
		Confirm: []string{
			"kubectl describe node NODE",
			"the machine's console; journalctl -u kubelet",
		},
		Remedy: []string{
			"Bring the machine, its network or its kubelet back.",
			"Delete the Node if the machine is gone for good.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "kubelet-certificate-expired", Apart: "the kubelet runs and says x509 expired"},
			{ID: "pleg-unhealthy", Apart: "the kubelet reports, Ready is False"},
			{ID: "node-shutdown", Apart: "the pod says Terminated: node shutdown"},
			{ID: "cni-not-ready", Apart: "Ready is False: network plugin"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/architecture/nodes/"},
	},
	Explains: []string{"taint-eviction", "readiness-never", "liveness-timeout", "multi-attach", "attach-stuck", "taint-untolerated"},
	Run:      run,
}

// Sources: kubernetes node lifecycle controller: Ready Unknown, reasons NodeStatusUnknown and NodeStatusNeverUpdated; event
// NodeNotReady on pods; pod reason NodeLost to 1.5.
func run(p *diagnose.Pass) {
	if p.Node != nil {
		for _, c := range p.Node.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status == corev1.ConditionUnknown {
				report(p, unloop.Proven, unloop.Evidence{Kind: "node", Ref: "node/" + p.Node.Name + " conditions/Ready", Text: c.Reason + ": " + c.Message})
				return
			}
			if c.Type == corev1.NodeReady {
				return // it reports: whatever it says is another cause
			}
		}
	}
	if p.Pod != nil && p.Pod.Status.Reason == "NodeLost" {
		report(p, unloop.Proven, p.StatusEvidence("status.reason", "NodeLost: %s", p.Pod.Status.Message))
		return
	}
	for _, t := range p.FindReason(diagnose.PodEvent, "NodeNotReady") {
		report(p, unloop.Possible, t.Evidence())
		return
	}
}

func report(p *diagnose.Pass, conf unloop.Confidence, ev unloop.Evidence) {
	name := p.Subject.Node
	if p.Node != nil {
		name = p.Node.Name
	}
	if name == "" {
		name = "of the pod"
	}
	p.Report(diagnose.Finding{
		Confidence: conf, Summary: unloop.Msg("the node %s does not report to the cluster", name), Evidence: []unloop.Evidence{ev},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("bring the machine, its network or its kubelet back"), Risk: unloop.RiskNone, Command: "kubectl describe node " + diagnose.Word(name, "NAME")},
			{Title: unloop.Msg("delete the Node, if its machine is gone for good"), Risk: unloop.RiskCluster, Command: "kubectl delete node " + diagnose.Word(name, "NAME")},
		},
	})
}

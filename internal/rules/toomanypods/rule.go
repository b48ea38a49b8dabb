// Package toomanypods recognises nodes that already run as many pods as their kubelets allow.
package toomanypods

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause too-many-pods.
var Rule = &diagnose.Rule{
	ID: "too-many-pods", Family: diagnose.Schedule, Since: "0.1",
	Title: "The nodes already run as many pods as they may",
	Doc: diagnose.Doc{
		Means: "Each kubelet takes a fixed number of pods (maxPods, 110 by default, less where the network plugin has few addresses per node). All nodes that would suit this pod have reached it.",
		Why: []string{
			"Many small pods, or many completed pods that still count while they terminate.",
			"maxPods is low because the network plugin gives a node few addresses.",
		},
		Confirm: []string{
			"kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.status.allocatable.pods",
			"kubectl get pods -A --field-selector spec.nodeName=NODE | wc -l",
		},
		Remedy: []string{
			"Add nodes.",
			"Raise maxPods of the kubelet and the addresses per node of the network plugin.",
			"Remove pods that are not needed.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "insufficient-resources", Apart: "CPU or memory is short, not the number of pods"},
			{ID: "ip-exhausted", Apart: "the pod was bound and its sandbox gets no address"},
			{ID: "admission-outof", Apart: "the kubelet rejected the pod with OutOfpods"},
		},
		Refs: []string{"https://kubernetes.io/docs/setup/best-practices/cluster-large/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Source: kubernetes 1.9 to 1.36 scheduler NodeResourcesFit; 1.5 to 1.8 "Insufficient pods".
var reason = diagnose.Re(`^(?:too many pods|insufficient pods)\b`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, _, ok := u.Find(reason)
	if !ok {
		return
	}
	f := diagnose.Finding{Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()}}
	if !u.Deciding(r) {
		// Other nodes are left out for another reason, which may be the one to change.
		f.Confidence = unloop.Likely
	}
	f.Summary = unloop.Msg("%d node(s) already run as many pods as they may", r.Count)
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("add a node"), Risk: unloop.RiskCluster},
		{Title: unloop.Msg("raise maxPods in the kubelet's configuration, with enough pod addresses per node"), Risk: unloop.RiskCluster},
	}
	p.Report(f)
}

// Package antiaffinityfull recognises required pod anti-affinity that leaves no node.
package antiaffinityfull

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause anti-affinity-full.
var Rule = &diagnose.Rule{
	ID: "anti-affinity-full", Family: diagnose.Schedule, Since: "0.1",
	Title: "Pod anti-affinity leaves no node for this pod",
	Doc: diagnose.Doc{
		Means: "The pod may not share a node (or zone) with certain other pods, mostly its own siblings, and every node already has one of them.",
		Why: []string{
			"More replicas than nodes, with required anti-affinity by host name.",
			"During a rolling update the new pod finds the old one on every node.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.affinity.podAntiAffinity}'",
			"kubectl get pods -o wide -l LABELS",
		},
		Remedy: []string{
			"Use preferredDuringSchedulingIgnoredDuringExecution instead of required.",
			"Add nodes, or ask for fewer replicas.",
			"Set maxSurge: 0 for the rolling update.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "pod-affinity-unsatisfied", Apart: "the pod wants to be near others, and there are none"},
			{ID: "topology-spread", Apart: "the rule is a topology spread constraint"},
			{ID: "hostport-conflict", Apart: "a host port, not an affinity, allows one pod per node"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler InterPodAffinity: "didn't match pod anti-affinity rules", "didn't satisfy existing
// pods anti-affinity rules"; before 1.20 "didn't match pod affinity/anti-affinity" and to 1.8 "MatchInterPodAffinity", which do not say which.
var reason = diagnose.Re(`anti-affinity rules|affinity/anti-affinity|MatchInterPodAffinity`)

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
	f.Summary = unloop.Msg("every node that fits already has a pod that this one may not share it with")
	if affinityEither.Match(r.Reason) && !asksAntiAffinity(p) {
		f.Confidence = unloop.Possible
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("make the anti-affinity preferred instead of required"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		{Title: unloop.Msg("add a node, or ask for fewer replicas"), Risk: unloop.RiskCluster},
	}
	p.Report(f)
}

var affinityEither = diagnose.Re(`affinity/anti-affinity|MatchInterPodAffinity`)

func asksAntiAffinity(p *diagnose.Pass) bool {
	return p.Pod != nil && p.Pod.Spec.Affinity != nil && p.Pod.Spec.Affinity.PodAntiAffinity != nil
}

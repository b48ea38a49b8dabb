// Package podaffinityunsatisfied recognises required pod affinity for which no running pod fits.
package podaffinityunsatisfied

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause pod-affinity-unsatisfied.
var Rule = &diagnose.Rule{
	ID: "pod-affinity-unsatisfied", Family: diagnose.Schedule, Since: "0.1",
	Title: "No running pod matches the required pod affinity",
	Doc: diagnose.Doc{
		Means: "The pod must run near another pod with certain labels, and no such pod runs in the topology (node or zone) and namespaces that the rule names.",
		Why: []string{
			"The other pod does not run yet, or runs in another namespace than the rule looks in.",
			"The labels in the rule are misspelt.",
			"The nodes lack the label that topologyKey names.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.affinity.podAffinity}'",
			"kubectl get pods -A -l LABELS",
		},
		Remedy: []string{
			"Start the other pod, or correct labels, namespaces and topologyKey.",
			"Make the affinity preferred instead of required.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "anti-affinity-full", Apart: "\"anti-affinity\" stands in the text"},
			{ID: "node-selector-mismatch", Apart: "labels of nodes, not of pods"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Sources: kubernetes scheduler InterPodAffinity, 1.20 on "didn't match pod affinity rules"; before, "didn't match pod
// affinity/anti-affinity" (some added ", 1 node(s) didn't match pod affinity rules"); to 1.8 the predicate's name, MatchInterPodAffinity.
var reason = diagnose.Re(`match pod affinity rules|affinity/anti-affinity|MatchInterPodAffinity`)

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
	f.Summary = unloop.Msg("no running pod has the labels that the pod's affinity asks for")
	if either.Match(r.Reason) {
		f.Confidence = unloop.Likely
		if p.Pod == nil || p.Pod.Spec.Affinity == nil || p.Pod.Spec.Affinity.PodAffinity == nil {
			f.Confidence = unloop.Possible
		}
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("start a pod with those labels, or correct the labels, namespaces or topologyKey of the affinity"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		{Title: unloop.Msg("make the affinity preferred instead of required"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
	}
	p.Report(f)
}

var either = diagnose.Re(`affinity/anti-affinity|MatchInterPodAffinity`)

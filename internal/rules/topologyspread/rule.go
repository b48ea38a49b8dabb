// Package topologyspread recognises topology spread constraints that leave no node.
package topologyspread

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause topology-spread.
var Rule = &diagnose.Rule{
	ID: "topology-spread", Family: diagnose.Schedule, Since: "0.1",
	Title: "The topology spread constraints leave no node for this pod",
	Doc: diagnose.Doc{
		Means: "The pod's topologySpreadConstraints demand an even spread (maxSkew) over zones or nodes with whenUnsatisfiable: DoNotSchedule, and every node that could take the pod would break it.",
		Why: []string{
			"One zone has no room, and the others may not run ahead of it.",
			"Nodes lack the label named in topologyKey.",
			"Old pods of a rolling update are counted too.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.topologySpreadConstraints}'",
			"kubectl get nodes -L topology.kubernetes.io/zone",
		},
		Remedy: []string{
			"Use whenUnsatisfiable: ScheduleAnyway, or a larger maxSkew.",
			"Add nodes in the domain that has too few.",
			"Label the nodes with the topology key.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "anti-affinity-full", Apart: "the rule is a pod anti-affinity"},
			{ID: "insufficient-resources", Apart: "nodes are full"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/"},
	},
	Explains: []string{"rollout-stuck"},
	Run:      run,
}

// Source: kubernetes 1.18 to 1.36 scheduler PodTopologySpread ("(missing required label)" where nodes lack the key).
var reason = diagnose.Re(`topology spread constraints(?P<missing> \(missing required label\))?`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, names, ok := u.Find(reason)
	if !ok {
		return
	}
	f := diagnose.Finding{Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()}}
	if !u.Deciding(r) {
		// Other nodes are left out for another reason, which may be the one to change.
		f.Confidence = unloop.Likely
	}
	f.Summary = unloop.Msg("every node that fits would break the pod's topology spread constraints")
	if names["missing"] != "" {
		f.Summary = unloop.Msg("%d node(s) lack the label that the topology spread constraints count by", r.Count)
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("set whenUnsatisfiable: ScheduleAnyway, or a larger maxSkew"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		{Title: unloop.Msg("add a node in the zone that has too few pods"), Risk: unloop.RiskCluster},
	}
	p.Report(f)
}

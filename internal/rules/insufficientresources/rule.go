// Package insufficientresources recognises a pod whose CPU or memory requests fit on no node.
package insufficientresources

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause insufficient-resources.
var Rule = &diagnose.Rule{
	ID: "insufficient-resources", Family: diagnose.Schedule, Since: "0.1",
	Title: "No node has the CPU or memory that the pod requests",
	Doc: diagnose.Doc{
		Means: "The scheduler adds up the requests of the pods on each node and finds no node where this pod's requests still fit. It looks at requests, not at real use: nodes that idle may be full.",
		Why: []string{
			"The cluster is fully requested: there are too few nodes for the pods.",
			"The request is larger than any node, often by a wrong unit (cpu: 500 instead of 500m).",
			"Other pods request far more than they use.",
		},
		Confirm: []string{
			"kubectl describe nodes | grep -A 8 \"Allocated resources\"",
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].resources.requests}'",
		},
		Remedy: []string{
			"Lower the requests to what the pod really needs.",
			"Add nodes, or let a cluster autoscaler add them.",
			"Lower the requests of other pods, or give this one a higher priority class.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "too-many-pods", Apart: "\"Too many pods\": the number of pods per node, not their size"},
			{ID: "device-unavailable", Apart: "an extended resource such as nvidia.com/gpu is short"},
			{ID: "quota-exceeded", Apart: "the pod does not exist at all: a quota of the namespace refused it"},
			{ID: "admission-outof", Apart: "the pod was bound to a node and the kubelet rejected it (OutOfcpu)"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: kubernetes 1.5 to 1.36 scheduler NodeResourcesFit ("Insufficient cpu"). Extended
// resources, which have a domain, are device-unavailable.
var reason = diagnose.Re(`^insufficient (?P<name>cpu|memory|ephemeral-storage)\b`)

func run(p *diagnose.Pass) {
	u := p.Scheduling()
	r, names, ok := u.Find(reason)
	if !ok {
		return
	}
	_ = names
	f := diagnose.Finding{Confidence: unloop.Proven, Evidence: []unloop.Evidence{u.Text.Evidence()}}
	if !u.Deciding(r) {
		// Other nodes are left out for another reason, which may be the one to change.
		f.Confidence = unloop.Likely
	}
	what := names["name"]
	f.Summary = unloop.Msg("no node has enough %s left for what the pod requests", what)
	for _, o := range u.Reasons {
		if n, ok := reason.Find(o.Reason); ok && n["name"] != what {
			f.Summary = unloop.Msg("no node has enough %s and %s left for what the pod requests", what, n["name"])
			break
		}
	}
	if w := requests(p); w != "" {
		f.Evidence = append(f.Evidence, p.SpecEvidence("resources.requests", "%s", w))
	}
	f.Fixes = []unloop.Fix{
		{Title: unloop.Msg("lower the requests of the pod to what it needs"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		{Title: unloop.Msg("add a node, or let the cluster autoscaler add one"), Risk: unloop.RiskCluster},
	}
	p.Report(f)
}

// requests lists what the pod's containers request.
func requests(p *diagnose.Pass) string {
	var out []string
	for _, c := range p.Containers {
		if c.Spec == nil || c.Class == facts.Ephemeral {
			continue
		}
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
			if q, ok := c.Spec.Resources.Requests[name]; ok {
				out = append(out, c.Name+": "+string(name)+" "+q.String())
			}
		}
	}
	return strings.Join(out, ", ")
}

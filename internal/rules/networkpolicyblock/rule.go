// Package networkpolicyblock recognises a NetworkPolicy that blocks a connection the program needs.
package networkpolicyblock

import (
	"strings"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause network-policy-block.
var Rule = &diagnose.Rule{
	ID: "network-policy-block", Family: diagnose.Network, Since: "0.1",
	Weight: diagnose.General,
	Title:  "A NetworkPolicy blocks the connection",
	Needs:  facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program's connection gets no answer, and a NetworkPolicy selects the pod (or the backend) without allowing it.",
		Why: []string{
			"A default-deny policy without a rule for this flow, or without one for DNS.",
			"Labels changed, so that a rule no longer fits.",
		},
		Confirm: []string{
			"kubectl get networkpolicy -n NAMESPACE -o yaml",
			"the same connection from a pod without those labels",
		},
		Remedy: []string{
			"Allow the flow (and DNS) in the policy.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-unreachable", Apart: "no policy selects the pod"},
			{ID: "dependency-refused", Apart: "a refusal is an answer: policies mostly drop"},
			{ID: "mtu-mismatch", Apart: "small packets pass"},
			{ID: "calico-bgp-blocked", Apart: "only traffic between nodes fails"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	},
	Run: run,
}

func run(p *diagnose.Pass) {
	if p.Pod == nil {
		return
	}
	policies := selecting(p)
	if len(policies) == 0 {
		return
	}
	for _, c := range p.Logged() {
		for _, cause := range []string{"dependency-unreachable", "dns-failure", "api-unreachable"} {
			hits := p.Hits(c, cause)
			if len(hits) == 0 || !hits[0].Final {
				continue
			}
			h := hits[0]
			f := diagnose.Finding{
				// That a policy selects the pod does not say that it blocks this flow.
				Container: c, Confidence: unloop.Possible, Late: h.Late(), Evidence: []unloop.Evidence{h.Evidence()},
				Summary: unloop.Msg("the network policy %s may block the connection to %s", policies[0].Name, diagnose.Backend(h)),
				Fixes:   []unloop.Fix{{Title: unloop.Msg("allow the flow, and DNS, in the policy"), Risk: unloop.RiskCluster, Command: "kubectl describe networkpolicy -n " + diagnose.Word(p.Subject.Namespace, "NAMESPACE") + " " + diagnose.Word(policies[0].Name, "NAME")}},
			}
			for _, n := range policies {
				f.Evidence = append(f.Evidence, p.ObjectEvidence("networkpolicy/"+n.Name, "selects the pod; types %s", n.Fields["policyTypes"]))
			}
			p.Report(f)
			break
		}
	}
}

// selecting returns the policies of the namespace that bound what the pod may send.
func selecting(p *diagnose.Pass) []*facts.Object {
	var out []*facts.Object
	for _, n := range p.Objects("NetworkPolicy", p.Subject.Namespace) {
		if t := n.Fields["policyTypes"]; t != "" && !strings.Contains(t, "Egress") {
			continue
		}
		sel, err := labels.Parse(n.Fields["podSelector"])
		if err == nil && sel.Matches(labels.Set(p.Pod.Labels)) {
			out = append(out, n)
		}
	}
	return out
}

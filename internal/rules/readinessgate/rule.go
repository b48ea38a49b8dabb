// Package readinessgate recognises a readiness gate whose condition is not set.
package readinessgate

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause readiness-gate.
var Rule = &diagnose.Rule{
	ID: "readiness-gate", Family: diagnose.Probe, Since: "0.1",
	Title: "A readiness gate's condition is not set by its controller",
	Doc: diagnose.Doc{
		Means: "The pod has a readinessGate: besides its probes, a condition must be set to True by a controller (a load balancer, a mesh). It is not.",
		Why: []string{
			"The controller does not run, or lacks rights on pods/status.",
			"The load balancer's own health check fails.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.readinessGates}{.status.conditions}'",
		},
		Remedy: []string{
			"Repair the controller that sets the condition.",
			"Look at the load balancer's health check.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "readiness-never", Apart: "the probe itself fails"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	},
	Explains: []string{"readiness-never"},
	Run:      run,
}

// Source: kubernetes 1.14 to 1.36 pkg/kubelet/status/generate.go.
var pattern = diagnose.Re(`readiness gate \\*"(?P<name>[^"\\]+)`)

func run(p *diagnose.Pass) {
	for _, t := range p.FindReason(diagnose.Conditions, "ReadinessGatesNotReady") {
		names, _ := pattern.Find(t.Body)
		p.Report(diagnose.Finding{
			Confidence: unloop.Proven, Evidence: []unloop.Evidence{t.Evidence()},
			Summary: unloop.Msg("the readiness gate %s has not been set to True", names["name"]),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("look at the controller that sets the condition"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
		})
		return
	}
}

// Package restartallrule recognises a restart rule that restarted all containers of the pod.
package restartallrule

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause restart-all-rule.
var Rule = &diagnose.Rule{
	ID: "restart-all-rule", Family: diagnose.Control, Since: "0.1",
	Title: "A restart rule restarted all containers of the pod",
	Doc: diagnose.Doc{
		Means: "A container has a restartPolicyRules entry with action RestartAllContainers, and its exit code matched. The kubelet restarted every container of the pod in place; the exit code 137 shown for them is made up.",
		Why: []string{
			"One container ended with a code that the rule names.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].restartPolicyRules}'",
		},
		Remedy: []string{
			"Find the container whose exit code matched, and why it ended.",
			"Narrow the rule.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-reboot", Apart: "all containers of all pods of the node restarted"},
			{ID: "oom-container-limit", Apart: "137 with reason OOMKilled"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside"},
	Run:      run,
}

// Source: kubernetes 1.35 and 1.36, gate RestartAllContainersOnContainerExits.
func run(p *diagnose.Pass) {
	texts := p.FindReason(diagnose.Waiting|diagnose.Terminated|diagnose.Conditions, "RestartingAllContainers", "RestartAllContainersStarted")
	if len(texts) == 0 {
		return
	}
	f := diagnose.Finding{
		Confidence: unloop.Proven, Summary: unloop.Msg("a restart rule of the pod restarted all its containers"),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("find the container whose exit code the rule matched"), Risk: unloop.RiskNone, Command: p.DescribeCommand()},
		},
	}
	for _, t := range texts[:min(3, len(texts))] {
		f.Evidence = append(f.Evidence, t.Evidence())
	}
	p.Report(f)
}

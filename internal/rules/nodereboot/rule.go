// Package nodereboot recognises containers that ended because their node rebooted.
package nodereboot

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-reboot.
var Rule = &diagnose.Rule{
	ID: "node-reboot", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node rebooted",
	Doc: diagnose.Doc{
		Means: "The machine restarted under the pod. Its containers are gone; the runtime reports them as Unknown with exit code 255 (CRI-O: Error 255), and the kubelet starts everything again, init containers included.",
		Why: []string{
			"An update or somebody rebooted the node.",
			"The machine or its host crashed; the power failed.",
			"A kernel panic.",
		},
		Confirm: []string{
			"kubectl describe node NODE (event Rebooted, boot id)",
			"last -x on the node",
			"journalctl -b -1 -n 100 on the node",
		},
		Remedy: []string{
			"Nothing, if the reboot was meant.",
			"Find out why it rebooted: the journal of the boot before.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "runtime-restart", Apart: "255 and Unknown, and the boot id is the same"},
			{ID: "app-error-exit", Apart: "255 is the program's own exit(-1): reason Error, no other pod affected"},
			{ID: "oom-container-limit", Apart: "137"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/monitor-node-health/"},
	},
	Explains: []string{"app-error-exit", "init-reran", "oom-undetected", "killed-from-inside"},
	Run:      run,
}

// Sources: kubernetes kubelet event Rebooted; containerd reason Unknown with 255 for a task it lost; CRI-O Error 255;
// kubelet ContainerStatusUnknown 137.
func run(p *diagnose.Pass) {
	rebooted := p.FindReason(diagnose.NodeText|diagnose.PodEvent, "Rebooted")
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil {
			continue
		}
		lost := t.Reason == "Unknown" && t.ExitCode == 255 || t.Reason == "ContainerStatusUnknown"
		crio := t.Reason == "Error" && t.ExitCode == 255
		if !lost && !(crio && len(rebooted) > 0) {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible,
			Summary:  unloop.Msg("the node of the pod rebooted, or its runtime lost the container"),
			Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Fixes:    []unloop.Fix{{Title: unloop.Msg("find out why the node rebooted"), Risk: unloop.RiskNone, Command: "kubectl describe node " + diagnose.Word(p.Subject.Node, "NODE")}},
		}
		switch {
		case len(rebooted) > 0:
			f.Confidence = unloop.Proven
			f.Summary = unloop.Msg("the node %s rebooted", orNode(p.Subject.Node))
			f.Evidence = append(f.Evidence, rebooted[0].Evidence())
		case lost && othersLost(p, t.FinishedAt.Time):
			f.Confidence = unloop.Likely
		case lost:
			f.Confidence = unloop.Likely
		}
		p.Report(f)
	}
}

// othersLost: other pods of the node lost containers at about the same time.
func othersLost(p *diagnose.Pass, at time.Time) bool {
	n := 0
	for _, o := range p.Neighbours {
		for _, s := range o.Status.ContainerStatuses {
			t := s.LastTerminationState.Terminated
			if t != nil && t.ExitCode == 255 && t.FinishedAt.Sub(at).Abs() < 5*time.Minute {
				n++
			}
		}
	}
	return n > 1
}

func orNode(n string) string {
	if n == "" {
		return "NODE"
	}
	return n
}

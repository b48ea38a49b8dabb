// Package runtimerestart recognises containers lost because the node's container runtime restarted or crashed.
package runtimerestart

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause runtime-restart.
var Rule = &diagnose.Rule{
	ID: "runtime-restart", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The container runtime on the node restarted or lost its containers",
	Doc: diagnose.Doc{
		Means: "The node did not reboot, and still the runtime reports containers as lost (Unknown, 255): containerd, CRI-O, Docker or a shim of theirs crashed or was restarted.",
		Why: []string{
			"The runtime was updated or crashed.",
			"The kernel killed a shim for memory.",
		},
		Confirm: []string{
			"journalctl -u containerd -u crio -u docker on the node",
			"kubectl get node NODE -o jsonpath='{.status.nodeInfo.bootID}' before and after",
		},
		Remedy: []string{
			"Update or repair the runtime.",
			"Give system services memory of their own (systemReserved).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "node-reboot", Apart: "the boot id changed, event Rebooted"},
			{ID: "app-error-exit", Apart: "255 with reason Error is the program's"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/crictl/"},
	},
	Explains: []string{"app-error-exit", "node-reboot", "init-reran", "runtime-broken"},
	Run:      run,
}

// Sources: containerd (reason Unknown, 255), node-problem-detector (FrequentContainerdRestart, FrequentDockerRestart,
// ContainerRuntimeUnhealthy), runtime start lines in a node log.
var pattern = diagnose.Re(`FrequentContainerdRestart|FrequentDockerRestart|(?:Started|Starting|Stopped|Main process exited)[^\n]{0,40}(?:containerd container runtime|Docker Application Container Engine|Container Runtime Interface for OCI)|(?:containerd|crio|docker)\.service: (?:Main process exited|Failed|Scheduled restart)`)

func run(p *diagnose.Pass) {
	if len(p.FindReason(diagnose.NodeText, "Rebooted")) > 0 {
		return
	}
	host := p.Find(diagnose.NodeText|diagnose.HostText, pattern)
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || t.Reason != "Unknown" || t.ExitCode != 255 {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible, Summary: unloop.Msg("the node's container runtime restarted or lost the container"),
			Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Fixes:    []unloop.Fix{{Title: unloop.Msg("read the runtime's log on the node"), Risk: unloop.RiskNone, Command: "journalctl -u containerd -u crio -u docker --since -2h"}},
		}
		if len(host) > 0 {
			f.Confidence = unloop.Proven
			f.Evidence = append(f.Evidence, host[0].Evidence())
		}
		p.Report(f)
	}
}

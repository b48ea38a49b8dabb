// Package runtimebroken recognises a node whose container runtime is broken and cannot create containers.
package runtimebroken

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause runtime-broken.
var Rule = &diagnose.Rule{
	ID: "runtime-broken", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The node's container runtime is broken",
	Doc: diagnose.Doc{
		Means: "Every new pod of the node fails inside the runtime, and the text is about the runtime's own connections or programs (shim, daemon, systemd bus), not about the pod.",
		Why: []string{
			"The runtime and its shims or runc are of versions that do not fit.",
			"systemd or dbus on the node is stuck, or was restarted under the runtime.",
			"The runtime's state or binaries are damaged; memory ran out and the kernel killed parts of it.",
		},
		Confirm: []string{
			"systemctl status containerd crio docker on the node",
			"crictl info; crictl pods",
		},
		Remedy: []string{
			"Restart the runtime (and systemd-logind/dbus where those are named).",
			"Install one consistent version of runtime, shim and runc, or replace the node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "runtime-restart", Apart: "running containers were lost, 255"},
			{ID: "sandbox-timeout", Apart: "it only takes too long"},
			{ID: "node-disk-full", Apart: "no space left"},
			{ID: "oom-node", Apart: "why parts of it died"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-cluster/crictl/"},
	},
	Explains: []string{"sandbox-timeout", "pleg-unhealthy"},
	Run:      run,
}

// Sources: containerd shim, dbus and systemd texts, dockerd, CRI errors of the kubelet.
var pattern = diagnose.Re(`dbus: connection closed by user|dbus[^\n]{0,60}(?:connection refused|no such file|closed)|ttrpc: (?:closed|server closed)|failed to start shim|shim[^\n]{0,80}(?:broken pipe|deadline|connection refused|exec format error|no such file or directory)|cannot connect to the docker daemon|rpc error: code = Unavailable desc = (?:transport|connection)|connection error: desc = "transport: (?:error while )?dial[^\n]*(?:containerd|crio|docker)\S*\.sock|(?:containerd|crio|dockershim)\.sock: connect: (?:connection refused|no such file)|container runtime is (?:down|not running)|runtime is down|fork/exec /\S*(?:runc|containerd-shim|crun)\S*: (?:no such file or directory|permission denied|exec format error)|(?:runc|crun)\\*"?: executable file not found|failed to mount rootfs component|unable to retrieve OCI runtime error|oci runtime error: [^\n]*seccomp is not enabled`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.Waiting|diagnose.Terminated, pattern, func(m diagnose.Match) diagnose.Finding {
		if others.Match(m.Body) {
			return diagnose.Finding{}
		}
		return diagnose.Finding{
			Summary: unloop.Msg("the container runtime of the node is broken"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("restart the runtime on the node, or replace the node"), Risk: unloop.RiskCluster, Command: "systemctl restart containerd"},
			},
		}
	})
}

// others have rules of their own.
var others = diagnose.Re(`no space left on device|pull(?:ing)? image|liveness|readiness`)

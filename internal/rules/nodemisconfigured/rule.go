// Package nodemisconfigured recognises a setting of the node's host, kubelet or runtime that is wrong or missing.
package nodemisconfigured

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause node-misconfigured.
var Rule = &diagnose.Rule{
	ID: "node-misconfigured", Family: diagnose.NodeSide, Since: "0.1",
	Title: "A setting of the node's host, kubelet or runtime is wrong or missing",
	Doc: diagnose.Doc{
		Means: "The text names a setting of the node itself: a missing resolv.conf, a mount that is not shared, a cgroup driver that kubelet and runtime do not agree on, a feature gate or service that is off.",
		Why: []string{
			"The node was set up by hand and differs from the others.",
			"An upgrade changed a default (cgroup v2, systemd driver).",
			"A component needs a feature gate or mount propagation that this node does not have.",
		},
		Confirm: []string{
			"journalctl -u kubelet -u containerd on the node",
			"the kubelet's configuration against that of a node that works",
		},
		Remedy: []string{
			"Correct the setting on every node, and restart kubelet or runtime.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "runtimeclass-missing", Apart: "a runtime handler is named"},
			{ID: "kernel-module-missing", Apart: "a kernel module is missing"},
			{ID: "version-skew", Apart: "the version lacks the feature"},
			{ID: "cni-misconfigured", Apart: "the network plugin's own configuration"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "sandbox-timeout", "cni-misconfigured", "runtime-broken"},
	Run:      run,
}

// Sources: containerd and CRI-O mount propagation texts, kubelet resolvConf, runc cgroup drivers, swap and sysctl checks.
var pattern = diagnose.Re(`is not a shared (?:or slave )?mount|MountPropagation is not set|not support mount propagation|path \S+ is mounted on \S+ but it is not|/run/systemd/resolve/resolv\.conf: no such file|resolv\.conf: no such file or directory|(?:misconfiguration|different from docker cgroup driver|cgroup[ -]?driver[^\n]{0,60}(?:mismatch|is different))|expected cgroupsPath to be of format|cgroups: cgroup mountpoint does not exist|systemd cgroup flag passed|running with swap on is not supported|Timeout waiting for systemd to create|feature ?gate[^\n]{0,60}(?:not enabled|disabled|is off)|PodResources\w* ?[^\n]{0,80}(?:disabled|not enabled|Unimplemented|unknown method)|API Get method disabled|missing cgroups?|br_netfilter|bridge-nf-call-iptables|ip_forward[^\n]{0,40}(?:not set to 1|contents are not)`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("%s stops because of a setting of its node", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("correct the setting on every node that the line names"), Risk: unloop.RiskCluster}},
		}
	})
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.Waiting|diagnose.Terminated, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("a setting of the node is wrong or missing: %s", brief(m.Body)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct the setting on the node, then restart kubelet or runtime"), Risk: unloop.RiskCluster, Command: "journalctl -u kubelet -u containerd --since -30min"},
			},
		}
	})
}

// brief is the last clause of a wrapped error, which names the setting.
func brief(body string) string {
	body, _, _ = strings.Cut(body, "\n")
	if i := strings.LastIndex(body, " spec: "); i >= 0 {
		body = body[i+len(" spec: "):]
	}
	body = strings.TrimPrefix(body, "Failed to create pod sandbox: ")
	const most = 160 // one or two screen lines
	if len(body) > most {
		body = strings.ToValidUTF8(body[len(body)-most:], "")
	}
	return strings.TrimSpace(body)
}

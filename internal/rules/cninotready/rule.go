// Package cninotready recognises a node whose runtime has no working network plugin yet.
package cninotready

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause cni-not-ready.
var Rule = &diagnose.Rule{
	ID: "cni-not-ready", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The node has no working network plugin yet",
	Doc: diagnose.Doc{
		Means: "The container runtime found no network configuration (no file in /etc/cni/net.d), so it cannot give pods a network. Pods with hostNetwork still start; all others wait.",
		Why: []string{
			"No network plugin was installed after kubeadm init or join.",
			"The plugin's DaemonSet does not run on this node, or has not written its configuration yet.",
			"The configuration is in another directory than the runtime reads.",
		},
		Confirm: []string{
			"kubectl get nodes (NotReady) and kubectl describe node NODE",
			"ls /etc/cni/net.d on the node",
			"kubectl get pods -n kube-system -o wide",
		},
		Remedy: []string{
			"Install the network plugin, or repair its pods on this node.",
			"Restart the runtime where the file is there and was not read.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-binary-missing", Apart: "the configuration is there, the plugin's program is not"},
			{ID: "cni-agent-down", Apart: "the plugin runs, its agent does not answer"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/troubleshooting-cni-plugin-related-errors/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Sources: go-cni (containerd 1.4 to 2.3), CRI-O ocicni, dockershim ("cni config uninitialized"; to 1.23 kubenet, which waits for the node's PodCIDR).
var pattern = diagnose.Re(`cni plugin not initialized|cni config (?:uninitialized|not initialized)|no networks found in \S*cni|No CNI configuration file in|network plugin is not ready: cni|NetworkPluginNotReady|kubenet does not have netConfig`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the node has no network plugin configuration"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("install or repair the network plugin on the node"), Risk: unloop.RiskCluster, Command: "kubectl get pods -n kube-system -o wide"},
			},
		}
	})
}

// Package cnibinarymissing recognises a network plugin whose program is not on the node.
package cnibinarymissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause cni-binary-missing.
var Rule = &diagnose.Rule{
	ID: "cni-binary-missing", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The network plugin's program is not on the node",
	Doc: diagnose.Doc{
		Means: "The network configuration names a plugin, and the runtime finds no program of that name in its directory (mostly /opt/cni/bin).",
		Why: []string{
			"The package with the standard plugins (containernetworking-plugins) is not installed.",
			"The directory differs: the runtime reads another than the plugin was installed to.",
			"An upgrade removed old binaries.",
		},
		Confirm: []string{
			"ls /opt/cni/bin on the node",
			"grep bin_dir /etc/containerd/config.toml",
		},
		Remedy: []string{
			"Install the plugin binaries on the node.",
			"Correct the runtime's directory of CNI binaries.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "cni-not-ready", Apart: "there is no configuration at all"},
			{ID: "cni-agent-down", Apart: "the program is there and cannot reach its agent"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/network-plugins/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit"},
	Run:      run,
}

// Source: containernetworking/cni invoke.FindInPath, inside the texts of containerd, CRI-O and dockershim.
var pattern = diagnose.Re(`failed to find plugin \\*"(?P<name>[^"\\]+)\\*" in path \[?(?P<path>[^\]\s]*)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the network plugin %q is not in %s on the node", m.Names["name"], orDir(m.Names["path"])),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("install the network plugin's binaries on the node"), Risk: unloop.RiskCluster},
			},
		}
	})
}

func orDir(path string) string {
	if path == "" {
		return "the plugin directory"
	}
	return path
}

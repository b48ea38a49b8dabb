// Package kernelmodulemissing recognises a kernel module that the program needs and the node has not loaded.
package kernelmodulemissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause kernel-module-missing.
var Rule = &diagnose.Rule{
	ID: "kernel-module-missing", Family: diagnose.NodeSide, Since: "0.1",
	Title: "A kernel module that the program needs is not loaded on the node",
	Doc: diagnose.Doc{
		Means: "A component that works with the kernel (kube-proxy, a network or storage plugin) asked for a function whose module is not loaded and could not be loaded.",
		Why: []string{
			"The module is not in the kernel's packages (minimal images) or not loaded at boot.",
			"The container may not load modules, and the host did not.",
			"iptables in the container and the kernel speak different variants (legacy, nft).",
		},
		Confirm: []string{
			"lsmod on the node",
			"modprobe MODULE on the node",
		},
		Remedy: []string{
			"Load the module at boot on every node (/etc/modules-load.d).",
			"Install the package that holds it (kernel-modules-extra, linux-modules-extra).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "capability-missing", Apart: "the program may not, although the module is there"},
			{ID: "node-misconfigured", Apart: "a setting, not a module"},
			{ID: "app-config-error", Apart: "a misspelt name gives the same error"},
		},
		Refs: []string{"https://kubernetes.io/docs/reference/networking/virtual-ips/"},
	},
	Explains: []string{"app-config-error", "app-error-exit", "unhandled-exception", "capability-missing", "file-missing"},
	Run:      run,
}

// The lines are signatures of the log table (kube-proxy, iptables, modprobe, CSI drivers).
func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("%s needs a kernel module that the node has not loaded", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("load the module at boot on every node"), Risk: unloop.RiskCluster, Command: "modprobe MODULE"},
			},
		}
		if m := h.Names["module"] + h.Names["name"]; m != "" {
			f.Summary = unloop.Msg("%s needs the kernel module %s, which the node has not loaded", h.Program(), m)
			f.Fixes[0].Command = "modprobe " + m
		}
		return f
	})
	p.ReportTexts(diagnose.AboutStart, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the mount needs a kernel module that the node has not loaded"),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("load the module at boot on every node"), Risk: unloop.RiskCluster, Command: "modprobe MODULE"}},
		}
	})
}

// Mounts whose file system or transport the kernel lacks.
var pattern = diagnose.Re(`modprobe: (?:FATAL|ERROR)[^\n]*|rbd: (?:failed to load|map failed[^\n]*module)|(?:nfs|rbd|iscsi|ceph)[^\n]{0,60}protocol not supported: module`)

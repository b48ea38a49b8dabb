// Package gpudrivererror recognises a GPU driver on the node that fails or is not loaded.
package gpudrivererror

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause gpu-driver-error.
var Rule = &diagnose.Rule{
	ID: "gpu-driver-error", Family: diagnose.NodeSide, Since: "0.1",
	Title: "The GPU driver on the node fails or is not loaded",
	Doc: diagnose.Doc{
		Means: "The container was to get a GPU, and the driver on the node (through the runtime's hook, or asked by the program) answered with an error.",
		Why: []string{
			"The driver was updated and not reloaded, so that library and kernel module differ.",
			"The GPU has a hardware error (Xid).",
			"The driver is not installed on this node.",
		},
		Confirm: []string{
			"nvidia-smi on the node",
			"dmesg | grep -i xid",
		},
		Remedy: []string{
			"Reload or reinstall the driver; reboot the node.",
			"Reset or replace the GPU.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "device-unavailable", Apart: "no node offers a GPU"},
			{ID: "device-admission", Apart: "the kubelet has none to give"},
			{ID: "runtimeclass-missing", Apart: "the nvidia runtime handler is not configured"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"},
	},
	Explains: []string{"app-error-exit", "runtime-broken", "missing-shared-library"},
	Run:      run,
}

// Sources: nvidia-container-cli, nvidia-container-runtime hook, NVRM kernel lines.
var pattern = diagnose.Re(`nvidia-container-cli: [^\n]*(?:error|failed|cannot|not found)|nvidia-container-runtime[^\n]{0,120}(?:error|failed)|NVRM: Xid|driver/library version mismatch|driver rpc error|couldn\'t communicate with the NVIDIA driver|libnvidia-ml\.so[^\n]{0,60}(?:cannot open|not found)|cuda driver version is insufficient`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the GPU driver fails for %s", h.Program()),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("check the driver with nvidia-smi on the node; reload or reinstall it"), Risk: unloop.RiskCluster}},
		}
	})
	p.ReportTexts(diagnose.AboutStart|diagnose.NodeText, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the GPU driver of the node fails"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("check the driver with nvidia-smi on the node; reload or reinstall it"), Risk: unloop.RiskCluster, Command: "nvidia-smi"},
			},
		}
	})
}

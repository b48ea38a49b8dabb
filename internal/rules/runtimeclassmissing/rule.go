// Package runtimeclassmissing recognises a runtime class or handler that does not exist.
package runtimeclassmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause runtimeclass-missing.
var Rule = &diagnose.Rule{
	ID: "runtimeclass-missing", Family: diagnose.Sandbox, Since: "0.1",
	Title: "The runtime class, or the handler behind it, does not exist",
	Doc: diagnose.Doc{
		Means: "The pod names a runtimeClassName. Either there is no RuntimeClass of that name, or the node's container runtime has no handler configured under the name that the class points to.",
		Why: []string{
			"The handler (gVisor, Kata, nvidia) is not configured on this node.",
			"The RuntimeClass was not applied, or its name is misspelt.",
		},
		Confirm: []string{
			"kubectl get runtimeclass",
			"crictl info | grep -A 20 runtimes on the node",
		},
		Remedy: []string{
			"Configure the handler in the node's runtime, or restrict the class to nodes that have it (scheduling.nodeSelector).",
			"Correct runtimeClassName.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "sandbox-timeout", Apart: "the handler exists and takes too long"},
			{ID: "admission-plugin-denied", Apart: "another text of admission"},
			{ID: "gpu-driver-error", Apart: "the handler runs and its hook fails"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/runtime-class/"},
	},
	Explains: []string{"sandbox-timeout", "image-pull-slow", "rollout-stuck", "job-backoff-limit", "admission-plugin-denied"},
	Run:      run,
}

// Sources: containerd ("no runtime for %q is configured"), CRI-O ("failed to find runtime handler"), kubelet
// ("RuntimeClass %q not found"), admission (pod rejected: RuntimeClass "y" not found).
var pattern = diagnose.Re(`no runtime for \\*"(?P<name>[^"\\]+)\\*" is configured|failed to find runtime handler (?P<name2>\S+)|runtimeclass(?:es)?(?:\.node\.k8s\.io)? \\*"(?P<name3>[^"\\]+)\\*" not found|unknown runtime specified (?P<name4>\S+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodEvent|diagnose.NodeText|diagnose.HostText|diagnose.PodStatus|diagnose.Conditions|diagnose.OwnerEvent, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the runtime handler or class %q does not exist", m.Names["name"]+m.Names["name2"]+m.Names["name3"]+m.Names["name4"]),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("configure the handler on the node"), Risk: unloop.RiskCluster, Command: "kubectl get runtimeclass"},
				{Title: unloop.Msg("correct runtimeClassName"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

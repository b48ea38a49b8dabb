// Package emptydirlimit recognises a pod evicted because an emptyDir volume grew past its size limit.
package emptydirlimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause emptydir-limit.
var Rule = &diagnose.Rule{
	ID: "emptydir-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "An emptyDir volume grew past its size limit",
	Doc: diagnose.Doc{
		Means: "An emptyDir volume of the pod has a sizeLimit, and the files in it went past it. The kubelet evicted the pod.",
		Why: []string{
			"The program keeps more in the volume than was planned.",
			"Temporary files are never removed.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.message}'",
		},
		Remedy: []string{
			"Raise sizeLimit, or clean up.",
			"Use a PersistentVolumeClaim for data that grows.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "ephemeral-limit", Apart: "the text names a container or the pod"},
			{ID: "volume-full", Apart: "a memory-backed emptyDir gives \"no space left\" in the program, nothing is evicted"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "oom-container-limit", "rollout-stuck", "job-backoff-limit", "node-lost", "taint-eviction"},
	Run:      run,
}

// Source: kubernetes 1.8 to 1.36 pkg/kubelet/eviction.
var pattern = diagnose.Re(`usage of emptydir volume \\*"(?P<name>[^"\\]+)\\*" exceeds the limit \\*"(?P<limit>[^"\\]+)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the emptyDir volume %s grew past its size limit of %s", m.Names["name"], m.Names["limit"]),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise sizeLimit of the volume, or remove files in time"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

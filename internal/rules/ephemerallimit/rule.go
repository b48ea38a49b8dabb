// Package ephemerallimit recognises a pod evicted for its own ephemeral-storage limit.
package ephemerallimit

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause ephemeral-limit.
var Rule = &diagnose.Rule{
	ID: "ephemeral-limit", Family: diagnose.Resource, Since: "0.1",
	Title: "The pod wrote more local data than its limit and was evicted",
	Doc: diagnose.Doc{
		Means: "The pod has an ephemeral-storage limit. Its writable layers, logs and emptyDir volumes together went past it, so the kubelet evicted it. The node itself was not short of disk.",
		Why: []string{
			"The program writes logs or temporary files into the container.",
			"The limit is too low for what the program keeps.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.message}'",
			"du inside the container on the paths it writes",
		},
		Remedy: []string{
			"Write to a volume, or clean up.",
			"Raise the ephemeral-storage limit.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "evicted-disk", Apart: "the text says \"The node was low on resource\""},
			{ID: "emptydir-limit", Apart: "the text names an emptyDir volume"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "oom-container-limit", "rollout-stuck", "job-backoff-limit", "node-lost", "taint-eviction"},
	Run:      run,
}

// Source: kubernetes 1.8 to 1.36 pkg/kubelet/eviction ("exceeded its local ephemeral storage limit", "Pod ephemeral local
// storage usage exceeds the total limit of containers"; to 1.9 "container %s exceeded ephemeral-storage limit").
var pattern = diagnose.Re(`container (?P<name>\S+) exceeded (?:its local )?ephemeral[ -]storage (?:limit|request)(?: \\*"(?P<limit>[^"\\]+))?|pod ephemeral local storage usage exceeds the total limit of containers(?: (?P<total>[^\s.]+))?`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the pod wrote more local data than its containers' ephemeral-storage limits allow"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("raise the ephemeral-storage limit"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("write to a volume, or rotate and remove what is written"), Risk: unloop.RiskRestart},
			},
		}
		if n := m.Names["name"]; n != "" {
			f.Container = p.Container(n)
			f.Summary = unloop.Msg("container %s wrote more local data than its ephemeral-storage limit %s allows", n, m.Names["limit"])
		}
		return f
	})
}

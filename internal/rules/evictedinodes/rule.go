// Package evictedinodes recognises a pod that the kubelet evicted because its node was short of inodes.
package evictedinodes

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause evicted-inodes.
var Rule = &diagnose.Rule{
	ID: "evicted-inodes", Family: diagnose.Resource, Since: "0.1",
	Title: "The kubelet evicted the pod because the node was short of inodes",
	Doc: diagnose.Doc{
		Means: "The node's file system has space left but no free inodes: no more files can be made. The kubelet ended pods to free some.",
		Why: []string{
			"A program makes very many small files (caches, sessions, unpacked packages).",
			"Many image layers with small files.",
		},
		Confirm: []string{
			"df -i on the node",
		},
		Remedy: []string{
			"Delete the small files and stop their source.",
			"Make the file system anew with more inodes, or use one that makes them as needed (XFS).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "evicted-disk", Apart: "bytes, not inodes"},
			{ID: "volume-full", Apart: "the program itself reports no space on a volume"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"},
	},
	Explains: []string{"app-error-exit", "oom-undetected", "killed-from-inside", "pid1-ignores-sigterm", "oom-container-limit", "rollout-stuck", "job-backoff-limit", "node-lost", "taint-eviction"},
	Run:      run,
}

// Source: kubernetes 1.4 to 1.36 pkg/kubelet/eviction (resources inodes, nodefsInodes, imagefsInodes).
var pattern = diagnose.Re(`low on resource: \[?(?:inodes|nodefsInodes|imagefsInodes)\b(?:.*?container (?P<container>\S+) was using (?P<used>[^\s,]+), (?:which exceeds its request of|request is) (?P<request>[^\s,]+?)(?:[.,]|\s|$))?`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.PodStatus|diagnose.PodEvent|diagnose.Conditions, pattern, func(m diagnose.Match) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the kubelet evicted the pod because its node was short of inodes"),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("find what makes so many files on the node"), Risk: unloop.RiskNone, Command: "df -i"},
			},
		}
		if c, used, req := m.Names["container"], m.Names["used"], m.Names["request"]; c != "" {
			f.Summary = unloop.Msg("the kubelet evicted the pod because its node was short of inodes; container %s was using %s with a request of %s", c, used, req)
		}
		return f
	})
}

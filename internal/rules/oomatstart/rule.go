// Package oomatstart recognises a memory limit so low that the container was killed before its program ran.
package oomatstart

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause oom-at-start.
var Rule = &diagnose.Rule{
	ID: "oom-at-start", Family: diagnose.Resource, Since: "0.1",
	Title: "The memory limit is so low that the container was killed before its program ran",
	Doc: diagnose.Doc{
		Means: "The runtime's own start of the container (some MiB) did not fit into the memory limit, so the kernel killed it before the program was executed. The status says StartError 128, not OOMKilled.",
		Why: []string{
			"The limit has a wrong unit: 64m is 0.064 bytes, 64Mi is meant.",
			"The limit is a few MiB.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].resources}'",
		},
		Remedy: []string{
			"Give a limit of at least some tens of MiB, with Mi as unit.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "memory-limit-too-small", Apart: "volumes already fail for the tiny limit"},
			{ID: "oom-container-limit", Apart: "the program ran first"},
			{ID: "command-not-in-path", Apart: "another start error"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "rollout-stuck", "runtime-broken"},
	Run:      run,
}

// Sources: runc 1.0 to 1.5, crun, kata, inside containerd and CRI-O texts.
var pattern = diagnose.Re(`container init was OOM-killed|memory limit too low\?|OOM: the memory limit could be too low|getting the final child\'s pid from pipe caused|can\'t get final child\'s PID from pipe: EOF|memory\.limit_in_bytes: device or resource busy|failed to write (?:"\d+": |\d+ to )?[^\n]{0,80}memory\.(?:limit_in_bytes|max)[^\n]{0,80}(?:busy|invalid)|minimum memory limit allowed|memory limit[^\n]{0,40}(?:too low|less than minimum|must be at least)`)

func run(p *diagnose.Pass) {
	p.ReportTexts(diagnose.AboutStart, pattern, func(m diagnose.Match) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the memory limit of %s is too low even to start it", diagnose.ContainerOf(m.Container)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("give a limit of at least some tens of MiB, with Mi as unit"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
	})
}

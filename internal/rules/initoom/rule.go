// Package initoom recognises an init container that was killed for memory.
package initoom

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause init-oom.
var Rule = &diagnose.Rule{
	ID: "init-oom", Family: diagnose.InitFam, Since: "0.1",
	Title: "An init container was killed for memory",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "An init container (or a child of it) was killed at its memory limit. Even with exit code 0 the kubelet treats that as a failure and runs it again.",
		Why: []string{
			"The limit is too small for what it does (a migration, unpacking an archive).",
			"A child process used the memory.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.status.initContainerStatuses}'",
		},
		Remedy: []string{
			"Raise the init container's memory limit.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "init-failing", Apart: "reason Error"},
			{ID: "oom-container-limit", Apart: "a regular container"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"init-failing", "app-error-exit", "oom-container-limit", "oom-child-process"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if c.Class != facts.Init || t == nil || t.Reason != "OOMKilled" {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Proven, Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Summary: unloop.Msg("the init container %q was killed for its use of memory", c.Name),
			Fixes:   []unloop.Fix{{Title: unloop.Msg("raise the memory limit of the init container"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		}
		if limit, known := diagnose.MemoryLimit(c); known && limit != "" {
			f.Summary = unloop.Msg("the init container %q used its memory limit of %s and was killed", c.Name, limit)
			f.Evidence = append(f.Evidence, p.SpecEvidence("initContainers/"+c.Name+".resources.limits.memory", "%s", limit))
		}
		p.Report(f)
	}
}

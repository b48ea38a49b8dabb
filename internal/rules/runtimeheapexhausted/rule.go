// Package runtimeheapexhausted recognises a language runtime whose own heap is full.
package runtimeheapexhausted

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause runtime-heap-exhausted.
var Rule = &diagnose.Rule{
	ID: "runtime-heap-exhausted", Family: diagnose.Resource, Since: "0.1",
	Title: "The language runtime's own heap is full, below the container's limit",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program's runtime (JVM, Node.js, Python and others) has a heap of its own with its own bound. It is full, and the runtime ended the program or an allocation failed. The container's limit was not reached.",
		Why: []string{
			"The heap option (-Xmx, --max-old-space-size) is smaller than the program needs, or far below the container's limit.",
			"A memory leak.",
			"One request needs very much memory.",
		},
		Confirm: []string{
			"the log names OutOfMemoryError, heap out of memory or MemoryError",
			"a heap dump",
		},
		Remedy: []string{
			"Size the heap to the container: -XX:MaxRAMPercentage=75, NODE_OPTIONS=--max-old-space-size.",
			"Find the leak with a heap dump.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "oom-container-limit", Apart: "reason OOMKilled: the container's limit"},
			{ID: "pid-limit", Apart: "\"unable to create native thread\" is about threads"},
			{ID: "native-crash", Apart: "134 without a heap message"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "native-crash", "app-config-error", "pid-limit"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		return diagnose.Finding{
			Summary: unloop.Msg("the heap of %s is full", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("size the heap to the container's limit"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("take a heap dump and find what fills it"), Risk: unloop.RiskNone},
			},
		}
	})
}

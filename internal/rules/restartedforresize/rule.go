// Package restartedforresize recognises a container restarted to apply new resources.
package restartedforresize

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause restarted-for-resize.
var Rule = &diagnose.Rule{
	ID: "restarted-for-resize", Family: diagnose.Control, Since: "0.1",
	Title: "The container was restarted to apply new resources",
	Doc: diagnose.Doc{
		Means: "An in-place resize changed a resource whose resizePolicy is RestartContainer. The kubelet restarted the container on purpose.",
		Why: []string{
			"Somebody or a vertical autoscaler changed the resources.",
		},
		Confirm: []string{
			"kubectl describe pod POD (Killing ... resize requires restart)",
		},
		Remedy: []string{
			"Nothing, if it was meant; else resizePolicy NotRequired.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-timeout", Apart: "the Killing text names the liveness probe"},
			{ID: "config-change-crash", Apart: "no resources changed"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "pid1-ignores-sigterm"},
	Run:      run,
}

// Source: kubernetes 1.27 to 1.36 Killing text "resize requires restart".
func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		if k := p.KillOf(c); k != nil && k.By == "resize" {
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Proven, Summary: unloop.Msg("%s was restarted to apply new resources", diagnose.ContainerOf(c)),
				Evidence: []unloop.Evidence{p.EventEvidence(k.Event)},
			})
		}
	}
}

// Package sidecarstartorder recognises a program that starts before the proxy beside it is up.
package sidecarstartorder

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause sidecar-start-order.
var Rule = &diagnose.Rule{
	ID: "sidecar-start-order", Family: diagnose.InitFam, Since: "0.1",
	Title: "The program starts before the proxy beside it is up",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The application needs the proxy in its own pod for its connections. Both start at the same time, the application is first, its connection to localhost or through the proxy is refused, and it ends. After a restart or two the proxy is up and all is well.",
		Why: []string{
			"A mesh or database proxy injected as an ordinary container.",
		},
		Confirm: []string{
			"kubectl logs POD -c APP --previous (connection refused in the first seconds)",
		},
		Remedy: []string{
			"Make the proxy a native sidecar (initContainers with restartPolicy: Always) with a startup probe.",
			"Use the mesh's option to hold the application until the proxy is ready.",
			"Let the application retry.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-refused", Apart: "it fails later too, or the address is not its own pod"},
			{ID: "sidecar-not-ready", Apart: "the proxy never comes up"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"},
	},
	Explains: []string{"dependency-refused", "unhandled-exception", "app-error-exit"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	proxy := diagnose.Proxy(p.Facts)
	if proxy == nil {
		return
	}
	for _, c := range p.Troubled() {
		life, ok := diagnose.Lifetime(c)
		if c == proxy || c.Class != facts.App || !ok || life > early {
			continue
		}
		for _, h := range p.Hits(c, "dependency-refused") {
			if !own.Match(h.Text) {
				continue
			}
			f := diagnose.Finding{
				Container: c, Confidence: unloop.Likely, Late: h.Late(), Evidence: []unloop.Evidence{h.Evidence()},
				Summary: unloop.Msg("%s started before %q was up, through which it connects", diagnose.ContainerOf(c), proxy.Name),
				Fixes:   []unloop.Fix{{Title: unloop.Msg("make %q a native sidecar with a startup probe", proxy.Name), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
			}
			if c.Running() == nil {
				f.Confidence = unloop.Possible // it may fail later too
			}
			p.Report(f)
			break
		}
	}
}

// early: within this time after its start the proxy may not be up yet.
const early = 20 * time.Second

var own = diagnose.Re(`(?:127\.0\.0\.1|localhost|\[::1\]):\d+`)

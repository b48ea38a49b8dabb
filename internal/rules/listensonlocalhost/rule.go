// Package listensonlocalhost recognises a program that listens only on localhost, so that probes and Services cannot reach it.
package listensonlocalhost

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause listens-on-localhost.
var Rule = &diagnose.Rule{
	ID: "listens-on-localhost", Family: diagnose.Probe, Since: "0.1",
	Title: "The program listens only on localhost",
	Needs: facts.Logs | facts.Events,
	Doc: diagnose.Doc{
		Means: "The program opened its port on 127.0.0.1. Inside the container it answers; the kubelet's probes and Services come to the pod's address and are refused.",
		Why: []string{
			"A development server's default (localhost) was not changed.",
			"A flag or configuration names 127.0.0.1 or localhost.",
		},
		Confirm: []string{
			"kubectl exec POD -- ss -ltn shows 127.0.0.1:PORT",
			"kubectl port-forward works, the probe does not",
		},
		Remedy: []string{
			"Listen on 0.0.0.0 or [::].",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-wrong-target", Apart: "it listens on another port"},
			{ID: "startup-too-slow", Apart: "it does not listen yet"},
			{ID: "dependency-refused", Apart: "the program is refused elsewhere"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "liveness-wrong-target", "startup-too-slow", "startup-probe-exhausted"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		for _, which := range []string{"liveness", "readiness", "startup"} {
			pr := diagnose.ProbeOf(p, c, which)
			if pr == nil || pr.Answer != diagnose.Refused {
				continue
			}
			for _, l := range diagnose.ListensOn(p, c) {
				if l.Port != pr.Port || !l.Localhost {
					continue
				}
				p.Report(diagnose.Finding{
					Container: c, Confidence: unloop.Proven, Evidence: append([]unloop.Evidence{l.Evidence}, pr.Evidence(p)...),
					Summary: unloop.Msg("%s listens on localhost:%d only, and the kubelet comes to the pod's address", diagnose.ContainerOf(c), l.Port),
					Chain:   []unloop.Message{unloop.Msg("the %s probe is refused on port %d", which, pr.Port)},
					Fixes:   []unloop.Fix{{Title: unloop.Msg("let the program listen on 0.0.0.0"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
				})
				break
			}
		}
	}
}

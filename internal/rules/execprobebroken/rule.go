// Package execprobebroken recognises a probe whose command cannot be run in the container.
package execprobebroken

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause exec-probe-broken.
var Rule = &diagnose.Rule{
	ID: "exec-probe-broken", Family: diagnose.Probe, Since: "0.1",
	Title: "The probe's command cannot be run in the container",
	Doc: diagnose.Doc{
		Means: "The exec probe's command does not exist in the image (or may not be run), or the port name it uses is not defined. The kubelet throws such results away: a liveness probe of this kind never kills, a readiness probe never passes, a startup probe keeps the container un-started for ever.",
		Why: []string{
			"The image has no shell or tool of that name.",
			"The command is misspelt.",
			"A named port of the probe is not among the container's ports.",
		},
		Confirm: []string{
			"kubectl exec POD -c CONTAINER -- COMMAND",
		},
		Remedy: []string{
			"Correct the command, or use httpGet, tcpSocket or grpc.",
			"Put the tool into the image.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "readiness-never", Apart: "the probe runs and fails"},
			{ID: "command-not-in-path", Apart: "the container's own command is missing"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "startup-probe-exhausted", "command-not-in-path"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		for _, which := range []string{"startup", "readiness", "liveness"} {
			pr := diagnose.ProbeOf(p, c, which)
			if pr == nil || pr.Answer != diagnose.NotRun {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Proven, Evidence: pr.Evidence(p),
				Summary: unloop.Msg("the %s probe of %s cannot be run: %s", which, diagnose.ContainerOf(c), brief(pr.Output)),
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("correct the probe's command, or use httpGet, tcpSocket or grpc"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				},
			})
			break
		}
	}
}

// brief keeps the runtime's last clause.
func brief(s string) string {
	if i := strings.Index(s, "exec: "); i > 0 {
		s = s[i:]
	}
	const most = 160 // one or two screen lines
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return strings.TrimSuffix(s, ": unknown")
}

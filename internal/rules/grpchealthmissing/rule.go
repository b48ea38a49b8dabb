// Package grpchealthmissing recognises a gRPC server that does not offer the health service its probe asks.
package grpchealthmissing

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause grpc-health-missing.
var Rule = &diagnose.Rule{
	ID: "grpc-health-missing", Family: diagnose.Probe, Since: "0.1",
	Title: "The gRPC server does not offer the health service that the probe asks",
	Doc: diagnose.Doc{
		Means: "The grpc probe calls grpc.health.v1.Health/Check. The server does not implement that service, or knows no service of the name the probe gives.",
		Why: []string{
			"The program never registered the health service.",
			"The probe names a service that the program does not report on (SERVICE_UNKNOWN).",
		},
		Confirm: []string{
			"grpc_health_probe -addr=:PORT inside the container",
			"grpcurl -plaintext POD:PORT list",
		},
		Remedy: []string{
			"Register the standard health service in the program.",
			"Correct or drop the service name in the probe.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-wrong-target", Apart: "nobody listens on the port"},
			{ID: "app-unhealthy", Apart: "the service exists and says NOT_SERVING"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "startup-probe-exhausted"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		for _, which := range []string{"liveness", "startup", "readiness"} {
			pr := diagnose.ProbeOf(p, c, which)
			if pr == nil || pr.Answer != diagnose.Unserved || notServing.Match(pr.Output) {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Proven, Evidence: pr.Evidence(p),
				Summary: unloop.Msg("the gRPC server of %s does not offer the health service that the %s probe asks", diagnose.ContainerOf(c), which),
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("register grpc.health.v1.Health in the program"), Risk: unloop.RiskRestart},
					{Title: unloop.Msg("use another probe until then"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				},
			})
			break
		}
	}
}

var notServing = diagnose.Re(`NOT_SERVING`)

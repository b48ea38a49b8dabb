// Package probeschememismatch recognises a probe that speaks another protocol than the port it asks.
package probeschememismatch

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause probe-scheme-mismatch.
var Rule = &diagnose.Rule{
	ID: "probe-scheme-mismatch", Family: diagnose.Probe, Since: "0.1",
	Title: "The probe speaks another protocol than the port it asks",
	Doc: diagnose.Doc{
		Means: "Something listens on the port, and it does not speak what the probe speaks: TLS against plain HTTP, a database or HTTP/2 port asked over HTTP.",
		Why: []string{
			"scheme: HTTPS is missing or too much.",
			"An httpGet probe asks a port of a database, message queue or gRPC server.",
		},
		Confirm: []string{
			"kubectl port-forward POD PORT, then curl -v http:// and https:// on it",
		},
		Remedy: []string{
			"Set scheme to what the port speaks.",
			"Use tcpSocket, exec or grpc for ports that are not HTTP.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "liveness-wrong-target", Apart: "nobody listens, or the path is wrong"},
			{ID: "app-unhealthy", Apart: "an HTTP status came back in the right protocol"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang", "oom-undetected", "killed-from-inside", "liveness-wrong-target", "startup-too-slow", "startup-probe-exhausted"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		for _, which := range []string{"liveness", "startup", "readiness"} {
			pr := diagnose.ProbeOf(p, c, which)
			if pr == nil {
				continue
			}
			plain := plainToTLS(p, c, pr)
			if pr.Answer != diagnose.WrongProtocol && plain == nil {
				continue
			}
			f := diagnose.Finding{
				Container: c, Confidence: unloop.Proven, Evidence: pr.Evidence(p),
				Summary: unloop.Msg("the %s probe of %s speaks another protocol than what listens there", which, diagnose.ContainerOf(c)),
				Fixes:   []unloop.Fix{{Title: unloop.Msg("set the probe to what the port speaks: scheme, tcpSocket, grpc or exec"), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
			}
			switch {
			case plain != nil:
				f.Summary = unloop.Msg("the %s probe asks %s with plain HTTP, and %s serves HTTPS there", which, pr.Target, diagnose.ContainerOf(c))
				f.Evidence = append(f.Evidence, plain.Evidence())
				f.Fixes[0].Title = unloop.Msg("set scheme: HTTPS in the %s probe of %s", which, diagnose.ContainerOf(c))
			case !sure.Match(pr.Output):
				// A connection that is cut may also come from a program that is not well.
				f.Confidence = unloop.Possible
			}
			p.Report(f)
			break
		}
	}
}

// plainToTLS returns the line in which the program says that somebody sent it plain
// HTTP, where the probe does so and was answered with the status that such
// requests get: 400 (net/http, nginx, Apache, Tomcat).
func plainToTLS(p *diagnose.Pass, c *facts.Container, pr *diagnose.ProbeFacts) *diagnose.Hit {
	if pr.Status != 400 || pr.Spec == nil || pr.Spec.HTTPGet == nil || pr.Spec.HTTPGet.Scheme == "HTTPS" {
		return nil
	}
	for _, h := range p.Hits(c, "probe-scheme-mismatch") {
		return h
	}
	return nil
}

// sure: net/http of the kubelet names the other protocol.
var sure = diagnose.Re(`malformed HTTP|HTTP response to HTTPS client|first record does not look like a TLS handshake|transport connection broken`)

// Package livenesswrongtarget recognises a liveness probe that asks a port, path
// or file which the program never offers.
package livenesswrongtarget

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause liveness-wrong-target.
var Rule = &diagnose.Rule{
	ID: "liveness-wrong-target", Family: diagnose.Probe, Since: "0.1",
	Title: "The liveness probe asks something the program never offers",
	Doc: diagnose.Doc{
		Means: "The liveness probe fails from the first attempt on, because its port, path or file is not the program's. The kubelet kills a program that is well.",
		Why: []string{
			"The port of the probe is not the one the program listens on.",
			"The path does not exist in the program (404).",
			"The probe's command tests a file that nobody writes.",
		},
		Confirm: []string{
			"kubectl exec POD -c CONTAINER -- sh -c 'ss -ltn || netstat -ltn' shows the ports that are open",
			"kubectl port-forward POD 8080:PORT, then ask the path by hand",
		},
		Remedy: []string{"Correct port, path or command of the probe."},
		NotThis: []diagnose.Neighbour{
			{ID: "startup-too-slow", Apart: "the target is right, the program is not up yet when the probe gives up"},
			{ID: "app-unhealthy", Apart: "the probe succeeded before in the same instance"},
			{ID: "listens-on-localhost", Apart: "the program listens on that port, on 127.0.0.1 only"},
			{ID: "probe-scheme-mismatch", Apart: "something answers on the port, in another protocol"},
			{ID: "readiness-never", Apart: "it is the readiness probe: nothing is killed"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Explains: []string{"app-error-exit", "clean-exit-restarted", "readiness-never", "pid1-ignores-sigterm", "prestop-hang"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "liveness")
		if pr == nil {
			continue
		}
		switch pr.Answer {
		case diagnose.Refused, diagnose.Status4xx, diagnose.CommandFailed:
		default:
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible,
			Summary:  unloop.Msg("the liveness probe of %s asks %s, which never answers well", diagnose.ContainerOf(c), pr.Target),
			Evidence: pr.Evidence(p),
			Fixes:    []unloop.Fix{{Title: unloop.Msg("correct the liveness probe of %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()}},
		}
		if pr.Kill != nil {
			f.Chain = []unloop.Message{unloop.Msg("the kubelet killed %s because its liveness probe failed", diagnose.ContainerOf(c))}
		}
		judge(p, c, pr, &f)
		if f.Confidence != 0 {
			p.Report(f)
		}
	}
}

// judge decides how sure it is that the target, not the program, is at fault.
func judge(p *diagnose.Pass, c *facts.Container, pr *diagnose.ProbeFacts, f *diagnose.Finding) {
	if pr.SucceededBefore(p, c) {
		f.Confidence = 0
		return
	}
	switch listens := diagnose.ListensOn(p, c); {
	case pr.Answer == diagnose.Refused && len(listens) > 0 && diagnose.Listening(listens, pr.Port):
		// It opens that port: too late, or on another address.
		f.Confidence = 0
	case pr.Answer == diagnose.Refused && len(listens) > 0 && !diagnose.Listening(listens, pr.Port):
		// The program says where it listens, and that is elsewhere.
		f.Confidence = unloop.Proven
		f.Summary = unloop.Msg("the liveness probe asks port %d, and %s listens on port %d", pr.Port, diagnose.ContainerOf(c), listens[0].Port)
		f.Evidence = append(f.Evidence, listens[0].Evidence)
	case pr.Answer == diagnose.Refused && pr.Port != 0 && diagnose.DeclaresOther(c, pr.Port):
		f.Confidence = unloop.Likely
		f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".ports", "%s", diagnose.Ports(c)))
	case pr.Answer == diagnose.Refused && pr.Port != 0 && diagnose.DefaultPort(c) != 0 && diagnose.DefaultPort(c) != pr.Port:
		f.Confidence = unloop.Likely
		f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".image", "listens on port %d unless told otherwise", diagnose.DefaultPort(c)))
	case pr.Answer == diagnose.Status4xx:
		f.Confidence = unloop.Likely
	case pr.Answer == diagnose.Refused && !pr.TooEarly():
		f.Confidence = unloop.Likely
	}
}

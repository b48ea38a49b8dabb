// Package readinessnever names a readiness probe that has never succeeded, where nothing narrower is known.
package readinessnever

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause readiness-never.
var Rule = &diagnose.Rule{
	ID: "readiness-never", Family: diagnose.Probe, Since: "0.1",
	Weight: diagnose.LastResort,
	Title:  "The container runs, but its readiness probe has never succeeded",
	Doc: diagnose.Doc{
		Means: "The container runs without restarts, and its readiness probe fails. The pod gets no traffic from Services. Nothing is killed for this.",
		Why: []string{
			"The probe asks a wrong port or path.",
			"The program waits for a backend before it becomes ready.",
			"The program is ready only in part (warm-up, leader only).",
		},
		Confirm: []string{
			"kubectl describe pod POD (Unhealthy: Readiness probe failed)",
			"kubectl logs POD",
		},
		Remedy: []string{
			"Correct the probe.",
			"Bring up what the program waits for: its log names it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "readiness-gate", Apart: "the probe passes and a readiness gate does not"},
			{ID: "exec-probe-broken", Apart: "the probe cannot be run"},
			{ID: "sidecar-not-ready", Apart: "it is the proxy beside the application"},
			{ID: "dependency-refused", Apart: "the log names a backend"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/"},
	},
	Run: run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Containers {
		pr := diagnose.ProbeOf(p, c, "readiness")
		running := c.Running() != nil && c.Status != nil && !c.Status.Ready
		switch {
		case pr == nil && running && c.Spec != nil && c.Spec.ReadinessProbe != nil && p.Has(facts.Events):
			// It is not ready and there are events, but none of the probe: too early to say.
			continue
		case pr == nil && !running, pr != nil && (pr.Answer == diagnose.NotRun || c.Status != nil && !running):
			continue
		case pr != nil && pr.SucceededBefore(p, c) && c.Status == nil:
			continue
		}
		if t, _ := c.Exit(); t != nil && c.Restarts() > 0 && pr == nil {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible,
			Summary: unloop.Msg("%s runs and is not ready", diagnose.ContainerOf(c)),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("read what the program waits for"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, false)},
				{Title: unloop.Msg("correct the readiness probe"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			},
		}
		if pr != nil {
			f.Confidence = unloop.Likely
			f.Evidence = pr.Evidence(p)
			f.Summary = unloop.Msg("the readiness probe of %s, which asks %s, fails: %s", diagnose.ContainerOf(c), pr.Target, answer(pr))
		} else {
			f.Evidence = []unloop.Evidence{p.StatusEvidence("containers/"+c.Name+".ready", "false, running since %s", c.Running().StartedAt.UTC().Format("2006-01-02 15:04:05Z"))}
		}
		p.Report(f)
	}
	fromRow(p)
}

// fromRow: a table says "Running" and fewer containers ready than there are.
func fromRow(p *diagnose.Pass) {
	if p.Pod == nil || p.Pod.HasStatus || p.Pod.Row == nil || p.Pod.Row.Status != "Running" || p.Pod.Row.Ready < 0 || p.Pod.Row.Ready >= p.Pod.Row.Total || len(p.Containers) > 0 {
		return
	}
	p.Report(diagnose.Finding{
		Confidence: unloop.Possible, Summary: unloop.Msg("%d of %d containers of the pod are ready", p.Pod.Row.Ready, p.Pod.Row.Total),
		Evidence: []unloop.Evidence{p.RowEvidence()},
		Fixes:    []unloop.Fix{{Title: unloop.Msg("see which probe fails"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
	})
}

func answer(pr *diagnose.ProbeFacts) string {
	switch {
	case pr.Status != 0:
		return "status " + strconv.Itoa(pr.Status)
	case pr.Answer == diagnose.Refused:
		return "connection refused"
	case pr.Answer == diagnose.TimedOut:
		return "no answer in time"
	case pr.Output == "":
		return "no output"
	}
	const most = 80 // one screen line
	out := strings.Join(strings.Fields(pr.Output), " ")
	if len(out) > most {
		out = strings.ToValidUTF8(out[:most], "")
	}
	return out
}

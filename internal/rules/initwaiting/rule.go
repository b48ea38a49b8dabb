// Package initwaiting recognises an init container that waits for something that does not come.
package initwaiting

import (
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause init-waiting.
var Rule = &diagnose.Rule{
	ID: "init-waiting", Family: diagnose.InitFam, Since: "0.1",
	Weight: diagnose.General,
	Title:  "An init container waits for something that does not come",
	Doc: diagnose.Doc{
		Means: "An init container runs and does not end: it waits in a loop for a name, a port or a file. The pod's own containers start only after it.",
		Why: []string{
			"The Service or database it waits for is not there, or not ready.",
			"It asks the wrong name, port or namespace.",
			"A network policy blocks it.",
		},
		Confirm: []string{
			"kubectl logs POD -c INIT-CONTAINER",
			"kubectl get endpointslices -n NAMESPACE",
		},
		Remedy: []string{
			"Bring up what it waits for.",
			"Correct the name it asks.",
			"Bound the wait, so that it fails with a message.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "init-failing", Apart: "it ends with an error"},
			{ID: "image-pull-slow", Apart: "it has not started"},
			{ID: "service-name-wrong", Apart: "its log says that the name does not exist"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/init-containers/"},
	},
	Run: run,
}

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		if c.Class != facts.Init || c.Running() == nil {
			continue
		}
		if startedAgain(p, c) {
			continue
		}
		f := diagnose.Finding{
			Container: c, Confidence: unloop.Possible,
			Summary:  unloop.Msg("the init container %q runs and does not end, so the pod's containers do not start", c.Name),
			Evidence: []unloop.Evidence{p.StatusEvidence("initContainers/"+c.Name+".state.running", "since %s", c.Running().StartedAt.UTC().Format("2006-01-02 15:04:05Z"))},
			Fixes:    []unloop.Fix{{Title: unloop.Msg("see what it waits for"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, false)}},
		}
		if hits := p.Hits(c, "init-waiting"); len(hits) > 0 {
			h := hits[0]
			f.Confidence = unloop.Likely
			f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
			f.Summary = unloop.Msg("the init container %q waits for %s", c.Name, what(h))
		}
		p.Report(f)
	}
	if p.Pod == nil || p.Pod.HasStatus || p.Pod.Row == nil || !rowWaits.Match(p.Pod.Row.Status) || !p.State.Has(detect.Preparing) {
		return
	}
	p.Report(diagnose.Finding{
		Confidence: unloop.Possible, Summary: unloop.Msg("an init container of the pod has not ended (%s)", p.Pod.Row.Status), Evidence: []unloop.Evidence{p.RowEvidence()},
		Fixes: []unloop.Fix{{Title: unloop.Msg("see which one, and what it waits for"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}},
	})
}

// rowWaits is "Init:1/2" in the STATUS column.
var rowWaits = diagnose.Re(`^Init:\d+/\d+$`)

// startedAgain reports whether the container failed a moment ago and has run for no
// longer than it took to fail, so that it can be waiting for nothing yet.
func startedAgain(p *diagnose.Pass, c *facts.Container) bool {
	t := c.Status.LastTerminationState.Terminated
	if t == nil || t.ExitCode == 0 || p.Now.IsZero() {
		return false
	}
	life, ok := diagnose.Lifetime(c)
	return ok && p.Now.Sub(c.Running().StartedAt.Time) < max(2*life, soon)
}

// soon: programs that wait say so within this time.
const soon = 15 * time.Second

func what(h *diagnose.Hit) string {
	for _, k := range []string{"host", "addr", "url", "name", "path", "file"} {
		if v := h.Names[k]; v != "" {
			if port := h.Names["port"]; port != "" {
				v += ":" + port
			}
			return v
		}
	}
	return "something that does not come"
}

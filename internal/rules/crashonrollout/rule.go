// Package crashonrollout recognises a crash that came with a new revision of the
// workload.
package crashonrollout

import (
	"strings"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause crash-on-rollout.
var Rule = &diagnose.Rule{
	ID: "crash-on-rollout", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.LastResort,
	Title: "The crash came with a new revision",
	Needs: facts.Status,
	Doc: diagnose.Doc{
		Means: "The pods of the workload's newest revision crash, and those of the revision before it run well. What the new revision changed (image, command, variables, limits, mounts, probes) made the difference, whatever the exact mechanism is.",
		Why: []string{
			"A new image version with a bug, or with new requirements.",
			"A changed command, argument or variable.",
			"A lower limit, a stricter security context, another mount.",
		},
		Confirm: []string{
			"kubectl rollout history WORKLOAD and kubectl rollout history WORKLOAD --revision=N",
			"kubectl get pods -L pod-template-hash: which revision's pods crash",
		},
		Remedy: []string{
			"Roll back: kubectl rollout undo WORKLOAD.",
			"Compare the two templates, and undo the one change that matters.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "config-change-crash", Apart: "the template is the same, and a ConfigMap or Secret was changed"},
			{ID: "data-dir-version-mismatch", Apart: "the new version refuses the data the old one wrote"},
			{ID: "app-error-exit", Apart: "the old revision crashes as well, or is not known"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"},
	},
	Explains: []string{"app-error-exit"},
	Run:      run,
}

// settled: an instance that ran for so long did not crash because it is new.
const settled = 10 * time.Minute

// latest is how long after a rollout a crash is still put down to it where
// nothing runs any more of the revision before.
const latest = 24 * time.Hour

func run(p *diagnose.Pass) {
	c := crashed(p)
	if c == nil {
		return
	}
	t, where := c.Exit()
	if r := p.Rollout(); r != nil {
		if !r.OldWell && (r.New.Created.IsZero() || t.FinishedAt.IsZero() || t.FinishedAt.Sub(r.New.Created) > latest) {
			return
		}
		f := finding(p, c, r.Changes)
		f.Summary = unloop.Msg("%s crashes since revision %d of %s, which changed: %s", diagnose.ContainerOf(c), r.New.Number, p.Subject.Workload, strings.Join(r.Changes, "; "))
		f.Evidence = []unloop.Evidence{p.ExitEvidence(c, t, where), p.ObjectEvidence(r.New.Name, "revision %d, the pod's own", r.New.Number)}
		if r.OldWell {
			f.Confidence = unloop.Likely
			f.Evidence = append(f.Evidence, p.ObjectEvidence(r.Old.Name, "revision %d, %d pods ready", r.Old.Number, r.Old.Ready))
		}
		p.Report(f)
		return
	}
	old, changes := olderSibling(p)
	if old == nil {
		return
	}
	f := finding(p, c, changes)
	f.Confidence = unloop.Likely
	f.Summary = unloop.Msg("%s crashes in the new revision, and pod %s of the one before runs; changed: %s", diagnose.ContainerOf(c), old.Name, strings.Join(changes, "; "))
	f.Evidence = []unloop.Evidence{p.ExitEvidence(c, t, where), p.ObjectEvidence("Pod/"+old.Name, "an older revision, ready")}
	p.Report(f)
}

// crashed returns the container whose program ends with an error soon after its
// start; nil where there is none.
func crashed(p *diagnose.Pass) *facts.Container {
	if !p.State.Has(detect.Ended) {
		return nil
	}
	for _, c := range p.Troubled() {
		t, _ := c.Exit()
		if t == nil || t.ExitCode == 0 || !p.OwnEnd(c) {
			continue
		}
		if d, ok := diagnose.Lifetime(c); ok && d > settled {
			continue
		}
		return c
	}
	return nil
}

func finding(p *diagnose.Pass, c *facts.Container, changes []string) diagnose.Finding {
	f := diagnose.Finding{Container: c, Confidence: unloop.Possible, Changed: changes}
	if cmd := p.UndoCommand(); cmd != "" {
		f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("roll back to the revision before"), Risk: unloop.RiskRestart, Command: cmd})
	}
	f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("undo the one change that matters"), Risk: unloop.RiskRestart, Command: p.EditCommand()})
	return f
}

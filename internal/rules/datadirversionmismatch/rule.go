// Package datadirversionmismatch recognises a data directory that was written by
// another major version of the program.
package datadirversionmismatch

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause data-dir-version-mismatch.
var Rule = &diagnose.Rule{
	ID: "data-dir-version-mismatch", Family: diagnose.Volume, Since: "0.1",
	Title: "The data was written by another major version",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The data directory is whole and the program's own, but another major version wrote it, in a format that this version does not read or does not want to go back from. Most databases need a step of their own for that and refuse to start without.",
		Why: []string{
			"The image tag was raised by a major version, or a tag such as latest moved by itself.",
			"An upgrade jumped over a version that must come in between.",
			"A rollback of the image after the new version had already converted the data.",
			"A new version of the image keeps its data under another path.",
		},
		Confirm: []string{
			"kubectl rollout history WORKLOAD: the image of the revision before",
			"the version file in the data directory (PG_VERSION, and the like)",
		},
		Remedy: []string{
			"Go back to the image version that wrote the data; pin it by digest or full version.",
			"Then upgrade as the product says: its upgrade tool, dump and restore, or version by version.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "crash-on-rollout", Apart: "no data involved: the new version crashes with an empty directory, too"},
			{ID: "data-corrupt", Apart: "check sums and pages, not versions"},
			{ID: "data-dir-stale", Apart: "of the same version, from another installation"},
			{ID: "db-schema-mismatch", Apart: "the database runs, and its tables are not those the client expects"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "crash-on-rollout", "data-corrupt", "init-failing", "readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c := h.Container
		f := diagnose.Finding{
			Summary:  unloop.Msg("the data directory of %s was written by another major version", h.Program()),
			Evidence: p.DataEvidence(h),
			Fixes: append(p.UndoFix(),
				unloop.Fix{Title: unloop.Msg("go back to the image version that wrote the data, then upgrade as the product says"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)}),
		}
		if v := h.Names["version"]; v != "" {
			f.Summary = unloop.Msg("the data directory of %s does not fit this version: it is of version %s", h.Program(), v)
		}
		if r := p.Rollout(); r != nil {
			for _, change := range r.Changes {
				if strings.Contains(change, "image ") {
					f.Chain = append(f.Chain, f.Summary)
					f.Evidence = append(f.Evidence, p.ObjectEvidence(r.New.Name, "%s", change))
					f.Summary = unloop.Msg("the image of %s was changed across major versions (%s), and its data was not", diagnose.ContainerOf(c), change)
					break
				}
			}
		}
		return f
	})
}

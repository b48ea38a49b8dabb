// Package datadirstale recognises a data directory that belongs to an earlier or
// another installation.
package datadirstale

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause data-dir-stale.
var Rule = &diagnose.Rule{
	ID: "data-dir-stale", Family: diagnose.Volume, Since: "0.1",
	Title: "The data directory belongs to another installation",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program found data in its directory that is whole, but not its own: another cluster, another member, another key made it. Starting on it would mix two installations, so the program refuses.",
		Why: []string{
			"The workload was deleted and installed again, and its claim or hostPath directory kept the old data.",
			"A member was removed from a cluster and comes back with its old directory.",
			"Two members were given each other's volume, or a volume was cloned.",
			"An identity in the configuration (cluster name, node id, key) was changed after the first start.",
			"The directory is not empty where the program wants to initialise it (lost+found of a new file system).",
		},
		Confirm: []string{
			"kubectl get pvc: the AGE of the claim against that of the workload",
			"the identity in the directory's own files against the configuration",
		},
		Remedy: []string{
			"Where the old data is not needed: move the directory away, or delete the claim so that a new one is made.",
			"Where it is: give the program the identity that belongs to the data, or let the member join as a new one.",
			"For lost+found: keep the data in a subdirectory of the volume (subPath).",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "data-corrupt", Apart: "the data is its own and damaged"},
			{ID: "data-dir-version-mismatch", Apart: "the data is its own, of another version"},
			{ID: "data-dir-locked", Apart: "another instance uses the directory at this moment"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/persistent-volumes/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "readiness-never", "dependency-auth"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary:  unloop.Msg("%s finds data of another installation in its directory", h.Program()),
			Evidence: p.DataEvidence(h),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("give %s the identity that belongs to the data", diagnose.ContainerOf(h.Container)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("where the old data is not needed, move it away"), Risk: unloop.RiskData},
			},
		}
		switch m, dir := p.DataMount(h), h.First("path", "file"); {
		case m != nil && m.Volume != nil && m.Volume.PersistentVolumeClaim != nil:
			claim := m.Volume.PersistentVolumeClaim.ClaimName
			f.Summary = unloop.Msg("the claim %q holds data of another installation, which %s refuses", claim, h.Program())
			for _, c := range p.Claims {
				if c.Name == claim && !c.CreationTimestamp.IsZero() {
					f.Evidence = append(f.Evidence, p.ObjectEvidence("PersistentVolumeClaim/"+claim, "created %s", c.CreationTimestamp.UTC().Format("2006-01-02 15:04:05Z")))
				}
			}
		case m != nil:
			f.Summary = unloop.Msg("the %s volume %q holds data of another installation, which %s refuses", m.Kind(), m.Name, h.Program())
		case dir != "":
			f.Summary = unloop.Msg("%s finds data of another installation in %q", h.Program(), dir)
		}
		return f
	})
}

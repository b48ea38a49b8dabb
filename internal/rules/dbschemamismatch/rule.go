// Package dbschemamismatch recognises a database whose tables are not those the program expects.
package dbschemamismatch

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause db-schema-mismatch.
var Rule = &diagnose.Rule{
	ID: "db-schema-mismatch", Family: diagnose.Network, Since: "0.1",
	Title: "The database's tables are not those the program expects",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program connected and logged in, and its statement failed because a table, column or type is missing (or, in a migration, is there already). The database's schema and the program's version do not belong together.",
		Why: []string{
			"The migration was not run before the new version, or failed half-way.",
			"The program uses another database than the one that was migrated.",
			"A rollback of the program without one of the schema.",
		},
		Confirm: []string{
			"list the tables in that database",
			"the migration tool's history table",
		},
		Remedy: []string{
			"Run or repair the migration before the rollout.",
			"Check the database name in the configuration.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-auth", Apart: "the login fails"},
			{ID: "app-config-error", Apart: "the database name is wrong"},
			{ID: "crash-on-rollout", Apart: "the new version came before its migration"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/workloads/pods/init-containers/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("the database schema is not the one that %s expects", h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("run or repair the migration for this version"), Risk: unloop.RiskData},
			},
		}
		if t := h.Names["table"] + h.Names["name"]; t != "" {
			f.Summary = unloop.Msg("the database schema is not the one that %s expects: %s", h.Program(), t)
		}
		if u := p.UndoCommand(); u != "" {
			f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("roll the program back to the version that fits the schema"), Risk: unloop.RiskRestart, Command: u})
		}
		return f
	})
}

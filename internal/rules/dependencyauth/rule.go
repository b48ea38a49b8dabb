// Package dependencyauth recognises a backend that refuses the program's user, password or token.
package dependencyauth

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause dependency-auth.
var Rule = &diagnose.Rule{
	ID: "dependency-auth", Family: diagnose.Network, Since: "0.1",
	Title: "A backend refuses the user, password or token",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program reached its backend, and the backend refused the login.",
		Why: []string{
			"The password in the Secret is wrong, or was changed without restarting the pod.",
			"The user does not exist, or may not connect from this address.",
			"A token has expired.",
		},
		Confirm: []string{
			"log in by hand with the same user from a pod",
			"compare the Secret's age with the pod's",
		},
		Remedy: []string{
			"Correct the credentials in the Secret, then restart the pod.",
			"Create the user or grant it the right.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "secret-missing", Apart: "the Secret does not exist"},
			{ID: "dependency-refused", Apart: "the connection itself is refused"},
			{ID: "rbac-forbidden", Apart: "the Kubernetes API refuses the service account"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/configuration/secret/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "app-config-error", "init-failing", "init-waiting", "readiness-never", "startup-too-slow", "liveness-wrong-target", "native-crash", "startup-probe-exhausted", "app-unhealthy"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("%s refuses the login of %s", diagnose.Backend(h), h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("correct the credentials that the pod uses, then restart it"), Risk: unloop.RiskRestart, Command: p.RestartCommand()},
				{Title: unloop.Msg("create the user on the backend, or grant it the right"), Risk: unloop.RiskCluster},
			},
		}
		if u := h.Names["user"]; u != "" {
			f.Summary = unloop.Msg("%s refuses the user %q", diagnose.Backend(h), u)
		}
		return f
	})
}

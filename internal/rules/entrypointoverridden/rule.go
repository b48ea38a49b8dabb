// Package entrypointoverridden recognises a pod whose command replaces the
// image's entrypoint, so that the set-up the entrypoint does never happens.
package entrypointoverridden

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause entrypoint-overridden.
var Rule = &diagnose.Rule{
	ID: "entrypoint-overridden", Family: diagnose.Start, Since: "0.1",
	Title: "The pod's command replaces the image's entrypoint",
	Doc: diagnose.Doc{
		Means: "In a pod, command replaces the image's ENTRYPOINT and args replaces its CMD. Many images do their set-up in an entrypoint script: they create the database, give up root, write the configuration. A command in the pod goes around all of that.",
		Why: []string{
			"command was used to pass options; it should have been args.",
			"A docker-compose or docker run command was carried over: there it is appended to the entrypoint.",
			"A chart or operator wraps the container with a shell script that does not call the entrypoint.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].command}'",
			"docker image inspect IMAGE --format '{{.Config.Entrypoint}} {{.Config.Cmd}}'",
		},
		Remedy: []string{
			"Move the options from command to args and leave command out.",
			"Where a command is needed, let it end with exec of the image's own entrypoint.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "bad-arguments", Apart: "the program itself names an option it does not know"},
			{ID: "data-dir-stale", Apart: "the set-up did run once, and the directory holds something else"},
			{ID: "capability-missing", Apart: "the entrypoint ran and was not allowed to do its work"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "bad-arguments", "file-missing", "missing-env-var", "data-corrupt", "capability-missing", "init-failing"},
	Run:      run,
}

// setUp are complaints of programs whose official images do the missing step in
// their entrypoint: giving up root, or making the data directory.
var setUp = diagnose.Re(`"root" execution of the postgresql server is not permitted|how to run mysqld as root|can not run (?:elasticsearch|opensearch) as root|` +
	`does not contain a valid (?:database|postgresql)|is not a database cluster directory|could not access directory [^\n]*: no such file|run initdb or pg_basebackup|` +
	`can.t open and lock privilege tables|table 'mysql\.(?:user|plugin|db)' doesn.t exist|(?:data directory|designated data directory) [^\n]* is unusable|host not found in upstream "\$\{`)

func run(p *diagnose.Pass) {
	for _, c := range p.Troubled() {
		// Without a command of the pod, the image's own entrypoint ran.
		if c.Spec == nil || len(c.Spec.Command) == 0 {
			continue
		}
		for _, h := range p.Hits(c, "") {
			if !setUp.Match(h.Text) {
				continue
			}
			p.Report(diagnose.Finding{
				Container: c, Confidence: unloop.Likely, Late: h.Late(),
				Summary:  unloop.Msg("the command of %s replaces the image's entrypoint, so %s was started without its set-up", diagnose.ContainerOf(c), h.Program()),
				Evidence: append([]unloop.Evidence{h.Evidence()}, p.CommandEvidence(c)...),
				Fixes: []unloop.Fix{
					{Title: unloop.Msg("use args instead of command on %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
					{Title: unloop.Msg("let the command end with exec of the image's own entrypoint"), Risk: unloop.RiskRestart},
				},
			})
			break
		}
	}
}

// Package badarguments recognises a program that does not know a flag or
// argument it was given.
package badarguments

import (
	"slices"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause bad-arguments.
var Rule = &diagnose.Rule{
	ID: "bad-arguments", Family: diagnose.Exit, Since: "0.1",
	Title: "The program does not accept its arguments",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program started, read its command line, found a flag, a value or a subcommand there that it does not know, printed that and ended. It did none of its work.",
		Why: []string{
			"The image was updated, and the new version renamed or removed a flag.",
			"A flag is misspelt, or has one dash where the program wants two.",
			"A flag and its value stand in one list element with a space between them (\"--port 80\"), so that the program sees one long flag.",
			"Quotes that a shell would have removed are part of the value: there is no shell between args and the program.",
			"args replaces the image's CMD, and the subcommand that stood there is missing now.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].command} {.spec.containers[*].args}'",
			"kubectl run args-check --rm -it --restart=Never --image=IMAGE -- --help",
		},
		Remedy: []string{
			"Correct or remove the argument; compare with the help text of the version that is in the image.",
			"Write one list element per word, or --flag=value in one element.",
			"Go back to the image version whose flags these are.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "app-config-error", Apart: "the complaint is about a configuration file or an environment variable, not the command line"},
			{ID: "unhandled-exception", Apart: "exit code 2 as well, with panic: and goroutine in the log"},
			{ID: "script-syntax-error", Apart: "exit code 2 as well, from a shell that cannot read its script"},
			{ID: "command-not-in-path", Apart: "nothing ran: the runtime took the argument for the program"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "readiness-never"},
	Run:      run,
}

// atStart bounds how long a program runs before it has read its command line;
// slow runtimes (the JVM, interpreters with many modules) need the most of it.
const atStart = 2 * time.Minute

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, arg := h.Container, h.First("arg", "key", "name")
		f := diagnose.Finding{
			Summary:  unloop.Msg("%s does not accept the argument %q", h.Program(), arg),
			Evidence: p.CommandEvidence(c),
			Fixes: append([]unloop.Fix{
				{Title: unloop.Msg("correct the arguments of %s for the version in its image", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			}, p.UndoFix()...),
		}
		if h.Level == logsig.Hint {
			// redis makes a configuration file of its arguments and complains of that.
			if f.Confidence = asArgument(p, h); f.Confidence == 0 {
				return diagnose.Finding{}
			}
		}
		if arg == "" {
			f.Summary = unloop.Msg("%s does not accept the arguments it was given", h.Program())
		}
		if d, ok := diagnose.Lifetime(c); ok && d > atStart {
			// Something that ran for so long had accepted its arguments.
			f.Confidence = unloop.Possible
		}
		return f
	})
}

// asArgument grades a directive that a program rejects as part of its configuration
// by the line that says so; 0 where the command line does not bring the directive.
func asArgument(p *diagnose.Pass, h *diagnose.Hit) unloop.Confidence {
	if !slices.Contains(diagnose.Argv(h.Container), "--"+h.First("key")) {
		return 0
	}
	best := unloop.Possible
	for _, o := range p.Hits(h.Container, "app-config-error") {
		if o.Log == h.Log {
			best = max(best, p.Grade(o))
		}
	}
	return best
}

// Package scriptsyntaxerror recognises a script that its interpreter cannot read.
package scriptsyntaxerror

import (
	"path"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause script-syntax-error.
var Rule = &diagnose.Rule{
	ID: "script-syntax-error", Family: diagnose.Exit, Since: "0.1",
	Title: "The script that is started has a syntax error",
	Doc: diagnose.Doc{
		Means: "The interpreter (a shell, Python, Node.js, PHP, Ruby) could not read the script it was given: something in it is not valid in that language or in that version of it. A shell runs the lines before the error, if any, and ends with 2; nothing after it ran.",
		Why: []string{
			"An if, loop, quote or bracket of a script inside the manifest is not closed.",
			"YAML folded the lines of the script into one (> instead of |), so that commands run into each other.",
			"A template left a placeholder or an empty value in the script.",
			"The script is written for bash ([[, arrays, function), and the image's sh is dash or BusyBox.",
			"Line ends of Windows (CRLF) in the script.",
			"The code uses syntax that the interpreter's version in the image does not know, or Node.js takes a module for a script.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].command[-1:]}' | sh -n",
			"kubectl get configmap NAME -o jsonpath='{.data.SCRIPT}' | cat -A | head: ^M at the ends of lines",
		},
		Remedy: []string{
			"Correct the line that the log names; check with sh -n (python -m py_compile, node --check, php -l).",
			"Write scripts in manifests with | , one command on each line.",
			"Call bash where the script needs it, and use an image that has it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "bad-arguments", Apart: "exit code 2 as well, with a usage text"},
			{ID: "shell-command-not-found", Apart: "127: the syntax is right, a command does not exist"},
			{ID: "interpreter-missing", Apart: "CRLF in the #! line: no such file or directory"},
			{ID: "app-config-error", Apart: "the syntax error is in a configuration file"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "unhandled-exception", "shell-command-not-found", "init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := finding(p, h.Container)
		file, line := h.Names["file"], h.Names["line"]
		switch {
		case file != "" && line != "":
			f.Summary = unloop.Msg("the script %q has a syntax error at line %s", file, line)
		case file != "":
			f.Summary = unloop.Msg("the script %q has a syntax error", file)
		default:
			f.Summary = unloop.Msg("the code that %s starts has a syntax error", h.Program())
		}
		if fault := check(h.Container); fault != "" {
			f.Summary = unloop.Msg("the script in the command of %s is not valid: %s", diagnose.ContainerOf(h.Container), fault)
		}
		return f
	})
	for _, c := range p.EndedWith(1, 2) {
		t, where := c.Exit()
		fault := check(c)
		if fault == "" || len(p.Hits(c, "script-syntax-error")) > 0 {
			continue
		}
		f := finding(p, c)
		f.Container, f.Confidence = c, unloop.Likely
		if t.ExitCode != 2 {
			f.Confidence = unloop.Possible
		}
		f.Summary = unloop.Msg("the script in the command of %s is not valid: %s", diagnose.ContainerOf(c), fault)
		f.Evidence = append(f.Evidence, p.ExitEvidence(c, t, where))
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, c *facts.Container) diagnose.Finding {
	return diagnose.Finding{
		Evidence: p.CommandEvidence(c),
		Fixes: append([]unloop.Fix{
			{Title: unloop.Msg("correct the script, and check it with the interpreter of the image (sh -n)"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		}, p.UndoFix()...),
	}
}

// check looks at the script that the spec itself gives to a shell; "" where there
// is none or nothing is seen to be wrong.
func check(c *facts.Container) string {
	argv := diagnose.Argv(c)
	if len(argv) < 3 {
		return ""
	}
	switch path.Base(argv[0]) {
	case "sh", "bash", "ash", "dash":
	default:
		return ""
	}
	i := slices.IndexFunc(argv[1:], func(a string) bool { return len(a) > 1 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, "c") })
	if i < 0 || i+2 >= len(argv) {
		return ""
	}
	return Fault(argv[i+2])
}

// Package shellcommandnotfound recognises a script that calls a command the
// image does not have.
package shellcommandnotfound

import (
	"path"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause shell-command-not-found.
var Rule = &diagnose.Rule{
	ID: "shell-command-not-found", Family: diagnose.Start, Since: "0.1",
	Title: "A script calls a command that the image does not have",
	Doc: diagnose.Doc{
		Means: "The container started and a shell ran. The shell then looked for a command of its script and did not find it, which it reports as \"not found\" and, where the script ends with that, as exit code 127.",
		Why: []string{
			"The tool is not installed in the image (curl, bash, psql in a slim or Alpine variant).",
			"The command is misspelt in sh -c or in the script.",
			"PATH inside the script lacks the tool's directory, for example because a login shell or env reset it.",
			"The script has Windows line ends, so that every command ends with an invisible carriage return.",
		},
		Confirm: []string{
			"kubectl logs POD -c CONTAINER --previous shows which command was not found",
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh -c 'command -v NAME; echo $PATH'",
		},
		Remedy: []string{
			"Install the tool in the image, or use an image variant that has it.",
			"Correct the name, or call it by its full path.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "command-not-in-path", Apart: "reason StartError or ContainerCannotRun: no shell ran, the runtime itself did not find the command"},
			{ID: "missing-shared-library", Apart: "also exit code 127, but the log says error while loading shared libraries"},
			{ID: "interpreter-missing", Apart: "the named script exists; the interpreter in its first line does not"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "file-missing"},
	Run:      run,
}

// notFoundCode is what shells exit with for a command they did not find (POSIX.1-2024
// XCU 2.8.2).
const notFoundCode = 127

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		t, _ := h.Container.Exit()
		if t != nil && (t.Reason == "StartError" || t.Reason == "ContainerCannotRun") {
			return diagnose.Finding{}
		}
		name := strings.TrimSpace(h.First("name", "path", "arg"))
		f := finding(p, h.Container, unloop.Msg("a script calls %q, which %s does not have", name, diagnose.ContainerOf(h.Container)))
		if h.Call != nil && (t == nil || t.ExitCode != notFoundCode) {
			f.Summary = unloop.Msg("%s looks for the program %q, which is in no directory of its PATH", h.Program(), name)
		}
		f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("install %q in the image, or use an image that has it", name), Risk: unloop.RiskRestart, Command: p.SetImageCommand(h.Container)}}, f.Fixes...)
		if t != nil && t.ExitCode == notFoundCode && h.Final && h.Sure {
			f.Confidence = unloop.Proven
			if strings.Contains(name, "/") {
				// Shells say the same of a file whose interpreter or loader is missing.
				f.Confidence = unloop.Likely
			}
		}
		return f
	})
	for _, c := range p.EndedWith(notFoundCode) {
		if explained(p, c) {
			continue
		}
		t, where := c.Exit()
		f := finding(p, c, unloop.Msg("%s ended with code 127, with which shells report a command that they did not find", diagnose.ContainerOf(c)))
		f.Container = c
		f.Evidence = append([]unloop.Evidence{p.ExitEvidence(c, t, where)}, f.Evidence...)
		f.Confidence = unloop.Possible
		if argv := diagnose.Argv(c); len(argv) > 1 && strings.HasSuffix(path.Base(argv[0]), "sh") {
			f.Confidence = unloop.Likely
		}
		p.Report(f)
	}
}

// explained reports whether the log tells why the program ended with 127.
func explained(p *diagnose.Pass, c *facts.Container) bool {
	for _, id := range []string{"shell-command-not-found", "missing-shared-library", "interpreter-missing", "file-missing"} {
		if len(p.Hits(c, id)) > 0 {
			return true
		}
	}
	return false
}

func finding(p *diagnose.Pass, c *facts.Container, summary unloop.Message) diagnose.Finding {
	return diagnose.Finding{
		Summary:  summary,
		Evidence: p.CommandEvidence(c),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("correct the command or the script of %s", diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}

// Package unhandledexception recognises a program that ended with a trace or a
// panic of its own.
package unhandledexception

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause unhandled-exception.
var Rule = &diagnose.Rule{
	ID: "unhandled-exception", Family: diagnose.Exit, Since: "0.1", Weight: diagnose.General,
	Title: "The program ended with an error that nothing in it caught",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program met an error that none of its code handles, and its language runtime ended it with a stack trace (Python, Java, Node.js, .NET), a panic (Go, Rust) or terminate (C++). The trace says where; the message of its innermost error says what.",
		Why: []string{
			"A bug that the input, the time or the version brought out.",
			"Something the program takes for granted is not there at its start: data, a permission, an answer of another service.",
			"A new version of the program or of a library it uses.",
		},
		Confirm: []string{
			"kubectl logs POD -c CONTAINER --previous, from the first line of the last trace",
			"the last \"Caused by\" (Java), the last line (Python), the first goroutine (Go)",
		},
		Remedy: []string{
			"Read the innermost error; where it names another cause, correct that.",
			"Go back to the version before, and correct the bug.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "dependency-refused", Apart: "the innermost error is a refused connection"},
			{ID: "module-missing", Apart: "the innermost error is a module or class that is not there"},
			{ID: "missing-env-var", Apart: "the innermost error is about a variable of the environment"},
			{ID: "native-crash", Apart: "a signal (139, 134) and no trace of the language"},
			{ID: "runtime-heap-exhausted", Apart: "OutOfMemoryError, MemoryError, heap out of memory"},
			{ID: "bad-arguments", Apart: "exit code 2 with a usage text instead of a panic"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"app-error-exit", "init-failing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, said := h.Container, telling(p, h)
		f := diagnose.Finding{
			Confidence: max(p.Grade(h), p.Grade(said)),
			Summary:    summary(p, said),
			Fixes: append(p.UndoFix(),
				unloop.Fix{Title: unloop.Msg("read the whole trace; its innermost error says what failed"), Risk: unloop.RiskNone, Command: p.LogsCommand(c, true)}),
		}
		if said != h {
			f.Evidence = append(f.Evidence, said.Evidence())
		}
		return f
	})
}

// telling returns the hit that says most of the error with which the program
// ended: the first of the last words that names it, or else the given one.
func telling(p *diagnose.Pass, h *diagnose.Hit) *diagnose.Hit {
	for _, x := range p.Hits(h.Container, "unhandled-exception") {
		if x.Final == h.Final && x.Log == h.Log && x.First("message", "name") != "" {
			return x
		}
	}
	return h
}

// lastLine is how Python ends a trace: the class of the exception, and its text.
var lastLine = diagnose.Re(`^(?P<name>[a-z_][\w.]*(?:error|exception|exit|interrupt|warning)\w*)(?:: (?P<message>.+))?$`)

func summary(p *diagnose.Pass, h *diagnose.Hit) unloop.Message {
	who, names := h.Program(), h.Names
	if names["name"] == "" && names["message"] == "" && h.Log != nil {
		lines := strings.Split(strings.TrimSpace(h.Log.Text), "\n")
		names, _ = lastLine.Find(strings.TrimSpace(lines[len(lines)-1]))
	}
	switch name, message := names["name"], names["message"]; {
	case name != "" && message != "":
		return unloop.Msg("%s ended with an unhandled %s: %s", who, name, message)
	case name != "":
		return unloop.Msg("%s ended with an unhandled %s", who, name)
	case message != "":
		return unloop.Msg("%s ended with an unhandled error: %s", who, message)
	}
	return unloop.Msg("%s ended with an error that it does not handle", who)
}

// Package commandnotinpath recognises a command without a slash that the
// runtime did not find in the image's PATH.
package commandnotinpath

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause command-not-in-path.
var Rule = &diagnose.Rule{
	ID: "command-not-in-path", Family: diagnose.Start, Since: "0.1",
	Title: "The command is not in the image's PATH",
	Doc: diagnose.Doc{
		Means: "The container's command has no slash in it, so the runtime looked for it in the directories of the image's PATH and found nothing of that name. The program never ran.",
		Why: []string{
			"The name is misspelt in command or args.",
			"The image is distroless or scratch and has no shell, and the command is sh, bash or another tool.",
			"A whole command line stands in one list element (command: [\"npm start\"]), so that the runtime looks for a program of that name.",
			"Only args is set, and the image has no entrypoint: the first argument is taken for the program.",
			"The program is installed in a directory that PATH does not name, or env overwrites PATH.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].command}' and compare with the image's files",
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh, then look for the program",
		},
		Remedy: []string{
			"Correct the command, or write it with its full path.",
			"Put the program into the image, or use an image variant that has a shell.",
			"Split a command line into one list element per word, or run it through sh -c.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "shell-command-not-found", Apart: "the container started, a shell ran and printed \"not found\", exit code 127 with reason Error"},
			{ID: "command-file-missing", Apart: "the command is a path, and the message says stat ...: no such file or directory"},
			{ID: "no-command-in-image", Apart: "no command is known at all: \"no command specified\""},
			{ID: "exec-probe-broken", Apart: "the same text in an Unhealthy event: the probe's command is missing, not the container's"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/",
			"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/",
		},
	},
	Explains: []string{"app-error-exit", "init-failing"},
	Run:      run,
}

// Sources: runc 1.0 to 1.5 and libcontainer before (os/exec: `exec: "x":
// executable file not found in $PATH`), crun ("executable file `x` not found in
// $PATH"), Docker 1.9 to 1.11 ("Container command 'x' not found or does not
// exist"), gVisor ("error finding executable"), hcsshim. Windows names %PATH%.
var notFound = diagnose.Re("(?:exec: \\\\*\"(?P<name>[^\"\\\\]*)\\\\*\": executable file not found|executable file `(?P<name2>[^`/]+)` not found" +
	`|container command (?:'(?P<name3>[^'/]*)' )?not found or does not exist|finding executable \\*"(?P<name4>[^"\\/]+)\\*" in path` +
	`|createprocess (?P<name5>[^\s:/\\]+): the system cannot find the)`)

func run(p *diagnose.Pass) {
	reported := false
	p.ReportStart(notFound, func(m diagnose.Match) diagnose.Finding {
		reported = true
		return finding(p, m.Container, m.Names["name"]+m.Names["name2"]+m.Names["name3"]+m.Names["name4"]+m.Names["name5"])
	})
	if reported {
		return
	}
	for _, n := range p.NoStarts() {
		argv := diagnose.Argv(n.Container)
		if n.Code == 126 || len(argv) > 0 && strings.Contains(argv[0], "/") {
			continue
		}
		name := ""
		if len(argv) > 0 {
			name = argv[0]
		}
		f := finding(p, n.Container, name)
		f.Container, f.Confidence = n.Container, unloop.Possible
		switch {
		case n.Code == 127 && name != "":
			f.Confidence = unloop.Likely
		case name == "":
			f.Summary = unloop.Msg("%s could not be started (%s); nothing at hand says why, and a command that the image does not have is the most common reason", diagnose.ContainerOf(n.Container), n.Reason)
			f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("read the event that says why"), Risk: unloop.RiskNone, Command: p.DescribeCommand()}}, f.Fixes...)
		}
		f.Evidence = append([]unloop.Evidence{n.Evidence}, f.Evidence...)
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, c *facts.Container, name string) diagnose.Finding {
	f := diagnose.Finding{
		Summary:  unloop.Msg("the image has no program %q in its PATH", name),
		Chain:    []unloop.Message{unloop.Msg("the runtime cannot start the command %q", name)},
		Evidence: p.CommandEvidence(c),
	}
	target := diagnose.ContainerOf(c)
	correct := unloop.Fix{Title: unloop.Msg("correct the command of %s, or give the full path of %q", target, name), Risk: unloop.RiskRestart, Command: p.EditCommand()}
	image := unloop.Fix{Title: unloop.Msg("use an image that holds %q", name), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)}
	f.Fixes = []unloop.Fix{correct, image}
	switch {
	case name == "":
		f.Summary = unloop.Msg("the runtime finds no program for the command of %s", target)
		f.Chain = nil
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("write a command that the image holds, with its full path"), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
	case strings.ContainsAny(name, " \t\n"):
		f.Summary = unloop.Msg("the whole command line %q stands in one element of the command, and no program has that name", name)
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("write one list element per word, or run it through sh -c"), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
	case isShell(name):
		f.Summary = unloop.Msg("the image has no shell %q", name)
		f.Fixes = []unloop.Fix{
			{Title: unloop.Msg("start the program itself, without a shell"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("use a variant of the image that has a shell"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
		}
	}
	if e, ok := ownPath(p, c); ok {
		f.Evidence = append(f.Evidence, e)
		f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("do not overwrite PATH in env of %s", target), Risk: unloop.RiskRestart, Command: p.EditCommand()})
	}
	return f
}

func isShell(name string) bool {
	switch name {
	case "sh", "bash", "ash", "dash", "zsh":
		return true
	}
	return false
}

// ownPath finds a PATH that the pod's env puts over the image's.
func ownPath(p *diagnose.Pass, c *facts.Container) (unloop.Evidence, bool) {
	if c == nil || c.Spec == nil {
		return unloop.Evidence{}, false
	}
	for _, e := range c.Spec.Env {
		if e.Name == "PATH" && e.ValueFrom == nil {
			return p.SpecEvidence("containers/"+c.Name+".env.PATH", "%s", e.Value), true
		}
	}
	return unloop.Evidence{}, false
}

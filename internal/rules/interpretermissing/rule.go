// Package interpretermissing recognises a command whose file is there while the
// interpreter or loader that it names is not.
package interpretermissing

import (
	"path"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause interpreter-missing.
var Rule = &diagnose.Rule{
	ID: "interpreter-missing", Family: diagnose.Start, Since: "0.1",
	Title: "The interpreter or loader of the program is missing",
	Doc: diagnose.Doc{
		Means: "The command's file exists, but cannot run without another file that it names: the interpreter in a script's #! line, or the dynamic loader of a program. The kernel then says \"no such file or directory\", which reads as if the command itself were missing.",
		Why: []string{
			"The script was saved with Windows line ends: the kernel looks for an interpreter whose name ends with a carriage return.",
			"The #! line names bash or python, and the image has none (Alpine, distroless).",
			"A program linked against glibc runs in an image with musl (Alpine), or the reverse.",
			"A program that is linked dynamically was copied into a scratch image.",
		},
		Confirm: []string{
			"kubectl logs POD -c CONTAINER --previous shows one line, exec /x: no such file or directory",
			"head -1 SCRIPT | od -c shows \\r \\n; file PROGRAM names its interpreter",
		},
		Remedy: []string{
			"Save the script with Unix line ends (dos2unix, .gitattributes eol=lf).",
			"Install the interpreter, or name one that the image has.",
			"Link statically (CGO_ENABLED=0), or use a base image with the matching libc.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "command-file-missing", Apart: "the message says stat, comes from the runtime, and the reason is StartError"},
			{ID: "exec-format-error", Apart: "the same kind of line with exec format error"},
			{ID: "missing-shared-library", Apart: "the loader ran and names the library it misses, exit code 127"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "file-missing", "shell-command-not-found"},
	Run:      run,
}

var inText = diagnose.Re(`exec user process caused:? \\*"?no such file or directory|exec container process \(missing dynamic library\?\)`)

func run(p *diagnose.Pass) {
	p.ReportStart(inText, func(m diagnose.Match) diagnose.Finding {
		f := finding(p, "")
		f.Evidence = p.CommandEvidence(m.Container)
		return f
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := finding(p, h.First("path", "name", "file", "arg"))
		f.Evidence = p.CommandEvidence(h.Container)
		if strings.Contains(h.Text, `\r`) || strings.Contains(h.Text, "^M") || strings.Contains(h.Text, "\r") {
			f.Summary = unloop.Msg("the script %s has Windows line ends, so its interpreter is looked for under a name that ends with a carriage return", h.First("path", "file", "name"))
		}
		if d, ok := diagnose.Lifetime(h.Container); ok && d.Seconds() > 5 {
			return f
		}
		if t, _ := h.Container.Exit(); t != nil && h.Final {
			switch t.ExitCode {
			case 1, 126, 127, 255: // runc up to 1.1 and crun; shells; env; runc from 1.2
				f.Confidence = unloop.Proven
			}
		}
		return f
	})
	for _, c := range p.Troubled() {
		brought(p, c)
	}
}

// brought: a shell does not find a program by its path, and an init container that
// ended well has put a file of that name into the volume there. So the file is
// there, and what it needs to be executed is not.
func brought(p *diagnose.Pass, c *facts.Container) {
	for _, h := range p.Hits(c, "shell-command-not-found") {
		file := strings.TrimSpace(h.First("name", "path", "arg"))
		if !h.Final || !strings.HasPrefix(file, "/") {
			continue
		}
		m := diagnose.HidingMount(p.Facts, c, file)
		if m == nil || !m.Filled {
			continue
		}
		from := broughtBy(p, m, file)
		if from == nil {
			continue
		}
		f := finding(p, file)
		f.Container, f.Confidence, f.Late = c, unloop.Likely, h.Late()
		f.Chain = append(f.Chain, unloop.Msg("the init container %q has put it into the volume %q", from.Name, m.Name))
		f.Evidence = append([]unloop.Evidence{h.Evidence(), p.SpecEvidence("initContainers/"+from.Name+".command", "%q", diagnose.Argv(from))}, p.CommandEvidence(c)...)
		p.Report(f)
		return
	}
}

// broughtBy returns the init container that ended well, mounts the volume and names
// the file in its command line.
func broughtBy(p *diagnose.Pass, m *diagnose.Hiding, file string) *facts.Container {
	for _, o := range p.Containers {
		if o.Class != facts.Init || o.Status == nil || o.Status.State.Terminated == nil || o.Status.State.Terminated.ExitCode != 0 {
			continue
		}
		mounts := slices.ContainsFunc(diagnose.Mounts(p.Facts, o), func(x diagnose.Mount) bool { return x.Name == m.Name })
		if mounts && slices.ContainsFunc(strings.Fields(strings.Join(diagnose.Argv(o), " ")), func(w string) bool { return path.Base(strings.Trim(w, `"';`)) == path.Base(file) }) {
			return o
		}
	}
	return nil
}

func finding(p *diagnose.Pass, file string) diagnose.Finding {
	what := "the command's file"
	if file != "" {
		what = file
	}
	return diagnose.Finding{
		Summary: unloop.Msg("the interpreter or loader that %s needs is not in the image", what),
		Chain:   []unloop.Message{unloop.Msg("the kernel cannot execute %s: no such file or directory", what)},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("save the script with Unix line ends and build the image again"), Risk: unloop.RiskRestart},
			{Title: unloop.Msg("use an image that has the interpreter and the right libc"), Risk: unloop.RiskRestart},
			{Title: unloop.Msg("call the script through an interpreter that the image has"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
}

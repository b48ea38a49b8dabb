// Package commandnotexecutable recognises a command whose file is there and may
// not be executed.
package commandnotexecutable

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause command-not-executable.
var Rule = &diagnose.Rule{
	ID: "command-not-executable", Family: diagnose.Start, Since: "0.1",
	Title: "The command's file may not be executed",
	Doc: diagnose.Doc{
		Means: "The file of the command exists, but the container's user may not execute it: it has no x bit, is a directory, or lies where this user may not look or on a file system mounted noexec.",
		Why: []string{
			"The script was copied into the image without its x bit (COPY from a Windows or archive build).",
			"The script comes from a ConfigMap or Secret, whose files are mode 0644.",
			"The pod runs as another user than the image was built for, who may not enter the directory (such as /root).",
			"The command is a directory, or the path ends one element too early.",
			"The file lies on a volume that is mounted noexec.",
		},
		Confirm: []string{
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh, then ls -l the file and ls -ld its directories",
		},
		Remedy: []string{
			"chmod +x the file in the image's build.",
			"Set defaultMode: 0755 on the ConfigMap or Secret volume.",
			"Call the script through its interpreter: command: [\"sh\", \"/path/script.sh\"].",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-permission-denied", Apart: "the program runs and its log complains about a file it wants to read or write"},
			{ID: "command-file-missing", Apart: "no such file or directory: there is no file"},
			{ID: "workdir-missing", Apart: "permission denied after chdir to cwd: the working directory, not the command"},
			{ID: "capability-missing", Apart: "operation not permitted: the file has capabilities that the security context takes away"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/",
			"https://kubernetes.io/docs/concepts/configuration/configmap/",
		},
	},
	Explains: []string{"app-error-exit", "init-failing", "volume-permission-denied"},
	Run:      run,
}

// Sources: os/exec in runc 1.0 to 1.5 (`exec: "/x": permission denied`, "is a
// directory"), crun src/libcrun/container.c, Docker 1.9 to 1.11 ("Container
// command '/x' could not be invoked").
var denied = diagnose.Re("(?:exec: \\\\*\"(?P<path>[^\"\\\\]+)\\\\*\": (?:stat [^:]*: )?(?P<why>permission denied|is a directory)" +
	"|the path `(?P<path2>[^`]+)` (?:exists but it is not executable|is not a regular file|is a directory)" +
	`|container command '(?P<path3>[^']+)' could not be invoked|fork/exec (?P<path4>[^:\s]+): permission denied)`)

// foundNotExecutable is what shells and Docker give for a file that is there and
// cannot be executed (POSIX.1-2024 XCU 2.8.2).
const foundNotExecutable = 126

func run(p *diagnose.Pass) {
	done := map[*facts.Container]bool{}
	p.ReportStart(denied, func(m diagnose.Match) diagnose.Finding {
		done[m.Container] = true
		f := finding(p, m.Container, m.Names["path"]+m.Names["path2"]+m.Names["path3"]+m.Names["path4"])
		f.Chain = append([]unloop.Message{unloop.Msg("the runtime may not start the command")}, f.Chain...)
		if m.Names["why"] == "is a directory" {
			f.Summary = unloop.Msg("the command %q of %s is a directory", m.Names["path"], diagnose.ContainerOf(m.Container))
		}
		return f
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		done[h.Container] = true
		if diagnose.NotPermitted(h) {
			return diagnose.Finding{} // a right of the process, not of the file: capability-missing
		}
		f := finding(p, h.Container, h.First("path", "name", "file"))
		if t, _ := h.Container.Exit(); t != nil && h.Final && (t.ExitCode == foundNotExecutable || t.ExitCode == 1 || t.ExitCode == 255) {
			f.Confidence = unloop.Proven
		}
		return f
	})
	for _, n := range p.NoStarts() {
		if n.Code != foundNotExecutable || done[n.Container] {
			continue
		}
		f := unnamed(p, n.Container)
		f.Confidence = unloop.Likely
		f.Evidence = append([]unloop.Evidence{n.Evidence}, f.Evidence...)
		p.Report(f)
	}
	for _, c := range p.EndedWith(foundNotExecutable) {
		if done[c] || len(p.Hits(c, "interpreter-missing"))+len(p.Hits(c, "exec-format-error")) > 0 {
			continue
		}
		t, where := c.Exit()
		f := unnamed(p, c)
		f.Confidence = unloop.Possible
		f.Evidence = append([]unloop.Evidence{p.ExitEvidence(c, t, where)}, f.Evidence...)
		p.Report(f)
	}
}

// unnamed is the finding where only the exit code tells.
func unnamed(p *diagnose.Pass, c *facts.Container) diagnose.Finding {
	file := ""
	if argv := diagnose.Argv(c); len(argv) > 0 {
		file = argv[0]
	}
	f := finding(p, c, file)
	f.Container = c
	return f
}

func finding(p *diagnose.Pass, c *facts.Container, file string) diagnose.Finding {
	target := diagnose.ContainerOf(c)
	f := diagnose.Finding{
		Summary:  unloop.Msg("the file %q may not be executed in %s", file, target),
		Evidence: p.CommandEvidence(c),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("give %q its x bit in the image's build (chmod +x)", file), Risk: unloop.RiskRestart},
			{Title: unloop.Msg("call it through its interpreter, as in command: [\"sh\", %q]", file), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if file == "" {
		f.Summary = unloop.Msg("the command of %s was found and may not be executed", target)
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("look at the rights of the command's file"), Risk: unloop.RiskNone, Command: p.DebugCommand(c)}}
	}
	if c == nil {
		return f
	}
	if m := diagnose.MountOf(p.Facts, c, file); m != nil {
		f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
		if m.Plain() {
			f.Chain = append(f.Chain, unloop.Msg("files of a %s volume have no x bit unless defaultMode gives it", m.Kind()))
			f.Fixes = append([]unloop.Fix{{Title: unloop.Msg("set defaultMode: 0755 on the volume %q", m.Name), Risk: unloop.RiskRestart, Command: p.EditCommand()}}, f.Fixes...)
		}
	}
	return f
}

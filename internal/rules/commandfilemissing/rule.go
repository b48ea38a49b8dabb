// Package commandfilemissing recognises a command that is a path where the image
// has no file.
package commandfilemissing

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause command-file-missing.
var Rule = &diagnose.Rule{
	ID: "command-file-missing", Family: diagnose.Start, Since: "0.1",
	Title: "The command's file is not in the image",
	Doc: diagnose.Doc{
		Means: "The container's command is a path, and there is no file at that path in the container. The program never ran.",
		Why: []string{
			"The path is misspelt, or the file is elsewhere in this version of the image.",
			"The build did not copy the file, or another image was deployed than the one that was built.",
			"A whole command line stands in one list element, so that the runtime takes all of it for a path.",
			"The script comes from a ConfigMap or from a volume that an init container fills, and is not there under that name.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].command}'",
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh, then ls the path",
		},
		Remedy: []string{
			"Correct the path in command.",
			"Put the file into the image at that path.",
			"Where the file comes from a volume, look for the key or the init container that should write it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "volume-hides-files", Apart: "a volume is mounted over the directory of the file, which the image does have"},
			{ID: "interpreter-missing", Apart: "the container log says exec /x: no such file or directory, without stat: the file is there, its interpreter is not"},
			{ID: "command-not-in-path", Apart: "the command has no slash: executable file not found in $PATH"},
			{ID: "mount-type-mismatch", Apart: "no such file or directory after \"error mounting\": a mount's source or target is missing"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "file-missing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	reported := false
	p.ReportStart(diagnose.NoCommandFile, func(m diagnose.Match) diagnose.Finding {
		reported = true
		return finding(p, m.Container, diagnose.CommandPath(m))
	})
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		reported = true
		f := finding(p, h.Container, h.First("path", "file", "name"))
		if file := h.Names["path"]; h.Names["unseen"] != "" {
			f.Summary = unloop.Msg("%s cannot execute %q: there is no such file in %s, or its interpreter is missing", h.Program(), file, diagnose.ContainerOf(h.Container))
		}
		if f.Confidence != 0 {
			f.Confidence = min(f.Confidence, p.Grade(h))
		}
		return f
	})
	if reported {
		return
	}
	for _, n := range p.NoStarts() {
		argv := diagnose.Argv(n.Container)
		if n.Code == 126 || len(argv) == 0 || !strings.Contains(argv[0], "/") {
			continue
		}
		f := finding(p, n.Container, argv[0])
		f.Container = n.Container
		f.Confidence = unloop.Possible
		if n.Code == 127 {
			f.Confidence = unloop.Likely
		}
		f.Evidence = append([]unloop.Evidence{n.Evidence}, f.Evidence...)
		p.Report(f)
	}
}

func finding(p *diagnose.Pass, c *facts.Container, file string) diagnose.Finding {
	target := diagnose.ContainerOf(c)
	f := diagnose.Finding{
		Summary:  unloop.Msg("there is no file %q in %s", file, target),
		Chain:    []unloop.Message{unloop.Msg("the runtime cannot start the command %q", file)},
		Evidence: p.CommandEvidence(c),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("correct the path %q in the command of %s", file, target), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("use an image that holds %q", file), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
		},
	}
	if strings.ContainsAny(file, " \t\n") {
		f.Summary = unloop.Msg("the whole command line %q stands in one element of the command, and there is no such file", file)
		f.Fixes = []unloop.Fix{{Title: unloop.Msg("write one list element per word, or run it through sh -c"), Risk: unloop.RiskRestart, Command: p.EditCommand()}}
		return f
	}
	h := diagnose.HidingMount(p.Facts, c, file)
	if h == nil {
		return f
	}
	f.Evidence = append(f.Evidence, p.MountEvidence(c, &h.Mount))
	if h.Filled || h.Plain() {
		// The file should come from the volume; whether the image has one is not known.
		f.Confidence = unloop.Likely
		f.Summary = unloop.Msg("there is no file %q: the %s volume %q at %s does not hold it", file, h.Kind(), h.Name, h.MountPath)
		return f
	}
	f.Confidence = unloop.Possible
	return f
}

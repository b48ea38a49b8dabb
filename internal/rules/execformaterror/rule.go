// Package execformaterror recognises a program that the kernel cannot run: built
// for another architecture, or a script without its interpreter line.
package execformaterror

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause exec-format-error.
var Rule = &diagnose.Rule{
	ID: "exec-format-error", Family: diagnose.Start, Since: "0.1",
	Title: "The program is built for another architecture, or is a script without interpreter line",
	Doc: diagnose.Doc{
		Means: "The kernel looked at the first bytes of the command's file and does not know the format: neither a program for this processor nor a script that starts with #!. The one log line is the runtime's last word, not the program's.",
		Why: []string{
			"The image was built on another architecture than the node has (an ARM laptop and x86 nodes, or the reverse).",
			"The tag names an image of one architecture only, although the cluster has nodes of two.",
			"The script has no #! line, or something stands before it (an empty line, a byte order mark).",
			"The file is empty or damaged.",
		},
		Confirm: []string{
			"kubectl get node NODE -o jsonpath='{.status.nodeInfo.architecture}'",
			"docker image inspect IMAGE --format '{{.Os}}/{{.Architecture}}' (or crane manifest IMAGE)",
			"file or head -c 20 on the command's file",
		},
		Remedy: []string{
			"Build the image for the nodes' architectures (docker buildx build --platform linux/amd64,linux/arm64).",
			"Send the pod to nodes of the image's architecture with nodeSelector kubernetes.io/arch.",
			"Put the #! line first in the script.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "interpreter-missing", Apart: "the same kind of line with no such file or directory"},
			{ID: "image-wrong-platform", Apart: "the pull already fails: the tag has no variant for the node"},
			{ID: "illegal-instruction", Apart: "the program starts and dies with code 132: right architecture, processor too old"},
			{ID: "app-error-exit", Apart: "the program itself wrote the log"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	Explains: []string{"app-error-exit", "init-failing"},
	Run:      run,
}

// Docker before runc 1.0 put the words into the start error; later runtimes
// write them to the container's log, where logsig finds them.
var inText = diagnose.Re("(?:exec (?:user process|container process|/)[^\\n]{0,200}|system error: |exec: \\\\*\"[^\"]*\\\\*\": |error: )exec format error")

func run(p *diagnose.Pass) {
	p.ReportStart(inText, func(m diagnose.Match) diagnose.Finding { return finding(p, m.Container, "") })
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := finding(p, h.Container, h.First("path", "file", "name"))
		if t, _ := h.Container.Exit(); t != nil && h.Final && !ranLong(h.Container) {
			switch t.ExitCode {
			case 1, 126, 255: // runc up to 1.1 and crun; shells; runc from 1.2
				f.Confidence = unloop.Proven
			}
		}
		return f
	})
}

// ranLong reports that the program did run, so that the line is about something
// it started.
func ranLong(c *facts.Container) bool {
	d, ok := diagnose.Lifetime(c)
	return ok && d.Seconds() > 5
}

func finding(p *diagnose.Pass, c *facts.Container, file string) diagnose.Finding {
	what := "the command"
	if file != "" {
		what = file
	}
	f := diagnose.Finding{
		Summary:  unloop.Msg("%s of %s is built for another processor architecture, or is a script without #! line", what, diagnose.ContainerOf(c)),
		Chain:    []unloop.Message{unloop.Msg("the kernel cannot execute %s: exec format error", what)},
		Evidence: p.CommandEvidence(c),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("use an image built for the node's architecture"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
			{Title: unloop.Msg("select nodes of the image's architecture with nodeSelector kubernetes.io/arch"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("where it is a script: begin it with its interpreter, such as #!/bin/sh"), Risk: unloop.RiskRestart},
		},
	}
	if n := p.Node; n != nil && n.Node != nil && n.Status.NodeInfo.Architecture != "" {
		f.Evidence = append(f.Evidence, unloop.Evidence{Kind: "node", Ref: "node/" + n.Name, Text: "architecture " + n.Status.NodeInfo.Architecture})
	}
	return f
}

// Package illegalinstruction recognises a program that uses instructions which
// the node's processor lacks.
package illegalinstruction

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause illegal-instruction.
var Rule = &diagnose.Rule{
	ID: "illegal-instruction", Family: diagnose.Exit, Since: "0.1",
	Title: "The program uses instructions that the processor lacks",
	Doc: diagnose.Doc{
		Means: "The program, or a library it loads, was compiled for a newer processor than the node has (AVX, AVX2, x86-64-v2 or v3, newer Arm extensions). The processor stops it with SIGILL, which is exit code 132, or the program checks by itself and refuses to start.",
		Why: []string{
			"The image was built with instructions of the build machine (-march=native), or its base now asks for x86-64-v2 or v3.",
			"The node is older than the others, or its virtual processor hides what the real one can do.",
			"A database or numeric library whose new version needs AVX.",
		},
		Confirm: []string{
			"lscpu on a node where it runs and on the one where it does not",
			"dmesg on the node: trap invalid opcode",
			"kubectl get pods -o wide: it fails on some nodes only",
		},
		Remedy: []string{
			"Use an image built for the older level, or the version before it asked for more.",
			"Let the pod run only on nodes with the feature (nodeSelector or affinity on feature.node.kubernetes.io/cpu-cpuid.AVX=true or an own label).",
			"Give virtual machines the host's processor type.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "exec-format-error", Apart: "another architecture altogether: exec format error"},
			{ID: "native-crash", Apart: "139, 134 or 135: a bug, on every node"},
			{ID: "image-wrong-platform", Apart: "the image has no variant for the node, and is not pulled"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"},
	},
	Explains: []string{"app-error-exit", "native-crash", "unhandled-exception", "init-failing"},
	Run:      run,
}

// sigill is 128 + SIGILL; statusIllegal is Windows' STATUS_ILLEGAL_INSTRUCTION.
const (
	sigill        = 132
	statusIllegal = -1073741795
)

// kernelLine is arch/x86/kernel/traps.c and arch/arm64/kernel/traps.c.
var kernelLine = diagnose.Re(`trap invalid opcode|undefined instruction: pc`)

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		f := diagnose.Finding{
			Summary: unloop.Msg("%s uses processor instructions that %s does not have", h.Program(), node(p)),
			Fixes:   fixes(p),
		}
		if v := h.Names["version"]; v != "" {
			f.Summary = unloop.Msg("%s %s needs processor instructions that %s does not have", h.Program(), v, node(p))
		}
		return f
	})
	for _, c := range p.Troubled() {
		t, where := c.Exit()
		if t == nil || !p.OwnEnd(c) || t.ExitCode != sigill && t.ExitCode != statusIllegal || len(p.Hits(c, "illegal-instruction")) > 0 {
			continue
		}
		f := diagnose.Finding{
			// Some compilers end a failed check with an invalid instruction on purpose.
			Container: c, Confidence: unloop.Likely,
			Summary:  unloop.Msg("the program of %s used an instruction that the processor of %s does not know", diagnose.ContainerOf(c), node(p)),
			Evidence: []unloop.Evidence{p.ExitEvidence(c, t, where)},
			Fixes:    fixes(p),
		}
		for _, m := range p.Find(diagnose.HostText|diagnose.NodeText, kernelLine) {
			f.Evidence = append(f.Evidence, m.Evidence())
			f.Confidence = unloop.Proven
			break
		}
		p.Report(f)
	}
}

func node(p *diagnose.Pass) string {
	if p.Subject.Node == "" {
		return "the node"
	}
	return "node " + p.Subject.Node
}

func fixes(p *diagnose.Pass) []unloop.Fix {
	return append([]unloop.Fix{
		{Title: unloop.Msg("use an image built for the processors that the nodes have"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(nil)},
		{Title: unloop.Msg("let the pod run only on nodes whose processor has the instructions"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
	}, p.UndoFix()...)
}

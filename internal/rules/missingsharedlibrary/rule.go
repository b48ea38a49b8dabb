// Package missingsharedlibrary recognises a program whose shared library is not
// in the image.
package missingsharedlibrary

import (
	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
)

// Rule is the cause missing-shared-library.
var Rule = &diagnose.Rule{
	ID: "missing-shared-library", Family: diagnose.Start, Since: "0.1",
	Title: "A shared library the program needs is not in the image",
	Doc: diagnose.Doc{
		Means: "The dynamic loader started, went through the libraries that the program was linked against, and did not find one of them, or found one that is too old. The program's own code never ran.",
		Why: []string{
			"The library's package is not installed in the final stage of the image's build.",
			"The program was built on another distribution or release than the base image has (GLIBC_2.34 not found).",
			"A program built for glibc runs on Alpine, which has musl.",
			"The library lies in a directory that the loader does not search (LD_LIBRARY_PATH, ldconfig).",
			"The library comes from the node, such as a GPU driver's, and is not mounted.",
		},
		Confirm: []string{
			"kubectl logs POD -c CONTAINER --previous names the library",
			"ldd PROGRAM inside the image lists what is not found",
		},
		Remedy: []string{
			"Install the package that brings the library.",
			"Build on the same base as the program runs on, or link statically.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "shell-command-not-found", Apart: "also exit code 127, but the log says that a command was not found"},
			{ID: "interpreter-missing", Apart: "the loader itself is missing: exec /x: no such file or directory"},
			{ID: "module-missing", Apart: "a module of the language, not a library of the system"},
			{ID: "gpu-driver-error", Apart: "libcuda or libnvidia libraries come from the node's driver"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "module-missing", "unhandled-exception"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		lib := h.First("lib", "name", "path", "file")
		f := diagnose.Finding{
			Summary: unloop.Msg("the image lacks the shared library %s that %s needs", lib, h.Program()),
			Fixes: []unloop.Fix{
				{Title: unloop.Msg("install the package that brings %s, and build the image again", lib), Risk: unloop.RiskRestart},
				{Title: unloop.Msg("use an image whose base fits the program"), Risk: unloop.RiskRestart, Command: p.SetImageCommand(h.Container)},
			},
		}
		// The loaders of glibc and musl exit with 127.
		if t, _ := h.Container.Exit(); t != nil && t.ExitCode == 127 && h.Final {
			f.Confidence = unloop.Proven
		}
		return f
	})
}

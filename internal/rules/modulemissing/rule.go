// Package modulemissing recognises a program that lacks a module, class or package
// of its language.
package modulemissing

import (
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause module-missing.
var Rule = &diagnose.Rule{
	ID: "module-missing", Family: diagnose.Exit, Since: "0.1",
	Title: "A module of the program's language is not in the image",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program asked its language runtime for a module, class, gem or assembly, and the runtime did not find it on its search path: it is not installed in the image, or installed where this interpreter does not look.",
		Why: []string{
			"The dependency is not in the list that the image's build installs, or only among those for development.",
			"It is installed for another version of the interpreter, or in a virtual environment that is not the one used.",
			"The program is started from another directory, or under another module name, than it expects.",
			"A volume is mounted over the directory with the modules (node_modules, site-packages, the application's own).",
			"A class file or framework of a newer version than the runtime in the image.",
		},
		Confirm: []string{
			"kubectl run module-check --rm -it --restart=Never --image=IMAGE -- python -c 'import MODULE' (or node -e, java -cp ...)",
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].volumeMounts} {.spec.containers[*].workingDir}'",
		},
		Remedy: []string{
			"Add the dependency to the image's build, for the same interpreter, and use the new image.",
			"Mount nothing over the directory of the modules.",
			"Correct the working directory, the module path (PYTHONPATH, NODE_PATH, classpath) or the module's name in the command.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "missing-shared-library", Apart: "the dynamic loader misses a .so file, exit code 127"},
			{ID: "unhandled-exception", Apart: "the trace is about something else than a module"},
			{ID: "volume-hides-files", Apart: "the image has the module, and a volume is mounted over it"},
			{ID: "shell-command-not-found", Apart: "a command of a script is missing, not a module"},
		},
		Refs: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "file-missing", "init-failing", "readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, module := h.Container, h.First("module", "path", "name")
		f := diagnose.Finding{
			Summary: unloop.Msg("%s does not find the module %q in its image", h.Program(), module),
			Fixes: append([]unloop.Fix{
				{Title: unloop.Msg("use an image that has %q installed", module), Risk: unloop.RiskRestart, Command: p.SetImageCommand(c)},
			}, p.UndoFix()...),
		}
		if module == "" {
			f.Summary = unloop.Msg("%s does not find a module or package that it needs in its image", h.Program())
			f.Fixes[0].Title = unloop.Msg("use an image that has the module installed")
		}
		if m := over(p, c, module); m != nil {
			f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
			f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("do not mount %q over %s, where the image may have the module", m.Name, m.MountPath), Risk: unloop.RiskRestart, Command: p.EditCommand()})
		}
		return f
	})
}

// over finds a volume over the place of the module: its own path, or the working
// directory.
func over(p *diagnose.Pass, c *facts.Container, module string) *diagnose.Mount {
	if c.Spec == nil {
		return nil
	}
	for _, dir := range []string{module, c.Spec.WorkingDir} {
		if !strings.HasPrefix(dir, "/") {
			continue
		}
		if m := diagnose.MountOf(p.Facts, c, dir); m != nil && !m.Plain() {
			return m
		}
	}
	return nil
}

// Package filemissing recognises a program that does not find a file or directory
// it needs.
package filemissing

import (
	"path"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause file-missing.
var Rule = &diagnose.Rule{
	ID: "file-missing", Family: diagnose.Exit, Since: "0.1",
	Title: "A file or directory that the program needs does not exist",
	Needs: facts.Logs,
	Doc: diagnose.Doc{
		Means: "The program runs, wants to open or write a file, and gets \"No such file or directory\": neither the image nor a volume has it at that path. For a file that is to be written it is the directory that is missing.",
		Why: []string{
			"The volume or ConfigMap that should bring the file is not mounted, or mounted at another path.",
			"The key of the ConfigMap or Secret has another name than the program expects.",
			"The path in an argument or variable is wrong, or relative to another working directory.",
			"The file was left out of the image (.dockerignore, a forgotten COPY, a build stage).",
			"A volume is mounted over the directory and hides what the image had there.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].volumeMounts}'",
			"kubectl debug POD -it --copy-to=POD-debug --container=CONTAINER -- sh, then ls the path",
		},
		Remedy: []string{
			"Mount the ConfigMap, Secret or volume that holds the file, at the path the program uses.",
			"Correct the path in the arguments or variables.",
			"Put the file into the image, or create the directory in it.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "command-file-missing", Apart: "the missing file is the command itself: the runtime says so, and nothing ran"},
			{ID: "volume-hides-files", Apart: "the image has the file, and a volume is mounted over its directory"},
			{ID: "config-key-missing", Apart: "the kubelet misses the key, before the start"},
			{ID: "app-config-error", Apart: "the file is there, and its content is wrong"},
			{ID: "token-missing", Apart: "the file is the service account's token"},
			{ID: "module-missing", Apart: "it is a module of the program's language"},
			{ID: "interpreter-missing", Apart: "exec /x: no such file or directory: the interpreter of a script is missing"},
		},
		Refs: []string{
			"https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/",
			"https://kubernetes.io/docs/concepts/storage/volumes/",
		},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "init-failing", "readiness-never"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportHits(func(h *diagnose.Hit) diagnose.Finding {
		c, file := h.Container, h.First("path", "file", "name")
		f := diagnose.Finding{
			Summary: unloop.Msg("%s needs %q, which does not exist in the container", h.Program(), file),
			Fixes: append([]unloop.Fix{
				{Title: unloop.Msg("mount what holds %q, or correct the path in the settings of %s", file, diagnose.ContainerOf(c)), Risk: unloop.RiskRestart, Command: p.EditCommand()},
				{Title: unloop.Msg("look for the file in a copy of the pod"), Risk: unloop.RiskNone, Command: p.DebugCommand(c)},
			}, p.UndoFix()...),
		}
		if file == "" {
			f.Summary = unloop.Msg("%s needs a file or directory that does not exist in the container", h.Program())
			f.Fixes[0].Title = unloop.Msg("mount what holds the file, or correct its path in the settings of %s", diagnose.ContainerOf(c))
			return f
		}
		lookAt(p, c, file, &f)
		return f
	})
}

// lookAt says what is known about the place of the file: which volume should
// hold it, and which part of the command line names it.
func lookAt(p *diagnose.Pass, c *facts.Container, file string, f *diagnose.Finding) {
	if m := diagnose.MountOf(p.Facts, c, file); m != nil {
		f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
		key := strings.TrimPrefix(strings.TrimPrefix(file, strings.TrimRight(m.MountPath, "/")), "/")
		switch v := m.Volume; {
		case v == nil || key == "":
		case v.ConfigMap != nil:
			f.Summary = unloop.Msg("the ConfigMap %q, mounted at %s, brings no file %q", v.ConfigMap.Name, m.MountPath, key)
			f.Fixes[0].Title = unloop.Msg("add the key %q to the ConfigMap %q", path.Base(key), v.ConfigMap.Name)
			keys(p, "ConfigMap", v.ConfigMap.Name, f)
		case v.Secret != nil:
			f.Summary = unloop.Msg("the Secret %q, mounted at %s, brings no file %q", v.Secret.SecretName, m.MountPath, key)
			f.Fixes[0].Title = unloop.Msg("add the key %q to the Secret %q", path.Base(key), v.Secret.SecretName)
			keys(p, "Secret", v.Secret.SecretName, f)
		default:
			f.Summary = unloop.Msg("%q does not exist on the %s volume %q", file, m.Kind(), m.Name)
		}
		return
	}
	if c.Spec == nil {
		return
	}
	for _, a := range diagnose.Argv(c) {
		if strings.Contains(a, file) {
			f.Evidence = append(f.Evidence, p.CommandEvidence(c)...)
			return
		}
	}
	for _, e := range c.Spec.Env {
		if e.ValueFrom == nil && strings.Contains(e.Value, file) {
			f.Evidence = append(f.Evidence, p.SpecEvidence("containers/"+c.Name+".env."+e.Name, "names it"))
			return
		}
	}
}

// keys adds what the object holds, where that is known.
func keys(p *diagnose.Pass, kind, name string, f *diagnose.Finding) {
	o, _ := p.ConfigMap(p.Subject.Namespace, name)
	if kind == "Secret" {
		o, _ = p.Secret(p.Subject.Namespace, name)
	}
	if o != nil && o.Keys != nil {
		f.Evidence = append(f.Evidence, p.ObjectEvidence(kind+"/"+name, "keys: %s", strings.Join(o.Keys[:min(len(o.Keys), 10)], ", ")))
	}
}

// Package volumehidesfiles recognises a volume that is mounted over the
// directory where the image has the program or its files.
package volumehidesfiles

import (
	"path"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rule is the cause volume-hides-files.
var Rule = &diagnose.Rule{
	ID: "volume-hides-files", Family: diagnose.Start, Since: "0.1",
	Title: "A volume hides files of the image",
	Needs: facts.Spec,
	Doc: diagnose.Doc{
		Means: "A volume is mounted at a directory in which the image has files of its own. A mount replaces the whole directory, so the program, its script or its modules are no longer to be seen.",
		Why: []string{
			"A ConfigMap or Secret is mounted at the application's directory to add one file to it.",
			"An empty volume (emptyDir, a new claim) is mounted where the image brings its files; unlike with Docker's named volumes, nothing is copied into it.",
			"A directory of the node is mounted over the application for development, and is empty on this node.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].volumeMounts}' and look for a mount path above the missing file",
			"docker run --rm --entrypoint ls IMAGE DIRECTORY shows the files that the image has there",
		},
		Remedy: []string{
			"Mount the volume at another path.",
			"Mount single files with subPath, which leaves the rest of the directory visible.",
			"Copy the image's files into the volume with an init container.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "command-file-missing", Apart: "no volume is mounted above the path: the image itself lacks the file"},
			{ID: "subpath-failed", Apart: "the mount itself failed; here it worked"},
			{ID: "file-missing", Apart: "the missing file is data or configuration that the volume should hold"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"app-error-exit", "init-failing", "command-file-missing", "file-missing", "module-missing"},
	Run:      run,
}

func run(p *diagnose.Pass) {
	p.ReportStart(diagnose.NoCommandFile, func(m diagnose.Match) diagnose.Finding {
		file := diagnose.CommandPath(m)
		h := diagnose.HidingMount(p.Facts, m.Container, file)
		if h == nil || h.Filled || elsewhere(p, h, file) {
			return diagnose.Finding{}
		}
		f := finding(p, m.Container, h, file)
		if h.Plain() {
			// A script may be meant to come from the object.
			f.Confidence = unloop.Possible
			if !strings.Contains(path.Base(file), ".") {
				f.Confidence = unloop.Likely
			}
		}
		return f
	})
	for _, c := range p.Troubled() {
		fromLog(p, c)
	}
}

// fromLog takes a program's complaint about a missing file for this cause only
// where the file is the program itself, as the command line names it.
func fromLog(p *diagnose.Pass, c *facts.Container) {
	for _, h := range append(p.Hits(c, "module-missing"), p.Hits(c, "file-missing")...) {
		file := h.First("path", "file", "module", "name")
		if !slices.ContainsFunc(diagnose.Argv(c), func(arg string) bool { return names(arg, file) }) {
			continue
		}
		m := diagnose.HidingMount(p.Facts, c, file)
		if m == nil || m.Filled || elsewhere(p, m, file) {
			continue
		}
		f := finding(p, c, m, file)
		f.Late = h.Late()
		f.Container = c
		f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
		p.Report(f)
		return
	}
}

// elsewhere reports whether the object behind the volume brings a file of that
// name, in another directory of the mount: it is the path that is wrong then, and
// the image need not have the file at all.
func elsewhere(p *diagnose.Pass, h *diagnose.Hiding, file string) bool {
	if h.Volume == nil {
		return false
	}
	var o *facts.KeyedObject
	var items []corev1.KeyToPath
	switch v := h.Volume; {
	case v.ConfigMap != nil:
		o, _ = p.ConfigMap(p.Subject.Namespace, v.ConfigMap.Name)
		items = v.ConfigMap.Items
	case v.Secret != nil:
		o, _ = p.Secret(p.Subject.Namespace, v.Secret.SecretName)
		items = v.Secret.Items
	}
	same := func(name string) bool { return path.Base(name) == path.Base(file) }
	if len(items) > 0 {
		return slices.ContainsFunc(items, func(i corev1.KeyToPath) bool { return same(i.Path) })
	}
	return o != nil && slices.ContainsFunc(o.Keys, same)
}

// names reports whether a word of the command line means the file.
func names(arg, file string) bool {
	if file == "" || !strings.Contains(file, "/") {
		return false
	}
	return slices.ContainsFunc(strings.Fields(arg), func(w string) bool {
		return w == file || path.Base(w) == path.Base(file) && strings.Contains(path.Base(w), ".")
	})
}

func finding(p *diagnose.Pass, c *facts.Container, h *diagnose.Hiding, file string) diagnose.Finding {
	return diagnose.Finding{
		Confidence: unloop.Likely,
		Summary:    unloop.Msg("the %s volume %q is mounted at %s and hides %q of the image", h.Kind(), h.Name, h.MountPath, file),
		Chain:      []unloop.Message{unloop.Msg("%q is not to be seen in %s", file, diagnose.ContainerOf(c))},
		Evidence: append([]unloop.Evidence{
			p.MountEvidence(c, &h.Mount),
		}, p.CommandEvidence(c)...),
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("mount the volume %q elsewhere than at %s", h.Name, h.MountPath), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("mount single files of %q with subPath", h.Name), Risk: unloop.RiskRestart, Command: p.EditCommand()},
			{Title: unloop.Msg("copy the image's files into the volume with an init container"), Risk: unloop.RiskRestart},
		},
	}
}

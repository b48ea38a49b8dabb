// Package mounttypemismatch recognises a file that is mounted over a directory,
// or a directory over a file.
package mounttypemismatch

import (
	"path"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Rule is the cause mount-type-mismatch.
var Rule = &diagnose.Rule{
	ID: "mount-type-mismatch", Family: diagnose.Start, Since: "0.1",
	Title: "A file is mounted over a directory, or a directory over a file",
	Doc: diagnose.Doc{
		Means: "A mount needs the same kind at both ends. Here the volume side is a directory and the path in the image is a file, or the reverse, or the mount point cannot be made because part of its path is a file. The runtime refuses to start the container, or the program finds a directory where it expects a file.",
		Why: []string{
			"subPath names a key that the ConfigMap or Secret does not have: an empty directory is mounted in its place.",
			"A ConfigMap is mounted at the path of a single file without subPath, or one key at the path of a directory.",
			"A hostPath without type names a file that is not on this node; the runtime made a directory of that name.",
		},
		Confirm: []string{
			"kubectl get pod POD -o jsonpath='{.spec.containers[*].volumeMounts}' and compare each mountPath with the image",
			"kubectl get configmap NAME -o jsonpath='{.data}' shows the keys",
		},
		Remedy: []string{
			"Mount one key with subPath at the full path of the file; mount the whole object at a directory.",
			"Correct the key that subPath names.",
			"Set hostPath.type (File, FileOrCreate, Directory), and remove the directory that was made by mistake on the node.",
		},
		NotThis: []diagnose.Neighbour{
			{ID: "hostpath-type-mismatch", Apart: "FailedMount with hostPath type check failed: the kubelet noticed before the runtime"},
			{ID: "subpath-failed", Apart: "failed to prepare subPath, or the source under volume-subpaths is gone"},
			{ID: "volume-hides-files", Apart: "the mount worked and hides files"},
		},
		Refs: []string{"https://kubernetes.io/docs/concepts/storage/volumes/"},
	},
	Explains: []string{"app-error-exit", "app-config-error", "unhandled-exception", "file-missing", "hostpath-type-mismatch", "init-failing"},
	Run:      run,
}

// Sources: runc 1.0 to 1.5 libcontainer/rootfs_linux.go (1.0 "mounting x to
// rootfs at y caused", 1.1 on "error mounting x to rootfs at y"), the hint of
// Docker's daemon, crun src/libcrun/linux.c ("mount `x` to `y`").
var mounting = diagnose.Re(`(?:error )?mounting \\*"(?P<src>[^"\\]*)\\*" to rootfs (?:\\*"[^"\\]*\\*" )?at \\*"(?P<dst>[^"\\]*)\\*".*?(?:not a directory|is a directory)` +
	"|mount `(?P<src2>[^`]*)` to `(?P<dst2>[^`]*)`: (?:not a directory|is a directory)" +
	`|are you trying to mount a directory onto a file|mountpoint for (?P<dst3>\S+) mount: .*?(?:not a directory|is a directory)`)

func run(p *diagnose.Pass) {
	p.ReportStart(mounting, func(m diagnose.Match) diagnose.Finding {
		dst := diagnose.InRoot(m.Names["dst"] + m.Names["dst2"] + m.Names["dst3"])
		return finding(p, m.Container, m.Names["src"]+m.Names["src2"], dst)
	})
	for _, c := range p.Troubled() {
		fromLog(p, c)
	}
}

// fromLog takes a program that finds a directory in the place of its file, where
// something else than a directory of the node is mounted exactly there: mostly a
// key, named in subPath, that the object does not have.
func fromLog(p *diagnose.Pass, c *facts.Container) {
	for _, h := range p.Hits(c, "hostpath-type-mismatch") {
		file := h.First("path", "path2", "path3", "file")
		m := mountAt(p.Facts, c, file)
		if m == nil || m.Kind() == "hostPath" {
			continue
		}
		f := finding(p, c, "", file)
		f.Container, f.Confidence, f.Late = c, unloop.Likely, h.Late()
		f.Summary = unloop.Msg("%q is a directory in %s: the %s volume %q is mounted there in the place of a file", file, diagnose.ContainerOf(c), m.Kind(), m.Name)
		f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
		p.Report(f)
		return
	}
}

// mountAt returns the mount whose mount point is the path itself.
func mountAt(f *facts.Facts, c *facts.Container, file string) *diagnose.Mount {
	if file == "" {
		return nil
	}
	m := diagnose.MountOf(f, c, path.Clean(file))
	if m == nil || path.Clean(m.MountPath) != path.Clean(file) {
		return nil
	}
	return m
}

func finding(p *diagnose.Pass, c *facts.Container, src, dst string) diagnose.Finding {
	f := diagnose.Finding{
		Summary: unloop.Msg("%s is mounted at %s, and one is a file while the other is a directory", orVolume(src), orPath(dst)),
		Chain:   []unloop.Message{unloop.Msg("the runtime cannot mount a volume of %s", diagnose.ContainerOf(c))},
		Fixes: []unloop.Fix{
			{Title: unloop.Msg("mount a single file with subPath at the file's full path, and a directory at a directory"), Risk: unloop.RiskRestart, Command: p.EditCommand()},
		},
	}
	if c == nil {
		return f
	}
	m := mountAt(p.Facts, c, dst)
	if m == nil {
		return f
	}
	f.Evidence = append(f.Evidence, p.MountEvidence(c, m))
	f.Summary = unloop.Msg("the %s volume %q is mounted at %s, and one is a file while the other is a directory", m.Kind(), m.Name, m.MountPath)
	if m.Kind() == "hostPath" {
		f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("correct %s on the node, and set the type of the hostPath", m.Volume.HostPath.Path), Risk: unloop.RiskRestart, Command: p.EditCommand()})
	}
	if m.SubPath != "" && m.Plain() {
		f.Fixes = append(f.Fixes, unloop.Fix{Title: unloop.Msg("check that the %s has a key %q", m.Kind(), m.SubPath), Risk: unloop.RiskNone})
	}
	return f
}

func orVolume(s string) string {
	if s == "" {
		return "a volume"
	}
	return s
}

func orPath(s string) string {
	if s == "" {
		return "a path of the image"
	}
	return s
}

package diagnose

import (
	posix "path"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// NoCommandFile holds the texts of a runtime that found no file where the
// command says. Sources: runc 1.0 to 1.5 (os/exec: `exec: "/x": stat /x: no such
// file or directory`), libcontainer in Docker 1.x without the stat part, crun
// ("executable file `/x` not found"), Docker 1.9 to 1.11 ("Container command '/x'
// not found or does not exist"), hcsshim on Windows. Group names: path, path2 ...
var NoCommandFile = Re(`(?:exec: \\*"(?P<path>[^"\\]*/[^"\\]*)\\*": (?:stat [^:]*: )?(?:no such file or directory|not a directory)|fork/exec (?P<path2>[^:\s]*/[^:\s]*): no such file|` +
	"executable file `(?P<path3>[^`]*/[^`]*)` not found" +
	`|container command '(?P<path4>[^']*/[^']*)' not found or does not exist|finding executable \\*"(?P<path5>[^"\\]*/[^"\\]*)\\*" in path|createprocess (?P<path6>[a-z]:[^:]*): the system cannot find the)`)

// CommandPath returns the file that a match of NoCommandFile names.
func CommandPath(m Match) string {
	for _, n := range []string{"path", "path2", "path3", "path4", "path5", "path6"} {
		if v := m.Names[n]; v != "" {
			return v
		}
	}
	return ""
}

// Hiding is a volume mounted over a directory in which the program looks for a
// file of its own.
type Hiding struct {
	Mount
	// Filled: an init container mounts the volume as well, so that it is meant to
	// hold files.
	Filled bool
}

// HidingMount returns the volume that is mounted over the directory of a file;
// nil where there is none, where the file itself is the mount point, or where the
// spec is not known.
func HidingMount(f *facts.Facts, c *facts.Container, file string) *Hiding {
	if c == nil || c.Spec == nil {
		return nil
	}
	if !strings.HasPrefix(file, "/") {
		if c.Spec.WorkingDir == "" {
			return nil
		}
		file = posix.Join(c.Spec.WorkingDir, file)
	}
	m := MountOf(f, c, posix.Clean(file))
	if m == nil || posix.Clean(m.MountPath) == posix.Clean(file) {
		return nil
	}
	h := &Hiding{Mount: *m}
	for _, o := range f.Containers {
		if o == c || o.Spec == nil || o.Class != facts.Init {
			continue
		}
		h.Filled = h.Filled || slices.ContainsFunc(Mounts(f, o), func(x Mount) bool { return x.Name == m.Name && !x.ReadOnly })
	}
	return h
}

// MountAbove returns the volume in which a path lies that may be a mount point
// itself: the longest mount path strictly above it; nil where that is the image.
func MountAbove(f *facts.Facts, c *facts.Container, file string) *Mount {
	if c == nil || file == "" {
		return nil
	}
	var best *Mount
	for _, m := range Mounts(f, c) {
		if posix.Clean(m.MountPath) != posix.Clean(file) && under(file, m.MountPath) && (best == nil || len(m.MountPath) > len(best.MountPath)) {
			best = &m
		}
	}
	return best
}

// InRoot cuts the directory of the runtime off a path as old runtimes name it:
// ".../overlay2/ID/merged/etc/x" (Docker) and ".../rootfs/etc/x" are "/etc/x".
func InRoot(file string) string {
	for _, root := range []string{"/merged", "/rootfs"} {
		if _, in, ok := strings.Cut(file, root+"/"); ok {
			return "/" + in
		}
	}
	return file
}

// Kind returns what the volume is, in the spec's word; "volume" where unknown.
func (m Mount) Kind() string {
	v := m.Volume
	switch {
	case v == nil:
		return "volume"
	case v.ConfigMap != nil:
		return "configMap"
	case v.Secret != nil:
		return "secret"
	case v.Projected != nil:
		return "projected"
	case v.DownwardAPI != nil:
		return "downwardAPI"
	case v.EmptyDir != nil:
		return "emptyDir"
	case v.HostPath != nil:
		return "hostPath"
	case v.PersistentVolumeClaim != nil, v.Ephemeral != nil:
		return "persistentVolumeClaim"
	case v.NFS != nil:
		return "nfs"
	case v.CSI != nil:
		return "csi"
	}
	return "volume"
}

// Plain reports whether the volume holds the files of API objects: read-only
// ones, made by the kubelet.
func (m Mount) Plain() bool {
	switch m.Kind() {
	case "configMap", "secret", "projected", "downwardAPI":
		return true
	}
	return false
}

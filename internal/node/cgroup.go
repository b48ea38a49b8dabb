package node

import "strings"

// QoS is the class of a pod, as its control group tells it.
type QoS string

// The classes.
const (
	Guaranteed QoS = "Guaranteed"
	Burstable  QoS = "Burstable"
	BestEffort QoS = "BestEffort"
)

// Group is what the path of a control group tells of its container.
type Group struct {
	// Container is the runtime's id of the container, 64 hexadecimal digits; "" where the
	// path holds none.
	Container string
	// Runtime is "containerd", "cri-o", "docker" or "podman"; "" where the path does not
	// tell, as those of the cgroupfs driver.
	Runtime string
	// PodUID is the pod's UID with its dashes; "" outside of pods. That of a static pod is a
	// hash of its manifest without dashes, and the API server has another.
	PodUID string
	// QoS is the pod's class; "" outside of pods.
	QoS QoS
	// Monitor says that these are the runtime's own processes beside a container (conmon).
	Monitor bool
}

// Static reports whether the pod was started from a file of the node: the kubelet makes
// its UID of a hash, which has no dashes (kubernetes v1.36 pkg/kubelet/config/common.go
// applyDefaults).
func (g Group) Static() bool { return g.PodUID != "" && !strings.Contains(g.PodUID, "-") }

// maxPath bounds what is read of a path; the kernel's own bound is PATH_MAX, 4096.
const maxPath = 4096

// ParseGroup reads the path of a control group of either version, from the root of its
// hierarchy: that of a container, or of a group that something made inside of one. Forms
// of the kubelet: kubernetes v1.36 pkg/kubelet/cm/cgroup_manager_linux.go; of the runtimes:
// containerd v2.2 internal/cri/server/podsandbox (getCgroupsPath), cri-o v1.34
// internal/config/cgmgr, moby v28 daemon/oci_linux.go, podman v5 libpod/oci_conmon_linux.go.
// ok is false where the path belongs to no container.
func ParseGroup(path string) (g Group, ok bool) {
	if len(path) > maxPath {
		return g, false
	}
	parts := strings.Split(path, "/")
	// Nodes that are containers themselves (kind) nest: the innermost pod counts, and in it
	// the outermost container, because what a container makes inside is its own.
	from := 0
	for i, p := range parts {
		if uid, qos, is := podPart(p); is {
			g.PodUID, g.QoS, from = uid, qos, i+1
			if qos == "" {
				g.QoS = qosBefore(parts[:i])
			}
			// containerd told to use the systemd driver by halves writes all in one word:
			// kubepods-burstable-podUID.slice:cri-containerd:ID.
			if _, rest, joined := strings.Cut(p, ".slice:"); joined {
				if runtime, id, is := strings.Cut(rest, ":"); is && isID(id) {
					g.Container, g.Runtime = id, runtimes[runtime]
				} else {
					g.Container, g.Runtime = "", ""
				}
			} else {
				g.Container, g.Runtime = "", ""
			}
		}
	}
	if g.Container != "" {
		return g, true
	}
	for i, p := range parts[from:] {
		c, is := containerPart(p)
		if !is || c.Container == p && g.PodUID == "" && !bareParent(parts[:from+i]) {
			continue
		}
		g.Container, g.Runtime, g.Monitor = c.Container, c.Runtime, c.Monitor
		if g.PodUID != "" {
			break
		}
		if g.Runtime == "" {
			g.Runtime = bareRuntime(parts[:from+i])
		}
	}
	return g, g.Container != ""
}

// podPart reads the part of a pod: "podUID" of the cgroupfs driver,
// "kubepods-burstable-podUID_WITH_UNDERSCORES.slice" of the systemd driver.
func podPart(p string) (uid string, qos QoS, ok bool) {
	p, _, _ = strings.Cut(p, ":")
	if uid, ok := strings.CutPrefix(p, "pod"); ok && isUID(uid) {
		return uid, "", true
	}
	slice, ok := strings.CutSuffix(p, ".slice")
	if !ok {
		return "", "", false
	}
	i := strings.LastIndex(slice, "-pod")
	if i < 0 || !strings.Contains(slice[:i], "kubepods") {
		return "", "", false
	}
	uid = strings.ReplaceAll(slice[i+len("-pod"):], "_", "-")
	if !isUID(uid) {
		return "", "", false
	}
	switch {
	case strings.HasSuffix(slice[:i], "-burstable"):
		return uid, Burstable, true
	case strings.HasSuffix(slice[:i], "-besteffort"):
		return uid, BestEffort, true
	}
	return uid, Guaranteed, true
}

// qosBefore reads the class from the folders above a pod of the cgroupfs driver.
func qosBefore(above []string) QoS {
	if len(above) == 0 {
		return Guaranteed
	}
	switch above[len(above)-1] {
	case "burstable":
		return Burstable
	case "besteffort":
		return BestEffort
	}
	return Guaranteed
}

// runtimes are the prefixes of scopes.
var runtimes = map[string]string{
	"cri-containerd": "containerd", "containerd": "containerd", "nerdctl": "containerd",
	"crio": "cri-o", "docker": "docker", "libpod": "podman",
}

// containerPart reads the part of a container: its id alone, or PREFIX-ID.scope.
func containerPart(p string) (g Group, ok bool) {
	if isID(p) {
		return Group{Container: p}, true
	}
	p = strings.TrimSuffix(p, ".scope")
	i := strings.LastIndexByte(p, '-')
	if i < 0 || !isID(p[i+1:]) {
		return g, false
	}
	prefix := p[:i]
	g = Group{Container: p[i+1:]}
	if rest, is := strings.CutSuffix(prefix, "-conmon"); is {
		prefix, g.Monitor = rest, true
	}
	g.Runtime = runtimes[prefix]
	return g, g.Runtime != ""
}

// bareRuntime tells the runtime of an id alone from the folders above it.
func bareRuntime(above []string) string {
	for i := len(above) - 1; i >= 0; i-- {
		switch above[i] {
		case "docker":
			return "docker"
		case "libpod_parent":
			return "podman"
		case "k8s.io", "default", "moby":
			return "containerd"
		}
	}
	return ""
}

// bareParent reports whether an id alone, outside of pods, stands where a runtime puts it.
func bareParent(above []string) bool { return bareRuntime(above) != "" }

// isID reports whether s is the id of a container: 64 hexadecimal digits.
func isID(s string) bool { return len(s) == 64 && isHex(s) }

// isUID reports whether s is the UID of a pod: a UUID, or the 32 digits of a static pod.
func isUID(s string) bool {
	if len(s) == 32 {
		return isHex(s)
	}
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return isHex(strings.ReplaceAll(s, "-", ""))
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

package node

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Name says which container of which pod it is.
type Name struct {
	Namespace, Pod, PodUID, Container string
	// Restart is how often the container had been restarted when this instance began, the
	// number of its log file; -1 where unknown.
	Restart int
	// Sure says that the container's own log file was found. Without it Container, where it
	// is not empty, is the only one that the pod has.
	Sure bool
}

// Names finds names in the kubelet's folders. It keeps what it found of pods, because a
// pod's UID is never used twice. It is safe for concurrent use.
type Names struct {
	// pods is /var/log/pods: NAMESPACE_POD_UID/CONTAINER/RESTARTS.log. links is
	// /var/log/containers: POD_NAMESPACE_CONTAINER-ID.log, links to those.
	// kubernetes v1.36 pkg/kubelet/kuberuntime/helpers.go BuildPodLogsDirectory and
	// legacy.go legacyLogSymlink.
	pods, links string

	mu   sync.Mutex
	byID map[string]Name
	uids map[string]string // UID -> name of the folder
}

// The kubelet's folders, where nothing else is said (kubelet --pod-logs-dir; the links
// cannot be moved).
const (
	PodLogs       = "/var/log/pods"
	ContainerLogs = "/var/log/containers"
)

// NewNames looks into the two folders; "" are the kubelet's usual ones.
func NewNames(pods, links string) *Names {
	if pods == "" {
		pods = PodLogs
	}
	if links == "" {
		links = ContainerLogs
	}
	return &Names{pods: pods, links: links, byID: map[string]Name{}, uids: map[string]string{}}
}

// Bounds: entries read of a folder, and names kept.
const (
	maxEntries = 1 << 16
	maxKept    = 1 << 13
)

// ErrUnknown says that the kubelet's folders do not tell of a container, not yet or no longer.
var ErrUnknown = errors.New("no pod of that container in the kubelet's folders")

// Find names a container. The error wraps ErrUnknown where the folders do not tell, which
// may change within a second of its start; another error is that of a folder that
// cannot be read. Of a pod that is known and whose container is not, the name has an empty
// Container and no error.
func (n *Names) Find(g Group) (Name, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if g.Container != "" {
		if name, ok := n.byID[g.Container]; ok {
			return name, nil
		}
		name, err := n.byLink(g)
		if err == nil {
			if len(n.byID) >= maxKept {
				clear(n.byID)
			}
			n.byID[g.Container] = name
			return name, nil
		}
		if !errors.Is(err, ErrUnknown) {
			return Name{}, err
		}
	}
	if g.PodUID == "" {
		return Name{}, ErrUnknown
	}
	return n.byPod(g.PodUID)
}

// byLink finds the link of the container's log.
func (n *Names) byLink(g Group) (Name, error) {
	var found string
	suffix := "-" + g.Container + ".log"
	err := each(n.links, func(name string) bool {
		if strings.HasSuffix(name, suffix) {
			found = name
		}
		return found == ""
	})
	if err != nil {
		return Name{}, err
	}
	name, ok := parseLink(found)
	if !ok {
		return Name{}, ErrUnknown
	}
	name.PodUID, name.Restart, name.Sure = g.PodUID, -1, true
	if to, err := os.Readlink(filepath.Join(n.links, found)); err == nil {
		name.Restart = restartOf(filepath.Base(to))
		if _, _, uid, ok := parsePodFolder(filepath.Base(filepath.Dir(filepath.Dir(to)))); ok && name.PodUID == "" {
			name.PodUID = uid
		}
	}
	return name, nil
}

// byPod finds the pod's folder, and the container where there is only one.
func (n *Names) byPod(uid string) (Name, error) {
	folder, ok := n.uids[uid]
	if !ok {
		err := each(n.pods, func(name string) bool {
			if _, _, id, is := parsePodFolder(name); is && id == uid {
				folder = name
			}
			return folder == ""
		})
		if err != nil {
			return Name{}, err
		}
		if folder == "" {
			return Name{}, ErrUnknown
		}
		if len(n.uids) >= maxKept {
			clear(n.uids)
		}
		n.uids[uid] = folder
	}
	name := Name{PodUID: uid, Restart: -1}
	name.Namespace, name.Pod, _, _ = parsePodFolder(folder)
	count := 0
	err := each(filepath.Join(n.pods, folder), func(c string) bool {
		name.Container = c
		count++
		return count < 2
	})
	if err != nil && !errors.Is(err, ErrUnknown) {
		return name, err
	}
	if count != 1 {
		name.Container = ""
		return name, nil
	}
	err = each(filepath.Join(n.pods, folder, name.Container), func(log string) bool {
		name.Restart = max(name.Restart, restartOf(log))
		return true
	})
	if err != nil && !errors.Is(err, ErrUnknown) {
		return name, err
	}
	return name, nil
}

// Readable reports why the kubelet's folders cannot be read, nil where they can.
func (n *Names) Readable() error {
	for _, dir := range []string{n.pods, n.links} {
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		f.Close()
	}
	return nil
}

// each calls do for the names in a folder until it returns false, in no order. The error
// of a folder that does not exist is ErrUnknown; see Readable.
func each(dir string, do func(name string) bool) error {
	f, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return ErrUnknown
		}
		return err
	}
	defer f.Close()
	for seen := 0; seen < maxEntries; {
		names, err := f.Readdirnames(512)
		for _, name := range names {
			if !do(name) {
				return nil
			}
		}
		seen += len(names)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parseLink reads POD_NAMESPACE_CONTAINER-ID.log.
func parseLink(file string) (n Name, ok bool) {
	file = strings.TrimSuffix(file, ".log")
	parts := strings.Split(file, "_")
	if len(parts) != 3 {
		return n, false
	}
	i := strings.LastIndexByte(parts[2], '-')
	if i <= 0 || parts[0] == "" || parts[1] == "" {
		return n, false
	}
	return Name{Pod: parts[0], Namespace: parts[1], Container: parts[2][:i]}, true
}

// parsePodFolder reads NAMESPACE_POD_UID.
func parsePodFolder(folder string) (namespace, pod, uid string, ok bool) {
	parts := strings.Split(folder, "_")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || !isUID(parts[2]) {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// restartOf reads RESTARTS.log; rotated files carry more behind it. -1 where it is neither.
func restartOf(log string) int {
	digits, _, ok := strings.Cut(log, ".log")
	if !ok {
		return -1
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

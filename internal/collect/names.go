package collect

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// Names of files say two things: whether a file may be a log, which only decides
// when it is read, and whose log it is.

var (
	logName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?:\.log(?:\.|$)|^logs?(?:[._-]|$)|[._-]logs?(?:[._-]|$)|^(?:stdout|stderr|journal|dmesg|syslog|messages)\b)`)
	})
	textName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\.(?:txt|out|err)(?:\.gz)?$`)
	})
	// previousName ends the name of a log of the instance before.
	previousName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?:^|[._-])(?:previous|prev|last|terminated|p)$`)
	})
	// instance is a log file of the kubelet: RESTARTS.log, with what rotation added.
	instance = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d+)\.log(\..+)?$`)
	})
)

func namedAsLog(name string) bool { return logName().MatchString(path.Base(name)) }

func namedAsText(name string) bool { return textName().MatchString(name) }

// podIndex finds pods by the names that stand in paths.
type podIndex struct {
	byName map[string][]*facts.Pod
	spaces map[string]bool
	have   int
	// sick counts the containers whose logs matter.
	sick int
}

// add indexes the pods that are new since the last call.
func (x *podIndex) add(pods []*facts.Pod) {
	if x.byName == nil {
		x.byName, x.spaces = map[string][]*facts.Pod{}, map[string]bool{}
	}
	for _, p := range pods[x.have:] {
		x.byName[p.Name] = append(x.byName[p.Name], p)
		x.spaces[p.Namespace] = true
		if !well(p) {
			x.sick += max(1, len(p.Spec.Containers)+len(p.Spec.InitContainers))
		}
	}
	x.have = len(pods)
}

// well reports whether the logs of a pod can be left unread.
func well(p *facts.Pod) bool { return p.HasStatus && convert.PlainlyWell(p.Pod) }

func (x *podIndex) find(namespace, name string) *facts.Pod {
	for _, p := range x.byName[name] {
		if p.Namespace == namespace || namespace == "" && len(x.byName[name]) == 1 {
			return p
		}
	}
	return nil
}

// or looks up in more first, then in the index.
func (x *podIndex) or(more func(namespace, name string) *facts.Pod) func(namespace, name string) *facts.Pod {
	return func(namespace, name string) *facts.Pod {
		if p := more(namespace, name); p != nil {
			return p
		}
		return x.find(namespace, name)
	}
}

// wellLog reports whether a file lies in the folder of a pod that is well:
// NAMESPACE/POD/... of a dump.
func (x *podIndex) wellLog(name string) bool {
	dir := path.Dir(name)
	p := x.find(strings.Trim(path.Base(path.Dir(dir)), "."), path.Base(dir))
	return p != nil && well(p)
}

// layouts are the paths in which the writer is certain, without knowing the pods.
var layouts = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		// kubernetes pkg/kubelet/kuberuntime: /var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log
		regexp.MustCompile(`(?:^|/)(?P<ns>[a-z0-9-]+)_(?P<pod>[a-z0-9.-]+)_[0-9a-f-]{32,36}/(?P<container>[a-z0-9-]+)/\d+\.log`),
		// /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log
		regexp.MustCompile(`(?:^|/)(?P<pod>[a-z0-9.-]+)_(?P<ns>[a-z0-9-]+)_(?P<container>[a-z0-9-]+)-[0-9a-f]{64}\.log`),
		// openshift must-gather
		regexp.MustCompile(`(?:^|/)namespaces/(?P<ns>[a-z0-9-]+)/pods/(?P<pod>[a-z0-9.-]+)/(?P<container>[a-z0-9-]+)/[^/]+/logs/(?P<when>current|previous)`),
		// POD_CONTAINER.log and POD_CONTAINER_previous.log, where POD has a generated end
		regexp.MustCompile(`(?:^|/)(?P<pod>[a-z0-9][a-z0-9.-]*-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,2}))(?:_(?P<container>[a-z0-9-]+))??(?:[._-](?P<when>previous|prev))?(?:\.[a-z]+)*$`),
	}
})

// writer tells from a file's path who wrote it. known is false where the path
// does not say.
func (x *podIndex) writer(f file) (w writer, known bool) {
	if f.path == "" {
		return w, false
	}
	if w, ok := x.byPods(filepath.ToSlash(f.name)); ok {
		return w, true
	}
	full := f.path
	if abs, err := filepath.Abs(f.path); err == nil {
		full = abs
	}
	full = filepath.ToSlash(full)
	for _, re := range layouts() {
		m := re.FindStringSubmatch(full)
		if m == nil {
			continue
		}
		get := func(name string) string {
			if i := re.SubexpIndex(name); i >= 0 {
				return m[i]
			}
			return ""
		}
		return writer{get("ns"), get("pod"), get("container"), strings.HasPrefix(get("when"), "prev")}, true
	}
	return w, false
}

// byPods looks for the name of a known pod in the path below the given folder: as
// a folder, or as the beginning of the file's name.
func (x *podIndex) byPods(name string) (w writer, ok bool) {
	dir, base := path.Split(name)
	stem := stemOf(base)
	w.previous = previousName().MatchString(stem)
	stem = previousName().ReplaceAllString(stem, "")
	space := ""
	parts := strings.Split(strings.Trim(dir, "/"), "/")
	for i, part := range parts {
		if x.spaces[part] && part != "" {
			space = part
		}
		p := x.find(space, part)
		if p == nil {
			p = x.find("", part)
		}
		if p == nil {
			continue
		}
		w.namespace, w.pod = p.Namespace, p.Name
		w.container = containerIn(p, append(slices.Clone(parts[i+1:]), stem))
		return w, true
	}
	// POD, POD_CONTAINER, POD-CONTAINER, NAMESPACE_POD_CONTAINER.
	for _, from := range starts(stem) {
		for end := len(stem); end > from; end = strings.LastIndexAny(stem[:end], "._-") {
			p := x.find(space, stem[from:end])
			if p == nil {
				p = x.find("", stem[from:end])
			}
			if p != nil {
				w.namespace, w.pod = p.Namespace, p.Name
				w.container = containerIn(p, []string{strings.Trim(stem[end:], "._-")})
				return w, true
			}
		}
	}
	return writer{}, false
}

// starts are the places in a name where a pod's name may begin: the start, and
// behind each underscore.
func starts(stem string) []int {
	out := []int{0}
	for i := range len(stem) {
		if stem[i] == '_' && i+1 < len(stem) {
			out = append(out, i+1)
		}
	}
	return out[:min(len(out), 4)]
}

// stemOf cuts the endings off a file's name: what a log rotation or an archive
// adds, then the last one.
func stemOf(base string) string {
	for _, end := range []string{".gz", ".txt", ".log", ".out"} {
		base = strings.TrimSuffix(base, end)
	}
	return base
}

// containerIn returns the container of the pod that one of the names is, or ends
// with, or "".
func containerIn(p *facts.Pod, names []string) string {
	all := containerNames(p)
	for _, n := range names {
		for _, c := range all {
			if n == c || strings.HasSuffix(n, "-"+c) || strings.HasSuffix(n, "_"+c) || strings.HasSuffix(n, "."+c) {
				return c
			}
		}
	}
	return ""
}

func containerNames(p *facts.Pod) []string {
	var out []string
	for i := range p.Spec.InitContainers {
		out = append(out, p.Spec.InitContainers[i].Name)
	}
	for i := range p.Spec.Containers {
		out = append(out, p.Spec.Containers[i].Name)
	}
	for i := range p.Status.ContainerStatuses {
		out = append(out, p.Status.ContainerStatuses[i].Name)
	}
	return out
}

// laterFiles are the files that wait, without the kubelet's logs of instances
// before the last two, and without what rotation cut off.
func (c *collector) laterFiles() []file {
	newest := map[string]int{}
	number := func(f file) (dir string, n int, rotated, ok bool) {
		dir, base := path.Split(f.name)
		m := instance().FindStringSubmatch(base)
		if m == nil {
			return "", 0, false, false
		}
		n, err := strconv.Atoi(m[1])
		return dir, n, m[2] != "" && m[2] != ".gz", err == nil
	}
	for _, f := range c.later {
		if dir, n, rotated, ok := number(f); ok && !rotated {
			newest[dir] = max(newest[dir], n)
		}
	}
	out := c.later[:0]
	for _, f := range c.later {
		if dir, n, rotated, ok := number(f); ok && (rotated || n < newest[dir]-1) {
			continue
		} else if ok && n < newest[dir] {
			f.previous = true
		}
		out = append(out, f)
	}
	c.later = nil
	return out
}

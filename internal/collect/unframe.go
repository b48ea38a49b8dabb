package collect

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

var (
	// criLine is a line of the kubelet's log files
	// (kubernetes v1.36 cri-client/pkg/logs/logs.go parseCRILog).
	criLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) ([FP])(?::\S*)? ?`)
	})
	// prefixed is a line of `kubectl logs --prefix`.
	prefixed = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\[pod/([a-z0-9.-]+)/([a-z0-9-]+)\] ?`)
	})
)

// unframe takes the container runtime's frame off each line of a log file. A
// runtime splits long lines: the pieces are joined on the line of the first,
// and empty lines stand for the others, so that line numbers hold.
func unframe(text string) string {
	var strip func(line string) (rest string, partial, ok bool)
	switch first := firstLine(text); {
	case criLine().MatchString(first):
		strip = stripCRI
	case isDockerLine([]byte(first)):
		strip = stripDocker
	default:
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	owed := 0 // newlines of pieces that were joined
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		rest, partial, ok := strip(line)
		if !ok {
			rest, partial = line, false
		}
		b.WriteString(rest)
		if partial {
			owed++
			continue
		}
		b.WriteString(strings.Repeat("\n", owed+1))
		owed = 0
	}
	return b.String()
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}

func stripCRI(line string) (rest string, partial, ok bool) {
	m := criLine().FindStringSubmatchIndex(line)
	if m == nil {
		return "", false, false
	}
	return line[m[1]:], line[m[2]:m[3]] == "P", true
}

// stripDocker reads a line of Docker's json-file driver, whose last piece ends
// with a newline (moby daemon/logger/jsonfilelog).
func stripDocker(line string) (rest string, partial, ok bool) {
	var entry struct {
		Log string `json:"log"`
	}
	if !isDockerLine([]byte(line)) || json.Unmarshal([]byte(line), &entry) != nil {
		return "", false, false
	}
	rest, whole := strings.CutSuffix(entry.Log, "\n")
	return rest, !whole, true
}

// part is the text of one writer.
type part struct {
	of   writer
	text string
}

// maxWriters bounds how many writers of one text are told apart.
const maxWriters = 64

// unprefix takes apart what `kubectl logs --prefix` mixed. The lines of the
// others stay as empty lines, so that line numbers hold.
func unprefix(text string, of writer) []part {
	if !prefixed().MatchString(firstLine(text)) {
		return []part{{of, text}}
	}
	type mixed struct {
		b     strings.Builder
		lines int
	}
	texts := map[writer]*mixed{}
	var order []writer
	now, number := of, 0
	for line := range strings.Lines(text) {
		number++
		if m := prefixed().FindStringSubmatch(line); m != nil && (len(order) < maxWriters || texts[writer{of.namespace, m[1], m[2], of.previous}] != nil) {
			now = writer{of.namespace, m[1], m[2], of.previous}
			line = line[len(m[0]):]
		}
		t := texts[now]
		if t == nil {
			t = &mixed{}
			texts[now] = t
			order = append(order, now)
		}
		t.b.WriteString(strings.Repeat("\n", number-1-t.lines))
		t.b.WriteString(line)
		t.lines = number
	}
	out := make([]part, 0, len(order))
	for _, w := range order {
		out = append(out, part{w, texts[w].b.String()})
	}
	return out
}

var (
	// hostLine is a line of a node's journal by who wrote it.
	hostLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^|[ :])(?:(kubelet|containerd|dockerd|crio|cri-dockerd|k3s|rke2|systemd)(?:\[\d+\])?|(kernel)): `)
	})
	// kernelStamp begins the lines of dmesg.
	kernelStamp = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:<\d+>)?\[(?:\s*\d+\.\d{6}|[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ [\d:]+ \d{4})\] `)
	})
	// kubeletLine is a klog line of a source file that only the kubelet has.
	kubeletLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (?:kubelet\w*|kuberuntime_\w+|pod_workers|eviction_manager|remote_runtime|nestedpendingoperations|reconciler_common|prober|status_manager)\.go:\d+\]`)
	})
)

// hostOrigin tells the node's own logs from a container's by their first lines.
func hostOrigin(text string) facts.Origin {
	kubelet, kernel, lines := 0, 0, 0
	for line := range strings.Lines(text) {
		line = line[:min(len(line), 160)]
		if strings.TrimSpace(line) == "" {
			continue
		}
		if lines++; lines > 40 {
			break
		}
		m := hostLine().FindStringSubmatch(line)
		switch {
		case kernelStamp().MatchString(line), m != nil && m[2] != "":
			kernel++
		case m != nil, kubeletLine().MatchString(line):
			kubelet++
		}
	}
	switch {
	case (kubelet+kernel)*2 <= lines:
		return facts.FromContainer
	case kernel > kubelet:
		return facts.FromKernel
	}
	return facts.FromKubelet
}

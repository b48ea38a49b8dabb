//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/report"
)

// besidesDump are the kinds that `kubectl cluster-info dump` leaves out and a
// diagnosis may need. Secrets are not among them: their values are nobody's business.
var besidesDump = []string{"persistentvolumeclaims", "jobs", "cronjobs", "statefulsets", "endpointslices", "resourcequotas", "limitranges", "serviceaccounts", "networkpolicies", "configmaps"}

// dump writes what a user sends along: the cluster-info dump of the namespace,
// the lists it leaves out, and the logs of instances that ended.
func (l *lab) dump(ctx context.Context, ns, into string) error {
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	if _, err := l.kubectl(ctx, l.dir, "", "cluster-info", "dump", "--namespaces", ns, "--output-directory", into, "-o", "json"); err != nil {
		return err
	}
	for _, kind := range besidesDump {
		out, err := l.kubectl(ctx, l.dir, ns, "get", kind, "-o", "json", "--show-managed-fields")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(into, ns, kind+".json"), []byte(out), 0o644); err != nil {
			return err
		}
	}
	return l.previousLogs(ctx, ns, into)
}

func (l *lab) previousLogs(ctx context.Context, ns, into string) error {
	out, err := l.kubectl(ctx, l.dir, ns, "get", "pods", "-o",
		`jsonpath={range .items[*]}{.metadata.name}{range .status.containerStatuses[?(@.restartCount>0)]}{" "}{.name}{end}{range .status.initContainerStatuses[?(@.restartCount>0)]}{" "}{.name}{end}{"\n"}{end}`)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		w := strings.Fields(line)
		for _, container := range w[min(1, len(w)):] {
			text, err := l.kubectl(ctx, l.dir, ns, "logs", w[0], "-c", container, "--previous")
			if err != nil || text == "" {
				continue // the runtime has removed it meanwhile; the dump holds the newest log
			}
			file := filepath.Join(into, ns, w[0]+"_"+container+"_previous.log")
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bounds that keep a recording readable; a log's end is what counts.
const (
	maxLogLines = 120
	maxFile     = 256 << 10
)

// writeRecording turns a dump into a folder of recordings/: machine identities and
// image lists dropped, the end of long logs, credentials replaced.
func writeRecording(s *Scenario, dump string) error {
	into := filepath.Join("recordings", s.Name)
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	return filepath.WalkDir(dump, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dump, path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(path, catalog.Suffix): // redacted already
			return keepFile(filepath.Join(into, rel), b)
		case strings.HasSuffix(path, ".json"):
			b, err = slim(b)
		default:
			b = endOfLogs(b)
		}
		if err != nil || len(bytes.TrimSpace(b)) == 0 {
			return err
		}
		if len(b) > maxFile {
			return fmt.Errorf("%s is too large for a recording: %d bytes", rel, len(b))
		}
		return keepFile(filepath.Join(into, rel), []byte(report.Redact(string(b))))
	})
}

func keepFile(file string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}

// endOfLogs keeps the last lines of a log, and of each container's part of a
// dump's logs.txt, whose marks "==== START logs ..." and "==== END logs ..." stay.
func endOfLogs(b []byte) []byte {
	var out, part [][]byte
	for line := range bytes.Lines(b) {
		if !bytes.HasPrefix(line, []byte("==== ")) {
			part = append(part, line)
			continue
		}
		out = append(append(out, part[max(0, len(part)-maxLogLines):]...), line)
		part = nil
	}
	return bytes.Join(append(out, part[max(0, len(part)-maxLogLines):]...), nil)
}

// slim drops what no diagnosis reads and every machine has different.
func slim(b []byte) ([]byte, error) {
	var list map[string]any
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, err
	}
	items, _ := list["items"].([]any)
	for _, x := range items {
		o, _ := x.(map[string]any)
		if meta, ok := o["metadata"].(map[string]any); ok {
			slimManaged(meta)
			if notes, ok := meta["annotations"].(map[string]any); ok {
				delete(notes, "kubectl.kubernetes.io/last-applied-configuration")
			}
		}
		status, _ := o["status"].(map[string]any)
		delete(status, "images")
		info, _ := status["nodeInfo"].(map[string]any)
		for _, id := range []string{"machineID", "systemUUID", "bootID"} {
			if _, ok := info[id]; ok {
				info[id] = ""
			}
		}
	}
	return json.MarshalIndent(list, "", " ")
}

// slimManaged keeps of the managed fields who changed the object and when.
func slimManaged(meta map[string]any) {
	fields, _ := meta["managedFields"].([]any)
	for _, x := range fields {
		if f, ok := x.(map[string]any); ok {
			delete(f, "fieldsV1")
			delete(f, "fieldsType")
		}
	}
}

package paste

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/internal/facts"
)

// dump prints a snapshot for the eye: objects in order, fields by name, nothing
// that is empty.
func dump(s *facts.Snapshot) string {
	var b strings.Builder
	for _, p := range s.Pods {
		fmt.Fprintf(&b, "pod %s/%s line %d spec=%v status=%v\n", p.Namespace, p.Name, p.Source.Line, p.HasSpec, p.HasStatus)
		if r := p.Row; r != nil {
			fmt.Fprintf(&b, "  row: %d/%d %s restarts %d last %s age %s line %d\n",
				r.Ready, r.Total, r.Status, r.Restarts, age(r.LastRestart), age(r.Age), r.Source.Line)
		}
		if p.DeletionTimestamp != nil {
			fmt.Fprintf(&b, "  deleting at %s\n", p.DeletionTimestamp.UTC().Format(time.RFC3339))
		}
		object(&b, p.Pod, "  ")
	}
	for _, w := range s.Workloads {
		fmt.Fprintf(&b, "%s %s/%s line %d desired %d ready %d updated %d existing %d\n",
			w.Kind, w.Namespace, w.Name, w.Source.Line, w.Desired, w.Ready, w.Updated, w.Existing)
		v := map[string]any{"conditions": w.Conditions, "template": w.Template, "labels": w.Labels, "strategy": w.Strategy, "suspended": w.Suspended}
		if w.OwnerName != "" {
			v["owner"] = w.OwnerKind + "/" + w.OwnerName
		}
		if w.Revision != 0 {
			v["revision"] = w.Revision
		}
		object(&b, v, "  ")
	}
	for _, n := range s.Nodes {
		fmt.Fprintf(&b, "node %s line %d\n", n.Name, n.Source.Line)
		object(&b, n.Node, "  ")
	}
	for _, c := range s.Claims {
		fmt.Fprintf(&b, "claim %s/%s line %d\n", c.Namespace, c.Name, c.Source.Line)
		object(&b, c.PersistentVolumeClaim, "  ")
	}
	for _, v := range s.Volumes {
		fmt.Fprintf(&b, "volume %s\n", v.Name)
		object(&b, v, "  ")
	}
	for _, v := range s.Services {
		fmt.Fprintf(&b, "service %s/%s\n", v.Namespace, v.Name)
		object(&b, v.Spec, "  ")
	}
	for _, e := range s.Endpoints {
		fmt.Fprintf(&b, "endpoints %s/%s ready %d\n", e.Namespace, e.Service, e.Ready)
	}
	for _, c := range s.ConfigMaps {
		fmt.Fprintf(&b, "configmap %s/%s\n", c.Namespace, c.Name)
	}
	for _, c := range s.Secrets {
		fmt.Fprintf(&b, "secret %s/%s %v\n", c.Namespace, c.Name, c.Keys)
	}
	for _, o := range s.Objects {
		fmt.Fprintf(&b, "%s %s/%s %v\n", o.Kind, o.Namespace, o.Name, o.Fields)
	}
	for _, e := range s.Events {
		o := e.Object
		fmt.Fprintf(&b, "event line %d: %s %s/%s %s | %s %s | age %s first %s x%d | %s@%s | %q\n", e.Source.Line, o.Kind, o.Namespace, o.Name, o.FieldPath,
			e.Type, e.Reason, age(e.Age), age(e.FirstAge), e.Count, e.Component, e.Host, e.Message)
	}
	for _, l := range s.Logs {
		fmt.Fprintf(&b, "log %s/%s/%s previous=%v origin=%s line %d first %d\n",
			l.Namespace, l.Pod, l.Container, l.Previous, origins[l.Origin], l.Source.Line, l.FirstLine)
		if l.Err != "" {
			fmt.Fprintf(&b, "  error: %s\n", l.Err)
		}
		for t := range strings.Lines(l.Text) {
			t = strings.TrimSuffix(t, "\n")
			fmt.Fprintf(&b, "  | %s\n", t)
		}
	}
	for _, t := range s.Skipped {
		fmt.Fprintf(&b, "skipped: %s\n", t)
	}
	return b.String()
}

var origins = map[facts.Origin]string{
	facts.FromContainer: "container", facts.FromKubelet: "kubelet", facts.FromKernel: "kernel", facts.FromUnknown: "unknown",
}

func age(d time.Duration) string {
	if d < 0 {
		return "?"
	}
	return d.String()
}

// object prints what a value looks like in JSON, without what is empty.
func object(b *strings.Builder, v any, indent string) {
	data, err := json.Marshal(v)
	if err != nil {
		fmt.Fprintf(b, "%s%v\n", indent, err)
		return
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		fmt.Fprintf(b, "%s%v\n", indent, err)
		return
	}
	branch(b, prune(tree), indent)
}

func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x = prune(x); x == nil {
				delete(v, k)
			} else {
				v[k] = x
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = prune(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func branch(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if scalar(v[k]) {
				fmt.Fprintf(b, "%s%s: %s\n", indent, k, text(v[k]))
				continue
			}
			fmt.Fprintf(b, "%s%s:\n", indent, k)
			branch(b, v[k], indent+"  ")
		}
	case []any:
		for _, x := range v {
			if scalar(x) {
				fmt.Fprintf(b, "%s- %s\n", indent, text(x))
				continue
			}
			name := ""
			if m, ok := x.(map[string]any); ok {
				name, _ = m["name"].(string)
				delete(m, "name")
			}
			fmt.Fprintf(b, "%s- %s\n", indent, name)
			branch(b, x, indent+"    ")
		}
	}
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

func text(v any) string {
	if s, ok := v.(string); ok && strings.ContainsAny(s, "\n\"") {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}

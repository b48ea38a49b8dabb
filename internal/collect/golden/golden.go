// Package golden checks what collectors read against text that a person can
// review: it prints a snapshot in lines, and compares it with the "want" file of
// a txtar case. It is for tests of internal/collect and its parts only.
package golden

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

var update = flag.Bool("update", false, "write the want files anew")

// Run calls read for each case testdata/PATTERN and compares what it returns
// with the case's want file. It fails where there is no case.
func Run(t *testing.T, pattern string, read func(t *testing.T, files []txtar.File) string) {
	cases, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no case testdata/%s: %v", pattern, err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				t.Fatalf("%s has no want file", name)
			}
			got := []byte(read(t, slices.Delete(slices.Clone(a.Files), i, i+1)))
			if *update {
				a.Files[i].Data = got
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got, a.Files[i].Data) {
				t.Errorf("got:\n%swant:\n%s", got, a.Files[i].Data)
			}
		})
	}
}

// Text prints a snapshot, one line a fact, in its order.
func Text(s *facts.Snapshot) string {
	p := &printer{}
	if s.ServerVersion != "" {
		p.line(0, "version %s", s.ServerVersion)
	}
	for _, x := range s.Pods {
		p.pod(x)
	}
	for _, w := range s.Workloads {
		p.workload(w)
	}
	for _, e := range s.Events {
		p.event(e)
	}
	for _, n := range s.Nodes {
		p.line(0, "node %s kubelet=%s ready=%s%s", n.Name, n.Status.NodeInfo.KubeletVersion, ready(n.Node), at(n.Source))
	}
	for _, c := range s.Claims {
		p.line(0, "claim %s/%s %s volume=%s%s", c.Namespace, c.Name, c.Status.Phase, c.Spec.VolumeName, at(c.Source))
	}
	for _, v := range s.Volumes {
		p.line(0, "volume %s %s", v.Name, v.Status.Phase)
	}
	for _, v := range s.Services {
		p.line(0, "service %s/%s ip=%s selector=%v", v.Namespace, v.Name, v.Spec.ClusterIP, v.Spec.Selector)
	}
	for _, e := range s.Endpoints {
		p.line(0, "endpoints %s/%s ready=%d notReady=%d", e.Namespace, e.Service, e.Ready, e.NotReady)
	}
	p.keyed("configmap", s.ConfigMaps)
	p.keyed("secret", s.Secrets)
	for _, o := range s.Objects {
		p.line(0, "object %s %s/%s %v%s", o.Kind, o.Namespace, o.Name, o.Fields, at(o.Source))
		p.conditions(o.Conditions)
	}
	for _, l := range s.Logs {
		p.log(l)
	}
	var listed []string
	for k := range s.Listed {
		listed = append(listed, k.Kind+"/"+k.Namespace)
	}
	slices.Sort(listed)
	if len(listed) > 0 {
		p.line(0, "complete %s", strings.Join(listed, " "))
	}
	for _, k := range s.Skipped {
		p.line(0, "skipped %s", k)
	}
	return p.String()
}

type printer struct{ strings.Builder }

func (p *printer) line(indent int, format string, args ...any) {
	p.WriteString(strings.Repeat("  ", indent))
	// One fact is one line, and a line has no blanks at its end.
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", `\n`)
	p.WriteString(strings.TrimRight(text, " ") + "\n")
}

func at(s facts.Source) string { return fmt.Sprintf(" @%s:%d", s.Input, s.Line) }

func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func ready(n *corev1.Node) corev1.ConditionStatus {
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status
		}
	}
	return "?"
}

func (p *printer) pod(x *facts.Pod) {
	p.line(0, "pod %s/%s uid=%s node=%s phase=%s reason=%s spec=%t status=%t created=%s%s", x.Namespace, x.Name, x.UID, x.Spec.NodeName, x.Status.Phase, x.Status.Reason,
		x.HasSpec, x.HasStatus, when(x.CreationTimestamp.Time), at(x.Source))
	if len(x.Labels)+len(x.Annotations) > 0 {
		p.line(1, "labels=%v annotations=%v", x.Labels, x.Annotations)
	}
	for _, o := range x.OwnerReferences {
		p.line(1, "owner %s/%s", o.Kind, o.Name)
	}
	for _, c := range x.Spec.InitContainers {
		p.container("init", &c)
	}
	for _, c := range x.Spec.Containers {
		p.container("container", &c)
	}
	for _, v := range x.Spec.Volumes {
		p.line(1, "volume %s", v.Name)
	}
	for _, c := range x.Status.Conditions {
		p.line(1, "condition %s=%s %s %s", c.Type, c.Status, c.Reason, c.Message)
	}
	for _, c := range x.Status.InitContainerStatuses {
		p.state("init-status", &c)
	}
	for _, c := range x.Status.ContainerStatuses {
		p.state("status", &c)
	}
	if x.Row != nil {
		p.line(1, "row %s", x.Row.Text)
	}
}

func (p *printer) container(what string, c *corev1.Container) {
	p.line(1, "%s %s image=%s command=%q args=%q", what, c.Name, c.Image, c.Command, c.Args)
	for _, e := range c.Env {
		p.line(2, "env %s=%q", e.Name, e.Value)
	}
	for _, q := range []struct {
		name string
		list corev1.ResourceList
	}{{"requests", c.Resources.Requests}, {"limits", c.Resources.Limits}} {
		if len(q.list) > 0 {
			p.line(2, "%s cpu=%s memory=%s", q.name, q.list.Cpu(), q.list.Memory())
		}
	}
	for _, port := range c.Ports {
		p.line(2, "port %d", port.ContainerPort)
	}
	if c.LivenessProbe != nil {
		p.line(2, "liveness period=%d", c.LivenessProbe.PeriodSeconds)
	}
}

func (p *printer) state(what string, c *corev1.ContainerStatus) {
	p.line(1, "%s %s ready=%t restarts=%d", what, c.Name, c.Ready, c.RestartCount)
	for _, s := range []struct {
		name  string
		state corev1.ContainerState
	}{{"state", c.State}, {"last", c.LastTerminationState}} {
		if w := s.state.Waiting; w != nil {
			p.line(2, "%s waiting %s %s", s.name, w.Reason, w.Message)
		}
		if r := s.state.Running; r != nil {
			p.line(2, "%s running since %s", s.name, when(r.StartedAt.Time))
		}
		if t := s.state.Terminated; t != nil {
			p.line(2, "%s terminated %d %s %s at %s", s.name, t.ExitCode, t.Reason, t.Message, when(t.FinishedAt.Time))
		}
	}
}

func (p *printer) workload(w *facts.Workload) {
	p.line(0, "%s %s/%s desired=%d ready=%d updated=%d existing=%d revision=%d strategy=%s suspended=%t paused=%t created=%s%s", w.Kind, w.Namespace, w.Name,
		w.Desired, w.Ready, w.Updated, w.Existing, w.Revision, w.Strategy, w.Suspended, w.Paused, when(w.Created), at(w.Source))
	if w.OwnerName != "" {
		p.line(1, "owner %s/%s", w.OwnerKind, w.OwnerName)
	}
	if w.Template != nil {
		for _, c := range w.Template.Spec.Containers {
			p.container("container", &c)
		}
	}
	p.conditions(w.Conditions)
}

func (p *printer) conditions(list []facts.Condition) {
	for _, c := range list {
		p.line(1, "condition %s=%s %s %s since %s", c.Type, c.Status, c.Reason, c.Message, when(c.Since))
	}
}

func (p *printer) event(e *facts.Event) {
	p.line(0, "event %s/%s/%s%s %s %s x%d by %s@%s first=%s last=%s%s", e.Object.Kind, e.Object.Namespace, e.Object.Name, bracket(e.Object.FieldPath),
		e.Type, e.Reason, e.Count, e.Component, e.Host, when(e.First), when(e.Last), at(e.Source))
	p.line(1, "%s", e.Message)
}

func bracket(s string) string {
	if s == "" {
		return ""
	}
	return "[" + s + "]"
}

func (p *printer) keyed(what string, list []*facts.KeyedObject) {
	for _, k := range list {
		p.line(0, "%s %s/%s keys=%v created=%s changed=%s", what, k.Namespace, k.Name, k.Keys, when(k.Created), when(k.Changed))
	}
}

func (p *printer) log(l *facts.Log) {
	origin := [...]string{"container", "kubelet", "kernel", "unknown"}[l.Origin]
	p.line(0, "log %s/%s/%s previous=%t origin=%s from line %d err=%q%s", l.Namespace, l.Pod, l.Container, l.Previous, origin, l.FirstLine, l.Err, at(l.Source))
	for line := range strings.Lines(l.Text) {
		p.line(1, "| %s", strings.TrimSuffix(line, "\n"))
	}
}

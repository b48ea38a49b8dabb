package diagnose

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// ContainerOf names a container for a sentence: `container "app"`.
func ContainerOf(c *facts.Container) string {
	if c == nil || c.Name == "" {
		return "the container"
	}
	if c.Local {
		return fmt.Sprintf("process %q", c.Name)
	}
	return fmt.Sprintf("%s %q", c.Class, c.Name)
}

// MemoryLimit returns the container's memory limit. known is false where the
// spec is not at hand; an empty limit that is known means that there is none.
func MemoryLimit(c *facts.Container) (limit string, known bool) {
	if c.Status != nil && c.Status.Resources != nil {
		if q, ok := c.Status.Resources.Limits[corev1.ResourceMemory]; ok {
			return q.String(), true
		}
	}
	if c.Spec == nil {
		return "", false
	}
	q, ok := c.Spec.Resources.Limits[corev1.ResourceMemory]
	if !ok {
		return "", !cutShort(c.Spec)
	}
	return q.String(), true
}

// cutShort reports whether a spec may come from a description that ends above the
// limits: it has nothing of what `kubectl describe` prints below them (requests,
// probes, environment, mounts), and not the path that the API server always sets.
func cutShort(c *corev1.Container) bool {
	return c.TerminationMessagePath == "" && len(c.Resources.Requests)+len(c.Resources.Limits)+len(c.Env)+len(c.EnvFrom)+len(c.VolumeMounts) == 0 &&
		c.LivenessProbe == nil && c.ReadinessProbe == nil && c.StartupProbe == nil
}

// kubectl starts a command line for the subject's namespace; "" where there is no cluster.
func (p *Pass) kubectl(verb string, args ...string) string {
	if p.Pod != nil && p.Pod.Local {
		return ""
	}
	ns := ""
	if p.Subject.Namespace != "" {
		ns = " -n " + Word(p.Subject.Namespace, "NAMESPACE")
	}
	return strings.TrimSpace("kubectl " + verb + ns + " " + strings.Join(args, " "))
}

// target is the object to change for the pod: its topmost owner, else itself.
func (p *Pass) target() string {
	if kind, name, ok := strings.Cut(p.Subject.Workload, "/"); ok && kind != "Container" {
		return strings.ToLower(kind) + "/" + name
	}
	name := p.Subject.Name
	switch {
	case p.Subject.Kind == "Log", p.Subject.Kind == "Container", p.Subject.Kind == "Process":
		return "pod/POD" // the subject is named after its file, or after what a recording shows
	case name == "":
		name = "NAME"
	}
	return strings.ToLower(p.Subject.Kind) + "/" + name
}

// pod is "pod/NAME" of the subject.
func (p *Pass) pod() string {
	if p.Subject.Kind != "Pod" || p.Subject.Name == "" {
		return "pod/POD"
	}
	return "pod/" + Word(p.Subject.Name, "POD")
}

// EditCommand opens the subject's workload in an editor.
func (p *Pass) EditCommand() string { return p.kubectl("edit", p.target()) }

// DescribeCommand shows the subject.
func (p *Pass) DescribeCommand() string {
	if p.Subject.Kind != "Pod" && p.Subject.Kind != "Log" {
		return p.kubectl("describe", p.target())
	}
	return p.kubectl("describe", p.pod())
}

// LogsCommand shows a container's log.
func (p *Pass) LogsCommand(c *facts.Container, previous bool) string {
	args := []string{strings.TrimPrefix(p.pod(), "pod/")}
	if c != nil && c.Name != "" {
		args = append(args, "-c", Word(c.Name, "CONTAINER"))
	}
	if previous {
		args = append(args, "--previous")
	}
	return p.kubectl("logs", args...)
}

// CapturesCommand diagnoses the subject with what the flight recorders of its cluster kept; ""
// where there is no cluster.
func (p *Pass) CapturesCommand() string {
	rest, ok := strings.CutPrefix(p.kubectl("diagnose", p.pod(), "--recorders", catalog.RecorderNamespace), "kubectl ")
	if !ok {
		return ""
	}
	return "unloop " + rest
}

// RestartCommand replaces the subject's pods.
func (p *Pass) RestartCommand() string {
	switch kind, _, _ := strings.Cut(p.target(), "/"); kind {
	case "deployment", "statefulset", "daemonset":
		return p.kubectl("rollout", "restart", p.target())
	}
	return p.kubectl("delete", p.pod())
}

// UndoCommand rolls the subject's workload back; "" where there is no history.
func (p *Pass) UndoCommand() string {
	switch kind, _, _ := strings.Cut(p.target(), "/"); kind {
	case "deployment", "statefulset", "daemonset":
		return p.kubectl("rollout undo", p.target())
	}
	return ""
}

// SetMemoryCommand doubles the memory limit: a start, not a sizing.
func (p *Pass) SetMemoryCommand(c *facts.Container, limit string) string {
	switch kind, _, _ := strings.Cut(p.target(), "/"); kind {
	case "deployment", "statefulset", "daemonset", "replicaset", "replicationcontroller":
	default:
		return p.EditCommand()
	}
	q, err := resource.ParseQuantity(limit)
	if err != nil || q.Value() <= 0 || q.Value() > 1<<50 {
		return p.EditCommand()
	}
	double := resource.NewQuantity(q.Value()*2, resource.BinarySI)
	return p.kubectl("set resources", p.target(), "-c", Word(c.Name, "CONTAINER"), "--limits=memory="+double.String())
}

// RowEvidence points at the line of a `kubectl get pods` table.
func (p *Pass) RowEvidence() unloop.Evidence {
	r := p.Pod.Row
	text := r.Text
	if text == "" {
		text = fmt.Sprintf("%s %d/%d %s", p.Pod.Name, r.Ready, r.Total, r.Status)
	}
	return unloop.Evidence{Kind: "row", Ref: "pods/" + p.Pod.Name, Text: cut(text), Source: source(r.Source)}
}

// LogEvidence points at a line of a log that no signature matched.
func (p *Pass) LogEvidence(c *facts.Container, l *facts.Log, line int, text string) unloop.Evidence {
	which := "current"
	if l.Previous {
		which = "previous"
	}
	return unloop.Evidence{
		Kind: "log", Ref: fmt.Sprintf("logs/%s/%s:%d", c.Name, which, line), Text: cut(text),
		Source: source(facts.Source{Input: l.Source.Input, Line: lineIn(l, line)}),
	}
}

// LastLineEvidence points at the last line of a log.
func (p *Pass) LastLineEvidence(c *facts.Container, l *facts.Log) unloop.Evidence {
	lines := strings.Split(strings.TrimRight(l.Text, "\n \t"), "\n")
	return p.LogEvidence(c, l, max(l.FirstLine, 1)+len(lines)-1, lines[len(lines)-1])
}

var oomElsewhere = Re(`CONSTRAINT_NONE|global_oom|oom_memcg=/?(?:kubepods(?:\.slice)?)(?:,|\s|$)|^Out of memory: Kill|System OOM encountered`)

// OOMElsewhere returns the fact, if there is one, which says that memory ran out
// somewhere else than at the container's own limit: on the node, or for all pods.
func (p *Pass) OOMElsewhere(*facts.Container) *unloop.Evidence {
	for _, m := range p.Find(NodeText|HostText, oomElsewhere) {
		e := m.Evidence()
		return &e
	}
	return nil
}

// ImageOf returns the image a pull text is about: the container's own where that
// is known, else what the pattern finds in the text.
func ImageOf(m Match, pullOf Pattern) string {
	if c := m.Container; c != nil && c.Spec != nil && c.Spec.Image != "" {
		return c.Spec.Image
	}
	if c := m.Container; c != nil && c.Status != nil && c.Status.Image != "" {
		return c.Status.Image
	}
	if names, ok := pullOf.Find(m.Body); ok {
		return names["image"]
	}
	for _, n := range []string{"image", "image2", "ref", "tag"} {
		if v := m.Names[n]; v != "" {
			return v
		}
	}
	return "of the pod"
}

// SetImageCommand sets another image.
func (p *Pass) SetImageCommand(c *facts.Container) string {
	name := "CONTAINER"
	if c != nil && c.Name != "" {
		name = c.Name
	}
	return p.kubectl("set image", p.target(), Word(name, "CONTAINER")+"=IMAGE")
}

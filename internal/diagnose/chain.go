package diagnose

import (
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose/know"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// chain leads from what the user sees to the root: the pod's status word, the
// end of the container, what folded findings say, the rule's own links, and the
// summary.
func (p *Pass) chain(r *found) []unloop.Message {
	var out []unloop.Message
	add := func(m unloop.Message) {
		if s := m.String(); s != "" && (len(out) == 0 || out[len(out)-1].String() != s) {
			out = append(out, m)
		}
	}
	if p.State.Word != "" {
		add(unloop.Msg("%s", p.State.Word))
	}
	c := r.Container
	for _, b := range r.folded {
		if c == nil {
			c = b.Container
		}
	}
	if c != nil {
		if t, _ := c.Exit(); t != nil && !wroteByRuntime(t) {
			add(exitLink(c, t, len(p.Containers) > 1))
		}
	}
	for i := len(r.folded) - 1; i >= 0; i-- {
		if b := r.folded[i]; b.weight() > LastResort || b.Container != r.Container {
			add(b.Summary)
		}
	}
	for _, m := range r.Chain {
		add(m)
	}
	add(r.Summary)
	return out
}

func exitLink(c *facts.Container, t *corev1.ContainerStateTerminated, name bool) unloop.Message {
	who := ""
	if name {
		who = c.Class.String() + " " + c.Name + ": "
	}
	info := ExitInfo(c, t)
	switch {
	case t.Reason == "OOMKilled":
		return unloop.Msg("%sexit %d, OOMKilled", who, t.ExitCode)
	case info.Signal != "":
		return unloop.Msg("%sexit %d (%s)", who, t.ExitCode, info.Signal)
	}
	return unloop.Msg("%sexit %d", who, t.ExitCode)
}

// ExitInfo explains a container's end: the number with its reason and the
// program that the image or command names.
func ExitInfo(c *facts.Container, t *corev1.ContainerStateTerminated) know.ExitInfo {
	program := ""
	switch {
	case c.Spec != nil && len(c.Spec.Command) > 0:
		program = c.Spec.Command[0]
	case c.Spec != nil:
		program = c.Spec.Image
	case c.Status != nil:
		program = c.Status.Image
	}
	return know.Exit(t.ExitCode, know.ExitOptions{Reason: t.Reason, Program: program})
}

// ExitEvidence points at how a container ended.
func (p *Pass) ExitEvidence(c *facts.Container, t *corev1.ContainerStateTerminated, where string) unloop.Evidence {
	var b strings.Builder
	fmt.Fprintf(&b, "exit code %d", t.ExitCode)
	if t.Reason != "" {
		fmt.Fprintf(&b, ", reason %s", t.Reason)
	}
	if !t.StartedAt.IsZero() && t.StartedAt.Unix() > 0 && !t.FinishedAt.IsZero() {
		fmt.Fprintf(&b, ", after %s", t.FinishedAt.Sub(t.StartedAt.Time).Round(1e9))
	}
	if d := c.Death; d != nil && c.Recorded {
		return unloop.Evidence{Kind: "capture", Ref: fmt.Sprintf("capture/%d procexit", d.Event), Text: endText(d), Source: d.Source.Input}
	}
	src := facts.Source{}
	if p.Pod != nil {
		src = p.Pod.Source
	}
	return unloop.Evidence{Kind: "status", Ref: "containers/" + c.Name + "." + where, Text: b.String(), Source: src.Input}
}

// SpecEvidence points at a part of the pod's spec.
func (p *Pass) SpecEvidence(path, format string, args ...any) unloop.Evidence {
	src := ""
	if p.Pod != nil {
		src = p.Pod.Source.Input
	}
	return unloop.Evidence{Kind: "spec", Ref: path, Text: fmt.Sprintf(format, args...), Source: src}
}

// StatusEvidence points at a part of the pod's status.
func (p *Pass) StatusEvidence(path, format string, args ...any) unloop.Evidence {
	e := p.SpecEvidence(path, format, args...)
	e.Kind = "status"
	return e
}

// ObjectEvidence points at another object, or at its absence.
func (p *Pass) ObjectEvidence(ref, format string, args ...any) unloop.Evidence {
	return unloop.Evidence{Kind: "object", Ref: ref, Text: fmt.Sprintf(format, args...)}
}

// EventEvidence points at an event.
func (p *Pass) EventEvidence(e *facts.Event) unloop.Evidence {
	return eventText(p, e, 0).Evidence()
}

// containerStates fills the part of the answer that holds whatever the cause is.
func containerStates(f *facts.Facts) []unloop.Container {
	out := []unloop.Container{}
	for _, c := range f.Containers {
		if c.Status == nil {
			continue
		}
		uc := unloop.Container{Name: c.Name, Restarts: c.Restarts(), RestartsUnknown: c.Recorded && !c.Local}
		if t, _ := c.Exit(); t != nil {
			info := ExitInfo(c, t)
			uc.LastExit = &unloop.Exit{Code: t.ExitCode, Signal: info.Signal, Reason: t.Reason, Meaning: info.Meaning}
			if !t.FinishedAt.IsZero() && t.FinishedAt.Unix() > 0 {
				at := t.FinishedAt.UTC()
				uc.LastExit.FinishedAt = &at
			}
		}
		uc.NextRestart = nextRestart(f, c)
		out = append(out, uc)
	}
	return out
}

package facts

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
)

// containersOf lists the pod's containers from spec and status together, so that
// either half alone is enough.
func containersOf(p *Pod) []*Container {
	var out []*Container
	find := func(name string, init bool) *Container {
		for _, c := range out {
			if c.Name == name && (c.Class == Init || c.Class == Sidecar) == init {
				return c
			}
		}
		return nil
	}
	add := func(name string, class Class, i int) *Container {
		init := class == Init || class == Sidecar
		if c := find(name, init); c != nil {
			return c
		}
		c := &Container{Name: name, Class: class, Index: i, Local: p.Local}
		out = append(out, c)
		return c
	}
	for i := range p.Spec.InitContainers {
		s := &p.Spec.InitContainers[i]
		class := Init
		if s.RestartPolicy != nil && *s.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			class = Sidecar
		}
		add(s.Name, class, i).Spec = s
	}
	for i := range p.Status.InitContainerStatuses {
		s := &p.Status.InitContainerStatuses[i]
		add(s.Name, Init, i).Status = s
	}
	for i := range p.Spec.Containers {
		add(p.Spec.Containers[i].Name, App, i).Spec = &p.Spec.Containers[i]
	}
	for i := range p.Status.ContainerStatuses {
		s := &p.Status.ContainerStatuses[i]
		add(s.Name, App, i).Status = s
	}
	for i := range p.Spec.EphemeralContainers {
		s := corev1.Container(p.Spec.EphemeralContainers[i].EphemeralContainerCommon)
		add(s.Name, Ephemeral, i).Spec = &s
	}
	for i := range p.Status.EphemeralContainerStatuses {
		s := &p.Status.EphemeralContainerStatuses[i]
		add(s.Name, Ephemeral, i).Status = s
	}
	return out
}

// implied lists containers that only events and logs speak of, where neither spec
// nor status is known. Where nothing names one, there is one without a name: every
// pod has a container.
func implied(f *Facts) []*Container {
	var out []*Container
	add := func(name string, class Class) {
		for _, c := range out {
			if c.Name == name {
				return
			}
		}
		out = append(out, &Container{Name: name, Class: class, Index: len(out)})
	}
	for _, e := range f.Events {
		if name := e.Container(); name != "" {
			add(name, e.containerClass())
			continue
		}
		for _, m := range containerTexts().FindAllStringSubmatch(e.Message, 4) {
			for _, name := range m[1:] {
				// Docker-era texts go on with words: "Created container with id 0a1b".
				if name = strings.TrimRight(name, "."); name != "" && name != "with" {
					add(name, App)
				}
			}
		}
	}
	for _, l := range f.Logs {
		if l.Container != "" {
			add(l.Container, App)
		}
	}
	if len(out) == 0 {
		add("", App)
	}
	return out
}

// attach hands events and logs to the containers they are about.
func attach(f *Facts) {
	if len(f.Containers) == 0 && (len(f.Events) > 0 || len(f.Logs) > 0) {
		f.Containers = implied(f)
	}
	for _, c := range f.Containers {
		c.Events = nil
	}
	for _, e := range f.Events {
		name := e.Container()
		if name == "" {
			name = mentionedContainer(f, e)
		}
		for _, c := range f.Containers {
			if c.Name == name || name == "" && len(f.Containers) == 1 {
				c.Events = append(c.Events, e)
			}
		}
	}
	for _, l := range f.Logs {
		c := f.Container(l.Container)
		if c == nil {
			c = soleFailing(f)
		}
		if c == nil {
			continue
		}
		if l.Previous {
			c.Previous = longer(c.Previous, l)
		} else {
			c.Current = longer(c.Current, l)
		}
	}
}

func longer(a, b *Log) *Log {
	if a == nil || !a.HasText() || len(b.Text) > len(a.Text) {
		return b
	}
	return a
}

// soleFailing returns the container a log without a name belongs to: the only
// one, or the only one that ended or waits.
func soleFailing(f *Facts) *Container {
	if len(f.Containers) == 1 {
		return f.Containers[0]
	}
	var bad []*Container
	for _, c := range f.Containers {
		exit, _ := c.Exit()
		if w := c.Waiting(); w != nil && w.Reason != "PodInitializing" && w.Reason != "ContainerCreating" || exit != nil && (exit.ExitCode != 0 || c.Class == App) {
			bad = append(bad, c)
		}
	}
	if len(bad) == 1 {
		return bad[0]
	}
	if i := slices.IndexFunc(f.Containers, func(c *Container) bool { return c.Class == App }); i >= 0 && len(bad) == 0 {
		return f.Containers[i]
	}
	return nil
}

var fieldPath = regexp.MustCompile(`^spec\.(containers|initContainers|ephemeralContainers)\{([^}]+)\}`)

// Container returns the container that the event's field path names, or "".
// Field paths are lower-cased in some pastes.
func (e *Event) Container() string {
	if m := fieldPath.FindStringSubmatch(e.Object.FieldPath); m != nil {
		return m[2]
	}
	if i := strings.IndexByte(e.Object.FieldPath, '{'); i > 0 && strings.HasSuffix(e.Object.FieldPath, "}") {
		return e.Object.FieldPath[i+1 : len(e.Object.FieldPath)-1]
	}
	return ""
}

func (e *Event) containerClass() Class {
	if strings.HasPrefix(strings.ToLower(e.Object.FieldPath), "spec.initcontainers") {
		return Init
	}
	return App
}

// containerTexts are the kubelet's event texts that name the container, release
// by release (kubernetes 1.2 to 1.34; from 1.35 only the field path does).
var containerTexts = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:` +
		`^(?:Init )?Container "?([a-z0-9.-]+)"? (?:failed|definition|resize)` +
		`|^(?:Created|Started) container:? "?([a-z0-9.-]+)"?` +
		`|^Stopping container "?([a-z0-9.-]+)"?` +
		`|restarting failed container[= ]"?([a-z0-9.-]+)"?` +
		`|^Error: failed to start container "?([a-z0-9.-]+)"?` +
		`|://([a-z0-9.-]+):Container failed` +
		`|of container "([a-z0-9.-]+)"` +
		`|for Container "([a-z0-9.-]+)"` +
		`|, container: ([a-z0-9.-]+)\)` +
		`)`)
})

// mentionedContainer finds the container of an event by its text: a name the
// kubelet wrote, or an image that one container alone has.
func mentionedContainer(f *Facts, e *Event) string {
	for _, m := range containerTexts().FindAllStringSubmatch(e.Message, 4) {
		for _, name := range m[1:] {
			if name != "" && f.Container(strings.TrimRight(name, ".")) != nil {
				return strings.TrimRight(name, ".")
			}
		}
	}
	found := ""
	for _, c := range f.Containers {
		image := ""
		if c.Spec != nil {
			image = c.Spec.Image
		} else if c.Status != nil {
			image = c.Status.Image
		}
		if image != "" && strings.Contains(e.Message, `"`+image+`"`) {
			if found != "" && found != c.Name {
				return ""
			}
			found = c.Name
		}
	}
	if found != "" {
		return found
	}
	return probedContainer(f, e)
}

// probedContainer finds the one container that has the probe a message is about.
func probedContainer(f *Facts, e *Event) string {
	if e.Reason != "Unhealthy" && e.Reason != "ProbeWarning" {
		return ""
	}
	found := ""
	for _, c := range f.Containers {
		if c.Spec == nil {
			continue
		}
		var probe *corev1.Probe
		switch {
		case strings.HasPrefix(e.Message, "Liveness"):
			probe = c.Spec.LivenessProbe
		case strings.HasPrefix(e.Message, "Readiness"):
			probe = c.Spec.ReadinessProbe
		case strings.HasPrefix(e.Message, "Startup"):
			probe = c.Spec.StartupProbe
		}
		if probe == nil {
			continue
		}
		if found != "" {
			return ""
		}
		found = c.Name
	}
	return found
}

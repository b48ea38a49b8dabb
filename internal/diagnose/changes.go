package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// Rollout is the change of template that a trouble may have come with.
type Rollout struct {
	// New is the subject's own revision, the newest; Old the one before it.
	New, Old *facts.Revision
	// OldWell: pods of the old revision are known to run well.
	OldWell bool
	Changes []string
}

// Rollout returns the change that made the subject's revision; nil where the
// subject is not of the newest revision, or the one before is not known.
func (p *Pass) Rollout() *Rollout {
	if p.rollout != nil || len(p.Revisions) < 2 || !p.Revisions[0].Mine {
		return p.rollout
	}
	r := &Rollout{New: p.Revisions[0], Old: p.Revisions[1]}
	r.OldWell = r.Old.Ready > 0
	r.Changes = Changes(r.Old.Template, r.New.Template)
	if len(r.Changes) > 0 {
		p.rollout = r
	}
	return p.rollout
}

// Changes says in words what differs between two pod templates, as far as it can
// matter to a container's life. Values of environment variables are not shown:
// they may be credentials.
func Changes(from, to *corev1.PodTemplateSpec) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, c := range allContainers(&to.Spec) {
		old := findContainer(&from.Spec, c.Name)
		if old == nil {
			add("container %s is new", c.Name)
			continue
		}
		out = append(out, containerChanges(old, c)...)
	}
	for _, c := range allContainers(&from.Spec) {
		if findContainer(&to.Spec, c.Name) == nil {
			add("container %s is gone", c.Name)
		}
	}
	for _, v := range to.Spec.Volumes {
		i := slices.IndexFunc(from.Spec.Volumes, func(o corev1.Volume) bool { return o.Name == v.Name })
		switch {
		case i < 0:
			add("volume %s is new (%s)", v.Name, volumeWords(&v))
		case !equality.Semantic.DeepEqual(from.Spec.Volumes[i], v):
			add("volume %s: %s -> %s", v.Name, volumeWords(&from.Spec.Volumes[i]), volumeWords(&v))
		}
	}
	for _, v := range from.Spec.Volumes {
		if !slices.ContainsFunc(to.Spec.Volumes, func(o corev1.Volume) bool { return o.Name == v.Name }) {
			add("volume %s is gone", v.Name)
		}
	}
	if a, b := from.Spec.ServiceAccountName, to.Spec.ServiceAccountName; a != b {
		add("service account: %s -> %s", orNone(a), orNone(b))
	}
	if !equality.Semantic.DeepEqual(from.Spec.SecurityContext, to.Spec.SecurityContext) {
		add("the pod's security context")
	}
	if !equality.Semantic.DeepEqual(from.Spec.NodeSelector, to.Spec.NodeSelector) || !equality.Semantic.DeepEqual(from.Spec.Affinity, to.Spec.Affinity) {
		add("node selector or affinity")
	}
	return out
}

func containerChanges(a, b *corev1.Container) []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, b.Name+": "+fmt.Sprintf(format, args...)) }
	if a.Image != b.Image {
		add("image %s -> %s", a.Image, b.Image)
	}
	if !slices.Equal(a.Command, b.Command) {
		add("command %q -> %q", a.Command, b.Command)
	}
	if !slices.Equal(a.Args, b.Args) {
		add("args %q -> %q", a.Args, b.Args)
	}
	if gone, fresh, changed := envChanges(a.Env, b.Env); len(gone)+len(fresh)+len(changed) > 0 {
		var parts []string
		for _, x := range []struct {
			word  string
			names []string
		}{{"removed", gone}, {"added", fresh}, {"changed", changed}} {
			if len(x.names) > 0 {
				parts = append(parts, x.word+" "+strings.Join(x.names, ", "))
			}
		}
		add("env %s", strings.Join(parts, "; "))
	}
	if !equality.Semantic.DeepEqual(a.EnvFrom, b.EnvFrom) {
		add("envFrom")
	}
	for _, p := range []struct {
		name string
		a, b *corev1.Probe
	}{{"liveness probe", a.LivenessProbe, b.LivenessProbe}, {"readiness probe", a.ReadinessProbe, b.ReadinessProbe}, {"startup probe", a.StartupProbe, b.StartupProbe}} {
		switch {
		case p.a == nil && p.b != nil:
			add("%s added", p.name)
		case p.a != nil && p.b == nil:
			add("%s removed", p.name)
		case !equality.Semantic.DeepEqual(p.a, p.b):
			add("%s changed", p.name)
		}
	}
	out = append(out, resourceChanges(b.Name, "limit", a.Resources.Limits, b.Resources.Limits)...)
	out = append(out, resourceChanges(b.Name, "request", a.Resources.Requests, b.Resources.Requests)...)
	if !equality.Semantic.DeepEqual(a.VolumeMounts, b.VolumeMounts) {
		add("mounts %s -> %s", mountWords(a), mountWords(b))
	}
	if !equality.Semantic.DeepEqual(a.SecurityContext, b.SecurityContext) {
		add("security context")
	}
	if !equality.Semantic.DeepEqual(a.Ports, b.Ports) {
		add("ports %s -> %s", orNone(portWords(a)), orNone(portWords(b)))
	}
	if a.WorkingDir != b.WorkingDir {
		add("working directory %s -> %s", orNone(a.WorkingDir), orNone(b.WorkingDir))
	}
	return out
}

func resourceChanges(container, what string, a, b corev1.ResourceList) []string {
	var out []string
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage} {
		x, hadX := a[name]
		y, hadY := b[name]
		if hadX != hadY || hadX && x.Cmp(y) != 0 {
			was, is := "none", "none"
			if hadX {
				was = x.String()
			}
			if hadY {
				is = y.String()
			}
			out = append(out, fmt.Sprintf("%s: %s %s %s -> %s", container, name, what, was, is))
		}
	}
	return out
}

func envChanges(a, b []corev1.EnvVar) (gone, fresh, changed []string) {
	old := map[string]corev1.EnvVar{}
	for _, e := range a {
		old[e.Name] = e
	}
	seen := map[string]bool{}
	for _, e := range b {
		seen[e.Name] = true
		o, ok := old[e.Name]
		switch {
		case !ok:
			fresh = append(fresh, e.Name)
		case !equality.Semantic.DeepEqual(o, e):
			changed = append(changed, e.Name)
		}
	}
	for _, e := range a {
		if !seen[e.Name] {
			gone = append(gone, e.Name)
		}
	}
	return gone, fresh, changed
}

func allContainers(s *corev1.PodSpec) []*corev1.Container {
	var out []*corev1.Container
	for i := range s.InitContainers {
		out = append(out, &s.InitContainers[i])
	}
	for i := range s.Containers {
		out = append(out, &s.Containers[i])
	}
	return out
}

func findContainer(s *corev1.PodSpec, name string) *corev1.Container {
	for _, c := range allContainers(s) {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func mountWords(c *corev1.Container) string {
	var out []string
	for _, m := range c.VolumeMounts {
		out = append(out, m.MountPath)
	}
	return orNone(strings.Join(out, ", "))
}

func portWords(c *corev1.Container) string {
	var out []string
	for _, p := range c.Ports {
		out = append(out, fmt.Sprint(p.ContainerPort))
	}
	return strings.Join(out, ", ")
}

func volumeWords(v *corev1.Volume) string {
	switch {
	case v.ConfigMap != nil:
		return "ConfigMap " + v.ConfigMap.Name
	case v.Secret != nil:
		return "Secret " + v.Secret.SecretName
	case v.PersistentVolumeClaim != nil:
		return "claim " + v.PersistentVolumeClaim.ClaimName
	case v.HostPath != nil:
		return "hostPath " + v.HostPath.Path
	case v.EmptyDir != nil:
		return "emptyDir"
	}
	return "other"
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

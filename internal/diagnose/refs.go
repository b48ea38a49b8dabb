package diagnose

import (
	"fmt"

	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Ref is an object that a pod's spec names.
type Ref struct {
	Name string
	// Key is the key wanted of it; "" for the whole object.
	Key      string
	Optional bool
	// Path is where the spec names it.
	Path string
}

// ConfigMapRefs lists the ConfigMaps that a container's environment and the
// pod's volumes name.
func ConfigMapRefs(f *facts.Facts, c *facts.Container) []Ref {
	return refsOf(f, c, refKind{
		envFrom: func(e *corev1.EnvFromSource) *Ref {
			if r := e.ConfigMapRef; r != nil {
				return &Ref{Name: r.Name, Optional: optional(r.Optional)}
			}
			return nil
		},
		env: func(e *corev1.EnvVarSource) *Ref {
			if r := e.ConfigMapKeyRef; r != nil {
				return &Ref{Name: r.Name, Key: r.Key, Optional: optional(r.Optional)}
			}
			return nil
		},
		volume: func(v *corev1.Volume) (*Ref, []corev1.KeyToPath) {
			if s := v.ConfigMap; s != nil {
				return &Ref{Name: s.Name, Optional: optional(s.Optional)}, s.Items
			}
			return nil, nil
		},
	})
}

// SecretRefs lists the Secrets that a container's environment and the pod's
// volumes name.
func SecretRefs(f *facts.Facts, c *facts.Container) []Ref {
	return refsOf(f, c, refKind{
		envFrom: func(e *corev1.EnvFromSource) *Ref {
			if r := e.SecretRef; r != nil {
				return &Ref{Name: r.Name, Optional: optional(r.Optional)}
			}
			return nil
		},
		env: func(e *corev1.EnvVarSource) *Ref {
			if r := e.SecretKeyRef; r != nil {
				return &Ref{Name: r.Name, Key: r.Key, Optional: optional(r.Optional)}
			}
			return nil
		},
		volume: func(v *corev1.Volume) (*Ref, []corev1.KeyToPath) {
			if s := v.Secret; s != nil {
				return &Ref{Name: s.SecretName, Optional: optional(s.Optional)}, s.Items
			}
			return nil, nil
		},
	})
}

// refKind reads one kind of reference out of the three places of a spec; nil
// where the place names another kind.
type refKind struct {
	envFrom func(*corev1.EnvFromSource) *Ref
	env     func(*corev1.EnvVarSource) *Ref
	volume  func(*corev1.Volume) (whole *Ref, items []corev1.KeyToPath)
}

// refsOf walks over the places: envFrom, env, volumes, each in spec order.
func refsOf(f *facts.Facts, c *facts.Container, kind refKind) []Ref {
	var out []Ref
	add := func(r *Ref, path string) {
		if r != nil {
			r.Path = path
			out = append(out, *r)
		}
	}
	for i, e := range envFrom(c) {
		add(kind.envFrom(&e), path(c, "envFrom", i))
	}
	for i, e := range env(c) {
		if e.ValueFrom != nil {
			add(kind.env(e.ValueFrom), path(c, "env", i))
		}
	}
	for i, v := range volumes(f) {
		whole, items := kind.volume(&v)
		add(whole, fmt.Sprintf("volumes[%d]", i))
		for _, k := range items {
			add(&Ref{Name: whole.Name, Key: k.Key, Optional: whole.Optional}, fmt.Sprintf("volumes[%d].items", i))
		}
	}
	return out
}

// Mount is a volume as a container sees it.
type Mount struct {
	corev1.VolumeMount
	// Volume is nil where the spec's volumes are not known.
	Volume *corev1.Volume
}

// Mounts lists the container's mounts with their volumes.
func Mounts(f *facts.Facts, c *facts.Container) []Mount {
	if c.Spec == nil {
		return nil
	}
	var out []Mount
	for _, m := range c.Spec.VolumeMounts {
		x := Mount{VolumeMount: m}
		vs := volumes(f)
		for i := range vs {
			if vs[i].Name == m.Name {
				x.Volume = &vs[i]
			}
		}
		out = append(out, x)
	}
	return out
}

// MountOf returns the mount that holds a path: the longest mount path above it;
// nil where the path is in the image.
func MountOf(f *facts.Facts, c *facts.Container, file string) *Mount {
	var best *Mount
	for _, m := range Mounts(f, c) {
		if under(file, m.MountPath) && (best == nil || len(m.MountPath) > len(best.MountPath)) {
			best = &m
		}
	}
	return best
}

func under(file, dir string) bool {
	for len(dir) > 1 && dir[len(dir)-1] == '/' {
		dir = dir[:len(dir)-1]
	}
	return file == dir || dir == "/" || len(file) > len(dir) && file[:len(dir)] == dir && file[len(dir)] == '/'
}

func envFrom(c *facts.Container) []corev1.EnvFromSource {
	if c == nil || c.Spec == nil {
		return nil
	}
	return c.Spec.EnvFrom
}

func env(c *facts.Container) []corev1.EnvVar {
	if c == nil || c.Spec == nil {
		return nil
	}
	return c.Spec.Env
}

func volumes(f *facts.Facts) []corev1.Volume {
	if f.Pod == nil {
		return nil
	}
	return f.Pod.Spec.Volumes
}

func optional(b *bool) bool { return b != nil && *b }

func path(c *facts.Container, field string, i int) string {
	return fmt.Sprintf("containers/%s.%s[%d]", c.Name, field, i)
}

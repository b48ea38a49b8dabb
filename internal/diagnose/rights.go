package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Rights is the security context that holds for a container: its own fields, and
// the pod's where it has none.
type Rights struct {
	// Known is false where the spec is not at hand, or only the part that describe
	// shows: what is empty may be set then.
	Known bool
	// User, Group and FSGroup are nil where the image or the volume decides.
	User, Group, FSGroup *int64
	NonRoot              bool
	Privileged           bool
	ReadOnlyRoot         bool
	// NoEscalation is allowPrivilegeEscalation: false.
	NoEscalation bool
	// Drop and Add are capabilities in upper case.
	Drop, Add []string
}

// RightsOf returns the security context of a container.
func RightsOf(f *facts.Facts, c *facts.Container) Rights {
	if c == nil || c.Spec == nil || f.Pod == nil {
		return Rights{}
	}
	// The API server sets terminationMessagePath in every spec (k8s.io/kubernetes
	// pkg/apis/core/v1/defaults.go SetDefaults_Container); describe does not print it.
	r := Rights{Known: c.Spec.TerminationMessagePath != "" || c.Spec.SecurityContext != nil}
	if s := f.Pod.Spec.SecurityContext; s != nil {
		r.User, r.Group, r.FSGroup = s.RunAsUser, s.RunAsGroup, s.FSGroup
		r.NonRoot = s.RunAsNonRoot != nil && *s.RunAsNonRoot
	}
	s := c.Spec.SecurityContext
	if s == nil {
		return r
	}
	if s.RunAsUser != nil {
		r.User = s.RunAsUser
	}
	if s.RunAsGroup != nil {
		r.Group = s.RunAsGroup
	}
	if s.RunAsNonRoot != nil {
		r.NonRoot = *s.RunAsNonRoot
	}
	r.Privileged = s.Privileged != nil && *s.Privileged
	r.ReadOnlyRoot = s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem
	r.NoEscalation = s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation
	if s.Capabilities != nil {
		for _, x := range s.Capabilities.Drop {
			r.Drop = append(r.Drop, strings.ToUpper(strings.TrimPrefix(string(x), "CAP_")))
		}
		for _, x := range s.Capabilities.Add {
			r.Add = append(r.Add, strings.ToUpper(strings.TrimPrefix(string(x), "CAP_")))
		}
	}
	return r
}

// Root reports whether the spec makes the container run as user 0; false also
// where the image decides.
func (r Rights) Root() bool { return r.User != nil && *r.User == 0 }

// Other reports whether the spec makes the container run as a user other than 0.
func (r Rights) Other() bool { return r.User != nil && *r.User != 0 || r.User == nil && r.NonRoot }

// Drops reports whether the context takes capabilities away.
func (r Rights) Drops() bool { return len(r.Drop) > 0 }

// String lists what the context says, for evidence; "" where it says nothing.
func (r Rights) String() string {
	var out []string
	number := func(name string, v *int64) {
		if v != nil {
			out = append(out, fmt.Sprintf("%s: %d", name, *v))
		}
	}
	flag := func(name string, v bool) {
		if v {
			out = append(out, name+": true")
		}
	}
	number("runAsUser", r.User)
	number("runAsGroup", r.Group)
	number("fsGroup", r.FSGroup)
	flag("runAsNonRoot", r.NonRoot)
	flag("privileged", r.Privileged)
	flag("readOnlyRootFilesystem", r.ReadOnlyRoot)
	if r.NoEscalation {
		out = append(out, "allowPrivilegeEscalation: false")
	}
	if len(r.Drop) > 0 {
		out = append(out, "drop: "+strings.Join(r.Drop, ", "))
	}
	if len(r.Add) > 0 {
		out = append(out, "add: "+strings.Join(r.Add, ", "))
	}
	return strings.Join(out, "; ")
}

// UserEvidence points at the security context of a container; empty where the
// spec says nothing.
func (p *Pass) UserEvidence(c *facts.Container) []unloop.Evidence {
	text := RightsOf(p.Facts, c).String()
	if text == "" {
		return nil
	}
	return []unloop.Evidence{p.SpecEvidence("containers/"+c.Name+".securityContext", "%s", text)}
}

// MountEvidence points at a mount of a container.
func (p *Pass) MountEvidence(c *facts.Container, m *Mount) unloop.Evidence {
	text := fmt.Sprintf("%s %q at %s", m.Kind(), m.Name, m.MountPath)
	if m.SubPath != "" {
		text += ", subPath " + m.SubPath
	}
	if m.ReadOnly {
		text += ", read-only"
	}
	return p.SpecEvidence("containers/"+c.Name+".volumeMounts/"+m.Name, "%s", text)
}

// First returns the first of the named groups that the line had, also where a
// signature numbers them (path, path2, path3 ...); "" without.
func (h *Hit) First(names ...string) string {
	for _, n := range names {
		if v := h.Names[n]; v != "" {
			return v
		}
		for i := '2'; i <= '9'; i++ {
			if v := h.Names[n+string(i)]; v != "" {
				return v
			}
		}
	}
	return ""
}

// SeccompProfile names the seccomp profile that the spec gives a container, by
// field or by the annotations that came before it (up to 1.26); "" without.
func (p *Pass) SeccompProfile(c *facts.Container) string {
	if p.Pod == nil {
		return ""
	}
	if c != nil {
		if c.Spec != nil && c.Spec.SecurityContext != nil {
			if s := seccompName(c.Spec.SecurityContext.SeccompProfile); s != "" {
				return s
			}
		}
		if a := p.Pod.Annotations["container.seccomp.security.alpha.kubernetes.io/"+c.Name]; a != "" {
			return a
		}
	}
	if s := p.Pod.Spec.SecurityContext; s != nil && s.SeccompProfile != nil {
		return seccompName(s.SeccompProfile)
	}
	return p.Pod.Annotations["seccomp.security.alpha.kubernetes.io/pod"]
}

func seccompName(s *corev1.SeccompProfile) string {
	if s == nil {
		return ""
	}
	if s.LocalhostProfile != nil {
		return string(s.Type) + " " + *s.LocalhostProfile
	}
	return string(s.Type)
}

// dataDirs are where images keep their data, so that a volume is mounted there in
// nearly every cluster: the VOLUME lines of Docker Hub's official images, Bitnami's
// and Grafana's conventions.
var dataDirs = []string{"/data", "/var/lib/", "/bitnami/", "/mnt/", "/var/jenkins_home", "/usr/share/elasticsearch/data", "/prometheus", "/storage", "/home/", "/var/www/", "/srv/"}

// DataDir reports whether a path is usually on a volume.
func DataDir(path string) bool {
	return slices.ContainsFunc(dataDirs, func(d string) bool { return strings.HasPrefix(path, d) }) && !strings.HasPrefix(path, "/var/lib/nginx")
}

var notPermitted = Re(`operation not permitted`)

// changesOwner finds what a program wanted to give another owner or mode.
var changesOwner = Re(`(?:chown|chmod|chgrp|changing ownership|change (?:permissions|owner)|set permissions|initdb: )[^\n]*?["'‘(](?P<path>/[^"'’,)]+)`)

// RefusedOwner returns the path whose owner or mode a program could not change
// although nothing seen takes the right to do so from it: then it is the storage
// that refuses, as network shares do (root squash, CIFS). ok is false otherwise.
func (p *Pass) RefusedOwner(h *Hit) (path string, ok bool) {
	names, found := changesOwner.Find(h.Text)
	if !found || !NotPermitted(h) {
		return "", false
	}
	path = names["path"]
	r := RightsOf(p.Facts, h.Container)
	if r.Drops() || r.Other() {
		return path, false
	}
	if len(Mounts(p.Facts, h.Container)) > 0 {
		return path, MountOf(p.Facts, h.Container, path) != nil
	}
	return path, DataDir(path)
}

// NotPermitted reports whether a hit's line says EPERM: the kernel refuses the
// process a right, whatever the file's owner and mode are.
func NotPermitted(h *Hit) bool { return notPermitted.Match(h.Text) }

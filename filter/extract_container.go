package filter

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// containerDoc is what the document of a container says beyond event.Container.
type containerDoc struct {
	IP            string            `json:"ip"`
	CreatedTime   int64             `json:"created_time"` // seconds since the epoch
	SandboxID     string            `json:"pod_sandbox_id"`
	SandboxLabels map[string]string `json:"pod_sandbox_labels"`
	Health        *probeDoc         `json:"Healthcheck"`
	Liveness      *probeDoc         `json:"LivenessProbe"`
	Readiness     *probeDoc         `json:"ReadinessProbe"`

	own                     address
	addrRead, hasOwn        bool
	labelText, podLabelText string
}

// probeDoc is the command of a probe: as libs write it, or as Docker describes it, in
// which case Test begins with CMD, CMD-SHELL or NONE.
type probeDoc struct {
	Exe  string   `json:"exe"`
	Args []string `json:"args"`
	Test []string `json:"Test"`
}

// settle turns the form of Docker into the other one, and what is no command into nil.
func (p *probeDoc) settle() *probeDoc {
	if p == nil || p.Exe == "" && len(p.Test) < 2 {
		return nil
	}
	if p.Exe == "" {
		switch p.Test[0] {
		case "CMD":
			p.Exe, p.Args = p.Test[1], p.Test[2:]
		case "CMD-SHELL":
			p.Exe, p.Args = "/bin/sh", []string{"-c", p.Test[1]}
		default:
			return nil
		}
	}
	return p
}

// docs caches documents by container. A container whose document was replaced is
// read again.
type docs struct {
	of map[*event.Container]*cachedDoc
}

type cachedDoc struct {
	json *byte
	size int
	doc  containerDoc
}

// maxDocs bounds the cache; a capture with more containers reads them again.
const maxDocs = 4096

// doc returns the document of a container, empty where there is none or where it is
// damaged.
func (d *docs) doc(c *event.Container) *containerDoc {
	var first *byte
	if len(c.JSON) > 0 {
		first = &c.JSON[0]
	}
	if e := d.of[c]; e != nil && e.json == first && e.size == len(c.JSON) {
		return &e.doc
	}
	e := &cachedDoc{json: first, size: len(c.JSON)}
	var outer struct {
		Container containerDoc `json:"container"`
	}
	if json.Unmarshal(c.JSON, &outer) == nil {
		e.doc = outer.Container
		e.doc.Health, e.doc.Liveness, e.doc.Readiness = e.doc.Health.settle(), e.doc.Liveness.settle(), e.doc.Readiness.settle()
	}
	if d.of == nil || len(d.of) >= maxDocs {
		d.of = map[*event.Container]*cachedDoc{}
	}
	d.of[c] = e
	return &e.doc
}

// addr is the IPv4 address of the container, false where it has none of its own.
func (d *containerDoc) addr() (address, bool) {
	if !d.addrRead {
		d.addrRead = true
		d.own, d.hasOwn = parseAddr(d.IP)
		d.hasOwn = d.hasOwn && !d.own.v6 && d.own.ip != [16]byte{}
	}
	return d.own, d.hasOwn
}

// inContainer gives a text of the thread's container; missing outside of containers.
func inContainer(get func(s *scope, c *event.Container) (string, bool)) builder {
	return threadText(NeedContainer, func(s *scope, t *event.Thread) (string, bool) {
		if t.Container == nil {
			return "", false
		}
		return get(s, t.Container)
	})
}

func containerNum(get func(s *scope, c *event.Container) (uint64, bool)) builder {
	return onThread(NeedContainer, func(s *scope, t *event.Thread) (uint64, bool) {
		if t.Container == nil {
			return 0, false
		}
		return get(s, t.Container)
	})
}

// orHost is inContainer with the word host outside of containers.
func orHost(get func(c *event.Container) string) builder {
	return threadText(NeedContainer, func(_ *scope, t *event.Thread) (string, bool) {
		if t.Container == nil {
			return "host", true
		}
		v := get(t.Container)
		return v, v != ""
	})
}

func ofContainer(get func(c *event.Container) string) builder {
	return inContainer(func(_ *scope, c *event.Container) (string, bool) {
		v := get(c)
		return v, v != ""
	})
}

// engines are the names of container engines by the number that captures have.
// Source: falcosecurity/libs, userspace/libsinsp/container_info.h.
var engines = [...]string{"docker", "lxc", "libvirt-lxc", "mesos", "rkt", "custom", "cri", "containerd", "cri-o", "bpm", "static", "podman"}

func engine(c *event.Container) string {
	if c.TypeCode >= 0 && c.TypeCode < len(engines) {
		return engines[c.TypeCode]
	}
	return ""
}

// knowsPrivileged reports engines that say whether a container is privileged.
func knowsPrivileged(c *event.Container) bool {
	switch engine(c) {
	case "docker", "cri", "containerd", "cri-o", "podman":
		return true
	}
	return false
}

func appendMount(b []byte, m *event.Mount) []byte {
	b = append(b, m.Source...)
	b = append(b, ':')
	b = append(b, m.Destination...)
	b = append(b, ':')
	b = append(b, m.Mode...)
	b = append(b, ':')
	b = strconv.AppendBool(b, m.RW)
	b = append(b, ':')
	return append(b, m.Propagation...)
}

// mount makes the getter of a mount that is chosen by number or by a pattern for what
// key gives.
func mount(key func(m *event.Mount) string, get func(s *scope, m *event.Mount) string) builder {
	return func(arg string, _ bool) (getter, string) {
		n, numbered := parseUint(arg)
		if len(arg) > maxPattern {
			return getter{}, "the pattern is longer than 1 KiB"
		}
		return inContainer(func(s *scope, c *event.Container) (string, bool) {
			if numbered {
				if n >= uint64(len(c.Mounts)) {
					return "", false
				}
				return get(s, &c.Mounts[n]), true
			}
			for i := range c.Mounts {
				if globMatch(arg, key(&c.Mounts[i]), false) {
					return get(s, &c.Mounts[i]), true
				}
			}
			return "", false
		})("", false)
	}
}

func mountSource(m *event.Mount) string { return m.Source }
func mountDest(m *event.Mount) string   { return m.Destination }

func mountPart(get func(m *event.Mount) string) func(*scope, *event.Mount) string {
	return func(_ *scope, m *event.Mount) string { return get(m) }
}

// labelText joins labels as name:value with commas, ordered by name. The text is made
// once and kept in to.
func labelText(m map[string]string, to *string) string {
	if *to == "" {
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(k + ":" + m[k])
		}
		*to = b.String()
	}
	return *to
}

// probeKind chooses one of a container's probes.
type probeKind func(d *containerDoc) *probeDoc

func probeHealth(d *containerDoc) *probeDoc    { return d.Health }
func probeLiveness(d *containerDoc) *probeDoc  { return d.Liveness }
func probeReadiness(d *containerDoc) *probeDoc { return d.Readiness }

func probeText(kind probeKind) builder {
	return inContainer(func(s *scope, c *event.Container) (string, bool) {
		p := kind(s.docs.doc(c))
		if p == nil {
			return "NONE", true
		}
		start := len(s.buf)
		s.buf = append(s.buf, p.Exe...)
		for _, a := range p.Args {
			s.buf = append(s.buf, ' ')
			s.buf = append(s.buf, a...)
		}
		return s.made(start), true
	})
}

// runs reports whether a thread is the command of the probe.
func (p *probeDoc) runs(t *event.Thread) bool {
	if t.Exe != p.Exe {
		return false
	}
	rest := strings.TrimSuffix(t.Args, "\x00")
	for i, a := range p.Args {
		var word string
		word, rest, _ = strings.Cut(rest, "\x00")
		if word != a || rest == "" && i < len(p.Args)-1 {
			return false
		}
	}
	return rest == ""
}

// probe is true for the command of a container's probe and what it started.
func probe(kind probeKind) builder {
	return onThread(NeedContainer|NeedParents, func(s *scope, t *event.Thread) (uint64, bool) {
		c := t.Container
		if c == nil {
			return 0, true
		}
		p := kind(s.docs.doc(c))
		if p == nil {
			return 0, true
		}
		for range maxAncestors {
			if t == nil || t.Container != c || t.Vpid == 1 {
				break
			}
			if p.runs(t) {
				return 1, true
			}
			t = s.parent(t)
		}
		return 0, true
	})
}

var containerBuilders = map[string]builder{
	"container.id":               orHost(func(c *event.Container) string { return c.ID }),
	"container.full_id":          ofContainer(func(c *event.Container) string { return c.FullID }),
	"container.name":             orHost(func(c *event.Container) string { return c.Name }),
	"container.type":             orHost(engine),
	"container.image":            ofContainer(func(c *event.Container) string { return c.Image }),
	"container.image.id":         ofContainer(func(c *event.Container) string { return c.ImageID }),
	"container.image.repository": ofContainer(func(c *event.Container) string { return c.ImageRepo }),
	"container.image.tag":        ofContainer(func(c *event.Container) string { return c.ImageTag }),
	"container.image.digest":     ofContainer(func(c *event.Container) string { return c.ImageDigest }),
	"container.privileged": containerNum(func(_ *scope, c *event.Container) (uint64, bool) {
		return bit(c.Privileged), knowsPrivileged(c)
	}),
	"container.mounts": inContainer(func(s *scope, c *event.Container) (string, bool) {
		start := len(s.buf)
		for i := range c.Mounts {
			if i > 0 {
				s.buf = append(s.buf, ',')
			}
			s.buf = appendMount(s.buf, &c.Mounts[i])
		}
		return s.made(start), true
	}),
	"container.mount": mount(mountSource, func(s *scope, m *event.Mount) string {
		start := len(s.buf)
		s.buf = appendMount(s.buf, m)
		return s.made(start)
	}),
	"container.mount.source":      mount(mountDest, mountPart(mountSource)),
	"container.mount.dest":        mount(mountSource, mountPart(mountDest)),
	"container.mount.mode":        mount(mountSource, mountPart(func(m *event.Mount) string { return m.Mode })),
	"container.mount.rdwr":        mount(mountSource, mountPart(func(m *event.Mount) string { return strconv.FormatBool(m.RW) })),
	"container.mount.propagation": mount(mountSource, mountPart(func(m *event.Mount) string { return m.Propagation })),
	"container.healthcheck":       probeText(probeHealth),
	"container.liveness_probe":    probeText(probeLiveness),
	"container.readiness_probe":   probeText(probeReadiness),
	"container.start_ts": containerNum(func(s *scope, c *event.Container) (uint64, bool) {
		n := s.docs.doc(c).CreatedTime
		return uint64(n) * second, n > 0
	}),
	"container.duration": containerNum(func(s *scope, c *event.Container) (uint64, bool) {
		n := s.docs.doc(c).CreatedTime
		if n <= 0 {
			return 0, false
		}
		return s.since(uint64(n) * second)
	}),
	"container.ip": inContainer(func(s *scope, c *event.Container) (string, bool) {
		ip := s.docs.doc(c).IP
		return ip, ip != "" && ip != "0.0.0.0"
	}),
	"container.label": func(arg string, _ bool) (getter, string) {
		return inContainer(func(_ *scope, c *event.Container) (string, bool) {
			v, ok := c.Labels[arg]
			return v, ok
		})("", false)
	},
	"container.labels": inContainer(func(s *scope, c *event.Container) (string, bool) {
		return labelText(c.Labels, &s.docs.doc(c).labelText), len(c.Labels) > 0
	}),
}

// podLabels are the labels of the pod: those of its sandbox where the document has
// them, else the labels of the container that no part of Kubernetes put there.
func (s *scope) podLabels(c *event.Container) map[string]string {
	d := s.docs.doc(c)
	if d.SandboxLabels != nil {
		return d.SandboxLabels
	}
	own := map[string]string{}
	for k, v := range c.Labels {
		if !strings.HasPrefix(k, "io.kubernetes.") && !strings.HasPrefix(k, "annotation.") {
			own[k] = v
		}
	}
	d.SandboxLabels = own
	return own
}

// restartLabels are where runtimes leave the kubelet's restart count.
var restartLabels = [...]string{"io.kubernetes.container.restartCount", "annotation.io.kubernetes.container.restartCount"}

var k8sBuilders = map[string]builder{
	"k8s.pod.name":       ofContainer(func(c *event.Container) string { return c.PodName }),
	"k8s.pod.id":         ofContainer(func(c *event.Container) string { return c.PodUID }),
	"k8s.pod.uid":        ofContainer(func(c *event.Container) string { return c.PodUID }),
	"k8s.ns.name":        ofContainer(func(c *event.Container) string { return c.PodNamespace }),
	"k8s.container.name": ofContainer(func(c *event.Container) string { return c.PodContainer }),
	"k8s.pod.sandbox_id": inContainer(func(s *scope, c *event.Container) (string, bool) {
		id := s.docs.doc(c).SandboxID
		return id[:min(len(id), 12)], id != ""
	}),
	"k8s.pod.full_sandbox_id": inContainer(func(s *scope, c *event.Container) (string, bool) {
		id := s.docs.doc(c).SandboxID
		return id, id != ""
	}),
	"k8s.pod.ip": inContainer(func(s *scope, c *event.Container) (string, bool) {
		ip := s.docs.doc(c).IP
		return ip, ip != "" && ip != "0.0.0.0" && c.PodName != ""
	}),
	"k8s.pod.label": func(arg string, _ bool) (getter, string) {
		return inContainer(func(s *scope, c *event.Container) (string, bool) {
			if c.PodName == "" {
				return "", false
			}
			v, ok := s.podLabels(c)[arg]
			return v, ok
		})("", false)
	},
	"k8s.pod.labels": inContainer(func(s *scope, c *event.Container) (string, bool) {
		if c.PodName == "" {
			return "", false
		}
		m := s.podLabels(c)
		return labelText(m, &s.docs.doc(c).podLabelText), len(m) > 0
	}),
	"k8s.container.restart": containerNum(func(_ *scope, c *event.Container) (uint64, bool) {
		for _, l := range restartLabels {
			if v, ok := c.Labels[l]; ok {
				return parseUint(v)
			}
		}
		return 0, false
	}),
}

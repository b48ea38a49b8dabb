package run

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// Manifest is what a manifest tells of one container.
type Manifest struct {
	Container string
	// Argv is its command and arguments; empty where the image decides that.
	Argv []string
	// Args are its arguments where the image decides the command.
	Args []string
	// Env are its literal variables as NAME=VALUE.
	Env     []string
	Dir     string
	Restart Policy
	Limits  Limits
	Probes  []Probe
	Grace   time.Duration
	// Left names what it holds that means something and is not taken.
	Left []string
}

// maxManifest bounds a manifest; the API server takes no object above 3 MiB.
const maxManifest = 4 << 20

// ReadManifest reads a pod, or a workload with its template, from YAML or JSON. container
// names one of its containers; it may be empty where there is one only.
func ReadManifest(data []byte, container string) (*Manifest, error) {
	if len(data) > maxManifest {
		return nil, fmt.Errorf("is larger than %d MiB", maxManifest>>20)
	}
	var kinds []string
	for _, doc := range bytes.Split(append([]byte("\n"), data...), []byte("\n---")) {
		var head struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal(doc, &head); err != nil {
			return nil, err
		}
		spec, ok, err := podSpec(head.Kind, doc)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", head.Kind, err)
		}
		if ok {
			return manifestOf(spec, container)
		}
		if head.Kind != "" {
			kinds = append(kinds, head.Kind)
		}
	}
	if len(kinds) == 0 {
		return nil, errors.New("is no manifest: it has no kind")
	}
	return nil, fmt.Errorf("holds no pod and no workload with a template, but %s", strings.Join(kinds, ", "))
}

// podSpec finds the pod in an object; ok is false for other kinds.
func podSpec(kind string, doc []byte) (spec *corev1.PodSpec, ok bool, err error) {
	switch kind {
	case "Pod":
		var p corev1.Pod
		err = yaml.Unmarshal(doc, &p)
		return &p.Spec, true, err
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job":
		var w struct {
			Spec struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		}
		err = yaml.Unmarshal(doc, &w)
		return &w.Spec.Template.Spec, true, err
	case "CronJob":
		var w batchv1.CronJob
		err = yaml.Unmarshal(doc, &w)
		return &w.Spec.JobTemplate.Spec.Template.Spec, true, err
	}
	return nil, false, nil
}

func manifestOf(s *corev1.PodSpec, name string) (*Manifest, error) {
	c, others, err := containerOf(s, name)
	if err != nil {
		return nil, err
	}
	m := &Manifest{Container: c.Name, Dir: c.WorkingDir, Restart: Policy(s.RestartPolicy)}
	if m.Restart == "" {
		m.Restart = Always // the API server's default
	}
	if !slices.Contains(Policies, string(m.Restart)) {
		return nil, fmt.Errorf("restartPolicy %q: want %s", m.Restart, strings.Join(Policies, ", "))
	}
	if s.TerminationGracePeriodSeconds != nil {
		m.Grace = max(time.Duration(*s.TerminationGracePeriodSeconds)*time.Second, time.Nanosecond)
	}
	m.environment(c)
	expand := expander(m.Env)
	for _, a := range c.Command {
		m.Argv = append(m.Argv, expand(a))
	}
	for _, a := range c.Args {
		if len(c.Command) > 0 {
			m.Argv = append(m.Argv, expand(a))
		} else {
			m.Args = append(m.Args, expand(a))
		}
	}
	if q, ok := c.Resources.Limits[corev1.ResourceMemory]; ok {
		m.Limits.MemoryBytes = q.Value()
	}
	if q, ok := c.Resources.Limits[corev1.ResourceCPU]; ok {
		m.Limits.MilliCPU = q.MilliValue()
	}
	for _, x := range []struct {
		kind ProbeKind
		p    *corev1.Probe
	}{{Startup, c.StartupProbe}, {Liveness, c.LivenessProbe}, {Readiness, c.ReadinessProbe}} {
		if x.p == nil {
			continue
		}
		p, err := probeOf(x.kind, x.p, c)
		if err != nil {
			return nil, fmt.Errorf("%sProbe: %w", x.kind, err)
		}
		m.Probes = append(m.Probes, p)
	}
	m.leave(s, c, others)
	return m, nil
}

// containerOf chooses a container by name, or the only one.
func containerOf(s *corev1.PodSpec, name string) (c *corev1.Container, others []string, err error) {
	var names []string
	for _, list := range [][]corev1.Container{s.Containers, s.InitContainers} {
		for i := range list {
			names = append(names, list[i].Name)
			if c == nil && (list[i].Name == name || name == "" && len(s.Containers) == 1) {
				c = &list[i]
				continue
			}
			others = append(others, list[i].Name)
		}
	}
	switch {
	case c != nil:
		return c, others, nil
	case len(names) == 0:
		return nil, nil, errors.New("has no containers")
	case name == "":
		return nil, nil, fmt.Errorf("has %d containers: choose one with -c: %s", len(s.Containers), strings.Join(names, ", "))
	}
	return nil, nil, fmt.Errorf("has no container %q: it has %s", name, strings.Join(names, ", "))
}

// environment takes the literal variables; later ones may use earlier ones.
func (m *Manifest) environment(c *corev1.Container) {
	for _, e := range c.Env {
		if e.ValueFrom != nil {
			m.Left = append(m.Left, "env "+e.Name+" (valueFrom)")
			continue
		}
		m.Env = append(m.Env, e.Name+"="+expander(m.Env)(e.Value))
	}
}

// expander replaces $(NAME) by a variable, as the kubelet does; $$ is one $, and names that
// are not known stay (k8s.io/kubernetes third_party/forked/golang/expansion).
func expander(env []string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			if s[i] != '$' || i+1 == len(s) {
				b.WriteByte(s[i])
				continue
			}
			switch s[i+1] {
			case '$':
				b.WriteByte('$')
				i++
			case '(':
				end := strings.IndexByte(s[i:], ')')
				if end < 0 {
					b.WriteByte('$')
					continue
				}
				name := s[i+2 : i+end]
				value, known := "", false
				for _, e := range env {
					if v, ok := strings.CutPrefix(e, name+"="); ok {
						value, known = v, true
					}
				}
				if !known {
					value = s[i : i+end+1]
				}
				b.WriteString(value)
				i += end
			default:
				b.WriteByte('$')
			}
		}
		return b.String()
	}
}

func probeOf(kind ProbeKind, s *corev1.Probe, c *corev1.Container) (Probe, error) {
	p := Probe{
		Kind: kind, Delay: secs(s.InitialDelaySeconds), Period: secs(s.PeriodSeconds), Timeout: secs(s.TimeoutSeconds),
		Failures: int(s.FailureThreshold), Successes: int(s.SuccessThreshold),
	}
	if g := s.TerminationGracePeriodSeconds; g != nil {
		d := time.Duration(*g) * time.Second
		p.Grace = &d
	}
	switch {
	case s.Exec != nil:
		if p.Exec = s.Exec.Command; len(p.Exec) == 0 {
			return p, errors.New("exec without a command")
		}
	case s.HTTPGet != nil:
		h := s.HTTPGet
		addr, err := address(h.Host, h.Port, c)
		if err != nil {
			return p, err
		}
		scheme := strings.ToLower(string(h.Scheme))
		if scheme == "" {
			scheme = "http"
		}
		u, err := url.Parse(scheme + "://" + addr + "/" + strings.TrimPrefix(h.Path, "/"))
		if err != nil {
			return p, err
		}
		p.HTTP = &HTTPAsk{URL: u}
		for _, x := range h.HTTPHeaders {
			p.HTTP.Headers = append(p.HTTP.Headers, [2]string{x.Name, x.Value})
		}
	case s.TCPSocket != nil:
		addr, err := address(s.TCPSocket.Host, s.TCPSocket.Port, c)
		if err != nil {
			return p, err
		}
		p.TCP = addr
	case s.GRPC != nil:
		addr, err := address("", intstr.FromInt32(s.GRPC.Port), c)
		if err != nil {
			return p, err
		}
		p.GRPC = &GRPCAsk{Addr: addr}
		if s.GRPC.Service != nil {
			p.GRPC.Service = *s.GRPC.Service
		}
	default:
		return p, errors.New("asks nothing: want exec, httpGet, tcpSocket or grpc")
	}
	return p, nil
}

func secs(n int32) time.Duration { return time.Duration(max(n, 0)) * time.Second }

// address resolves a port that may be a name of the container's ports.
func address(host string, p intstr.IntOrString, c *corev1.Container) (string, error) {
	number := p.String()
	if p.Type == intstr.String {
		for _, x := range c.Ports {
			if x.Name == p.StrVal {
				number = strconv.Itoa(int(x.ContainerPort))
			}
		}
	}
	if _, err := port(number); err != nil {
		return "", err
	}
	if host == "" {
		host = localhost
	}
	return net.JoinHostPort(host, number), nil
}

// leave names what a command of this machine does not have.
func (m *Manifest) leave(s *corev1.PodSpec, c *corev1.Container, others []string) {
	left := func(what string, is bool) {
		if is {
			m.Left = append(m.Left, what)
		}
	}
	for _, e := range c.EnvFrom {
		switch {
		case e.ConfigMapRef != nil:
			left("envFrom ConfigMap "+e.ConfigMapRef.Name, true)
		case e.SecretRef != nil:
			left("envFrom Secret "+e.SecretRef.Name, true)
		}
	}
	left("image "+c.Image, c.Image != "")
	for _, v := range c.VolumeMounts {
		left("volume "+v.Name+" at "+v.MountPath, true)
	}
	left("lifecycle hooks", c.Lifecycle != nil)
	left("securityContext", c.SecurityContext != nil || s.SecurityContext != nil)
	left("restartPolicyRules", len(c.RestartPolicyRules) > 0)
	for name := range c.Resources.Limits {
		left("limit of "+string(name), name != corev1.ResourceMemory && name != corev1.ResourceCPU)
	}
	for _, o := range others {
		left("container "+o, true)
	}
	slices.Sort(m.Left)
}

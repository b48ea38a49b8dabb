package paste

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/unloop-dev/unloop/internal/facts"
)

// containers makes the containers and their statuses of the parts of a sheet.
func (p *parser) containers(pod *facts.Pod, s *sheet) {
	unnamed := 0
	for _, q := range s.containers {
		if len(q.fields) == 0 && q.name == "" {
			continue
		}
		name := q.name
		if name == "" {
			// The text did not show the names; facts tell containers apart by them.
			if unnamed++; unnamed > 1 {
				name = "(" + strconv.Itoa(unnamed) + ")"
			}
		}
		c := corev1.Container{Name: name}
		st := corev1.ContainerStatus{Name: name}
		inSpec, inStatus := q.read(&c, &st)
		pod.HasSpec = pod.HasSpec || inSpec
		pod.HasStatus = pod.HasStatus || inStatus
		inSpec = inSpec || !inStatus
		switch q.class {
		case "Init Containers":
			if inSpec {
				pod.Spec.InitContainers = append(pod.Spec.InitContainers, c)
			}
			if inStatus {
				pod.Status.InitContainerStatuses = append(pod.Status.InitContainerStatuses, st)
			}
		case "Ephemeral Containers":
			if inSpec {
				pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers,
					corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c)})
			}
			if inStatus {
				pod.Status.EphemeralContainerStatuses = append(pod.Status.EphemeralContainerStatuses, st)
			}
		default:
			if inSpec {
				pod.Spec.Containers = append(pod.Spec.Containers, c)
			}
			if inStatus {
				pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, st)
			}
		}
	}
}

// read fills spec and status from the fields and says which of them were there.
func (q *part) read(c *corev1.Container, st *corev1.ContainerStatus) (inSpec, inStatus bool) {
	for i, f := range q.fields {
		switch {
		case q.readSpec(c, f):
			inSpec = true
		case q.readStatus(st, f, i):
			inStatus = true
		}
	}
	q.readStray(st)
	if st.Image == "" && inStatus {
		st.Image = c.Image
	}
	return inSpec, inStatus
}

func (q *part) readSpec(c *corev1.Container, f *field) bool {
	switch f.key {
	case "Image":
		c.Image = f.value
	case "Port":
		c.Ports = ports(f.value)
	case "Host Port":
		hostPorts(c.Ports, f.value)
	case "Command":
		c.Command = lines(f)
	case "Args":
		c.Args = lines(f)
	case "Limits":
		c.Resources.Limits = quantities(f)
	case "Requests":
		c.Resources.Requests = quantities(f)
	case "Liveness":
		c.LivenessProbe = probe(f.value)
	case "Readiness":
		c.ReadinessProbe = probe(f.value)
	case "Startup":
		c.StartupProbe = probe(f.value)
	case "Environment":
		c.Env = environment(f)
	case "Environment Variables from":
		c.EnvFrom = environmentFrom(f)
	case "Mounts":
		c.VolumeMounts = mounts(f)
	case "Devices":
		for _, t := range rows(f) {
			if path, name, ok := strings.Cut(t, " from "); ok {
				c.VolumeDevices = append(c.VolumeDevices, corev1.VolumeDevice{Name: name, DevicePath: path})
			}
		}
	case "SeccompProfile":
		c.SecurityContext = &corev1.SecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileType(f.value)}}
	case "LocalhostProfile":
		if c.SecurityContext != nil {
			c.SecurityContext.SeccompProfile.LocalhostProfile = &f.value
		}
	default:
		return false
	}
	return true
}

func (q *part) readStatus(st *corev1.ContainerStatus, f *field, i int) bool {
	switch f.key {
	case "Container ID":
		st.ContainerID = f.value
		return f.value != ""
	case "Image ID":
		st.ImageID = f.value
		return f.value != ""
	case "State":
		st.State = state(f.value, q.fields[i+1:])
	case "Last State":
		st.LastTerminationState = state(f.value, q.fields[i+1:])
	case "Ready":
		st.Ready = strings.EqualFold(f.value, "true")
	case "Restart Count":
		n, err := strconv.ParseInt(f.value, 10, 32)
		if err != nil || n < 0 {
			return false
		}
		st.RestartCount = int32(n)
	default:
		return f.key == "Exit Code" || f.key == "Reason"
	}
	return true
}

// lines are the elements of a command or of arguments. describe breaks an
// element at its line ends, so that one of several lines cannot be told from
// several; what follows a shell's -c is taken as one script. Layout blanks are
// removed, deeper ones belong to the element.
func lines(f *field) []string {
	var out []string
	if f.value != "" {
		out = append(out, f.value)
	}
	least := -1
	for _, l := range f.more {
		if n := indentOf(l.text); least < 0 || n < least {
			least = n
		}
	}
	for _, l := range f.more {
		t := strings.TrimLeft(l.text, " \t")
		if n := indentOf(l.text) - least; n > 0 {
			t = strings.Repeat(" ", min(n, 200)) + t
		}
		if n := len(out); n > 1 && isScriptFlag(out[n-2]) {
			out[n-1] = grow(out[n-1], "\n", t)
			continue
		}
		out = append(out, t)
	}
	return out
}

// isScriptFlag reports whether s is the flag of a shell that a script follows:
// -c, also with others in one word.
func isScriptFlag(s string) bool {
	return len(s) >= 2 && len(s) <= 5 && s[0] == '-' && s[len(s)-1] == 'c' && strings.Trim(s[1:], "abcdefghijklmnopqrstuvwxyz") == ""
}

// ports reads "8080/TCP, 9090/TCP (metrics)".
func ports(s string) []corev1.ContainerPort {
	var out []corev1.ContainerPort
	for one := range strings.SplitSeq(s, ",") {
		one, name, _ := strings.Cut(strings.TrimSpace(one), " (")
		number, proto, ok := strings.Cut(one, "/")
		n, err := strconv.ParseInt(number, 10, 32)
		if !ok || err != nil {
			continue
		}
		out = append(out, corev1.ContainerPort{ContainerPort: int32(n), Protocol: corev1.Protocol(strings.ToUpper(proto)), Name: strings.TrimSuffix(name, ")")})
	}
	return out
}

// hostPorts reads "0/TCP, 8080/TCP"; 0 is none.
func hostPorts(to []corev1.ContainerPort, s string) {
	for i, from := range ports(s) {
		if i < len(to) {
			to[i].HostPort = from.ContainerPort
		}
	}
}

// quantities reads rows of the form "cpu:  100m".
func quantities(f *field) corev1.ResourceList {
	list := corev1.ResourceList{}
	for _, t := range rows(f) {
		name, value, ok := strings.Cut(t, ":")
		value, _, _ = strings.Cut(strings.Trim(strings.TrimSpace(value), `"'`), " ")
		if !ok || value == "" {
			continue
		}
		if q, ok := quantity(value); ok {
			list[corev1.ResourceName(strings.TrimSpace(name))] = q
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// quantity reads an amount; a text without capitals has lost those of its units.
func quantity(s string) (resource.Quantity, bool) {
	if len(s) > 32 {
		return resource.Quantity{}, false
	}
	if q, err := resource.ParseQuantity(s); err == nil {
		return q, true
	}
	for _, unit := range []string{"ki", "mi", "gi", "ti", "pi", "g", "t"} {
		if number, ok := strings.CutSuffix(s, unit); ok {
			q, err := resource.ParseQuantity(number + strings.ToUpper(unit[:1]) + unit[1:])
			return q, err == nil
		}
	}
	return resource.Quantity{}, false
}

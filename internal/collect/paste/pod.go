package paste

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// pod makes a pod of a described one. Parts that the text did not show stay
// empty; HasSpec and HasStatus say which halves were there.
func (p *parser) pod(b *block) *facts.Pod {
	pod := &facts.Pod{Pod: &corev1.Pod{}, Source: facts.Source{Input: p.input, Line: b.line}}
	pod.Name, pod.Namespace = b.top.value("Name"), b.top.value("Namespace")
	for _, f := range b.top.fields {
		if podMeta(pod.Pod, f) {
			continue
		}
		if podSpec(&pod.Spec, f) {
			pod.HasSpec = true
		}
		if podStatus(pod.Pod, f) {
			pod.HasStatus = true
		}
	}
	p.containers(pod, &b.top)
	pod.Spec.Volumes = volumes(b.top.volumes)
	pod.HasSpec = pod.HasSpec || len(pod.Spec.Volumes) > 0
	if len(b.top.conditions) > 0 {
		pod.HasStatus = true
		for _, l := range b.top.conditions {
			w := tokens(l.text, 2)
			pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
				Type: corev1.PodConditionType(canon(w[0].text)), Status: corev1.ConditionStatus(canon(w[1].text))})
		}
	}
	for _, l := range b.top.gates {
		w := tokens(l.text, 1)
		pod.Spec.ReadinessGates = append(pod.Spec.ReadinessGates, corev1.PodReadinessGate{ConditionType: corev1.PodConditionType(w[0].text)})
	}
	return pod
}

// template makes a pod template of the sheet below "Pod Template".
func (p *parser) podTemplate(s *sheet) *corev1.PodTemplateSpec {
	if s == nil {
		return nil
	}
	pod := &facts.Pod{Pod: &corev1.Pod{}}
	for _, f := range s.fields {
		if !podMeta(pod.Pod, f) {
			podSpec(&pod.Spec, f)
		}
	}
	p.containers(pod, s)
	pod.Spec.Volumes = volumes(s.volumes)
	return &corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels, Annotations: pod.Annotations}, Spec: pod.Spec}
}

// podMeta takes a field of the metadata.
func podMeta(pod *corev1.Pod, f *field) bool {
	switch f.key {
	case "Name", "Namespace":
	case "Labels":
		pod.Labels = pairs(f)
	case "Annotations":
		pod.Annotations = pairs(f)
	case "Controlled By":
		if ref := owner(f.value); ref != nil {
			pod.OwnerReferences = []metav1.OwnerReference{*ref}
		}
	default:
		return false
	}
	return true
}

// owner reads "ReplicaSet/web-1"; releases up to 1.5 printed several controllers,
// or the form "web (1/1 replicas created)" for a replication controller.
func owner(s string) *metav1.OwnerReference {
	s, _, _ = strings.Cut(s, ",")
	if none(s) {
		return nil
	}
	yes := true
	s, _, replicas := strings.Cut(s, " (")
	kind, name, ok := strings.Cut(s, "/")
	switch {
	case ok && isName(name):
		return &metav1.OwnerReference{Kind: canon(kind), Name: name, Controller: &yes}
	case !ok && replicas && isName(s):
		return &metav1.OwnerReference{Kind: "ReplicationController", Name: s, Controller: &yes}
	}
	return nil
}

// podSpec takes a field of the spec; false where it is none.
func podSpec(s *corev1.PodSpec, f *field) bool {
	v := f.value
	switch f.key {
	case "Node":
		if none(v) || v == "/" {
			return false
		}
		s.NodeName, _, _ = strings.Cut(v, "/")
	case "Priority":
		n, err := strconv.ParseInt(v, 10, 32)
		if err != nil {
			return false
		}
		n32 := int32(n)
		s.Priority = &n32
	case "Priority Class Name":
		if none(v) {
			return false
		}
		s.PriorityClassName = v
	case "Runtime Class Name":
		s.RuntimeClassName = &v
	case "Service Account":
		s.ServiceAccountName = v
	case "Node-Selectors":
		s.NodeSelector = pairs(f)
	case "Tolerations":
		s.Tolerations = tolerations(f)
	case "Topology Spread Constraints":
		s.TopologySpreadConstraints = spread(f)
	case "Host Network":
		s.HostNetwork = strings.EqualFold(v, "true")
	case "Resources":
		s.Resources = podResources(f)
	case "SeccompProfile":
		s.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileType(v)}}
	case "LocalhostProfile":
		if s.SecurityContext == nil {
			s.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost}}
		}
		s.SecurityContext.SeccompProfile.LocalhostProfile = &v
	default:
		return false
	}
	return true
}

// podResources reads the limits and requests of a whole pod (since 1.34).
func podResources(f *field) *corev1.ResourceRequirements {
	var limits, requests field
	to := &limits
	for _, l := range f.more {
		switch t := strings.TrimSpace(l.text); t {
		case "Limits:":
			to = &limits
		case "Requests:":
			to = &requests
		default:
			to.more = append(to.more, l)
		}
	}
	return &corev1.ResourceRequirements{Limits: quantities(&limits), Requests: quantities(&requests)}
}

// podStatus takes a field of the status; false where it is none.
func podStatus(pod *corev1.Pod, f *field) bool {
	s := &pod.Status
	switch f.key {
	case "Status":
		word, rest, _ := strings.Cut(f.value, " ")
		if !strings.EqualFold(word, "Terminating") {
			s.Phase = corev1.PodPhase(canon(word))
			break
		}
		// "(lasts 5m)" gives no moment; "(expires DATE)", up to 1.8, does.
		_, date, _ := strings.Cut(strings.Trim(rest, "()"), "expires ")
		at := parseTime(date)
		pod.DeletionTimestamp = &at
	case "Termination Grace Period":
		if d, ok := parseAge(f.value); ok && d >= 0 {
			sec := int64(d.Seconds())
			pod.DeletionGracePeriodSeconds = &sec
		}
	case "Reason":
		s.Reason = canon(f.value)
	case "Message":
		s.Message = message(f)
	case "IP":
		if none(f.value) {
			return false
		}
		if s.PodIP == "" {
			s.PodIP = f.value
		}
		if ip := (corev1.PodIP{IP: f.value}); !slices.Contains(s.PodIPs, ip) {
			s.PodIPs = append(s.PodIPs, ip)
		}
	case "Node":
		_, ip, ok := strings.Cut(f.value, "/")
		s.HostIP = ip
		return ok && ip != ""
	case "Start Time":
		if t := parseTime(f.value); !t.IsZero() {
			s.StartTime = &t
		}
	case "NominatedNodeName":
		s.NominatedNodeName = f.value
	case "QoS Class":
		s.QOSClass = corev1.PodQOSClass(canon(f.value))
	default:
		return false
	}
	return true
}

// message joins the lines of a message; blanks in front of lines are layout.
func message(f *field) string {
	var b strings.Builder
	b.WriteString(f.value)
	for _, l := range f.more {
		if t := strings.TrimSpace(l.text); t != "" {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(t)
		}
	}
	return unescapeQuotes(plainQuotes(strings.TrimSpace(b.String())))
}

// rows returns the value and the lines of a field, without blanks around them.
func rows(f *field) []string {
	var out []string
	if !none(f.value) {
		out = append(out, f.value)
	}
	for _, l := range f.more {
		if t := strings.TrimSpace(l.text); !none(t) {
			out = append(out, t)
		}
	}
	return out
}

// pairs reads labels, selectors and annotations: key=value, or "key: value" for
// annotations since 1.9. A row of another form goes on the one above.
func pairs(f *field) map[string]string {
	m := map[string]string{}
	last := ""
	for _, t := range rows(f) {
		k, v, ok := strings.Cut(t, "=")
		if i := strings.IndexByte(t, ':'); i > 0 && (!ok || i < len(k)) && f.key == "Annotations" {
			k, v, ok = t[:i], t[i+1:], true
		}
		if !ok || strings.ContainsAny(k, " {\"") {
			if last != "" {
				m[last] = strings.TrimLeft(grow(m[last], "\n", t), "\n")
			}
			continue
		}
		if f.key != "Annotations" && strings.ContainsRune(v, ',') {
			// Releases up to 1.4, and workloads longer, print labels on one line.
			for one := range strings.SplitSeq(t, ",") {
				if k, v, ok := strings.Cut(one, "="); ok {
					m[strings.TrimSpace(k)] = strings.TrimSpace(v)
				}
			}
			continue
		}
		last = strings.TrimSpace(k)
		m[last] = strings.TrimSpace(v)
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

package paste

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// addPod adds a pod. What a paste shows of one pod in several places becomes
// one: the later row replaces the earlier, a part fills what is missing. Two
// full descriptions of one pod stay two; facts.Join chooses.
func (p *parser) addPod(pod *facts.Pod) {
	if pod.Name == "" {
		p.unnamed = append(p.unnamed, pod)
		return
	}
	if old := p.samePod(pod); old != nil && fill(old, pod) {
		p.index(old)
		return
	}
	p.out.Pods = append(p.out.Pods, pod)
	p.index(pod)
}

// podKey finds a pod; with space "*", the first of that name anywhere.
type podKey struct{ space, name string }

func (p *parser) index(pod *facts.Pod) {
	if p.pods == nil {
		p.pods = map[podKey]*facts.Pod{}
	}
	for _, k := range []podKey{{pod.Namespace, pod.Name}, {"*", pod.Name}} {
		if p.pods[k] == nil {
			p.pods[k] = pod
		}
	}
}

// samePod finds the pod that was seen under this name; a place that shows no
// namespace can mean any.
func (p *parser) samePod(pod *facts.Pod) *facts.Pod {
	old := p.pods[podKey{pod.Namespace, pod.Name}]
	if old == nil {
		old = p.pods[podKey{"", pod.Name}]
	}
	if old == nil && pod.Namespace == "" {
		old = p.pods[podKey{"*", pod.Name}]
	}
	if old == nil || differ(old.Namespace, pod.Namespace) || differ(string(old.UID), string(pod.UID)) {
		return nil
	}
	return old
}

// differ reports whether two texts, both known, are not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// fill moves into old what only b has; false where both describe the same half
// in full.
func fill(old, b *facts.Pod) bool {
	const most = 100 // containers or volumes of one pod; what has more is not one
	for _, pod := range []*facts.Pod{old, b} {
		st, spec := &pod.Status, &pod.Spec
		if max(len(st.ContainerStatuses), len(st.InitContainerStatuses), len(spec.Containers), len(spec.InitContainers), len(spec.Volumes)) > most {
			return false
		}
	}
	if old.HasStatus && b.HasStatus && statusClash(&old.Status, &b.Status) {
		return false
	}
	if b.Row != nil {
		old.Row = b.Row
	}
	m := &old.ObjectMeta
	if m.Namespace == "" {
		m.Namespace = b.Namespace
	}
	if m.UID == "" {
		m.UID = b.UID
	}
	if m.Labels == nil {
		m.Labels = b.Labels
	}
	if m.Annotations == nil {
		m.Annotations = b.Annotations
	}
	if m.OwnerReferences == nil {
		m.OwnerReferences = b.OwnerReferences
	}
	if m.DeletionTimestamp == nil {
		m.DeletionTimestamp, m.DeletionGracePeriodSeconds = b.DeletionTimestamp, b.DeletionGracePeriodSeconds
	}
	if !old.HasSpec && !old.HasStatus && (b.HasSpec || b.HasStatus) {
		old.Source = b.Source
	}
	fillSpec(&old.Spec, &b.Spec, old.HasSpec)
	fillStatus(&old.Status, &b.Status, old.HasStatus)
	if box, st := old.Spec.Containers, old.Status.ContainerStatuses; len(box) == 1 && len(st) == 1 && (box[0].Name == "" || st[0].Name == "") {
		name := box[0].Name + st[0].Name
		box[0].Name, st[0].Name = name, name
	}
	old.HasSpec, old.HasStatus = old.HasSpec || b.HasSpec, old.HasStatus || b.HasStatus
	return true
}

// statusClash reports whether both have the status of one container.
func statusClash(a, b *corev1.PodStatus) bool {
	for _, x := range a.ContainerStatuses {
		if slices.ContainsFunc(b.ContainerStatuses, func(y corev1.ContainerStatus) bool { return x.Name == y.Name }) {
			return true
		}
	}
	return a.Phase != "" && b.Phase != "" && a.Phase != b.Phase
}

func fillSpec(to, from *corev1.PodSpec, have bool) {
	if !have {
		node := to.NodeName
		*to = *from
		if to.NodeName == "" {
			to.NodeName = node
		}
		return
	}
	if to.NodeName == "" {
		to.NodeName = from.NodeName
	}
	to.Containers = fillContainers(to.Containers, from.Containers)
	to.InitContainers = fillContainers(to.InitContainers, from.InitContainers)
	for _, v := range from.Volumes {
		if !slices.ContainsFunc(to.Volumes, func(o corev1.Volume) bool { return o.Name == v.Name }) {
			to.Volumes = append(to.Volumes, v)
		}
	}
	if to.NodeSelector == nil {
		to.NodeSelector = from.NodeSelector
	}
	if to.Tolerations == nil {
		to.Tolerations = from.Tolerations
	}
}

// fillContainers adds containers that are missing, and to those that are there
// the probes and limits that another place showed.
func fillContainers(to, from []corev1.Container) []corev1.Container {
	for _, c := range from {
		i := slices.IndexFunc(to, func(o corev1.Container) bool { return o.Name == c.Name })
		if len(from) == 1 && len(to) == 1 && (c.Name == "" || to[0].Name == "") {
			// One place shows the only container's name, the other does not.
			i, to[0].Name = 0, to[0].Name+c.Name
		}
		if i < 0 {
			to = append(to, c)
			continue
		}
		o := &to[i]
		if o.Image == "" {
			o.Image = c.Image
		}
		if o.LivenessProbe == nil {
			o.LivenessProbe = c.LivenessProbe
		}
		if o.ReadinessProbe == nil {
			o.ReadinessProbe = c.ReadinessProbe
		}
		if o.StartupProbe == nil {
			o.StartupProbe = c.StartupProbe
		}
		if o.Resources.Limits == nil && o.Resources.Requests == nil {
			o.Resources = c.Resources
		}
		if o.Command == nil && o.Args == nil {
			o.Command, o.Args = c.Command, c.Args
		}
		if o.VolumeMounts == nil {
			o.VolumeMounts = c.VolumeMounts
		}
		if o.Ports == nil {
			o.Ports = c.Ports
		}
	}
	return to
}

func fillStatus(to, from *corev1.PodStatus, have bool) {
	if !have {
		*to = *from
		return
	}
	to.ContainerStatuses = append(to.ContainerStatuses, from.ContainerStatuses...)
	for _, st := range from.InitContainerStatuses {
		if !slices.ContainsFunc(to.InitContainerStatuses, func(o corev1.ContainerStatus) bool { return o.Name == st.Name }) {
			to.InitContainerStatuses = append(to.InitContainerStatuses, st)
		}
	}
	if len(to.Conditions) == 0 {
		to.Conditions = from.Conditions
	}
	if to.Phase == "" {
		to.Phase = from.Phase
	}
	if to.Reason == "" {
		to.Reason, to.Message = from.Reason, from.Message
	}
	if to.PodIP == "" {
		to.PodIP = from.PodIP
	}
	if to.StartTime == nil {
		to.StartTime = from.StartTime
	}
}

// adoptUnnamed gives the pods that the text did not name to the only pod that it
// names, or to the only one of a table that is not well. Others stay unnamed.
func (p *parser) adoptUnnamed() {
	if len(p.unnamed) == 0 {
		return
	}
	home := p.onlyPod()
	for _, pod := range p.unnamed {
		if home != nil && !home.HasStatus && pod.HasStatus || home != nil && !home.HasSpec && pod.HasSpec && !pod.HasStatus {
			if fill(home, pod) {
				continue
			}
		}
		if home == nil && len(p.out.Pods) == 1 && p.out.Pods[0].Name == "" && fill(p.out.Pods[0], pod) {
			continue
		}
		p.out.Pods = append(p.out.Pods, pod)
	}
}

func (p *parser) onlyPod() *facts.Pod {
	var sick []*facts.Pod
	if len(p.out.Pods) == 1 {
		return p.out.Pods[0]
	}
	for _, pod := range p.out.Pods {
		if r := pod.Row; r == nil || r.Status != "Completed" && !(r.Status == "Running" && r.Ready == r.Total) {
			sick = append(sick, pod)
		}
	}
	if len(sick) == 1 {
		return sick[0]
	}
	return nil
}

// stubOwners adds the workloads that warnings are about and that the paste shows
// nothing else of, so that the warnings have a subject.
func (p *parser) stubOwners() {
	type key struct{ kind, ns, name string }
	have := map[key]bool{}
	for _, w := range p.out.Workloads {
		have[key{w.Kind, w.Namespace, w.Name}] = true
	}
	for _, c := range p.out.Claims {
		have[key{"PersistentVolumeClaim", c.Namespace, c.Name}] = true
	}
	for _, e := range p.out.Events {
		o := e.Object
		k := key{o.Kind, o.Namespace, o.Name}
		if e.Type != "Warning" || o.Name == "" || have[k] {
			continue
		}
		switch o.Kind {
		case "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob":
			p.out.Workloads = append(p.out.Workloads, &facts.Workload{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name,
				Desired: -1, Ready: -1, Updated: -1, Existing: -1, Source: e.Source})
		case "PersistentVolumeClaim":
			c := &corev1.PersistentVolumeClaim{}
			c.Name, c.Namespace = o.Name, o.Namespace
			p.out.Claims = append(p.out.Claims, &facts.Claim{PersistentVolumeClaim: c, Source: e.Source})
		default:
			continue
		}
		have[k] = true
	}
}

package facts

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mergePods makes one pod of what several inputs say about the same one: a
// table row, a describe text and a manifest.
func (j *joiner) mergePods() {
	for _, p := range j.s.Pods {
		old := j.samePod(p)
		if old == nil {
			j.addPod(p)
			continue
		}
		if old.Row == nil {
			old.Row = p.Row
		}
		switch {
		case p.HasStatus && !old.HasStatus:
			row := old.Row
			if !p.HasSpec && old.HasSpec {
				p.Spec = old.Spec
				p.HasSpec = true
			}
			*old = *p
			old.Row = cmp.Or(p.Row, row)
			j.indexPod(old)
		case p.HasStatus && newerPod(p, old):
			row := cmp.Or(p.Row, old.Row)
			*old = *p
			old.Row = row
			j.indexPod(old)
		case p.HasSpec && !old.HasSpec:
			old.Spec, old.HasSpec = p.Spec, true
		}
	}
}

func newerPod(a, b *Pod) bool {
	return len(a.Status.ContainerStatuses) > len(b.Status.ContainerStatuses) ||
		(a.ResourceVersion != "" && len(a.ResourceVersion) >= len(b.ResourceVersion) && a.ResourceVersion > b.ResourceVersion)
}

func (j *joiner) samePod(p *Pod) *Pod {
	if p.UID != "" {
		if old := j.podsByUID[string(p.UID)]; old != nil {
			return old
		}
	}
	if p.Name == "" {
		return nil
	}
	old := j.podsByKey[objKey{"Pod", p.Namespace, p.Name}]
	if old == nil && p.Namespace == "" {
		old = j.podsByKey[objKey{"Pod", "", p.Name}]
	}
	if old == nil {
		old = j.podsByKey[objKey{"Pod?", "", p.Name}]
		if old != nil && old.Namespace != "" && p.Namespace != "" && old.Namespace != p.Namespace {
			old = nil
		}
	}
	if old != nil && old.UID != "" && p.UID != "" && old.UID != p.UID {
		return nil
	}
	return old
}

func (j *joiner) addPod(p *Pod) {
	j.pods = append(j.pods, p)
	j.indexPod(p)
	if p.Spec.NodeName != "" {
		j.podsByNode[p.Spec.NodeName] = append(j.podsByNode[p.Spec.NodeName], p)
	}
	if o := metav1.GetControllerOf(p); o != nil {
		k := ownerKey(o.Kind, p.Namespace, o.Name)
		j.podsByCtl[k] = append(j.podsByCtl[k], p)
	}
}

func (j *joiner) indexPod(p *Pod) {
	if p.UID != "" {
		j.podsByUID[string(p.UID)] = p
	}
	if p.Name != "" {
		j.podsByKey[objKey{"Pod", p.Namespace, p.Name}] = p
		j.podsByKey[objKey{"Pod?", "", p.Name}] = p
	}
}

func ownerKey(kind, ns, name string) string { return kind + "/" + ns + "/" + name }

func (j *joiner) indexObjects() {
	for _, w := range j.s.Workloads {
		k := objKey{w.Kind, w.Namespace, w.Name}
		if _, ok := j.workByKey[k]; !ok {
			j.workByKey[k] = w
		}
	}
	for _, w := range j.s.Workloads {
		if w.OwnerName != "" {
			k := objKey{w.OwnerKind, w.Namespace, w.OwnerName}
			j.children[k] = append(j.children[k], w)
		}
	}
	for _, n := range j.s.Nodes {
		if _, ok := j.nodes[n.Name]; !ok {
			j.nodes[n.Name] = n
		}
	}
	for _, v := range j.s.Volumes {
		j.volumes[v.Name] = v
	}
	for _, c := range j.s.Claims {
		c.Volume = j.volumes[c.Spec.VolumeName]
		j.claims[objKey{"PersistentVolumeClaim", c.Namespace, c.Name}] = c
	}
}

func (j *joiner) indexEvents() {
	if j.taken.IsZero() {
		j.taken = latest(j.s)
	}
	for i, e := range j.s.Events {
		if e.Seq == 0 {
			e.Seq = i + 1
		}
		if e.Count < 1 {
			e.Count = 1
		}
		if e.Age < 0 && !e.Last.IsZero() && !j.taken.IsZero() {
			e.Age = max(0, j.taken.Sub(e.Last))
		}
		if e.FirstAge < 0 && !e.First.IsZero() && !j.taken.IsZero() {
			e.FirstAge = max(0, j.taken.Sub(e.First))
		}
		switch k := j.eventKey(e); {
		case k.name != "":
			j.events[k] = append(j.events[k], e)
		default:
			j.loose = append(j.loose, e)
		}
	}
	for k, list := range j.events {
		if k.kind == "Node" {
			if n := j.nodes[k.name]; n != nil {
				n.Events = appendNew(n.Events, list)
			}
		}
		if c := j.claims[k]; c != nil {
			c.Events = appendNew(c.Events, list)
		}
	}
	for _, e := range j.s.Events {
		k := j.eventKey(e)
		if e.Type == "Warning" && controller(k.kind) && k.name != "" && j.workByKey[k] == nil {
			// Only its events are at hand: that is enough to be a subject.
			w := &Workload{Kind: k.kind, Namespace: k.ns, Name: k.name, Desired: -1, Ready: -1, Updated: -1, Existing: -1, Source: e.Source}
			j.workByKey[k] = w
			j.stubs = append(j.stubs, w)
		}
		if k.kind == "Pod" && k.name != "" && j.podsByKey[k] == nil && j.podsByKey[objKey{"Pod?", "", k.name}] == nil {
			if j.orphan[k] == nil {
				j.orphanKeys = append(j.orphanKeys, k)
			}
			j.orphan[k] = append(j.orphan[k], e)
		}
	}
}

// controller reports whether a kind makes pods.
func controller(kind string) bool {
	switch kind {
	case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController":
		return true
	}
	return false
}

func appendNew(to []*Event, add []*Event) []*Event {
	for _, e := range add {
		if !slices.Contains(to, e) {
			to = append(to, e)
		}
	}
	return to
}

// eventKey names the object of an event; a namespace the event lacks is taken
// from the only pod of that name.
func (j *joiner) eventKey(e *Event) objKey {
	o := e.Object
	if o.Kind == "Node" {
		return objKey{"Node", "", o.Name}
	}
	if o.Kind == "Pod" && o.Namespace == "" {
		if p := j.podsByKey[objKey{"Pod?", "", o.Name}]; p != nil {
			return objKey{"Pod", p.Namespace, o.Name}
		}
	}
	return objKey{o.Kind, o.Namespace, o.Name}
}

func (j *joiner) indexLogs() {
	for _, l := range j.s.Logs {
		switch {
		case l.Origin == FromKubelet || l.Origin == FromKernel:
			j.hostLogs = append(j.hostLogs, l)
		case l.Pod == "":
			j.looseLogs = append(j.looseLogs, l)
		default:
			p := j.podsByKey[objKey{"Pod", l.Namespace, l.Pod}]
			if p == nil {
				p = j.podsByKey[objKey{"Pod?", "", l.Pod}]
			}
			if p == nil {
				j.looseLogs = append(j.looseLogs, l)
				continue
			}
			k := objKey{"Pod", p.Namespace, p.Name}
			j.logs[k] = append(j.logs[k], l)
		}
	}
}

package facts

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop"
)

// lonely makes the subjects of an input without pods and workloads.
func (j *joiner) lonely() []*Facts {
	var out []*Facts
	for _, k := range j.orphanKeys {
		out = append(out, j.eventsOnly(k.ns, k.name, j.orphan[k]))
	}
	if len(out) == 0 && len(j.loose) > 0 {
		out = append(out, j.eventsOnly("", "", j.loose))
		j.loose = nil
	}
	if len(out) > 0 {
		j.attachLoose(out)
		return append(out, j.strays...)
	}
	for _, c := range j.s.Claims {
		f := j.base()
		f.Subject = unloop.Subject{Kind: "PersistentVolumeClaim", Namespace: c.Namespace, Name: c.Name}
		f.Claims = []*Claim{c}
		f.Events = sortEvents(c.Events)
		j.have(f)
		out = append(out, f)
	}
	for _, l := range j.looseLogs {
		out = append(out, j.logOnly(l))
	}
	if len(out) > 0 {
		return out
	}
	for _, n := range j.s.Nodes {
		f := j.base()
		f.Subject = unloop.Subject{Kind: "Node", Name: n.Name}
		f.Node = n
		f.Events = sortEvents(n.Events)
		j.have(f)
		out = append(out, f)
	}
	if len(out) == 0 && len(j.hostLogs) > 0 {
		f := j.base()
		f.Subject = unloop.Subject{Kind: "Log", Name: j.hostLogs[0].Source.Input}
		j.have(f)
		out = append(out, f)
	}
	return out
}

func (j *joiner) eventsOnly(ns, name string, ev []*Event) *Facts {
	p := &Pod{Pod: &corev1.Pod{}, Source: ev[0].Source}
	p.Namespace, p.Name = ns, name
	f := j.base()
	f.Pod = p
	f.Subject = unloop.Subject{Kind: "Pod", Namespace: ns, Name: name}
	f.Events = sortEvents(ev)
	attach(f)
	j.have(f)
	return f
}

func (j *joiner) logOnly(l *Log) *Facts {
	f := j.base()
	f.Subject = unloop.Subject{Kind: "Log", Namespace: l.Namespace, Name: cmp.Or(l.Pod, l.Source.Input)}
	f.Logs = []*Log{l}
	f.Containers = []*Container{{Name: l.Container, Current: l}}
	j.have(f)
	return f
}

// attachLoose gives events and logs that name no object to the one subject they
// can belong to: the only one, or the only one of their input that is not well.
func (j *joiner) attachLoose(all []*Facts) {
	for _, l := range j.looseLogs {
		f := j.ownerOfLoose(all, l.Source.Input, l.Pod, l.Container)
		if f == nil {
			j.strays = append(j.strays, j.logOnly(l))
			continue
		}
		f.Logs = append(f.Logs, l)
		attach(f)
		j.have(f)
	}
	var left []*Event
	for _, e := range j.loose {
		if f := j.ownerOfLoose(all, e.Source.Input, "", ""); f != nil {
			f.Events = sortEvents(append(f.Events, e))
			attach(f)
			j.have(f)
			continue
		}
		left = append(left, e)
	}
	if len(left) > 0 {
		j.strays = append(j.strays, j.eventsOnly("", "", left))
	}
	for _, k := range j.orphanKeys {
		if !slices.ContainsFunc(all, func(f *Facts) bool {
			return f.Subject.Kind == "Pod" && f.Subject.Name == k.name && (k.ns == "" || f.Subject.Namespace == k.ns)
		}) && !j.s.Complete("Pod", k.ns) {
			j.strays = append(j.strays, j.eventsOnly(k.ns, k.name, j.orphan[k]))
		}
	}
}

// ownerOfLoose picks the subject for a text that names none.
func (j *joiner) ownerOfLoose(all []*Facts, input, pod, container string) *Facts {
	var same, sick, named []*Facts
	for _, f := range all {
		if f.Pod == nil {
			continue
		}
		if container != "" && f.Container(container) != nil {
			named = append(named, f)
		}
		if pod != "" && f.Subject.Name != "" && !strings.HasPrefix(f.Subject.Name, pod) {
			continue
		}
		if f.Pod.Source.Input == input || f.Pod.Row != nil && f.Pod.Row.Source.Input == input {
			same = append(same, f)
			if !f.Pod.rowFine() {
				sick = append(sick, f)
			}
		}
	}
	for _, set := range [][]*Facts{same, sick, named} {
		if len(set) == 1 {
			return set[0]
		}
	}
	// Several failing pods of one workload in one paste: the text is about any of them.
	if len(sick) > 1 && sameStem(sick) {
		return sick[0]
	}
	if len(all) == 1 && all[0].Pod != nil && (pod == "" || all[0].Subject.Name == "") {
		return all[0]
	}
	return nil
}

func sameStem(fs []*Facts) bool {
	stem := nameStem(fs[0].Subject.Name)
	return stem != "" && !slices.ContainsFunc(fs, func(f *Facts) bool { return nameStem(f.Subject.Name) != stem })
}

// nameStem cuts the generated ends off a pod name: web-7d9c6b8f5-abcde -> web.
func nameStem(name string) string {
	for range 2 {
		i := strings.LastIndexByte(name, '-')
		if i <= 0 || strings.Trim(name[i+1:], "0123456789bcdfghjklmnpqrstvwxz") != "" {
			break
		}
		name = name[:i]
	}
	return name
}

// rowFine reports whether all that is known of the pod is a table row that
// looks well.
func (p *Pod) rowFine() bool {
	if p.HasStatus || p.Row == nil {
		return false
	}
	switch p.Row.Status {
	case "Running":
		return p.Row.Ready == p.Row.Total
	case "Completed", "Succeeded":
		return true
	}
	return false
}

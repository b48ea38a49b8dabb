package facts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/unloop-dev/unloop"
)

// addRecordedPods makes pods of the labels in recordings where nothing else in the
// input tells of them. What such a pod shows of its status is what was recorded:
// that the main process of a container ended, when and how.
func (j *joiner) addRecordedPods() {
	for _, d := range j.s.Deaths {
		if d.Pod == "" || !d.Main || j.podOf(d) != nil {
			continue
		}
		p := &Pod{Pod: &corev1.Pod{}, HasStatus: true, Recorded: true, Source: d.Source}
		p.Namespace, p.Name, p.UID = d.Namespace, d.Pod, types.UID(d.PodUID)
		j.addPod(p)
	}
	for _, d := range j.s.Deaths {
		if p := j.podOf(d); p != nil && p.Recorded && d.Main {
			addRecordedStatus(p, d)
		}
	}
}

// indexDeaths finds the pods of recorded ends, and makes those that are missing.
func (j *joiner) indexDeaths() {
	if len(j.s.Deaths) == 0 {
		return
	}
	j.addRecordedPods()
	j.deaths = map[*Pod][]*Death{}
	for _, d := range j.s.Deaths {
		if p := j.podOf(d); p != nil {
			j.deaths[p] = append(j.deaths[p], d)
		}
	}
}

// podOf finds the pod that a recorded process ran in: by its number, else by name.
func (j *joiner) podOf(d *Death) *Pod {
	if d.Pod == "" && d.PodUID == "" {
		return nil
	}
	if d.PodUID != "" {
		if p := j.podsByUID[d.PodUID]; p != nil {
			return p
		}
	}
	for _, k := range []objKey{{"Pod", d.Namespace, d.Pod}, {"Pod", "", d.Pod}} {
		if p := j.podsByKey[k]; p != nil && d.Pod != "" && (p.UID == "" || d.PodUID == "" || string(p.UID) == d.PodUID) {
			return p
		}
	}
	return nil
}

// addRecordedStatus notes an end in the status of a pod that is known from
// recordings alone. Deaths come in the order of time, so the last one stands.
func addRecordedStatus(p *Pod, d *Death) {
	name := d.Name
	if d.Main {
		name = cmp.Or(d.Container, d.ContainerName)
	}
	list := &p.Status.ContainerStatuses
	i := slices.IndexFunc(*list, func(s corev1.ContainerStatus) bool { return s.Name == name })
	if i < 0 {
		*list = append(*list, corev1.ContainerStatus{Name: name, Image: d.Image, RestartCount: d.Restarts})
		i = len(*list) - 1
	} else {
		(*list)[i].LastTerminationState = (*list)[i].State
		(*list)[i].RestartCount++
	}
	(*list)[i].State.Terminated = d.terminated()
}

// terminated is the end as a container's status would show it.
func (d *Death) terminated() *corev1.ContainerStateTerminated {
	t := &corev1.ContainerStateTerminated{ExitCode: d.ExitCode(), Signal: int32(d.Signal), Reason: "Error", FinishedAt: metav1.NewTime(d.At), ContainerID: d.ContainerID}
	switch {
	case d.OOM:
		t.Reason = "OOMKilled" // as a runtime says of the whole container
	case t.ExitCode == 0:
		t.Reason = "Completed"
	}
	if d.Lived > 0 {
		t.StartedAt = metav1.NewTime(d.At.Add(-d.Lived))
	}
	return t
}

// recorded makes the subjects of recorded ends that belong to no pod: containers
// whose pod is not known, and processes that ended in a machine or beside the main
// process of a container.
func (j *joiner) recorded() []*Facts {
	var out []*Facts
	for _, d := range j.s.Deaths {
		if d.Main && j.podOf(d) != nil || !d.FailedEnd() {
			continue
		}
		f := j.base()
		f.Subject = unloop.Subject{Kind: "Process", Namespace: d.Namespace, Name: fmt.Sprintf("%s-%d", d.Name, d.Pid), Node: d.Host}
		switch {
		case d.Local:
			f.Subject.Name = d.ContainerName
		case d.Main:
			f.Subject.Kind, f.Subject.Name = "Container", cmp.Or(d.ContainerName, d.ContainerID)
		case d.Pod != "":
			f.Subject.Workload = "Pod/" + d.Pod
		case d.ContainerID != "":
			f.Subject.Workload = "Container/" + cmp.Or(d.ContainerName, d.ContainerID)
		}
		// A pod without a name holds what was recorded, so that rules find it in its place.
		f.Pod = &Pod{Pod: &corev1.Pod{}, HasStatus: true, Recorded: true, Local: d.Local, Source: d.Source}
		addRecordedStatus(f.Pod, d)
		f.Containers = containersOf(f.Pod)
		f.Containers[0].Recorded = true
		j.attachDeath(f, f.Containers[0], d, true)
		j.have(f)
		out = append(out, f)
	}
	return out
}

// attachDeaths gives the containers of a pod their recorded ends: the one that the
// status tells of, else the latest.
func (j *joiner) attachDeaths(f *Facts) {
	chosen := map[*Container]*Death{}
	sure := map[*Container]bool{}
	for _, d := range j.deaths[f.Pod] {
		c := f.Container(cmp.Or(d.Container, d.ContainerName))
		if c == nil && len(f.Containers) == 1 && d.Container == "" {
			c = f.Containers[0]
		}
		if c == nil || !d.Main {
			continue
		}
		same := f.Pod.Recorded || c.sameEnd(d)
		if same || !sure[c] {
			chosen[c], sure[c] = d, same
		}
	}
	for _, c := range f.Containers {
		if d := chosen[c]; d != nil {
			c.Recorded = f.Pod.Recorded
			j.attachDeath(f, c, d, sure[c])
		}
	}
}

// attachDeath notes the end and the text that the process wrote, where there is no
// log of the container from elsewhere.
func (j *joiner) attachDeath(f *Facts, c *Container, d *Death, sure bool) {
	c.Death, c.DeathSure = d, sure
	f.Have |= Capture
	_, where := c.Exit()
	if l, _ := c.DeadLog(); l != nil || !sure {
		return
	}
	var b strings.Builder
	for _, o := range d.said() {
		b.WriteString(strings.ReplaceAll(o.Text, "\n", " "))
		b.WriteByte('\n')
	}
	if b.Len() == 0 {
		return
	}
	l := &Log{Namespace: d.Namespace, Pod: d.Pod, Container: c.Name, Previous: where == "lastState.terminated", Text: b.String(), Source: Source{Input: d.Source.Input}}
	f.Logs = append(f.Logs, l)
	if l.Previous {
		c.Previous = l
	} else {
		c.Current = l
	}
}

// said are the lines that stand for a log: of the whole container where they are known, else of
// the process that is nearest to the cause.
func (d *Death) said() []OutputLine {
	if len(d.Log) > 0 {
		return d.Log
	}
	for x := d; x != nil; x = x.Child {
		if x.Child == nil || len(x.Child.Output) == 0 {
			return x.Output
		}
	}
	return nil
}

// sameEnd reports whether the recorded end is the one that Exit returns: the same
// container instance, or one that ended at the same second in the same way.
func (c *Container) sameEnd(d *Death) bool {
	t, _ := c.Exit()
	if t == nil {
		return false
	}
	if _, id, ok := strings.Cut(t.ContainerID, "://"); ok && d.ContainerID != "" {
		return strings.HasPrefix(id, d.ContainerID)
	}
	// Clocks of one machine; the status holds whole seconds, and the runtime notices an
	// end a moment later.
	const slack = 3 * time.Second
	return t.ExitCode == d.ExitCode() && !t.FinishedAt.IsZero() && t.FinishedAt.Sub(d.At).Abs() <= slack
}

package paste

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// fragmentReader puts the pairs of a fragment where the keys before them say
// they belong; indentation is not needed.
type fragmentReader struct {
	pod *facts.Pod
	// kind is what the text names itself.
	kind string
	// section is the last key that has others below it.
	section string
	// list is the list of statuses or containers, as its key.
	list  string
	seen  map[string]bool
	st    *corev1.ContainerStatus
	state *corev1.ContainerState
	// phase of the state being read, and its fields.
	word  string
	ended corev1.ContainerStateTerminated
	coded bool
	conds []facts.Condition
	cond  map[string]bool
	// work collects what only a controller has.
	work   facts.Workload
	isWork bool
	box    *corev1.Container
	amount corev1.ResourceList
	any    bool
}

// take reads one pair.
func (r *fragmentReader) take(q pair) {
	switch q.key {
	case "containerstatuses", "initcontainerstatuses", "ephemeralcontainerstatuses":
		r.flush()
		r.section, r.list, r.st = "statuses", q.key, nil
		return
	case "conditions":
		r.flush()
		r.section, r.cond = "conditions", nil
		return
	case "metadata", "ownerreferences", "spec", "labels", "annotations", "podips":
		r.flush()
		r.section = q.key
		return
	case "containers", "initcontainers":
		r.flush()
		r.section, r.list, r.box = "containers", q.key, nil
		return
	case "laststate", "state", "terminated", "waiting", "running", "exitcode", "restartcount", "ready", "started", "startedat", "finishedat",
		"signal", "containerid", "imageid":
		if r.section != "conditions" {
			r.section = "statuses"
		}
	case "phase", "hostip", "podip", "qosclass", "starttime":
		r.flush()
		r.section = "pod"
	}
	switch r.section {
	case "statuses":
		r.takeStatus(q)
	case "conditions":
		r.takeCondition(q)
	case "containers":
		r.takeBox(q)
	case "metadata", "ownerreferences":
		r.takeMeta(q)
	default:
		r.takeTop(q)
	}
}

// takeStatus reads a field of a container status.
func (r *fragmentReader) takeStatus(q pair) {
	top := q.key == "name" || q.key == "ready" || q.key == "restartcount" || q.key == "started" || q.key == "image" || q.key == "imageid" ||
		q.key == "laststate" || q.key == "state" || q.key == "containerid" && r.state == nil
	if r.st == nil || top && (q.item && len(r.seen) > 0 || r.seen[q.key]) {
		r.begin()
	}
	if top {
		r.flush()
		r.seen[q.key] = true
	}
	st := r.st
	switch q.key {
	case "state", "laststate":
		r.open(&st.State)
		if q.key == "laststate" {
			r.open(&st.LastTerminationState)
		}
		if w := strings.TrimRight(strings.ToLower(q.value), ":"); w == "terminated" || w == "waiting" || w == "running" {
			r.word = w
		}
		return
	case "terminated", "waiting", "running":
		if r.state == nil {
			r.open(&st.State)
		}
		r.word, r.any = q.key, true
		return
	case "name":
		st.Name = q.value
	case "ready":
		st.Ready = q.value == "true"
	case "started":
		yes := q.value == "true"
		st.Started = &yes
	case "image":
		st.Image = q.value
	case "imageid":
		st.ImageID = q.value
	case "restartcount":
		if n, err := strconv.ParseInt(q.value, 10, 32); err == nil && n >= 0 {
			st.RestartCount = int32(n)
		}
	default:
		r.takeState(q)
		return
	}
	r.any = true
}

// takeState reads a field of a state; one without heading is that of the state.
func (r *fragmentReader) takeState(q pair) {
	if r.state == nil {
		if q.key == "containerid" {
			r.st.ContainerID = q.value
			return
		}
		r.open(&r.st.State)
	}
	switch q.key {
	case "exitcode":
		n, err := strconv.ParseInt(q.value, 10, 32)
		if err != nil {
			return
		}
		r.ended.ExitCode, r.coded = int32(n), true
		if r.word == "" {
			r.word = "terminated"
		}
	case "signal":
		n, _ := strconv.ParseInt(q.value, 10, 32)
		r.ended.Signal = int32(n)
	case "reason":
		r.ended.Reason = canon(q.value)
	case "message":
		r.ended.Message = q.value
	case "startedat":
		r.ended.StartedAt = parseTime(q.value)
	case "finishedat":
		r.ended.FinishedAt = parseTime(q.value)
	case "containerid":
		r.ended.ContainerID = q.value
	default:
		return
	}
	r.any = true
}

// open starts reading a state.
func (r *fragmentReader) open(state *corev1.ContainerState) {
	r.state, r.word, r.ended, r.coded = state, "", corev1.ContainerStateTerminated{}, false
}

// flush closes the state being read.
func (r *fragmentReader) flush() {
	if r.state == nil {
		return
	}
	switch {
	case r.word == "running":
		r.state.Running = &corev1.ContainerStateRunning{StartedAt: r.ended.StartedAt}
	case r.word == "waiting" || r.word == "" && r.ended.Reason != "":
		r.state.Waiting = &corev1.ContainerStateWaiting{Reason: r.ended.Reason, Message: r.ended.Message}
	case r.word == "terminated":
		t := r.ended
		if !r.coded {
			t.ExitCode = impliedCode(t.Reason)
		}
		r.state.Terminated = &t
	}
	r.state = nil
}

// begin starts the next container of the list.
func (r *fragmentReader) begin() {
	r.flush()
	s := &r.pod.Status
	list := &s.ContainerStatuses
	switch r.list {
	case "initcontainerstatuses":
		list = &s.InitContainerStatuses
	case "ephemeralcontainerstatuses":
		list = &s.EphemeralContainerStatuses
	}
	*list = append(*list, corev1.ContainerStatus{})
	r.st, r.seen = &(*list)[len(*list)-1], map[string]bool{}
}

func (r *fragmentReader) takeCondition(q pair) {
	if r.cond == nil || r.cond[q.key] || q.item && len(r.cond) > 0 {
		r.conds = append(r.conds, facts.Condition{})
		r.cond = map[string]bool{}
	}
	c := &r.conds[len(r.conds)-1]
	switch q.key {
	case "type":
		c.Type = canon(q.value)
	case "status":
		c.Status = canon(q.value)
	case "reason":
		c.Reason = canon(q.value)
	case "message":
		c.Message = q.value
	case "lasttransitiontime":
		c.Since = parseTime(q.value).Time
	case "lastprobetime", "lastupdatetime":
	default:
		r.section = ""
		if len(r.cond) == 0 {
			r.conds = r.conds[:len(r.conds)-1]
		}
		r.takeTop(q)
		return
	}
	r.cond[q.key], r.any = true, true
}

func (r *fragmentReader) takeMeta(q pair) {
	m := &r.pod.ObjectMeta
	switch {
	case r.section == "ownerreferences" && q.key == "kind":
		yes := true
		m.OwnerReferences = append(m.OwnerReferences, metav1.OwnerReference{Kind: canon(q.value), Controller: &yes})
	case r.section == "ownerreferences" && q.key == "name" && len(m.OwnerReferences) > 0 && m.OwnerReferences[len(m.OwnerReferences)-1].Name == "":
		m.OwnerReferences[len(m.OwnerReferences)-1].Name = q.value
	case q.key == "name":
		m.Name = q.value
	case q.key == "namespace":
		m.Namespace = q.value
	}
}

// takeBox reads a field of a container of the spec.
func (r *fragmentReader) takeBox(q pair) {
	if r.box == nil || q.item && (q.key == "name" || q.key == "image") || q.key == "image" && r.box.Image != "" {
		list := &r.pod.Spec.Containers
		if r.list == "initcontainers" {
			list = &r.pod.Spec.InitContainers
		}
		*list = append(*list, corev1.Container{})
		r.box, r.amount = &(*list)[len(*list)-1], nil
	}
	switch q.key {
	case "name":
		if r.box.Name == "" {
			r.box.Name = q.value
		}
	case "image":
		r.box.Image = q.value
	case "limits":
		r.amount = corev1.ResourceList{}
		r.box.Resources.Limits = r.amount
	case "requests":
		r.amount = corev1.ResourceList{}
		r.box.Resources.Requests = r.amount
	case "memory", "cpu":
		if v, ok := quantity(q.value); ok && r.amount != nil {
			r.amount[corev1.ResourceName(q.key)] = v
		}
	default:
		return
	}
	r.any = true
}

// takeTop reads what belongs to the object itself.
func (r *fragmentReader) takeTop(q pair) {
	s := &r.pod.Status
	number := func(to *int32) {
		if n, err := strconv.ParseInt(q.value, 10, 32); err == nil && n >= 0 {
			*to, r.isWork, r.any = int32(n), true, true
		}
	}
	switch q.key {
	case "kind":
		r.kind = canon(q.value)
	case "phase":
		s.Phase, r.any = corev1.PodPhase(canon(q.value)), true
	case "podip":
		s.PodIP = q.value
	case "hostip":
		s.HostIP = q.value
	case "qosclass":
		s.QOSClass = corev1.PodQOSClass(q.value)
	case "starttime":
		if t := parseTime(q.value); !t.IsZero() {
			s.StartTime = &t
		}
	case "reason":
		if r.section == "pod" {
			s.Reason, r.any = canon(q.value), true
		} else {
			r.takeStatus(q)
		}
	case "message":
		if r.section == "pod" {
			s.Message, r.any = q.value, true
		} else {
			r.takeStatus(q)
		}
	case "name", "image":
		if r.section == "" {
			r.takeStatus(q)
		}
	case "nodename":
		r.pod.Spec.NodeName = q.value
	case "replicas":
		number(&r.work.Existing)
	case "readyreplicas", "availablereplicas":
		number(&r.work.Ready)
	case "updatedreplicas":
		number(&r.work.Updated)
	case "unavailablereplicas":
		r.isWork = true
	}
}

// result adds what was found; false where it was nothing.
func (r *fragmentReader) result(p *parser) bool {
	r.flush()
	for _, c := range r.conds {
		r.isWork = r.isWork || c.Type == "Progressing" || c.Type == "ReplicaFailure"
	}
	if !r.any {
		// A piece of a Secret is read over: its values must not get into a log.
		return r.kind == "Secret"
	}
	if p.cmd.kind != "" && (r.kind == "" || r.kind == p.cmd.kind) && r.pod.Name == "" {
		r.kind, r.pod.Name = p.cmd.kind, p.cmd.name
		r.pod.Namespace = strings.TrimSpace(r.pod.Namespace + p.cmd.namespace)
	}
	if r.isWork || r.kind != "" && r.kind != "Pod" {
		if r.kind == "" || r.kind == "Pod" {
			r.kind = "Deployment"
		}
		w := r.work
		w.Kind, w.Name, w.Namespace, w.Desired, w.Conditions, w.Source = r.kind, r.pod.Name, r.pod.Namespace, -1, r.conds, r.pod.Source
		if len(r.pod.Spec.Containers) > 0 {
			w.Template = &corev1.PodTemplateSpec{Spec: r.pod.Spec}
		}
		p.out.Workloads = append(p.out.Workloads, &w)
		return true
	}
	for _, c := range r.conds {
		r.pod.Status.Conditions = append(r.pod.Status.Conditions, corev1.PodCondition{Type: corev1.PodConditionType(c.Type),
			Status: corev1.ConditionStatus(c.Status), Reason: c.Reason, Message: c.Message, LastTransitionTime: metav1.Time{Time: c.Since}})
	}
	s := &r.pod.Status
	r.pod.HasStatus = len(s.ContainerStatuses)+len(s.InitContainerStatuses)+len(s.EphemeralContainerStatuses)+len(s.Conditions) > 0 || s.Phase != ""
	r.pod.HasSpec = len(r.pod.Spec.Containers)+len(r.pod.Spec.InitContainers) > 0
	p.addPod(r.pod)
	return true
}

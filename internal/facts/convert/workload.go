package convert

import (
	"encoding/json"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// revisionAnnotation numbers the ReplicaSets of a Deployment
// (kubernetes v1.36 pkg/controller/deployment/util/deployment_util.go).
const revisionAnnotation = "deployment.kubernetes.io/revision"

func workload(kind string, m *metav1.ObjectMeta, src facts.Source) *facts.Workload {
	trim(m)
	w := &facts.Workload{
		Kind: kind, Namespace: m.Namespace, Name: m.Name, UID: string(m.UID), Created: utc(m.CreationTimestamp),
		Desired: -1, Ready: -1, Updated: -1, Existing: -1, Labels: m.Labels, Source: src,
	}
	if o := metav1.GetControllerOfNoCopy(m); o != nil {
		w.OwnerKind, w.OwnerName, w.OwnerUID = o.Kind, o.Name, string(o.UID)
	}
	w.Revision, _ = strconv.ParseInt(m.Annotations[revisionAnnotation], 10, 64)
	return w
}

// wants sets the pod template and the wanted count. The API server's default is
// 1; without a template there was no spec in the input, and nothing is known.
func wants(w *facts.Workload, n *int32, t *corev1.PodTemplateSpec) {
	w.Template = template(t)
	switch {
	case n != nil:
		w.Desired = *n
	case w.Template != nil:
		w.Desired = 1
	}
}

// counts sets the replica counts of the status. A manifest that was never
// applied has none, and its counts stay unknown: it has neither a UID nor
// anything in its status (seen).
func counts(w *facts.Workload, seen bool, ready, updated, existing int32) {
	if w.UID != "" || seen {
		w.Ready, w.Updated, w.Existing = ready, updated, existing
	}
}

func template(t *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	if t == nil || len(t.Spec.Containers) == 0 {
		return nil
	}
	trim(&t.ObjectMeta)
	return t
}

// FromDeployment takes a Deployment of apps/v1 or of an older group: their
// fields are the same as far as they are read.
func FromDeployment(d *appsv1.Deployment, src facts.Source) *facts.Workload {
	w, st := workload("Deployment", &d.ObjectMeta, src), &d.Status
	wants(w, d.Spec.Replicas, &d.Spec.Template)
	counts(w, st.ObservedGeneration > 0 || st.Replicas > 0 || len(st.Conditions) > 0,
		st.ReadyReplicas, st.UpdatedReplicas, st.Replicas)
	w.Paused, w.Strategy = d.Spec.Paused, string(d.Spec.Strategy.Type)
	for _, c := range st.Conditions {
		w.Conditions = append(w.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return w
}

// FromReplicaSet takes a ReplicaSet.
func FromReplicaSet(r *appsv1.ReplicaSet, src facts.Source) *facts.Workload {
	w, st := workload("ReplicaSet", &r.ObjectMeta, src), &r.Status
	wants(w, r.Spec.Replicas, &r.Spec.Template)
	counts(w, st.ObservedGeneration > 0 || st.Replicas > 0 || len(st.Conditions) > 0,
		st.ReadyReplicas, st.Replicas, st.Replicas)
	for _, c := range st.Conditions {
		w.Conditions = append(w.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return w
}

// FromReplicationController takes a ReplicationController.
func FromReplicationController(r *corev1.ReplicationController, src facts.Source) *facts.Workload {
	w, st := workload("ReplicationController", &r.ObjectMeta, src), &r.Status
	wants(w, r.Spec.Replicas, r.Spec.Template)
	counts(w, st.ObservedGeneration > 0 || st.Replicas > 0 || len(st.Conditions) > 0,
		st.ReadyReplicas, st.Replicas, st.Replicas)
	for _, c := range st.Conditions {
		w.Conditions = append(w.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return w
}

// FromStatefulSet takes a StatefulSet.
func FromStatefulSet(s *appsv1.StatefulSet, src facts.Source) *facts.Workload {
	w, st := workload("StatefulSet", &s.ObjectMeta, src), &s.Status
	wants(w, s.Spec.Replicas, &s.Spec.Template)
	counts(w, st.ObservedGeneration > 0 || st.Replicas > 0 || len(st.Conditions) > 0,
		st.ReadyReplicas, st.UpdatedReplicas, st.Replicas)
	w.Strategy = string(s.Spec.UpdateStrategy.Type)
	for _, c := range st.Conditions {
		w.Conditions = append(w.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return w
}

// FromDaemonSet takes a DaemonSet. Desired is the number of nodes that should
// run a pod, known from the status only.
func FromDaemonSet(d *appsv1.DaemonSet, src facts.Source) *facts.Workload {
	w, st := workload("DaemonSet", &d.ObjectMeta, src), &d.Status
	if seen := st.ObservedGeneration > 0 || st.DesiredNumberScheduled > 0; seen || w.UID != "" {
		w.Desired = st.DesiredNumberScheduled
		counts(w, seen, st.NumberReady, st.UpdatedNumberScheduled, st.CurrentNumberScheduled)
	}
	w.Strategy, w.Template = string(d.Spec.UpdateStrategy.Type), template(&d.Spec.Template)
	for _, c := range st.Conditions {
		w.Conditions = append(w.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return w
}

// FromJob takes a Job. Desired is the number of completions wanted, or the
// parallelism of a Job that wants any one of its pods to succeed.
func FromJob(j *batchv1.Job, src facts.Source) *facts.Workload {
	w, st := workload("Job", &j.ObjectMeta, src), &j.Status
	desired := j.Spec.Completions
	if desired == nil {
		desired = j.Spec.Parallelism
	}
	wants(w, desired, &j.Spec.Template)
	counts(w, st.StartTime != nil || st.Active+st.Failed+st.Succeeded > 0 || len(st.Conditions) > 0,
		st.Succeeded, 0, st.Active+st.Failed)
	w.Suspended = j.Spec.Suspend != nil && *j.Spec.Suspend
	for _, c := range st.Conditions {
		w.Conditions = append(w.Conditions, condition(c.Type, c.Status, c.Reason, c.Message, c.LastTransitionTime))
	}
	return w
}

// FromCronJob takes a CronJob; it has no counts of its own.
func FromCronJob(c *batchv1.CronJob, src facts.Source) *facts.Workload {
	w := workload("CronJob", &c.ObjectMeta, src)
	w.Suspended = c.Spec.Suspend != nil && *c.Spec.Suspend
	w.Strategy = string(c.Spec.ConcurrencyPolicy)
	w.Template = template(&c.Spec.JobTemplate.Spec.Template)
	return w
}

// FromControllerRevision takes one entry of a StatefulSet's or DaemonSet's
// history: its data is a patch that holds the pod template
// (kubernetes v1.36 pkg/controller/history, daemon/update.go getPatch).
func FromControllerRevision(r *appsv1.ControllerRevision, src facts.Source) *facts.Workload {
	w := workload("ControllerRevision", &r.ObjectMeta, src)
	w.Revision = r.Revision
	var patch struct {
		Spec struct {
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	// A revision whose patch has another shape keeps its number and name.
	if json.Unmarshal(r.Data.Raw, &patch) == nil {
		w.Template = template(&patch.Spec.Template)
	}
	return w
}

func condition[T, S ~string](typ T, status S, reason, message string, since metav1.Time) facts.Condition {
	return facts.Condition{Type: string(typ), Status: string(status), Reason: reason, Message: message, Since: utc(since)}
}

// utc keeps the zero time zero, which UTC alone would not show as such.
func utc(t metav1.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

package kube

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/facts"
)

// settled reports whether a pod, seen alone, gives nothing to explain: it runs,
// is ready and never restarted, or it is done. It is asked before events and
// nodes are known, so it only decides what of the pod is kept.
func settled(p *corev1.Pod) bool {
	if p.DeletionTimestamp != nil || p.Status.Reason != "" {
		return false
	}
	switch p.Status.Phase {
	case corev1.PodSucceeded:
		return true
	case corev1.PodRunning:
	default:
		return false
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status != corev1.ConditionTrue ||
			c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			return false
		}
	}
	for _, c := range p.Status.InitContainerStatuses {
		t := c.State.Terminated
		if c.RestartCount > 0 || t == nil && (c.State.Running == nil || !c.Ready) || t != nil && (t.ExitCode != 0 || t.Reason == "OOMKilled") {
			return false
		}
	}
	return len(p.Status.ContainerStatuses) > 0 && !slices.ContainsFunc(p.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool {
		return c.RestartCount > 0 || c.State.Running == nil || !c.Ready
	})
}

// slim keeps of a settled pod what other pods' diagnoses and its own later
// judgement read: names, owner, node, images, requests, ports, probes, claims,
// affinity and status. The rest is most of its size.
func slim(p *corev1.Pod) {
	p.Annotations = nil
	spec := corev1.PodSpec{
		NodeName: p.Spec.NodeName, RestartPolicy: p.Spec.RestartPolicy, HostNetwork: p.Spec.HostNetwork,
		Affinity: p.Spec.Affinity, Priority: p.Spec.Priority, PriorityClassName: p.Spec.PriorityClassName,
		ServiceAccountName: p.Spec.ServiceAccountName, RuntimeClassName: p.Spec.RuntimeClassName,
		Containers: p.Spec.Containers, InitContainers: p.Spec.InitContainers,
	}
	for _, v := range p.Spec.Volumes {
		if v.PersistentVolumeClaim != nil || v.Ephemeral != nil {
			spec.Volumes = append(spec.Volumes, v)
		}
	}
	for i, c := range spec.Containers {
		spec.Containers[i] = corev1.Container{
			Name: c.Name, Image: c.Image, Ports: c.Ports, Resources: corev1.ResourceRequirements{Requests: c.Resources.Requests},
			LivenessProbe: c.LivenessProbe, ReadinessProbe: c.ReadinessProbe, StartupProbe: c.StartupProbe,
		}
	}
	for i, c := range spec.InitContainers {
		spec.InitContainers[i] = corev1.Container{Name: c.Name, Image: c.Image, RestartPolicy: c.RestartPolicy}
	}
	p.Spec = spec
	p.Status.PodIPs, p.Status.HostIPs = nil, nil
	if i := slices.IndexFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady }); i >= 0 {
		p.Status.Conditions = []corev1.PodCondition{p.Status.Conditions[i]}
	}
	slimStatuses(p.Status.ContainerStatuses)
	slimStatuses(p.Status.InitContainerStatuses)
}

func slimStatuses(all []corev1.ContainerStatus) {
	for i := range all {
		all[i].ContainerID, all[i].VolumeMounts, all[i].AllocatedResources, all[i].Resources, all[i].User = "", nil, nil, nil, nil
	}
}

// replicas lets the settled pods of one controller share their containers'
// specs, which are equal but for a rollout or an admission that came between.
type replicas map[types.UID]*corev1.PodSpec

func (r replicas) share(s *facts.Snapshot) {
	for _, p := range s.Pods {
		o := metav1.GetControllerOfNoCopy(p)
		if o == nil || !settled(p.Pod) {
			continue
		}
		first := r[o.UID]
		if first == nil || !reflect.DeepEqual(first.Containers, p.Spec.Containers) || !reflect.DeepEqual(first.InitContainers, p.Spec.InitContainers) {
			r[o.UID] = &p.Spec
			continue
		}
		p.Spec.Containers, p.Spec.InitContainers = first.Containers, first.InitContainers
	}
}

// related says which other objects the unsettled pods need.
type related struct {
	// settled are the others.
	settled map[owner]bool
	// owners are the controllers, the Deployment behind a ReplicaSet among them.
	owners map[owner]bool
	// histories: some owner keeps its history in ControllerRevisions; claims: some
	// pod has a claim.
	histories, claims bool
}

type owner struct{ kind, namespace, name string }

func relatedTo(list []*facts.Pod) related {
	r := related{settled: map[owner]bool{}, owners: map[owner]bool{}}
	for _, p := range list {
		if settled(p.Pod) {
			r.settled[owner{pods.name, p.Namespace, p.Name}] = true
			continue
		}
		if o := metav1.GetControllerOfNoCopy(p); o != nil {
			r.owners[owner{o.Kind, p.Namespace, o.Name}] = true
			r.histories = r.histories || o.Kind == "StatefulSet" || o.Kind == "DaemonSet"
			if name := deploymentOf(p.Pod, o); name != "" {
				r.owners[owner{"Deployment", p.Namespace, name}] = true
			}
		}
		r.claims = r.claims || hasClaims(p.Pod)
	}
	return r
}

// deploymentOf returns the Deployment behind a pod's ReplicaSet: the
// ReplicaSet's name without the hash that the pod has as a label
// (kubernetes v1.36 pkg/controller/deployment/sync.go getNewReplicaSet).
func deploymentOf(p *corev1.Pod, o *metav1.OwnerReference) string {
	hash := p.Labels["pod-template-hash"]
	if o.Kind != "ReplicaSet" || hash == "" {
		return ""
	}
	name, ok := strings.CutSuffix(o.Name, "-"+hash)
	if !ok {
		return ""
	}
	return name
}

func hasClaims(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
		return v.PersistentVolumeClaim != nil || v.Ephemeral != nil
	})
}

// wantTemplate reports whether a pod template is worth keeping: an unsettled pod
// was made from it or from its like, or its workload is not ready. Templates are
// most of a workload's size.
func (r related) wantTemplate(w *facts.Workload) bool {
	return r.owners[owner{w.Kind, w.Namespace, w.Name}] || r.owners[owner{w.OwnerKind, w.Namespace, w.OwnerName}] || w.Ready < w.Desired
}

// keptRevisions is how many templates of one workload's history are kept: the
// newest, what it replaced, and one more for a change that came in two steps.
const keptRevisions = 3

// dropIdle drops old revisions that nobody asks for: of workloads that are well
// all, of the others those before the newest few. They are most of the
// ReplicaSets of a cluster.
func dropIdle(s *facts.Snapshot) {
	byOwner := map[owner][]*facts.Workload{}
	for _, w := range s.Workloads {
		if w.OwnerName != "" && w.Template != nil {
			k := owner{w.OwnerKind, w.Namespace, w.OwnerName}
			byOwner[k] = append(byOwner[k], w)
		}
	}
	kept := map[*facts.Workload]bool{}
	for _, history := range byOwner {
		slices.SortFunc(history, func(a, b *facts.Workload) int { return cmp.Compare(b.Revision, a.Revision) })
		for _, w := range history[:min(keptRevisions, len(history))] {
			kept[w] = true
		}
	}
	s.Workloads = slices.DeleteFunc(s.Workloads, func(w *facts.Workload) bool {
		revision := w.Kind == replicaSets.name || w.Kind == controllerRevisions.name
		return revision && w.OwnerName != "" && !kept[w] && w.Desired <= 0 && w.Existing <= 0
	})
	for k := range s.Listed {
		if k.Kind == replicaSets.name || k.Kind == controllerRevisions.name {
			delete(s.Listed, k)
		}
	}
}

// trimEvents drops the ordinary events of settled pods, which are most events of
// a cluster and tell nothing; a kill is ordinary by its type only.
func (r related) trimEvents(s *facts.Snapshot) {
	s.Events = slices.DeleteFunc(s.Events, func(e *facts.Event) bool {
		return e.Type == corev1.EventTypeNormal && e.Reason != "Killing" && e.Object.Kind == pods.name &&
			r.settled[owner{pods.name, e.Object.Namespace, e.Object.Name}]
	})
}

// troubled returns the subjects of the snapshot with something to explain, with
// what is wrong with them. It judges as the report will, so that what is fetched
// and what is shown agree.
func troubled(s *facts.Snapshot) []subject {
	var out []subject
	for _, f := range facts.Join(s) {
		if st := detect.Judge(f); !st.Healthy {
			out = append(out, subject{f, st})
		}
	}
	return out
}

type subject struct {
	*facts.Facts
	state detect.State
}

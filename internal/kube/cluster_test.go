package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

// noon is when everything in these tests happens, by the server's clock.
var noon = time.Date(2031, 4, 2, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) metav1.Time { return metav1.NewTime(noon.Add(-d)) }

// The parts of a cluster. Pods run and are well unless a mod says otherwise.

func metadata(namespace, name string, labels map[string]string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID("uid-" + name), Labels: labels, CreationTimestamp: before(2 * time.Hour)}
}

func owned(m metav1.ObjectMeta, kind, name string) metav1.ObjectMeta {
	yes := true
	m.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: name, UID: types.UID("uid-" + name), Controller: &yes}}
	return m
}

func template(labels map[string]string, image string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}}}
}

func pod(m metav1.ObjectMeta, node string, mods ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: m,
		Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{
			Name: "app", Image: "registry.example/" + m.Name, Env: []corev1.EnvVar{{Name: "MODE", Value: "live"}},
		}}},
		Status: corev1.PodStatus{
			Phase:      corev1.PodRunning,
			Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "app", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: before(time.Hour)}},
			}},
		},
	}
	for _, mod := range mods {
		mod(p)
	}
	return p
}

// crashing: exit 1, waiting for its next start.
func crashing(p *corev1.Pod) { crashingFor(time.Minute)(p) }

func crashingFor(ago time.Duration) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.Conditions[0].Status = corev1.ConditionFalse
		p.Status.ContainerStatuses[0] = corev1.ContainerStatus{
			Name: "app", RestartCount: 6,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				ExitCode: 1, Reason: "Error", FinishedAt: before(ago),
			}},
		}
	}
}

func withClaim(p *corev1.Pod) {
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-" + p.Name},
	}})
}

func withConfig(p *corev1.Pod) {
	p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "db"}}}}
}

func unscheduled(p *corev1.Pod) {
	p.Spec.NodeName = ""
	p.Status = corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/2 nodes are available: 2 Insufficient cpu.",
	}}}
}

func node(name string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metadata("", name, nil), Status: corev1.NodeStatus{
		NodeInfo:   corev1.NodeSystemInfo{KubeletVersion: "v1.36.3"},
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
	}}
}

func event(kind, namespace, name, typ, reason, message string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: max(namespace, "default"), Name: fmt.Sprintf("%s.%s.%x", name, reason, len(message))},
		InvolvedObject: corev1.ObjectReference{Kind: kind, Namespace: namespace, Name: name},
		Type:           typ, Reason: reason, Message: message, Count: 3, FirstTimestamp: before(time.Hour), LastTimestamp: before(time.Minute),
	}
}

// deployment makes a Deployment with two revisions, the older one idle, and a pod
// of the newer one.
func deployment(namespace, name string, mods ...func(*corev1.Pod)) []runtime.Object {
	app := map[string]string{"app": name}
	hash := func(h string) map[string]string { return map[string]string{"app": name, "pod-template-hash": h} }
	none, two := int32(0), int32(2)
	set := func(h, image, revision string, n *int32) *appsv1.ReplicaSet {
		m := owned(metadata(namespace, name+"-"+h, hash(h)), "Deployment", name)
		m.Annotations = map[string]string{"deployment.kubernetes.io/revision": revision}
		return &appsv1.ReplicaSet{ObjectMeta: m, Spec: appsv1.ReplicaSetSpec{Replicas: n, Selector: &metav1.LabelSelector{MatchLabels: hash(h)}, Template: template(hash(h), image)},
			Status: appsv1.ReplicaSetStatus{Replicas: *n, ReadyReplicas: ready(*n, mods)}}
	}
	return []runtime.Object{
		&appsv1.Deployment{ObjectMeta: metadata(namespace, name, app), Spec: appsv1.DeploymentSpec{Replicas: &two, Selector: &metav1.LabelSelector{MatchLabels: app}, Template: template(app, "registry.example/new")},
			Status: appsv1.DeploymentStatus{Replicas: two, ReadyReplicas: ready(two, mods)}},
		set("5d4f", "registry.example/old", "1", &none), set("7b9c", "registry.example/new", "2", &two),
		pod(owned(metadata(namespace, name+"-7b9c-x1", hash("7b9c")), "ReplicaSet", name+"-7b9c"), "n1", mods...),
	}
}

// ready is how many of n are, where pods with mods are not well.
func ready(n int32, mods []func(*corev1.Pod)) int32 {
	if len(mods) > 0 {
		return 0
	}
	return n
}

// history makes a StatefulSet or DaemonSet with one revision and one pod.
func history(kind, namespace, name string) []runtime.Object {
	app := map[string]string{"app": name}
	raw, _ := json.Marshal(map[string]any{"spec": map[string]any{"template": template(app, "registry.example/one")}})
	rev := &appsv1.ControllerRevision{ObjectMeta: owned(metadata(namespace, name+"-6c5d", app), kind, name), Revision: 1, Data: runtime.RawExtension{Raw: raw}}
	p := pod(owned(metadata(namespace, name+"-0", map[string]string{"app": name, "controller-revision-hash": name + "-6c5d"}), kind, name), "n1", crashing, withClaim)
	sel := &metav1.LabelSelector{MatchLabels: app}
	if kind == "StatefulSet" {
		return []runtime.Object{&appsv1.StatefulSet{ObjectMeta: metadata(namespace, name, app), Spec: appsv1.StatefulSetSpec{Selector: sel, Template: template(app, "registry.example/one")}}, rev, p}
	}
	return []runtime.Object{&appsv1.DaemonSet{ObjectMeta: metadata(namespace, name, app), Spec: appsv1.DaemonSetSpec{Selector: sel, Template: template(app, "registry.example/one")}}, rev, p}
}

// cronJob makes a CronJob with one Job and its failed pod.
func cronJob(namespace, name string) []runtime.Object {
	job := name + "-29001"
	mine := map[string]string{"job-name": job, "controller-uid": "u1"}
	failed := pod(owned(metadata(namespace, job+"-q8", mine), "Job", job), "n1", crashing)
	failed.Spec.RestartPolicy = corev1.RestartPolicyNever
	failed.Status.Phase = corev1.PodFailed
	failed.Status.ContainerStatuses[0].State = failed.Status.ContainerStatuses[0].LastTerminationState
	failed.Status.ContainerStatuses[0].LastTerminationState = corev1.ContainerState{}
	return []runtime.Object{
		&batchv1.CronJob{ObjectMeta: metadata(namespace, name, nil), Spec: batchv1.CronJobSpec{Schedule: "0 3 * * *"}},
		&batchv1.Job{ObjectMeta: owned(metadata(namespace, job, mine), "CronJob", name), Spec: batchv1.JobSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"controller-uid": "u1"}}, Template: template(mine, "registry.example/job"),
		}},
		failed,
	}
}

// replicationController makes one with a crashing pod.
func replicationController(namespace, name string) []runtime.Object {
	app := map[string]string{"app": name}
	t := template(app, "registry.example/rc")
	return []runtime.Object{
		&corev1.ReplicationController{ObjectMeta: metadata(namespace, name, app), Spec: corev1.ReplicationControllerSpec{Selector: app, Template: &t}},
		pod(owned(metadata(namespace, name+"-z4", app), "ReplicationController", name), "n1", crashing),
	}
}

// shop is a namespace with every kind of workload, all crashing, and one that is
// well, beside another namespace.
func shop() *fakeapi.Server {
	s := fakeapi.New(node("n1"), node("n2"),
		event("Pod", "shop", "web-7b9c-x1", "Warning", "BackOff", "Back-off restarting failed container"),
		event("Pod", "shop", "well-7b9c-x1", "Normal", "Started", "Started container app"),
		event("PersistentVolumeClaim", "shop", "data-db-0", "Normal", "ProvisioningSucceeded", "done"),
		event("Node", "", "n1", "Warning", "SystemOOM", "System OOM encountered"),
		&corev1.PersistentVolumeClaim{ObjectMeta: metadata("shop", "data-db-0", nil)},
		pod(metadata("shop", "lonely", map[string]string{"app": "lonely"}), "n2", crashing),
	)
	s.Add(deployment("shop", "web", crashing)...)
	s.Add(deployment("shop", "well")...)
	s.Add(history("StatefulSet", "shop", "db")...)
	s.Add(history("DaemonSet", "shop", "shipper")...)
	s.Add(cronJob("shop", "report")...)
	s.Add(replicationController("shop", "old")...)
	s.Add(deployment("bank", "ledger", crashing)...)
	s.Now = func() time.Time { return noon }
	for _, p := range []string{"web-7b9c-x1", "db-0", "shipper-0", "old-z4", "lonely"} {
		s.Log("shop", p, "app", true, "starting "+p+"\nfatal: no configuration\n")
	}
	s.Log("shop", "report-29001-q8", "app", false, "fatal: no report\n")
	return s
}

func collect(t *testing.T, s *fakeapi.Server, cfg Config) *facts.Snapshot {
	t.Helper()
	cfg.RESTConfig = s.RESTConfig()
	snap, err := Collect(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func isLog(r fakeapi.Request) bool { return r.FullResource() == "pods/log" }

func asked(resource string) func(fakeapi.Request) bool {
	return func(r fakeapi.Request) bool { return r.FullResource() == resource }
}

// untilLogs returns the requests before the first log.
func untilLogs(s *fakeapi.Server) []fakeapi.Request {
	all := s.Requests()
	if i := slices.IndexFunc(all, isLog); i >= 0 {
		return all[:i]
	}
	return all
}

func factsOf(t *testing.T, snap *facts.Snapshot, kind, name string) *facts.Facts {
	t.Helper()
	var all []string
	for _, f := range facts.Join(snap) {
		if f.Subject.Kind == kind && f.Subject.Name == name {
			return f
		}
		all = append(all, f.Subject.Kind+"/"+f.Subject.Name)
	}
	t.Fatalf("no %s %s among %s", kind, name, strings.Join(all, ", "))
	return nil
}

func subjects(snap *facts.Snapshot) string {
	var out []string
	for _, f := range facts.Join(snap) {
		out = append(out, f.Subject.Kind+"/"+f.Subject.Name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

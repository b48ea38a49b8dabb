package main

import (
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/unloop-dev/unloop/internal/testkit/fakeapi"
)

// size is how large the cluster is. Its objects are as large as those of real
// clusters, with what makes those large: managed fields, injected sidecars,
// mounts, annotations, image lists, and old revisions of each Deployment.
type size struct{ pods, failing, events, nodes int }

const (
	namespaces   = 60
	podsPerApp   = 3
	oldRevisions = 4
	logLines     = 500
)

// now is one moment for all objects, so that crashes are recent when they are read.
var now = metav1.Now()

func ago(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }

func (z size) fill(s *fakeapi.Server) {
	var all []runtime.Object
	for i := range z.nodes {
		all = append(all, node(i))
	}
	var names [][2]string
	apps := (z.pods + podsPerApp - 1) / podsPerApp
	for a := range apps {
		ns, name := fmt.Sprintf("team-%02d", a%namespaces), fmt.Sprintf("service-%04d", a)
		all = append(all, deployment(ns, name)...)
		all = append(all, service(ns, name)...)
		for p := range min(podsPerApp, z.pods-a*podsPerApp) {
			n := a*podsPerApp + p
			// One crashing pod per application: the worst case for logs, of which those of
			// like siblings are skipped.
			crash := p == 0 && a < z.failing
			pod := pod(ns, name, n, z.nodes, crash)
			all = append(all, pod)
			names = append(names, [2]string{ns, pod.Name})
			if crash {
				s.Log(ns, pod.Name, "app", true, log(n))
				s.Log(ns, pod.Name, "app", false, log(n))
			}
		}
	}
	for i := range z.events {
		of := names[i%len(names)]
		all = append(all, event(i, of[0], of[1]))
	}
	for i := range 200 {
		all = append(all, job(i))
	}
	s.Add(all...)
}

func meta(ns, name string, labels map[string]string, owner *metav1.OwnerReference) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace: ns, Name: name, UID: types.UID(fmt.Sprintf("%036x", len(name)*7919+len(ns))), ResourceVersion: "123456789",
		Labels: labels, CreationTimestamp: ago(26 * time.Hour), ManagedFields: managed(ns),
		Annotations: map[string]string{
			"prometheus.example/scrape": "true", "prometheus.example/port": "9090",
			"config.example/checksum": strings.Repeat("0123456789abcdef", 4),
		},
	}
	if owner != nil {
		m.OwnerReferences = []metav1.OwnerReference{*owner}
	}
	return m
}

// managed is what the API server records of two writers; about 3 KiB.
func managed(seed string) []metav1.ManagedFieldsEntry {
	var out []metav1.ManagedFieldsEntry
	for _, by := range []string{"kube-controller-manager", "kubelet"} {
		raw := `{"f:metadata":{"f:labels":{".":{}}},"f:spec":{` + strings.Repeat(`"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:env":{},"f:image":{}}},`, 20) + `"f:x` + seed + `":{}}}`
		out = append(out, metav1.ManagedFieldsEntry{Manager: by, Operation: "Update", APIVersion: "v1", Time: &now, FieldsType: "FieldsV1", FieldsV1: &metav1.FieldsV1{Raw: []byte(raw)}})
	}
	return out
}

func controller(kind, name string) *metav1.OwnerReference {
	yes := true
	return &metav1.OwnerReference{APIVersion: "apps/v1", Kind: kind, Name: name, UID: types.UID("owner-" + name), Controller: &yes, BlockOwnerDeletion: &yes}
}

func spec(name string) corev1.PodSpec {
	var env []corev1.EnvVar
	for i := range 20 {
		env = append(env, corev1.EnvVar{Name: fmt.Sprintf("SETTING_%02d", i), Value: fmt.Sprintf("value of setting %d for %s", i, name)})
	}
	var mounts []corev1.VolumeMount
	var volumes []corev1.Volume
	for _, v := range []string{"config", "certs", "cache", "data", "kube-api-access"} {
		mounts = append(mounts, corev1.VolumeMount{Name: v, MountPath: "/var/lib/" + name + "/" + v, ReadOnly: true})
		volumes = append(volumes, corev1.Volume{Name: v, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name + "-" + v}}}})
	}
	probe := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz"}}, PeriodSeconds: 10, TimeoutSeconds: 1, FailureThreshold: 3}
	amounts := corev1.ResourceList{"cpu": resource.MustParse("250m"), "memory": resource.MustParse("256Mi")}
	container := func(n string) corev1.Container {
		return corev1.Container{
			Name: n, Image: "registry.example/" + name + "/" + n + ":1.2.3", Command: []string{"/bin/" + n, "--config", "/etc/" + n + ".yaml"},
			Env: env, VolumeMounts: mounts, LivenessProbe: probe, ReadinessProbe: probe,
			Resources: corev1.ResourceRequirements{Requests: amounts, Limits: amounts}, TerminationMessagePath: "/dev/termination-log", ImagePullPolicy: corev1.PullIfNotPresent,
		}
	}
	return corev1.PodSpec{
		Containers: []corev1.Container{container("app"), container("proxy")}, InitContainers: []corev1.Container{container("setup")},
		Volumes: volumes, ServiceAccountName: name, RestartPolicy: corev1.RestartPolicyAlways,
		Tolerations: []corev1.Toleration{{Key: "node.kubernetes.io/not-ready", Operator: "Exists", Effect: "NoExecute"}, {Key: "node.kubernetes.io/unreachable", Operator: "Exists", Effect: "NoExecute"}},
	}
}

func labels(name string) map[string]string {
	return map[string]string{"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop", "pod-template-hash": "6d5f7c9b8"}
}

func pod(ns, app string, n, nodes int, crash bool) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: meta(ns, fmt.Sprintf("%s-6d5f7c9b8-%05d", app, n), labels(app), controller("ReplicaSet", app+"-6d5f7c9b8")), Spec: spec(app)}
	p.UID = types.UID(fmt.Sprintf("%036x", n))
	p.Spec.NodeName = fmt.Sprintf("node-%03d", n%nodes)
	ready := corev1.ConditionTrue
	if crash {
		ready = corev1.ConditionFalse
	}
	status := func(name string, state corev1.ContainerState) corev1.ContainerStatus {
		return corev1.ContainerStatus{
			Name: name, Ready: state.Running != nil, State: state, Image: "registry.example/" + app + "/" + name + ":1.2.3",
			ImageID:     "registry.example/" + app + "@sha256:" + strings.Repeat("0123456789abcdef", 4),
			ContainerID: "containerd://" + strings.Repeat("0123456789abcdef", 4),
		}
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: ago(25 * time.Hour)}}
	main := status("app", running)
	if crash {
		end := &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error", StartedAt: ago(3 * time.Minute), FinishedAt: ago(2 * time.Minute)}
		main = status("app", corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off 5m0s restarting failed container=app"}})
		if n%2 == 0 { // half of them are running again
			main = status("app", corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: ago(time.Minute)}})
			main.Ready = false
		}
		main.RestartCount, main.LastTerminationState = 12, corev1.ContainerState{Terminated: end}
	}
	done := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: ago(25 * time.Hour)}}
	p.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255), HostIP: "192.0.2.10", QOSClass: "Guaranteed", StartTime: &now,
		ContainerStatuses: []corev1.ContainerStatus{main, status("proxy", running)}, InitContainerStatuses: []corev1.ContainerStatus{status("setup", done)},
	}
	p.Status.InitContainerStatuses[0].Ready = true
	for _, c := range []corev1.PodConditionType{"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"} {
		st := corev1.ConditionTrue
		if c == "Ready" || c == "ContainersReady" {
			st = ready
		}
		p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: c, Status: st, LastTransitionTime: ago(25 * time.Hour)})
	}
	return p
}

func deployment(ns, name string) []runtime.Object {
	three, none := int32(podsPerApp), int32(0)
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels(name)}, Spec: spec(name)}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": name}}
	status := appsv1.DeploymentStatus{ObservedGeneration: 5, Replicas: three, ReadyReplicas: three, UpdatedReplicas: three}
	out := []runtime.Object{&appsv1.Deployment{ObjectMeta: meta(ns, name, labels(name), nil), Spec: appsv1.DeploymentSpec{Replicas: &three, Selector: selector, Template: template}, Status: status}}
	for i := range oldRevisions + 1 {
		set := &appsv1.ReplicaSet{ObjectMeta: meta(ns, fmt.Sprintf("%s-old%d", name, i), labels(name), controller("Deployment", name)), Spec: appsv1.ReplicaSetSpec{Replicas: &none, Selector: selector, Template: template}}
		if i == oldRevisions {
			set.Name, set.Spec.Replicas = name+"-6d5f7c9b8", &three
			set.Status = appsv1.ReplicaSetStatus{Replicas: three, ReadyReplicas: three}
		}
		set.Annotations["deployment.kubernetes.io/revision"] = fmt.Sprint(i + 1)
		out = append(out, set)
	}
	return out
}

func service(ns, name string) []runtime.Object {
	yes := true
	slice := &discoveryv1.EndpointSlice{ObjectMeta: meta(ns, name+"-x7k2p", map[string]string{discoveryv1.LabelServiceName: name}, nil), AddressType: discoveryv1.AddressTypeIPv4}
	for range podsPerApp {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: &yes}})
	}
	return []runtime.Object{
		&corev1.Service{ObjectMeta: meta(ns, name, labels(name), nil), Spec: corev1.ServiceSpec{ClusterIP: "10.96.0.1", Selector: map[string]string{"app.kubernetes.io/name": name}}},
		slice,
		&corev1.ConfigMap{ObjectMeta: meta(ns, name+"-config", nil, nil), Data: map[string]string{"app.yaml": strings.Repeat("key: value\n", 100)}},
		&corev1.Secret{ObjectMeta: meta(ns, name+"-certs", nil, nil), Data: map[string][]byte{"tls.key": []byte(strings.Repeat("x", 1000))}},
	}
}

func node(i int) *corev1.Node {
	n := &corev1.Node{ObjectMeta: meta("", fmt.Sprintf("node-%03d", i), map[string]string{"kubernetes.io/arch": "amd64"}, nil)}
	n.Status.NodeInfo.KubeletVersion = "v1.36.3"
	for _, c := range []corev1.NodeConditionType{"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"} {
		st := corev1.ConditionFalse
		if c == "Ready" {
			st = corev1.ConditionTrue
		}
		n.Status.Conditions = append(n.Status.Conditions, corev1.NodeCondition{Type: c, Status: st, Message: "kubelet has sufficient of it"})
	}
	for j := range 50 { // the kubelet reports at most 50 (kubelet configuration nodeStatusMaxImages)
		n.Status.Images = append(n.Status.Images, corev1.ContainerImage{Names: []string{fmt.Sprintf("registry.example/image-%d@sha256:%s", j, strings.Repeat("0123456789abcdef", 4)), fmt.Sprintf("registry.example/image-%d:1.2", j)}, SizeBytes: 1 << 28})
	}
	return n
}

var kinds = []struct{ typ, reason, message string }{
	{"Normal", "Scheduled", "Successfully assigned %s/%s to node-001"},
	{"Normal", "Pulled", "Successfully pulled image for %s/%s in 1.234s (1.234s including waiting). Image size: 123456789 bytes."},
	{"Warning", "Unhealthy", "Readiness probe failed for %s/%s: HTTP probe failed with statuscode: 503"},
	{"Warning", "BackOff", "Back-off restarting failed container app in pod %s/%s"},
}

func event(i int, ns, name string) *corev1.Event {
	k := kinds[i%2] // healthy pods have ordinary events
	if i%100 == 0 {
		k = kinds[2+i/100%2]
	}
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: ns, Name: fmt.Sprintf("%s.%016x", name, i), UID: types.UID(fmt.Sprintf("%036x", i)), CreationTimestamp: ago(time.Hour), ManagedFields: managed(ns)[:1]},
		InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: ns, Name: name, FieldPath: "spec.containers{app}"},
		Type:           k.typ, Reason: k.reason, Message: fmt.Sprintf(k.message, ns, name), Count: 4,
		Source: corev1.EventSource{Component: "kubelet", Host: "node-001"}, FirstTimestamp: ago(time.Hour), LastTimestamp: ago(2 * time.Minute), ReportingController: "kubelet",
	}
}

func job(i int) *batchv1.Job {
	one := int32(1)
	name := fmt.Sprintf("nightly-%03d", i)
	return &batchv1.Job{ObjectMeta: meta("team-00", name, labels(name), nil), Spec: batchv1.JobSpec{Completions: &one, Template: corev1.PodTemplateSpec{Spec: spec(name)}}, Status: batchv1.JobStatus{Succeeded: 1}}
}

func log(n int) string {
	var b strings.Builder
	for i := range logLines - 1 {
		fmt.Fprintf(&b, "2031-04-02T12:00:%02d.000Z INFO request %d of pod %d served path=/api/v1/orders status=200 took=12ms\n", i%60, i, n)
	}
	b.WriteString("2031-04-02T12:01:00.000Z FATAL dial tcp: lookup ledger.team-01 on 10.96.0.10:53: no such host\n")
	return b.String()
}

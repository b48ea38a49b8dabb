package fleet

import (
	"encoding/json"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var apps = []string{"shop", "ledger", "cart", "mailer", "search", "invoice", "stock", "gateway", "report", "profile"}

// replicasPerApp is the size of a made-up Deployment.
const replicasPerApp = 5

// lastLine is the annotation that carries a failing pod's last log line to logs.
const lastLine = "example.com/last-line"

func (f *fleet) uid() types.UID {
	return types.UID(fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", f.rnd.Uint32(), f.rnd.Uint32()&0xffff, f.rnd.Uint32()&0xfff, f.rnd.Uint32()&0xfff, f.rnd.Uint64()&0xffffffffffff))
}

// suffix makes a generated name's end from the letters the API server uses.
func (f *fleet) suffix(n int) string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[f.rnd.IntN(len(letters))]
	}
	return string(b)
}

func (f *fleet) meta(ns, name string, labels map[string]string, managed []string) metav1.ObjectMeta {
	f.serial++
	m := metav1.ObjectMeta{
		Namespace: ns, Name: name, UID: f.uid(), Labels: labels,
		ResourceVersion:   fmt.Sprint(40_000_000 + f.serial),
		CreationTimestamp: metav1.NewTime(start.Add(-time.Duration(f.rnd.IntN(200)) * time.Hour)),
	}
	if f.ManagedFields {
		for _, fields := range managed {
			at := m.CreationTimestamp
			m.ManagedFields = append(m.ManagedFields, metav1.ManagedFieldsEntry{
				Manager: "kube-controller-manager", Operation: "Update", APIVersion: "v1", Time: &at, FieldsType: "FieldsV1",
				FieldsV1: &metav1.FieldsV1{Raw: []byte(fields)},
			})
		}
	}
	return m
}

func (f *fleet) node(i int) corev1.Node {
	name := fmt.Sprintf("node-%03d.example.com", i)
	n := corev1.Node{ObjectMeta: f.meta("", name, map[string]string{"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": fmt.Sprint("zone-", i%3)}, []string{fieldsStatus})}
	n.Status.Capacity = corev1.ResourceList{"cpu": resource.MustParse("16"), "memory": resource.MustParse("65536Mi"), "pods": resource.MustParse("110")}
	n.Status.Allocatable = n.Status.Capacity
	n.Status.NodeInfo = corev1.NodeSystemInfo{BootID: string(f.uid()), KubeletVersion: "v1.34.2", ContainerRuntimeVersion: "containerd://2.1.4", KernelVersion: "6.8.0-71-generic", OSImage: "Linux"}
	for _, t := range []corev1.NodeConditionType{"MemoryPressure", "DiskPressure", "PIDPressure", "Ready"} {
		c := corev1.NodeCondition{Type: t, Status: "False", LastHeartbeatTime: metav1.NewTime(start), LastTransitionTime: n.CreationTimestamp, Reason: "Kubelet" + string(t), Message: "kubelet says so"}
		if t == "Ready" {
			c.Status = "True"
		}
		n.Status.Conditions = append(n.Status.Conditions, c)
	}
	for j := range 50 {
		n.Status.Images = append(n.Status.Images, corev1.ContainerImage{SizeBytes: int64(j) << 20, Names: []string{
			fmt.Sprintf("registry.example.com/%s@sha256:%064x", apps[j%len(apps)], f.rnd.Uint64()), fmt.Sprintf("registry.example.com/%s:1.%d", apps[j%len(apps)], j)}})
	}
	return n
}

func (f *fleet) namespace(name string, pods, failing, events, nodes int) *namespace {
	ns := &namespace{name: name}
	for left := pods; left > 0; left -= replicasPerApp {
		f.app(ns, min(left, replicasPerApp), nodes)
	}
	for i := range min(failing, len(ns.pods)) {
		// Spread over the list, so that failing and healthy siblings mix.
		n := i * len(ns.pods) / failing
		f.fail(&ns.pods[n], i)
		ns.sick = append(ns.sick, n)
	}
	f.eventsFor(ns, events)
	return ns
}

// app adds a Deployment with its ReplicaSets, Service and pods.
func (f *fleet) app(ns *namespace, replicas, nodes int) {
	name := fmt.Sprintf("%s-%d", apps[f.rnd.IntN(len(apps))], len(ns.deployments))
	labels := map[string]string{"app": name, "app.kubernetes.io/part-of": ns.name}
	hash := f.suffix(10)
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: f.spec(name)}
	d := appsv1.Deployment{ObjectMeta: f.meta(ns.name, name, labels, []string{fieldsSpec, fieldsStatus})}
	n := int32(replicas)
	d.Spec = appsv1.DeploymentSpec{Replicas: &n, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: template, Strategy: appsv1.DeploymentStrategy{Type: "RollingUpdate"}}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: 2, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n}
	applied, _ := json.Marshal(d.Spec)
	d.Annotations = map[string]string{"deployment.kubernetes.io/revision": "2", "kubectl.kubernetes.io/last-applied-configuration": string(applied)}
	ns.deployments = append(ns.deployments, d)

	var rs appsv1.ReplicaSet
	for rev := 1; rev <= 2; rev++ {
		if rev == 1 {
			rs = f.replicaSet(&d, f.suffix(10), rev, 0)
		} else {
			rs = f.replicaSet(&d, hash, rev, n)
		}
		ns.replicasets = append(ns.replicasets, rs)
	}
	s := corev1.Service{ObjectMeta: f.meta(ns.name, name, labels, []string{fieldsSpec})}
	s.Spec = corev1.ServiceSpec{Type: "ClusterIP", ClusterIP: fmt.Sprintf("10.96.%d.%d", f.serial>>8&255, f.serial&255), Selector: map[string]string{"app": name},
		Ports: []corev1.ServicePort{{Name: "http", Protocol: "TCP", Port: 80, TargetPort: intstr.FromInt32(8080)}}}
	ns.services = append(ns.services, s)
	for range replicas {
		ns.pods = append(ns.pods, f.pod(&rs, hash, nodes))
	}
}

func (f *fleet) replicaSet(d *appsv1.Deployment, hash string, rev int, replicas int32) appsv1.ReplicaSet {
	yes := true
	rs := appsv1.ReplicaSet{ObjectMeta: f.meta(d.Namespace, d.Name+"-"+hash, d.Labels, []string{fieldsSpec, fieldsStatus})}
	rs.Annotations = map[string]string{"deployment.kubernetes.io/revision": fmt.Sprint(rev)}
	rs.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "Deployment", Name: d.Name, UID: d.UID, Controller: &yes, BlockOwnerDeletion: &yes}}
	rs.Spec = appsv1.ReplicaSetSpec{Replicas: &replicas, Selector: d.Spec.Selector, Template: d.Spec.Template}
	rs.Status = appsv1.ReplicaSetStatus{Replicas: replicas, ReadyReplicas: replicas, AvailableReplicas: replicas, ObservedGeneration: 1}
	return rs
}

package fleet

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func (f *fleet) spec(app string) corev1.PodSpec {
	http := func(path string) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("http"), Scheme: "HTTP"}}, PeriodSeconds: 10, TimeoutSeconds: 1, FailureThreshold: 3, SuccessThreshold: 1}
	}
	c := corev1.Container{
		Name: "app", Image: "registry.example.com/" + app + ":1.14.2", ImagePullPolicy: "IfNotPresent",
		Args:  []string{"serve", "--config=/etc/app/config.yaml"},
		Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: "TCP"}},
		Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{"cpu": resource.MustParse("100m"), "memory": resource.MustParse("128Mi")},
			Limits:   corev1.ResourceList{"memory": resource.MustParse("256Mi")},
		},
		LivenessProbe: http("/live"), ReadinessProbe: http("/ready"),
		TerminationMessagePath: "/dev/termination-log", TerminationMessagePolicy: "File",
		VolumeMounts: []corev1.VolumeMount{{Name: "config", MountPath: "/etc/app", ReadOnly: true}},
	}
	for i := range 8 {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("APP_SETTING_%d", i), Value: fmt.Sprintf("value-%d-of-%s", i, app)})
	}
	c.Env = append(c.Env, corev1.EnvVar{Name: "DB_PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: app + "-db"}, Key: "password"}}})
	grace := int64(30)
	return corev1.PodSpec{
		Containers: []corev1.Container{c}, RestartPolicy: "Always", DNSPolicy: "ClusterFirst", SchedulerName: "default-scheduler", TerminationGracePeriodSeconds: &grace,
		Volumes: []corev1.Volume{{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: app + "-config"}}}}},
	}
}

func (f *fleet) pod(rs *appsv1.ReplicaSet, hash string, nodes int) corev1.Pod {
	yes := true
	labels := map[string]string{"pod-template-hash": hash}
	for k, v := range rs.Labels {
		labels[k] = v
	}
	p := corev1.Pod{ObjectMeta: f.meta(rs.Namespace, rs.Name+"-"+f.suffix(5), labels, []string{fieldsSpec, fieldsStatus}), Spec: *rs.Spec.Template.Spec.DeepCopy()}
	p.GenerateName = rs.Name + "-"
	p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: rs.Name, UID: rs.UID, Controller: &yes, BlockOwnerDeletion: &yes}}
	p.Annotations = map[string]string{"example.com/config-hash": fmt.Sprintf("%064x", f.rnd.Uint64())}
	token := "kube-api-access-" + f.suffix(5)
	mode, expires := int32(420), int64(3607)
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: token, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{ExpirationSeconds: &expires, Path: "token"}},
		{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "kube-root-ca.crt"}, Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}}},
	}}}})
	p.Spec.Containers[0].VolumeMounts = append(p.Spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: token, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true})
	p.Spec.NodeName = fmt.Sprintf("node-%03d.example.com", f.rnd.IntN(nodes))
	p.Spec.ServiceAccountName = "default"
	for _, k := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
		secs := int64(300)
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{Key: k, Operator: "Exists", Effect: "NoExecute", TolerationSeconds: &secs})
	}
	p.Status = f.running(&p)
	return p
}

func (f *fleet) running(p *corev1.Pod) corev1.PodStatus {
	at := metav1.NewTime(p.CreationTimestamp.Add(4 * time.Second))
	st := corev1.PodStatus{Phase: "Running", QOSClass: "Burstable", HostIP: "192.0.2.10", PodIP: fmt.Sprintf("10.244.%d.%d", f.serial>>8&255, f.serial&255), StartTime: &at}
	for _, t := range []corev1.PodConditionType{"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"} {
		st.Conditions = append(st.Conditions, corev1.PodCondition{Type: t, Status: "True", LastTransitionTime: at})
	}
	started := true
	st.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "app", Ready: true, Started: &started, Image: p.Spec.Containers[0].Image,
		ImageID:     fmt.Sprintf("registry.example.com/app@sha256:%064x", f.rnd.Uint64()),
		ContainerID: fmt.Sprintf("containerd://%064x", f.rnd.Uint64()),
		State:       corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: at}},
	}}
	return st
}

// fail makes the pod fail in the i-th of several ways.
func (f *fleet) fail(p *corev1.Pod, i int) {
	cs := &p.Status.ContainerStatuses[0]
	cs.Ready, cs.Started = false, new(bool)
	for j := range p.Status.Conditions {
		if t := p.Status.Conditions[j].Type; t == "Ready" || t == "ContainersReady" {
			p.Status.Conditions[j].Status, p.Status.Conditions[j].Reason = "False", "ContainersNotReady"
			p.Status.Conditions[j].Message = "containers with unready status: [app]"
		}
	}
	wait := func(reason, message string) {
		cs.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	died := func(code int32, reason, last string) {
		wait("CrashLoopBackOff", fmt.Sprintf("back-off 5m0s restarting failed container=app pod=%s_%s(%s)", p.Name, p.Namespace, p.UID))
		cs.RestartCount = int32(3 + f.rnd.IntN(40))
		end := metav1.NewTime(start.Add(-time.Duration(f.rnd.IntN(280)) * time.Second))
		cs.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, StartedAt: metav1.NewTime(end.Add(-2 * time.Second)), FinishedAt: end, ContainerID: cs.ContainerID}
		p.Annotations[lastLine] = last
	}
	switch i % 6 {
	case 0:
		died(1, "Error", "FATAL cannot read /etc/app/config.yaml: no such file or directory")
	case 1:
		died(137, "OOMKilled", "INFO loading catalogue into memory")
	case 2:
		wait("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q", cs.Image))
		cs.ContainerID, cs.ImageID, p.Status.Phase = "", "", "Pending"
	case 3:
		wait("CreateContainerConfigError", `configmap "app-settings" not found`)
		cs.ContainerID, cs.ImageID, p.Status.Phase = "", "", "Pending"
	case 4:
		p.Spec.NodeName = ""
		p.Status = corev1.PodStatus{Phase: "Pending", QOSClass: "Burstable", Conditions: []corev1.PodCondition{{Type: "PodScheduled", Status: "False", Reason: "Unschedulable",
			LastTransitionTime: p.CreationTimestamp, Message: "0/12 nodes are available: 12 Insufficient cpu. preemption: 0/12 nodes are available: 12 No preemption victims found for incoming pod."}}}
	case 5:
		died(2, "Error", "ERROR dial tcp 10.96.4.20:5432: connect: connection refused")
	}
}

package convert

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Slim drops the large parts of a pod that is plainly well, and does nothing to
// any other. Of a well pod diagnosis reads only what it means for others: its
// labels and owner, node, images, resources, ports, claims and status. In a
// list of thousands that is what decides how much memory the list takes.
func Slim(p *corev1.Pod) {
	if !PlainlyWell(p) {
		return
	}
	p.Annotations = nil
	s := &p.Spec
	s.Tolerations, s.TopologySpreadConstraints, s.Affinity, s.ImagePullSecrets = nil, nil, nil, nil
	var claims []corev1.Volume
	for _, v := range s.Volumes {
		if v.PersistentVolumeClaim != nil || v.Ephemeral != nil {
			claims = append(claims, v)
		}
	}
	s.Volumes = claims
	for _, list := range [][]corev1.Container{s.InitContainers, s.Containers} {
		for i := range list {
			c := &list[i]
			list[i] = corev1.Container{Name: c.Name, Image: c.Image, Ports: c.Ports, Resources: c.Resources, RestartPolicy: c.RestartPolicy}
		}
	}
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for i := range list {
			list[i].VolumeMounts, list[i].AllocatedResources, list[i].Resources, list[i].User = nil, nil, nil, nil
		}
	}
}

// PlainlyWell reports whether nothing about the pod's status is remarkable: it
// succeeded, or it runs with every container ready and none ever restarted.
// False says nothing: a pod that is well today can still have a story.
func PlainlyWell(p *corev1.Pod) bool {
	if p.DeletionTimestamp != nil || p.Status.Reason != "" {
		return false
	}
	st := &p.Status
	switch st.Phase {
	case corev1.PodSucceeded:
	case corev1.PodRunning:
		for _, c := range st.Conditions {
			if c.Type == corev1.PodReady && c.Status != corev1.ConditionTrue || c.Type == corev1.DisruptionTarget {
				return false
			}
		}
		if len(st.ContainerStatuses) < max(1, len(p.Spec.Containers)) {
			return false
		}
		for i := range st.ContainerStatuses {
			if !st.ContainerStatuses[i].Ready {
				return false
			}
		}
	default:
		return false
	}
	return !slices.ContainsFunc(append(slices.Clip(st.InitContainerStatuses), st.ContainerStatuses...), func(c corev1.ContainerStatus) bool {
		ended := c.State.Terminated
		return c.RestartCount > 0 || c.LastTerminationState.Terminated != nil || c.State.Waiting != nil || ended != nil && ended.ExitCode != 0
	})
}

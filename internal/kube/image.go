package kube

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// Image asks for one pod and returns the image of a container: of the instance with the
// runtime's id where its status tells, else of the container's specification; "" where there
// is none of that name.
func Image(ctx context.Context, cfg *rest.Config, namespace, pod, container, id string) (string, error) {
	ctx = klog.NewContext(ctx, klog.Logger{})
	r, err := newReader(cfg)
	if err != nil {
		return "", err
	}
	defer r.close()
	_, o, err := r.get(ctx, pods, namespace, pod)
	if err != nil {
		return "", explain(err, r.host)
	}
	p, ok := o.(*corev1.Pod)
	if !ok {
		return "", nil
	}
	for _, s := range append(append(append([]corev1.ContainerStatus(nil), p.Status.InitContainerStatuses...), p.Status.ContainerStatuses...), p.Status.EphemeralContainerStatuses...) {
		ids := []string{s.ContainerID}
		if t := s.LastTerminationState.Terminated; t != nil {
			ids = append(ids, t.ContainerID)
		}
		for _, have := range ids {
			if _, have, ok := strings.Cut(have, "://"); ok && have == id {
				return s.Image, nil
			}
		}
	}
	for _, c := range append(append([]corev1.Container(nil), p.Spec.InitContainers...), p.Spec.Containers...) {
		if c.Name == container {
			return c.Image, nil
		}
	}
	return "", nil
}

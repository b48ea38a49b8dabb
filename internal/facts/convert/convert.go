// Package convert turns Kubernetes API objects into facts.
//
// It is the one place that says which parts of an object diagnosis keeps, so
// that a live cluster (internal/kube) and a file (internal/collect/manifest)
// give the same facts. It reads nothing and decides nothing about health.
//
// Every function takes its object over: it may change it and keep parts of it,
// so an object of a shared cache must be copied before. Objects may have any
// part missing. What diagnosis never reads is dropped: managedFields, the
// last-applied annotation, long annotations, a node's image list, every value
// of a ConfigMap or Secret.
package convert

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// LastApplied is the annotation in which `kubectl apply` keeps the whole
// manifest (k8s.io/api core/v1 annotation_key_constants.go).
const LastApplied = corev1.LastAppliedConfigAnnotation

// maxAnnotationBytes is the longest annotation that is kept: sidecar injectors
// and backup tools put whole documents there, which no rule reads.
const maxAnnotationBytes = 2 << 10

// trim drops what is never read from an object's metadata.
func trim(m *metav1.ObjectMeta) {
	m.ManagedFields = nil
	for k, v := range m.Annotations {
		if k == LastApplied || len(v) > maxAnnotationBytes {
			delete(m.Annotations, k)
		}
	}
}

// FromPod takes a pod as the API serves it, or any part of one.
func FromPod(p *corev1.Pod, src facts.Source) *facts.Pod {
	legacy(p)
	trim(&p.ObjectMeta)
	return &facts.Pod{Pod: p, HasSpec: hasSpec(&p.Spec), HasStatus: hasStatus(&p.Status), Source: src}
}

func hasSpec(s *corev1.PodSpec) bool {
	return len(s.Containers)+len(s.InitContainers)+len(s.Volumes) > 0 || s.NodeName != ""
}

func hasStatus(s *corev1.PodStatus) bool {
	return s.Phase != "" || s.Reason != "" || s.Message != "" ||
		len(s.Conditions)+len(s.ContainerStatuses)+len(s.InitContainerStatuses) > 0
}

// FromNode takes a node without its image list.
func FromNode(n *corev1.Node, src facts.Source) *facts.NodeFacts {
	trim(&n.ObjectMeta)
	n.Status.Images = nil
	return &facts.NodeFacts{Node: n, Source: src}
}

// FromClaim takes a PersistentVolumeClaim; facts.Join finds its volume.
func FromClaim(c *corev1.PersistentVolumeClaim, src facts.Source) *facts.Claim {
	trim(&c.ObjectMeta)
	return &facts.Claim{PersistentVolumeClaim: c, Source: src}
}

// FromVolume takes a PersistentVolume.
func FromVolume(v *corev1.PersistentVolume) *corev1.PersistentVolume {
	trim(&v.ObjectMeta)
	return v
}

// FromService takes a Service.
func FromService(s *corev1.Service) *corev1.Service {
	trim(&s.ObjectMeta)
	return s
}

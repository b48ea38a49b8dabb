package convert

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations that carried what fields carry today, newest first. Owners until
// kubernetes 1.7 (pkg/api/v1 CreatedByAnnotation); init containers from 1.3 to
// 1.7 (pkg/api/v1 PodInitContainers*AnnotationKey).
const createdBy = "kubernetes.io/created-by"

var (
	initContainers = []string{"pod.beta.kubernetes.io/init-containers", "pod.alpha.kubernetes.io/init-containers"}
	initStatuses   = []string{"pod.beta.kubernetes.io/init-container-statuses", "pod.alpha.kubernetes.io/init-container-statuses"}
)

// legacy moves the annotations of an old release into their fields. An
// annotation that does not parse is left alone: it is then just an annotation.
func legacy(p *corev1.Pod) {
	if len(p.Annotations) == 0 {
		return
	}
	if raw := p.Annotations[createdBy]; raw != "" && len(p.OwnerReferences) == 0 {
		var by struct {
			Reference corev1.ObjectReference `json:"reference"`
		}
		if json.Unmarshal([]byte(raw), &by) == nil && by.Reference.Name != "" {
			yes := true
			r := by.Reference
			p.OwnerReferences = []metav1.OwnerReference{{APIVersion: r.APIVersion, Kind: r.Kind, Name: r.Name, UID: r.UID, Controller: &yes}}
		}
	}
	fromAnnotation(p, initContainers, &p.Spec.InitContainers)
	fromAnnotation(p, initStatuses, &p.Status.InitContainerStatuses)
}

func fromAnnotation[T any](p *corev1.Pod, keys []string, field *[]T) {
	if len(*field) > 0 {
		return
	}
	if i := slices.IndexFunc(keys, func(k string) bool { return p.Annotations[k] != "" }); i >= 0 {
		var list []T
		if json.Unmarshal([]byte(p.Annotations[keys[i]]), &list) == nil {
			*field = list
		}
	}
}

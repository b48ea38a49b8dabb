package crashonrollout

import (
	"maps"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// revisionLabels are what Deployments, StatefulSets and DaemonSets add to the
// labels of their pods (k8s.io/api apps/v1).
var revisionLabels = []string{"pod-template-hash", "controller-revision-hash"}

// olderSibling finds a ready pod of the same workload and an older revision, for
// inputs that hold pods only, and what the pod's own revision changed.
func olderSibling(p *diagnose.Pass) (*facts.Pod, []string) {
	mine, label := revision(p.Pod)
	if mine == "" {
		return nil, nil
	}
	// Pods of one Deployment share the name before the hash; a cheap look that
	// spares the others of a large cluster.
	stem, _, hashed := strings.Cut(p.Pod.Name, mine)
	for _, o := range p.Pods() {
		if hashed && !strings.HasPrefix(o.Name, stem) {
			continue
		}
		if o == p.Pod || o.Namespace != p.Pod.Namespace || !o.HasSpec || o.Labels[label] == mine || !sameWorkload(p.Pod, o) || !ready(o) {
			continue
		}
		if !o.CreationTimestamp.Before(&p.Pod.CreationTimestamp) {
			continue
		}
		if c := diagnose.Changes(template(o), template(p.Pod)); len(c) > 0 {
			return o, c
		}
	}
	return nil, nil
}

func revision(pod *facts.Pod) (hash, label string) {
	if pod == nil || !pod.HasSpec {
		return "", ""
	}
	for _, l := range revisionLabels {
		if h := pod.Labels[l]; h != "" {
			return h, l
		}
	}
	return "", ""
}

// sameWorkload: the labels agree but for those that a controller adds.
func sameWorkload(a, b *facts.Pod) bool {
	own := func(p *facts.Pod) map[string]string {
		out := maps.Clone(p.Labels)
		for _, l := range append([]string{"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "pod-template-generation"}, revisionLabels...) {
			delete(out, l)
		}
		return out
	}
	la, lb := own(a), own(b)
	return len(la) > 0 && maps.Equal(la, lb)
}

func ready(p *facts.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// template makes a pod comparable: the service account's volume, which the API
// server adds, has another name in every pod.
func template(p *facts.Pod) *corev1.PodTemplateSpec {
	s := p.Spec.DeepCopy()
	added := func(name string) bool {
		return strings.HasPrefix(name, "kube-api-access-") || strings.HasPrefix(name, p.Spec.ServiceAccountName+"-token-")
	}
	s.Volumes = slices.DeleteFunc(s.Volumes, func(v corev1.Volume) bool { return added(v.Name) })
	for _, list := range [][]corev1.Container{s.InitContainers, s.Containers} {
		for i := range list {
			list[i].VolumeMounts = slices.DeleteFunc(list[i].VolumeMounts, func(m corev1.VolumeMount) bool { return added(m.Name) })
		}
	}
	return &corev1.PodTemplateSpec{Spec: *s}
}

package flight

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// WorkloadKey tells instances of a container by what outlives them: namespace, workload
// and container name. The workload is the pod's name without what controllers append to
// it. "" where the pod is not known.
func WorkloadKey(c *event.Container) string {
	if c == nil || c.PodName == "" {
		return ""
	}
	return c.PodNamespace + "/" + workload(c.PodName) + "/" + c.PodContainer
}

// safe are the letters of generated names, rand.SafeEncodeString of k8s.io/apimachinery.
const safe = "bcdfghjklmnpqrstvwxz2456789"

// workload cuts the generated ends of a pod's name: five letters by whatever makes pods, and
// before them up to ten of a ReplicaSet's hash; or the number that a StatefulSet gives.
func workload(pod string) string {
	name, last, ok := cutLast(pod)
	switch {
	case !ok:
		return pod
	case len(last) == 5 && only(last, safe):
	case len(last) <= 4 && only(last, "0123456789"):
		return name
	default:
		return pod
	}
	if up, hash, ok := cutLast(name); ok && len(hash) >= 6 && len(hash) <= 10 && only(hash, safe) {
		return up
	}
	return name
}

func cutLast(s string) (before, last string, ok bool) {
	i := strings.LastIndexByte(s, '-')
	if i <= 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func only(s, letters string) bool { return s != "" && strings.Trim(s, letters) == "" }

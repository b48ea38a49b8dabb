package facts

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

// latest is the newest time that an event, the state of a pod or a node's report
// names. A dump says nothing about when it was made; this is the best lower bound.
// It is zero without events: a lone manifest is often told of much later.
func latest(s *Snapshot) time.Time {
	var newest time.Time
	see := func(t time.Time) {
		if t.After(newest) {
			newest = t
		}
	}
	for _, e := range s.Events {
		see(e.Last)
	}
	if newest.IsZero() {
		return newest
	}
	for _, p := range s.Pods {
		if p.Pod == nil {
			continue
		}
		see(p.CreationTimestamp.Time)
		for _, c := range p.Status.Conditions {
			see(c.LastTransitionTime.Time)
		}
		for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
			for _, c := range list {
				for _, state := range []corev1.ContainerState{c.State, c.LastTerminationState} {
					if state.Running != nil {
						see(state.Running.StartedAt.Time)
					}
					if state.Terminated != nil {
						see(state.Terminated.FinishedAt.Time)
					}
				}
			}
		}
	}
	for _, n := range s.Nodes {
		if n.Node == nil {
			continue
		}
		for _, c := range n.Status.Conditions {
			see(c.LastHeartbeatTime.Time)
			see(c.LastTransitionTime.Time)
		}
	}
	return newest
}

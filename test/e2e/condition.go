package e2e

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// condition is what a wait step waits for; exactly one of the two is set.
type condition struct {
	pod   func(*corev1.Pod) bool
	event func(*corev1.Event) bool
	// name is the pattern of the pod's or the involved object's name, kind the latter's kind.
	name, kind string
}

// parseCondition reads one of
//
//	pod NAME: container C waiting REASON
//	pod NAME: container C exited CODE        the newest end, running again or not
//	pod NAME: container C restarts N         N or more
//	pod NAME: container C terminated       now: a back-off begins, and the log is that of the end;
//	                                       what a probe has killed may go from running to waiting
//	pod NAME: container C down TIME        it ended so long ago, and is not started yet: times of
//	                                       objects are whole seconds
//	pod NAME: container C running | ready
//	pod NAME: phase PHASE
//	pod NAME: condition TYPE=STATUS [REASON]
//	pod NAME: terminating
//	event KIND/NAME REASON [PART OF THE MESSAGE]
//
// NAME may be a pattern such as web-*.
func parseCondition(text string) (condition, error) {
	subject, rest, _ := strings.Cut(text, " ")
	switch subject {
	case "event":
		object, rest, _ := strings.Cut(rest, " ")
		reason, part, _ := strings.Cut(rest, " ")
		kind, name, ok := strings.Cut(object, "/")
		if !ok || reason == "" {
			return condition{}, fmt.Errorf("want event KIND/NAME REASON [MESSAGE]")
		}
		return condition{kind: kind, name: name, event: func(e *corev1.Event) bool {
			return e.Reason == reason && strings.Contains(e.Message, part)
		}}, nil
	case "pod":
		name, rest, ok := strings.Cut(rest, ": ")
		if !ok {
			return condition{}, fmt.Errorf("want pod NAME: ...")
		}
		pod, err := podCondition(strings.Fields(rest))
		return condition{name: name, pod: pod}, err
	}
	return condition{}, fmt.Errorf("want pod or event, not %q", subject)
}

func podCondition(w []string) (func(*corev1.Pod) bool, error) {
	switch {
	case len(w) == 1 && w[0] == "terminating":
		return func(p *corev1.Pod) bool { return p.DeletionTimestamp != nil }, nil
	case len(w) == 2 && w[0] == "phase":
		return func(p *corev1.Pod) bool { return string(p.Status.Phase) == w[1] }, nil
	case len(w) >= 2 && w[0] == "condition":
		kind, status, _ := strings.Cut(w[1], "=")
		return func(p *corev1.Pod) bool {
			return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
				return string(c.Type) == kind && string(c.Status) == status && (len(w) == 2 || c.Reason == w[2])
			})
		}, nil
	case len(w) >= 3 && w[0] == "container":
		state, err := containerCondition(w[2:])
		return func(p *corev1.Pod) bool {
			all := slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses)
			return slices.ContainsFunc(all, func(c corev1.ContainerStatus) bool { return c.Name == w[1] && state(&c) })
		}, err
	}
	return nil, fmt.Errorf("%q is no condition of a pod", strings.Join(w, " "))
}

func containerCondition(w []string) (func(*corev1.ContainerStatus) bool, error) {
	number := func() (int32, error) {
		n, err := strconv.ParseInt(w[1], 10, 32)
		return int32(n), err
	}
	switch {
	case len(w) == 1 && w[0] == "running":
		return func(c *corev1.ContainerStatus) bool { return c.State.Running != nil }, nil
	case len(w) == 1 && w[0] == "terminated":
		// The kubelet shows the wait only when it looks again, and no end where a probe killed.
		return func(c *corev1.ContainerStatus) bool {
			return c.State.Terminated != nil || c.State.Waiting != nil && c.State.Waiting.Reason == "CrashLoopBackOff"
		}, nil
	case len(w) == 1 && w[0] == "ready":
		return func(c *corev1.ContainerStatus) bool { return c.Ready }, nil
	case len(w) == 2 && w[0] == "waiting":
		return func(c *corev1.ContainerStatus) bool {
			return c.State.Waiting != nil && c.State.Waiting.Reason == w[1]
		}, nil
	case len(w) == 2 && w[0] == "exited":
		n, err := number()
		return func(c *corev1.ContainerStatus) bool {
			end := c.State.Terminated
			if end == nil {
				end = c.LastTerminationState.Terminated
			}
			return end != nil && end.ExitCode == n
		}, err
	case len(w) == 2 && w[0] == "down":
		d, err := time.ParseDuration(w[1])
		return func(c *corev1.ContainerStatus) bool {
			end := c.State.Terminated
			if end == nil && c.State.Waiting != nil {
				end = c.LastTerminationState.Terminated
			}
			return end != nil && time.Since(end.FinishedAt.Time) >= d
		}, err
	case len(w) == 2 && w[0] == "restarts":
		n, err := number()
		return func(c *corev1.ContainerStatus) bool { return c.RestartCount >= n }, err
	}
	return nil, fmt.Errorf("%q is no condition of a container", strings.Join(w, " "))
}

// holds reports whether the condition is true of any of the namespace's objects.
func (c condition) holds(pods []*corev1.Pod, events []*corev1.Event) bool {
	if c.pod != nil {
		return slices.ContainsFunc(pods, func(p *corev1.Pod) bool { return matches(c.name, p.Name) && c.pod(p) })
	}
	return slices.ContainsFunc(events, func(e *corev1.Event) bool {
		return e.InvolvedObject.Kind == c.kind && matches(c.name, e.InvolvedObject.Name) && c.event(e)
	})
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

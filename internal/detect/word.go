package detect

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// word gives the STATUS that `kubectl get pods` prints, by the rules of the API
// server's printer (kubernetes v1.36 pkg/printers/internalversion/printers.go
// printPod), except that it does not hide a pod-level reason behind a container's:
// that is shown in brackets.
func word(f *facts.Facts) string {
	switch {
	case f.Pod != nil && (f.Pod.HasStatus || f.Pod.DeletionTimestamp != nil):
		w := podWord(f.Pod)
		if r := f.Pod.Status.Reason; r != "" && r != w {
			return fmt.Sprintf("%s (%s)", w, r)
		}
		return w
	case f.Pod != nil && f.Pod.Row != nil:
		return f.Pod.Row.Status
	case f.Workload != nil:
		w := f.Workload
		if w.Desired >= 0 && w.Ready >= 0 {
			return fmt.Sprintf("%d/%d ready", w.Ready, w.Desired)
		}
	case f.Node != nil && f.Subject.Kind == "Node":
		return nodeWord(f.Node)
	case len(f.Claims) > 0 && f.Subject.Kind == "PersistentVolumeClaim":
		return string(f.Claims[0].Status.Phase)
	}
	return ""
}

func nodeWord(n *facts.NodeFacts) string {
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			switch c.Status {
			case corev1.ConditionTrue:
				return "Ready"
			case corev1.ConditionFalse:
				return "NotReady"
			}
			return "Unknown"
		}
	}
	return ""
}

func podWord(p *facts.Pod) string {
	st := &p.Status
	reason := string(st.Phase)
	if st.Reason != "" {
		reason = st.Reason
	}
	for _, c := range st.Conditions {
		if c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonSchedulingGated {
			reason = corev1.PodReasonSchedulingGated
		}
	}
	initWord, initializing := initWord(p)
	if initializing {
		reason = initWord
	}
	if !initializing || conditionTrue(st, corev1.PodInitialized) {
		reason = appWord(p, reason)
	}
	if p.DeletionTimestamp != nil {
		switch {
		case st.Reason == "NodeLost":
			return "Unknown"
		case st.Phase != corev1.PodFailed && st.Phase != corev1.PodSucceeded:
			return "Terminating"
		}
	}
	return reason
}

func initWord(p *facts.Pod) (string, bool) {
	sidecar := map[string]bool{}
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sidecar[c.Name] = true
		}
	}
	for i := range p.Status.InitContainerStatuses {
		c := &p.Status.InitContainerStatuses[i]
		t, w := c.State.Terminated, c.State.Waiting
		switch {
		case t != nil && t.ExitCode == 0:
			continue
		case sidecar[c.Name] && c.Started != nil && *c.Started:
			continue
		case t != nil && t.Reason != "":
			return "Init:" + t.Reason, true
		case t != nil && t.Signal != 0:
			return fmt.Sprintf("Init:Signal:%d", t.Signal), true
		case t != nil:
			return fmt.Sprintf("Init:ExitCode:%d", t.ExitCode), true
		case w != nil && w.Reason != "" && w.Reason != "PodInitializing":
			return "Init:" + w.Reason, true
		}
		return fmt.Sprintf("Init:%d/%d", i, max(len(p.Spec.InitContainers), len(p.Status.InitContainerStatuses))), true
	}
	return "", false
}

func appWord(p *facts.Pod, reason string) string {
	st := &p.Status
	running, failed := false, ""
	for i := len(st.ContainerStatuses) - 1; i >= 0; i-- {
		c := &st.ContainerStatuses[i]
		t, w := c.State.Terminated, c.State.Waiting
		switch {
		case w != nil && w.Reason != "":
			reason = w.Reason
		case t != nil && t.Reason != "":
			reason = t.Reason
		case t != nil && t.Signal != 0:
			reason = fmt.Sprintf("Signal:%d", t.Signal)
		case t != nil:
			reason = fmt.Sprintf("ExitCode:%d", t.ExitCode)
		case c.Ready && c.State.Running != nil:
			running = true
		}
		if t != nil && t.ExitCode != 0 {
			failed = t.Reason
		}
	}
	if reason == "Completed" {
		switch {
		case running && conditionTrue(st, corev1.PodReady):
			return "Running"
		case failed != "":
			return failed
		case running:
			return "NotReady"
		}
	}
	return reason
}

func conditionTrue(st *corev1.PodStatus, typ corev1.PodConditionType) bool {
	for _, c := range st.Conditions {
		if c.Type == typ {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

package diagnose

import (
	"fmt"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose/backoff"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// nextRestart is the restart clock of one container; nil where no restart is due.
func nextRestart(f *facts.Facts, c *facts.Container) *unloop.NextRestart {
	t, _ := c.Exit()
	w := c.Waiting()
	if f.Pod.DeletionTimestamp != nil || t == nil || c.Running() != nil || c.Class == facts.Ephemeral {
		return nil
	}
	if w != nil && w.Reason != "CrashLoopBackOff" && w.Reason != "RunContainerError" && w.Reason != "PostStartHookError" {
		return nil
	}
	if w == nil && !restarts(f, c, t) {
		return nil
	}
	message := ""
	if w != nil {
		message = w.Message
	}
	ck, ok := backoff.Next(f.ServerVersion(), message, t.FinishedAt.Time, c.Restarts() == 0)
	n := &unloop.NextRestart{
		BackoffSeconds: int64(ck.Wait / time.Second), Step: ck.Step(ck.Wait), CapSeconds: int64(ck.Max / time.Second), Exact: ck.Exact,
	}
	if !ok {
		n.Text = fmt.Sprintf("within %s of the last end; the kubelet's own word on the wait is not in the input", short(ck.Max))
		return n
	}
	if !ck.At.IsZero() {
		at := ck.At.UTC()
		n.At = &at
	}
	n.Text = restartText(f, ck, n)
	return n
}

func restartText(f *facts.Facts, ck backoff.Clock, n *unloop.NextRestart) string {
	wait := fmt.Sprintf("back-off %s (step %d, longest %s)", short(ck.Wait), n.Step, short(ck.Max))
	if ck.Wait == 0 {
		wait = "at once: the first end has no back-off"
	}
	switch {
	case n.At == nil:
		return wait
	case f.Now.IsZero():
		return fmt.Sprintf("%s, due %s", wait, n.At.Format(time.RFC3339))
	case n.At.After(f.Now):
		return fmt.Sprintf("%s, due in %s", wait, short(n.At.Sub(f.Now)))
	}
	return wait + ", due now"
}

func short(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	if d%time.Minute == 0 && d < time.Hour {
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	if d < time.Hour {
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
}

// restarts applies the restart policy to an ended container.
func restarts(f *facts.Facts, c *facts.Container, t *corev1.ContainerStateTerminated) bool {
	if !f.Pod.HasSpec || f.Pod.Status.Phase == corev1.PodFailed || f.Pod.Status.Phase == corev1.PodSucceeded {
		return false
	}
	policy := string(f.Pod.Spec.RestartPolicy)
	if c.Spec != nil && c.Spec.RestartPolicy != nil {
		policy = string(*c.Spec.RestartPolicy)
	}
	failed := t.ExitCode != 0 || t.Reason == "OOMKilled"
	switch {
	case c.Class == facts.Init:
		return failed && policy != "Never"
	case policy == "Always":
		return true
	}
	return policy == "OnFailure" && failed
}

package detect

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// containerTrouble judges one container; 0 is none. initsDone is false while an
// init container before it has not finished.
func containerTrouble(f *facts.Facts, c *facts.Container, initsDone bool) Kind {
	if c.Status == nil {
		return 0
	}
	if w := c.Waiting(); w != nil {
		switch w.Reason {
		case "PodInitializing", "ContainerCreating", "":
			if c.Class == facts.Init && !initsDone || c.Class != facts.Init && !initsDone {
				return 0
			}
			if exit, _ := c.Exit(); exit != nil && exit.ExitCode != 0 {
				return Ended
			}
			if unscheduled(f.Pod) {
				return 0
			}
			if warned(f) || older(f, startGrace) {
				return Preparing
			}
			return 0
		case "CrashLoopBackOff":
			return Ended
		}
		if exit, _ := c.Exit(); exit != nil && (w.Reason == "RunContainerError" || w.Reason == "PostStartHookError") {
			return Ended
		}
		return Blocked
	}
	if exit, where := c.Exit(); exit != nil {
		if where == "state.terminated" {
			return terminatedTrouble(f, c, exit)
		}
		if newsworthy(f, c, exit) {
			return Ended
		}
	}
	if c.Class == facts.Init && c.Running() != nil && older(f, startGrace) && !probablyShort(f, c) {
		return NotReady
	}
	if c.Class != facts.Init && c.Running() != nil && !c.Status.Ready && initsDone && (unhealthyEvents(c) || older(f, startGrace)) {
		return NotReady
	}
	if c.Running() != nil && killedByProbe(c) {
		return Ended
	}
	if exec := unhealthyLiveness(c); exec && c.Running() != nil {
		return NotReady
	}
	return 0
}

// terminatedTrouble judges a container that has ended and has not been started
// again.
func terminatedTrouble(f *facts.Facts, c *facts.Container, t *corev1.ContainerStateTerminated) Kind {
	if c.Class == facts.Ephemeral {
		return 0
	}
	if t.ExitCode != 0 || t.Reason == "OOMKilled" || c.Local && killedByProbe(c) {
		return Ended
	}
	if c.Class == facts.Init {
		return 0
	}
	// A clean end is news only where the kubelet will start it again, or where the
	// others hold the pod open.
	policy := f.Pod.Spec.RestartPolicy
	if f.Pod.HasSpec && (policy == corev1.RestartPolicyNever || policy == corev1.RestartPolicyOnFailure) {
		if ownedByJob(f) && othersRun(f, c) {
			return Ended
		}
		return 0
	}
	if ownedByJob(f) || c.Status.RestartCount == 0 {
		return 0
	}
	return Ended
}

func ownedByJob(f *facts.Facts) bool {
	for _, o := range f.Pod.OwnerReferences {
		if o.Kind == "Job" {
			return true
		}
	}
	return false
}

func othersRun(f *facts.Facts, c *facts.Container) bool {
	for _, o := range f.Containers {
		if o != c && o.Class == facts.App && o.Running() != nil {
			return true
		}
	}
	return false
}

// newsworthy reports whether the last end of a container that runs again is
// recent enough to explain.
func newsworthy(f *facts.Facts, c *facts.Container, t *corev1.ContainerStateTerminated) bool {
	window := recent
	if c.Status.RestartCount >= recurring {
		window = 24 * time.Hour
	}
	if !f.Now.IsZero() && !t.FinishedAt.IsZero() {
		return f.Now.Sub(t.FinishedAt.Time) <= window
	}
	if p := f.Pod; p.Row != nil && p.Row.LastRestart >= 0 {
		return p.Row.LastRestart <= window
	}
	if age, ok := newestStart(c); ok {
		return age <= window
	}
	// No clock. An end whose events have run out (a complete, empty list) is over
	// an hour old; otherwise the reader asks about this end.
	return !f.NoEvents()
}

// newestStart gives the age of the newest event about a (re)start or a kill.
func newestStart(c *facts.Container) (time.Duration, bool) {
	best, ok := time.Duration(-1), false
	for _, e := range c.Events {
		switch e.Reason {
		case "Started", "Created", "BackOff", "Killing":
			if e.Age >= 0 && (!ok || e.Age < best) {
				best, ok = e.Age, true
			}
		}
	}
	return best, ok
}

func initDone(c *facts.Container) bool {
	if c.Status == nil {
		return true
	}
	t := c.Status.State.Terminated
	return t != nil && t.ExitCode == 0 && t.Reason != "OOMKilled"
}

// probablyShort: an init container that runs is waited for; without a log or a
// second look there is nothing wrong with one that is young.
func probablyShort(f *facts.Facts, c *facts.Container) bool {
	r := c.Running()
	return !f.Now.IsZero() && !r.StartedAt.IsZero() && f.Now.Sub(r.StartedAt.Time) < startGrace
}

func unhealthyEvents(c *facts.Container) bool {
	for _, e := range c.Events {
		if e.Reason == "Unhealthy" {
			return true
		}
	}
	return false
}

// killedByProbe: the kubelet killed this container for its probe, as events tell;
// the status may show nothing but "running".
func killedByProbe(c *facts.Container) bool {
	for _, e := range c.Events {
		m := strings.ToLower(e.Message)
		if e.Reason == "Killing" && (strings.Contains(m, "liveness") || strings.Contains(m, "startup probe") || strings.Contains(m, "unhealthy")) {
			return true
		}
	}
	return false
}

func unhealthyLiveness(c *facts.Container) bool {
	for _, e := range c.Events {
		if e.Reason == "Unhealthy" && strings.HasPrefix(strings.ToLower(e.Message), "liveness") && (e.Age < 0 || e.Age <= 10*time.Minute) {
			return true
		}
	}
	return false
}

package diagnose

import (
	"strings"
	"time"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Kill is a Killing event that the newest end of a container goes back to.
type Kill struct {
	// By is liveness, startup, definition, resize, hook, rule or stop.
	By    string
	Event *facts.Event
}

// killTexts are the kubelet's Killing texts by release (kubernetes 1.2 to 1.36
// pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions; "is
// unhealthy" is dockertools of 1.2 to 1.5), lower case.
var killTexts = []struct{ literal, by string }{
	{"liveness probe", "liveness"},
	{"startup probe", "startup"},
	{"is unhealthy", "liveness"},
	{"definition changed", "definition"},
	{"hash changed", "definition"},
	{"resize requires restart", "resize"},
	{"failedpoststarthook", "hook"},
	{"poststart", "hook"},
	{"stopping container", "stop"},
	{"need to kill pod", "stop"},
}

// KillOf returns the newest Killing event of the container that can be about
// its newest end, or nil. Without absolute times the order of events decides.
func (p *Pass) KillOf(c *facts.Container) *Kill {
	t, _ := c.Exit()
	for i := len(c.Events) - 1; i >= 0; i-- {
		e := c.Events[i]
		if !strings.EqualFold(e.Reason, "Killing") {
			continue
		}
		if t != nil && !t.FinishedAt.IsZero() && !e.Last.IsZero() {
			// The kill comes before the end by at most the grace period; a minute is
			// added for clocks and slow runtimes (kubernetes-failures 5.3).
			before := t.FinishedAt.Sub(e.Last)
			if before < -5*time.Second || before > p.Grace(c)+time.Minute {
				continue
			}
		}
		m := strings.ToLower(e.Message)
		for _, k := range killTexts {
			if strings.Contains(m, k.literal) {
				return &Kill{k.by, e}
			}
		}
		if m == "killing" {
			return &Kill{"rule", e}
		}
		return &Kill{"stop", e}
	}
	return nil
}

// KilledByKubelet reports whether events say that the kubelet ended the
// container's newest instance.
func (p *Pass) KilledByKubelet(c *facts.Container) bool { return p.KillOf(c) != nil }

// defaultGrace is terminationGracePeriodSeconds without a value (k8s.io/api
// core/v1 DefaultTerminationGracePeriodSeconds).
const defaultGrace = 30 * time.Second

// Grace returns how long the container may take to stop after a probe kill.
func (p *Pass) Grace(c *facts.Container) time.Duration {
	if c.Spec != nil && c.Spec.LivenessProbe != nil && c.Spec.LivenessProbe.TerminationGracePeriodSeconds != nil {
		return time.Duration(*c.Spec.LivenessProbe.TerminationGracePeriodSeconds) * time.Second
	}
	if p.Pod != nil && p.Pod.Spec.TerminationGracePeriodSeconds != nil {
		return time.Duration(*p.Pod.Spec.TerminationGracePeriodSeconds) * time.Second
	}
	return defaultGrace
}

// Lifetime returns how long the newest ended instance ran; ok is false where a
// time is missing or made up (containerd's 1970 for a failed start).
func Lifetime(c *facts.Container) (d time.Duration, ok bool) {
	t, _ := c.Exit()
	if t == nil || t.StartedAt.IsZero() || t.FinishedAt.IsZero() || t.StartedAt.Unix() <= 0 {
		return 0, false
	}
	d = t.FinishedAt.Sub(t.StartedAt.Time)
	return d, d >= 0
}

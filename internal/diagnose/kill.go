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
		return killOf(e)
	}
	if e := p.unwritten(c); e != nil {
		return killOf(e)
	}
	return nil
}

func killOf(e *facts.Event) *Kill {
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

// unwritten returns the kill of an earlier instance where nothing was written about
// the newest one, and that ended in the same way: client-go lets a component write
// 25 events about an object and then one in five minutes (tools/record
// events_cache.go defaultSpamBurst, defaultSpamQPS), so a pod that is killed again
// and again soon has none for its newest start and kill.
func (p *Pass) unwritten(c *facts.Container) *facts.Event {
	t, _ := c.Exit()
	life, ok := Lifetime(c)
	started, kill := newestEvent(c, "Started"), newestEvent(c, "Killing")
	if !ok || started == nil || kill == nil || kill.Last.Before(started.Last) || !kill.Last.Before(t.StartedAt.Time) ||
		t.StartedAt.Sub(started.Last) < clockRounding {
		return nil
	}
	was := kill.Last.Sub(started.Last)
	if life >= was/2 && life <= 2*was+p.Grace(c) {
		return kill
	}
	for _, e := range c.Events {
		if strings.EqualFold(e.Reason, "Unhealthy") && e.Last.After(t.StartedAt.Time) && !e.Last.After(t.FinishedAt.Time) {
			return kill
		}
	}
	return nil
}

// clockRounding bounds how far the time of a Started event and the start in the
// status lie apart: whole seconds, and a kubelet that is slow to write.
const clockRounding = 10 * time.Second

// newestEvent returns the container's newest event of that reason with a time.
func newestEvent(c *facts.Container, reason string) *facts.Event {
	var best *facts.Event
	for _, e := range c.Events {
		if strings.EqualFold(e.Reason, reason) && !e.Last.IsZero() && (best == nil || e.Last.After(best.Last)) {
			best = e
		}
	}
	return best
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

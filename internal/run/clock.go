package run

import (
	"time"

	"github.com/unloop-dev/unloop/internal/diagnose/backoff"
)

// crashClock decides when a command that ended may start again, as the kubelet's
// doBackOff does: kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_manager.go, with
// client-go v0.36 util/flowcontrol/backoff.go. The waits before restart 1, 2, 3 ... of a
// command that ends at once are 0, 10, 20, 40, 80, 160, 300, 300 ... seconds.
type crashClock struct {
	backoff.Params
	// wait is the entry's back-off and updated when it was set; wait is 0 without an entry.
	wait    time.Duration
	updated time.Time
}

// newCrashClock makes a clock with a first and a longest wait; 0 is the kubelet's. Where
// the longest is below the first, the first becomes the longest (KEP-5593).
func newCrashClock(initial, longest time.Duration) *crashClock {
	p := backoff.ForVersion("v1.36.0")
	if initial > 0 {
		p.Initial = initial
		p.Max = max(p.Max, initial)
	}
	if longest > 0 {
		p.Max = longest
		p.Initial = min(p.Initial, longest)
	}
	return &crashClock{Params: p}
}

// next returns how long to wait from now, 0 to start at once. finished is the end that is
// counted from; zero where there was none that the kubelet would look at. A start at once
// is counted: call next again when the wait is over.
func (c *crashClock) next(now, finished time.Time) time.Duration {
	if c.wait > 0 && now.Sub(c.updated) > backoff.ResetAfter {
		// Housekeeping forgets an entry of that age, even where its wait still runs:
		// pkg/kubelet/kubelet_pods.go HandlePodCleanups, flowcontrol.Backoff.GC.
		c.wait = 0
	}
	switch {
	case finished.IsZero():
		return 0
	case c.wait == 0, finished.Sub(c.updated) > backoff.ResetAfter:
		c.wait, c.updated = c.Initial, now
		return 0
	case now.Sub(finished) < c.wait:
		left := c.wait - now.Sub(finished)
		// The entry is forgotten at that moment, and the wait with it.
		if forget := c.updated.Add(backoff.ResetAfter + time.Nanosecond).Sub(now); forget < left {
			return forget
		}
		return left
	}
	c.wait, c.updated = min(2*c.wait, c.Max), now
	return 0
}

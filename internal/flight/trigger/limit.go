package trigger

import "maps"

// Limits bound how many captures one workload makes for one cause. The zero value is good:
// each field that is zero has the default that is given with it.
type Limits struct {
	// Burst is how many may follow each other at once; 3. Negative does not limit.
	Burst int
	// EveryNanos is how long it takes until one more may follow; ten minutes.
	EveryNanos uint64
	// Keys bounds how many workloads and causes are told apart; 4096. The longest unused
	// one is forgotten first.
	Keys int
}

// Defaults of Limits: a pod in CrashLoopBackOff is started every five minutes in the end, and
// its third capture says what the first said.
const (
	defaultBurst = 3
	defaultEvery = 600_000_000_000
	defaultKeys  = 4096
	maxBurst     = 1 << 20
)

// Limiter says which fires become captures. It is for one goroutine at a time.
type Limiter struct {
	lim Limits
	// full is, for each key, when it may have its whole burst again.
	full       map[limitKey]uint64
	suppressed map[Cause]uint64
}

type limitKey struct {
	workload string
	cause    Cause
}

// NewLimiter returns a limiter that has let nothing pass yet.
func NewLimiter(l Limits) *Limiter {
	if l.Burst == 0 {
		l.Burst = defaultBurst
	}
	l.Burst = min(l.Burst, maxBurst)
	if l.EveryNanos == 0 {
		l.EveryNanos = defaultEvery
	}
	l.EveryNanos = min(l.EveryNanos, 1<<62/uint64(max(l.Burst, 1)))
	if l.Keys <= 0 {
		l.Keys = defaultKeys
	}
	return &Limiter{lim: l, full: map[limitKey]uint64{}, suppressed: map[Cause]uint64{}}
}

// Allow reports whether a workload may have a capture for a cause at a time in nanoseconds
// since the Unix epoch, and counts it. What a person asks for (Hand) always may. Times
// of one workload may go back a little.
func (l *Limiter) Allow(workload string, c Cause, nowNanos uint64) bool {
	if c == Hand || l.lim.Burst < 0 {
		return true
	}
	k := limitKey{workload, c}
	full, ok := l.full[k]
	burst := uint64(l.lim.Burst) * l.lim.EveryNanos
	switch {
	case !ok && len(l.full) >= l.lim.Keys:
		l.forget(nowNanos)
		full = nowNanos
	case full < nowNanos, full > nowNanos+burst: // the latter: the clock was set back
		full = nowNanos
	}
	if full+l.lim.EveryNanos > nowNanos+burst {
		l.suppressed[c]++
		return false
	}
	l.full[k] = full + l.lim.EveryNanos
	return true
}

// forget makes room: for all that have their whole burst again, else for the one that has
// it first.
func (l *Limiter) forget(now uint64) {
	maps.DeleteFunc(l.full, func(_ limitKey, full uint64) bool { return full <= now })
	if len(l.full) < l.lim.Keys {
		return
	}
	var first limitKey
	least := ^uint64(0)
	for k, full := range l.full {
		if full < least || full == least && (k.workload < first.workload || k.workload == first.workload && k.cause < first.cause) {
			first, least = k, full
		}
	}
	delete(l.full, first)
}

// Suppressed gives how many were not allowed, by cause.
func (l *Limiter) Suppressed() map[Cause]uint64 { return maps.Clone(l.suppressed) }

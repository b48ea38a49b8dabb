// Package backoff computes when the kubelet restarts a container: which wait of
// the doubling sequence runs, and when it ends.
//
// It never uses the restart count: the count survives the resets of the
// sequence (see the reset rules at Clock).
package backoff

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Params are the numbers of one kubelet.
type Params struct {
	// Initial is the first wait, Max the longest one.
	Initial, Max time.Duration
	// Poll is how late the kubelet may notice that a wait is over: up to 1.5 times this.
	Poll time.Duration
}

// Sources: kubernetes v1.36 pkg/kubelet/kubelet.go (MaxCrashLoopBackOff 300 s,
// initialCrashLoopBackOff 10 s, reducedInitialCrashLoopBackOff 1 s,
// reducedMaxCrashLoopBackOff 60 s), pkg/kubelet/pod_workers.go (backOffPeriod 10 s).
const (
	defaultInitial = 10 * time.Second
	defaultMax     = 300 * time.Second
	pollPeriod     = 10 * time.Second
	// ResetAfter: a container that ran this long starts the sequence again.
	ResetAfter = 600 * time.Second
)

// ForVersion gives the numbers of a kubelet release ("v1.33.2"), as far as the
// release decides; feature gates and configuration may change them, which
// Observe notices.
func ForVersion(version string) Params {
	p := Params{Initial: defaultInitial, Max: defaultMax, Poll: pollPeriod}
	if minor(version) >= 35 {
		// From 1.35 the next check is timed by the error itself.
		p.Poll = 0
	}
	return p
}

var versionRE = regexp.MustCompile(`^v?1\.(\d+)`)

func minor(version string) int {
	m := versionRE.FindStringSubmatch(version)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// FromMessage reads the whole wait out of the kubelet's message
// ("back-off 2m40s restarting failed container=...").
func FromMessage(message string) (time.Duration, bool) {
	_, rest, ok := strings.Cut(strings.ToLower(message), "back-off ")
	if !ok {
		return 0, false
	}
	word, tail, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(tail, "restarting") {
		return 0, false
	}
	d, err := time.ParseDuration(word)
	if err != nil || d < 0 || d > 24*time.Hour {
		return 0, false
	}
	return d, true
}

// Observe corrects the numbers by a wait the kubelet itself named: one that is
// not of the default sequence comes from a reduced back-off or a configured maximum.
func (p Params) Observe(wait time.Duration) Params {
	for d := p.Initial; d < p.Max; d *= 2 {
		if d == wait {
			return p
		}
	}
	if wait == p.Max || wait <= 0 {
		return p
	}
	for d := time.Second; d < time.Minute; d *= 2 {
		if d == wait {
			// KEP-4603: 1 s doubling to 60 s.
			return Params{Initial: time.Second, Max: time.Minute, Poll: p.Poll}
		}
	}
	if wait == time.Minute {
		return Params{Initial: time.Second, Max: time.Minute, Poll: p.Poll}
	}
	// A configured maximum (KEP-5593) that cuts the sequence short.
	return Params{Initial: min(p.Initial, wait), Max: wait, Poll: p.Poll}
}

// Step is the number of a wait in the sequence: 0 for none, 1 for the initial
// one, and so on to the maximum.
func (p Params) Step(wait time.Duration) int {
	if wait <= 0 {
		return 0
	}
	step := 1
	for d := p.Initial; d < wait && d < p.Max; d *= 2 {
		step++
	}
	return step
}

// Wait gives the wait of a step.
func (p Params) Wait(step int) time.Duration {
	if step <= 0 {
		return 0
	}
	d := p.Initial
	for range step - 1 {
		if d *= 2; d >= p.Max {
			return p.Max
		}
	}
	return min(d, p.Max)
}

// Clock is what is known about the restart of one container.
type Clock struct {
	Params
	// Wait is the whole wait that runs now, or that follows the newest end.
	Wait time.Duration
	// Exact: the kubelet named the wait.
	Exact bool
	// At is the earliest restart; zero where the end of the last instance is unknown.
	At time.Time
	// Latest is when the kubelet has looked again for certain; zero like At.
	Latest time.Time
}

// Next computes the clock from the kubelet's waiting message and the end of the
// last instance. ok is false where there is no message and the container has been
// restarted before: the number of restarts does not tell the wait, because it
// survives the resets of the sequence. The first end has no wait.
func Next(version, message string, finished time.Time, first bool) (c Clock, ok bool) {
	p := ForVersion(version)
	c = Clock{Params: p}
	wait, named := FromMessage(message)
	switch {
	case named:
		c.Params = p.Observe(wait)
		c.Wait, c.Exact = wait, true
	case !first:
		return c, false
	}
	if !finished.IsZero() && finished.Unix() > 0 {
		c.At = finished.Add(c.Wait)
		slack := c.Poll + c.Poll/2
		if c.Poll == 0 {
			slack = min(c.Wait, time.Minute) / 2
		}
		c.Latest = c.At.Add(slack)
	}
	return c, true
}

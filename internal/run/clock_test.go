package run

import (
	"slices"
	"testing"
	"time"
)

// waits plays a command that lives for so long each time, and gives the waits before its
// first n restarts, in seconds.
func waits(c *crashClock, lives time.Duration, n int) []float64 {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var out []float64
	for range n {
		now = now.Add(lives)
		end := now
		for {
			left := c.next(now, end)
			if left == 0 {
				break
			}
			now = now.Add(left)
		}
		out = append(out, now.Sub(end).Seconds())
	}
	return out
}

// The sequences are those of the kubelet's own code, driven with a clock of its own.
func TestCrashClock_sequences(t *testing.T) {
	for name, c := range map[string]struct {
		clock *crashClock
		lives time.Duration
		want  []float64
	}{
		"ends at once":         {newCrashClock(0, 0), 0, []float64{0, 10, 20, 40, 80, 160, 300, 300}},
		"lives for a minute":   {newCrashClock(0, 0), time.Minute, []float64{0, 10, 20, 40, 80, 160, 300}},
		"well for ten minutes": {newCrashClock(0, 0), 602 * time.Second, []float64{0, 0, 0}},
		"own settings":         {newCrashClock(time.Second, 5*time.Second), 0, []float64{0, 1, 2, 4, 5, 5}},
		"longest below first":  {newCrashClock(0, 2*time.Second), 0, []float64{0, 2, 2}},
	} {
		if got := waits(c.clock, c.lives, len(c.want)); !slices.Equal(got, c.want) {
			t.Errorf("%s: waits %v, want %v", name, got, c.want)
		}
	}
}

// A wait that began before the entry is forgotten is cut short, and the next is the first.
func TestCrashClock_forgets(t *testing.T) {
	got := waits(newCrashClock(0, 0), 310*time.Second, 9)
	cut := slices.IndexFunc(got, func(s float64) bool { return s > 160 && s < 300 })
	if cut < 0 || cut+1 >= len(got) || got[cut+1] != 10 {
		t.Errorf("lives of 310 s: waits %v, want one of about 290 s and then 10 s", got)
	}
}

// After the kill of a probe the kubelet looks at the end before it.
func TestCrashClock_probeKill(t *testing.T) {
	c := newCrashClock(0, 0)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var last time.Time
	var got []float64
	for range 8 {
		now = now.Add(time.Minute)
		end := now
		for left := c.next(now, last); left > 0; left = c.next(now, last) {
			now = now.Add(left)
		}
		got = append(got, now.Sub(end).Seconds())
		last = end
	}
	if want := []float64{0, 0, 0, 0, 0}; !slices.Equal(got[:5], want) || got[5] == 0 {
		t.Errorf("waits %v, want none before the sixth", got)
	}
}

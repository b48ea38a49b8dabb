package backoff

import (
	"testing"
	"time"
)

func TestFromMessage(t *testing.T) {
	for _, c := range []struct {
		message string
		want    time.Duration
		ok      bool
	}{
		{"back-off 5m0s restarting failed container=app pod=cart-0_shop(1)", 5 * time.Minute, true},
		{"Back-off 1m20s restarting failed container=app pod=cart-0_shop(1)", 80 * time.Second, true},
		{"back-off 10s restarting failed container=app pod=cart-0_shop(1)", 10 * time.Second, true},
		{`Back-off pulling image "registry.example/cart:2"`, 0, false},
		{"back-off never restarting failed container", 0, false},
		{"back-off 99999h restarting failed container", 0, false},
		{"", 0, false},
	} {
		got, ok := FromMessage(c.message)
		if got != c.want || ok != c.ok {
			t.Errorf("%q: got %s %v, want %s %v", c.message, got, ok, c.want, c.ok)
		}
	}
}

// TestSequence: the waits before restart 1, 2, 3 ... of a default kubelet.
func TestSequence(t *testing.T) {
	p := ForVersion("v1.33.2")
	for step, want := range []time.Duration{0, 10, 20, 40, 80, 160, 300, 300} {
		if got := p.Wait(step); got != want*time.Second {
			t.Errorf("step %d: got %s, want %ds", step, got, want)
		}
	}
	if got := p.Step(160 * time.Second); got != 5 {
		t.Errorf("160s is step %d, want 5", got)
	}
}

// TestObserve: a wait that the default sequence does not hold comes from a
// reduced back-off or a configured maximum.
func TestObserve(t *testing.T) {
	p := ForVersion("v1.35.0")
	for _, c := range []struct{ wait, initial, max time.Duration }{
		{40 * time.Second, 10 * time.Second, 300 * time.Second},
		{8 * time.Second, time.Second, time.Minute},
		{time.Minute, time.Second, time.Minute},
		{45 * time.Second, 10 * time.Second, 45 * time.Second},
	} {
		if got := p.Observe(c.wait); got.Initial != c.initial || got.Max != c.max {
			t.Errorf("%s: got %s to %s, want %s to %s", c.wait, got.Initial, got.Max, c.initial, c.max)
		}
	}
}

func TestNext(t *testing.T) {
	end := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	c, ok := Next("v1.34.1", "back-off 2m40s restarting failed container=app pod=a_b(c)", end, false)
	if !ok || !c.Exact || !c.At.Equal(end.Add(160*time.Second)) || c.Latest.Sub(c.At) != 15*time.Second {
		t.Errorf("with the kubelet's message: %+v %v", c, ok)
	}
	if _, ok := Next("v1.34.1", "", end, false); ok {
		t.Error("without a message and after a restart the wait is not known")
	}
	if c, ok := Next("v1.34.1", "", end, true); !ok || c.Wait != 0 || !c.At.Equal(end) {
		t.Errorf("the first end is restarted at once: %+v %v", c, ok)
	}
	// From 1.35 the next look is timed by the wait itself.
	if c, _ := Next("v1.36.0", "back-off 10s restarting failed container=app pod=a_b(c)", end, false); c.Latest.Sub(c.At) != 5*time.Second {
		t.Errorf("1.36 looks again after %s, want 5s", c.Latest.Sub(c.At))
	}
}

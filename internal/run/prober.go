package run

import (
	"context"
	"slices"
	"sync"
	"time"
)

// verdict is one attempt of a probe, and what it changes.
type verdict struct {
	probe *Probe
	answer
	// changed: the probe's word is another one now; passes is that word.
	changed, passes bool
	// kill: the command must be ended for it.
	kill bool
}

// prober asks the probes of one life as the kubelet's workers do: kubernetes v1.36
// pkg/kubelet/prober/worker.go. Each probe is asked at once and then once a period; the
// others wait for the startup probe; a liveness or startup probe that has spoken its no is
// not asked again.
type prober struct {
	probes []Probe
	asker  asker
	began  time.Time
	out    chan<- verdict

	mu      sync.Mutex
	started bool
}

// run asks until ctx ends, and gives each answer to out.
func (p *prober) run(ctx context.Context) {
	p.started = !slices.ContainsFunc(p.probes, func(x Probe) bool { return x.Kind == Startup })
	var wg sync.WaitGroup
	for i := range p.probes {
		wg.Go(func() { p.worker(ctx, &p.probes[i]) })
	}
	wg.Wait()
}

func (p *prober) isStarted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.started
}

func (p *prober) worker(ctx context.Context, probe *Probe) {
	w := word{last: -1}
	tick := time.NewTicker(probe.Period)
	defer tick.Stop()
	passes := probe.Kind == Liveness // initial words: readiness no, startup unknown, liveness yes
	for {
		if time.Since(p.began) >= probe.Delay && (probe.Kind == Startup) != p.isStarted() {
			a := p.asker.ask(ctx, probe)
			for range 2 { // prober.go maxProbeRetries is 3 in all
				if !a.errored || ctx.Err() != nil {
					break
				}
				a = p.asker.ask(ctx, probe)
			}
			if ctx.Err() != nil {
				return
			}
			v := verdict{probe: probe, answer: a, passes: passes}
			if !a.errored && w.heard(a.ok, probe) {
				v.changed, v.passes = passes != a.ok, a.ok
				v.kill = !a.ok && probe.Kind != Readiness
				passes = a.ok
				if probe.Kind == Startup && a.ok {
					p.mu.Lock()
					p.started, v.changed = true, true
					p.mu.Unlock()
				}
			}
			select {
			case p.out <- v:
			case <-ctx.Done():
				return
			}
			if v.kill {
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// word counts answers in a row.
type word struct {
	last int // 1 yes, 0 no, -1 none yet
	run  int
}

// heard takes an answer; it reports whether there are enough of the kind to count.
func (w *word) heard(ok bool, p *Probe) bool {
	now := 0
	if ok {
		now = 1
	}
	if w.last != now {
		w.last, w.run = now, 0
	}
	w.run++
	if ok {
		return w.run >= p.Successes
	}
	return w.run >= p.Failures
}

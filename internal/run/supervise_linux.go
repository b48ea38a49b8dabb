package run

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// machine starts lives; place is the real one.
type machine interface {
	// launch starts life n. The error is a *StartError where it is the program's fault.
	launch(n int) (process, error)
	// paused tells that a signal stopped the command. Where the keys of the terminal or a
	// signal that was passed on (asked) did it, this process is stopped too, and both go on
	// when it returns. p is nil between two lives.
	paused(p process, sig syscall.Signal, asked bool)
	// resumed tells that somebody let this process go on.
	resumed(p process)
}

// process is one life.
type process interface {
	pid() int
	// changes tells what becomes of it; it is closed after the end.
	changes() <-chan change
	// signal sends a signal to the main process, kill ends all.
	signal(sig syscall.Signal)
	kill()
	// exec runs a command beside it, for a probe.
	exec(ctx context.Context, argv []string) ([]byte, error)
	usage() Usage
	feed() Feed
	recording() Method
	// settle ends what the main process left and fills in what only the end shows.
	settle(d *Death)
	// finish writes the capture where it is wanted, and removes what was made for this life.
	finish(d *Death, capture bool)
}

// supervisor keeps a command under the rules.
type supervisor struct {
	cfg     *Config
	machine machine
	clock   *crashClock
	known   known
	signals <-chan os.Signal
	say     Observer
	// diagnose explains an end; a field so that tests of the clock need no rules.
	diagnose func(d *Death, wait time.Duration)

	result Result
	// asked: whoever runs unloop wants an end. hangup: SIGHUP says that the terminal is gone.
	asked, hangup bool
	// ended is the end that the kubelet would look at when it restarts after a probe's kill.
	ended time.Time
}

// run goes from life to life until the policy or the user ends it.
func (s *supervisor) run(ctx context.Context) error {
	for n := 0; ; n++ {
		began := time.Now()
		p, err := s.machine.launch(n)
		var d *Death
		fault := (*StartError)(nil)
		switch {
		case errors.As(err, &fault):
			d = &Death{Status: Status{Name: s.cfg.Name, Restarts: n, Since: began}, Ended: time.Now(), Code: fault.Code, Fault: fault, NoCapture: "it never ran"}
		case err != nil:
			return err
		default:
			d = s.live(ctx, n, p)
			p.settle(d)
		}
		wait := s.after(d, n, ctx.Err() != nil)
		if p != nil {
			p.finish(d, d.Again || d.Failed() || d.Probe != "")
		}
		s.diagnose(d, wait)
		s.known.last = d
		s.keep(d)
		s.say.Died(d)
		if !d.Again {
			return nil
		}
		if wait > 0 && !s.wait(ctx, d, wait) {
			return nil
		}
	}
}

// after decides whether and when the command starts again. It returns the whole wait.
func (s *supervisor) after(d *Death, n int, over bool) time.Duration {
	d.Asked = s.asked || d.Asked
	d.Again = !d.Asked && !over && s.cfg.Restart.Again(d.Failed()) && (s.cfg.MaxRestarts < 0 || n < s.cfg.MaxRestarts)
	if d.Fault != nil && n == 0 {
		d.Again = false // nothing of the name was ever there: waiting brings nothing
	}
	if !d.Again {
		return 0
	}
	// After the kill of a probe the kubelet starts again in the same pass, with the status
	// from before it: what it counts from is the end before this one.
	from := d.Ended
	if d.Probe != "" {
		from = s.ended
	}
	s.ended = d.Ended
	if left := s.clock.next(d.Ended, from); left > 0 {
		s.known.happened(d.Ended, "Warning", "BackOff", "Back-off restarting failed container %s in pod %s", s.cfg.Name, s.cfg.Name)
		return left
	}
	return 0
}

// wait lets a back-off pass; it returns false where somebody ended it.
func (s *supervisor) wait(ctx context.Context, d *Death, wait time.Duration) bool {
	until := d.Ended.Add(wait)
	for {
		left := time.Until(until)
		if left > 0 {
			st := d.Status
			st.Pid = 0
			s.say.Waiting(st, until, wait)
		}
		timer := time.NewTimer(left)
		for waiting := true; waiting; {
			select {
			case <-timer.C:
				waiting = false
			case <-ctx.Done():
				timer.Stop()
				return false
			case sig := <-s.signals:
				switch {
				case sig == syscall.SIGTSTP:
					s.machine.paused(nil, syscall.SIGTSTP, true)
				case ends(sig) || sig == syscall.SIGHUP:
					timer.Stop()
					s.asked = true
					return false
				}
			}
		}
		if left = s.clock.next(time.Now(), d.Ended); left == 0 {
			return true
		}
		until = time.Now().Add(left)
	}
}

// ends reports whether a signal asks this program to end.
func ends(sig os.Signal) bool {
	return sig == syscall.SIGINT || sig == syscall.SIGTERM || sig == syscall.SIGQUIT
}

// keep notes an end for the result.
func (s *supervisor) keep(d *Death) {
	s.result.ExitStatus = d.ExitStatus()
	s.result.Deaths = append(s.result.Deaths, d)
	if len(s.result.Deaths) > keepDeaths {
		s.result.Deaths = slices.Delete(s.result.Deaths, 0, 1)
		s.result.LeftOut++
	}
}

// life is one life as the supervisor sees it.
type life struct {
	*supervisor
	p  process
	st Status
	d  *Death
	// tstp: SIGTSTP was passed on.
	tstp bool
	// kill runs when the grace is over; nil while nobody was told to end.
	kill *time.Timer
	// failing holds the newest failure by probe.
	failing map[ProbeKind]string
}

// live watches one life to its end.
func (s *supervisor) live(ctx context.Context, n int, p process) *Death {
	l := &life{supervisor: s, p: p, failing: map[ProbeKind]string{}}
	l.st = Status{
		Name: s.cfg.Name, Pid: p.pid(), Restarts: n, Since: time.Now(), Started: true, Ready: true,
		Recording: p.recording(), Limits: s.cfg.Limits, Group: p.usage(), Feed: p.feed(),
	}
	for i := range s.cfg.Probes {
		switch s.cfg.Probes[i].Kind {
		case Startup:
			l.st.Started, l.st.Ready = false, false
		case Readiness:
			l.st.Ready = false
		}
	}
	s.known.happened(l.st.Since, "Normal", "Started", "Started container %s", s.cfg.Name)
	s.say.Started(l.st)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	verdicts := make(chan verdict)
	probing, halt := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		pr := &prober{probes: s.cfg.Probes, began: l.st.Since, out: verdicts, asker: asker{exec: p.exec}}
		pr.run(probing)
	}()
	defer func() { <-done }()
	defer halt()

	l.d = &Death{}
	over := ctx.Done()
	for {
		var grace <-chan time.Time
		if l.kill != nil {
			grace = l.kill.C
		}
		select {
		case c, ok := <-p.changes():
			if !ok || c.ended() {
				l.end(c)
				return l.d
			}
			l.paused(c)
		case sig := <-s.signals:
			l.heard(sig)
		case v := <-verdicts:
			l.judged(v)
			if v.kill {
				halt()
			}
		case <-grace:
			p.kill()
			l.kill = nil
		case <-over:
			over = nil
			s.asked = true
			l.stop(s.cfg.Grace)
		}
	}
}

// end notes how it ended.
func (l *life) end(c change) {
	if l.kill != nil {
		l.kill.Stop()
	}
	probe, asked := l.d.Probe, l.d.Asked
	*l.d = Death{Status: l.st, Ended: time.Now(), Probe: probe, Asked: asked, Core: c.status.CoreDump(), Fault: c.fault}
	if c.status.Signaled() {
		l.d.Signal = int(c.status.Signal())
	} else {
		l.d.Code = c.status.ExitStatus()
	}
}

// stop asks the command to end, and makes it when the grace is over.
func (l *life) stop(grace time.Duration) {
	if l.kill != nil {
		return
	}
	l.p.signal(syscall.SIGTERM)
	l.p.signal(syscall.SIGCONT) // one that is stopped hears nothing
	l.kill = time.NewTimer(grace)
}

// minGrace is the least time that a probe's kill leaves: kubernetes v1.36
// pkg/kubelet/kuberuntime/kuberuntime_container.go minimumGracePeriodInSeconds.
const minGrace = 2 * time.Second

// judged takes the answer of a probe.
func (l *life) judged(v verdict) {
	kind := v.probe.Kind
	switch {
	case v.errored:
		l.known.happened(time.Now(), "Warning", "Unhealthy", "%s probe errored and resulted in unknown state: %s", kind.word(), v.output)
	case !v.ok:
		l.known.happened(time.Now(), "Warning", "Unhealthy", "%s probe failed: %s", kind.word(), v.output)
	}
	was := l.failing[kind]
	if v.ok {
		delete(l.failing, kind)
	} else {
		l.failing[kind] = string(kind) + ": " + firstLine(v.output)
	}
	if v.changed {
		switch kind {
		case Readiness:
			l.st.Ready = v.passes
		case Startup:
			l.st.Started = v.passes
			if !slices.ContainsFunc(l.cfg.Probes, func(p Probe) bool { return p.Kind == Readiness }) {
				l.st.Ready = v.passes
			}
		}
	}
	if v.changed || was != l.failing[kind] {
		l.st.Failing = nil
		for _, k := range []ProbeKind{Startup, Liveness, Readiness} {
			if text := l.failing[k]; text != "" {
				l.st.Failing = append(l.st.Failing, text)
			}
		}
		l.say.Changed(l.st)
	}
	if v.kill && l.d.Probe == "" {
		tail := ""
		if l.cfg.Restart != Never {
			tail = ", will be restarted"
		}
		l.known.happened(time.Now(), "Normal", "Killing", "Container %s failed %s probe%s", l.cfg.Name, kind, tail)
		l.d.Probe = kind
		grace := l.cfg.Grace
		if v.probe.Grace != nil {
			grace = *v.probe.Grace
		}
		if l.kill == nil {
			l.stop(max(grace, minGrace))
		}
	}
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if s == "" {
		return "no"
	}
	return s
}

// heard passes a signal on to the command.
func (l *life) heard(sig os.Signal) {
	n, ok := sig.(syscall.Signal)
	switch {
	case !ok:
	case n == syscall.SIGTSTP:
		l.tstp = true
		l.p.signal(syscall.SIGTSTP) // what comes of it is told by changes
	case n == syscall.SIGCONT:
		l.machine.resumed(l.p)
	default:
		if ends(n) || n == syscall.SIGHUP && l.hangup {
			l.asked = true
		}
		l.p.signal(n)
	}
}

// paused handles a stop of the command, and that it goes on.
func (l *life) paused(c change) {
	was := l.st.Paused
	l.st.Paused = !c.continued
	if was != l.st.Paused {
		l.say.Changed(l.st)
	}
	if c.stopped != 0 {
		asked := l.tstp
		l.tstp = false
		l.machine.paused(l.p, c.stopped, asked)
	}
}

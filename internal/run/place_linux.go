package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// place is where a command lives on this machine: its control groups, the terminal, the
// recorder and the folder for captures. It is the real machine.
type place struct {
	cfg    *Config
	groups *groups
	term   *terminal
	rec    recorder
	shelf  *shelf
	note   func(string)
	noted  map[string]bool
	undo   []func() error
}

// newPlace prepares a place. What the machine does not allow is noted, on one line each,
// and done without.
func newPlace(cfg *Config, note func(string)) (*place, error) {
	p := &place{cfg: cfg, note: note, noted: map[string]bool{}}
	ts, err := trees("/proc/self/mountinfo", "/proc/self/cgroup")
	if err != nil {
		ts = nil // without control groups; what that costs is noted below
	}
	p.groups = openGroups(ts, wanted(cfg.Limits))
	p.onClose(p.groups.close)
	p.limits()
	if cfg.Captures != "" {
		p.shelf = &shelf{cfg.Captures, cfg.Keep}
	}
	if p.rec, err = p.recorder(); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.onClose(p.rec.close)
	if p.term = openTerminal(cfg.In, cfg.Out); p.term != nil {
		p.onClose(func() error { p.term.close(); return nil })
	}
	return p, nil
}

func (p *place) onClose(do func() error) { p.undo = append(p.undo, do) }

// close undoes what newPlace did, the last first.
func (p *place) close() error {
	var errs []error
	for _, do := range slices.Backward(p.undo) {
		errs = append(errs, do())
	}
	p.undo = nil
	return errors.Join(errs...)
}

// once notes a line that repeats itself with every life.
func (p *place) once(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !p.noted[text] {
		p.noted[text] = true
		p.note(text)
	}
}

// wanted are the controllers that limits need.
func wanted(l Limits) []string {
	var out []string
	if l.MemoryBytes > 0 {
		out = append(out, "memory")
	}
	if l.MilliCPU > 0 {
		out = append(out, "cpu")
	}
	if l.Pids > 0 {
		out = append(out, "pids")
	}
	return out
}

// limits drops the limits that cannot be had, with one line for all.
func (p *place) limits() {
	var names []string
	reason := ""
	for _, c := range wanted(p.cfg.Limits) {
		err := p.groups.lacks[c]
		if err == nil {
			continue
		}
		names = append(names, c)
		reason = cmp.Or(reason, why(err))
		switch c {
		case "memory":
			p.cfg.Limits.MemoryBytes = 0
		case "cpu":
			p.cfg.Limits.MilliCPU = 0
		case "pids":
			p.cfg.Limits.Pids = 0
		}
	}
	if len(names) > 0 {
		p.note(fmt.Sprintf("going on without the limit of %s: %s", strings.Join(names, ", "), reason))
	}
}

// launch is part of machine.
func (p *place) launch(n int) (process, error) {
	path, err := find(p.cfg.Argv[0], p.cfg.Dir, p.cfg.Env)
	if err != nil {
		return nil, err
	}
	g, err := p.groups.life(n, p.cfg.Limits)
	if err != nil {
		p.once("%v", err)
	}
	r := &running{place: p, group: g, name: g.child()}
	j := job{
		path: path, argv: p.cfg.Argv, dir: p.cfg.Dir, env: p.cfg.Env, files: [3]*os.File{p.cfg.In, p.cfg.Out, p.cfg.Err},
		ready: func(pid int) error {
			if err := g.add(pid); err != nil {
				p.once("not in a control group of its own: %s", why(err))
			}
			if p.term != nil && p.term.ours() {
				p.term.give(pid)
				r.interactive = true
			}
			return nil
		},
	}
	r.taken, err = p.rec.start(r.name, j)
	if err != nil {
		r.back()
		return nil, errors.Join(err, g.remove())
	}
	return r, nil
}

// paused is part of machine.
func (p *place) paused(proc process, sig syscall.Signal, asked bool) {
	r, _ := proc.(*running)
	interactive := r != nil && r.interactive
	switch {
	case interactive && (sig == syscall.SIGTTIN || sig == syscall.SIGTTOU):
		// It came to the terminal before it was its own.
		p.term.give(r.pid())
		r.signal(syscall.SIGCONT)
		return
	case !interactive && !asked:
		return // somebody stopped it, and somebody will let it go on
	case interactive:
		p.term.take(r.pid())
	}
	stopSelf()
	p.resumed(proc)
}

// stopSelf stops this process and returns when it goes on. The shell sees its job stopped.
// Without a shell above it, in a group that is orphaned, nobody would let it go on:
// then it does nothing.
func stopSelf() {
	parent := os.Getppid()
	group, err := unix.Getpgid(parent)
	if err != nil || group == unix.Getpgrp() {
		return
	}
	ours, err := unix.Getsid(0)
	if theirs, err2 := unix.Getsid(parent); err != nil || err2 != nil || ours != theirs {
		return
	}
	// Sent to this very thread, it takes effect before the call returns.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSTOP) // it cannot fail
}

// resumed is part of machine.
func (p *place) resumed(proc process) {
	r, _ := proc.(*running)
	if r == nil {
		return
	}
	if p.term != nil && p.term.ours() {
		p.term.give(r.pid())
		r.interactive = true
	}
	_ = syscall.Kill(-r.pid(), syscall.SIGCONT) // it may be over
}

// running is one life of the command. It is a process.
type running struct {
	*place
	group *group
	name  string
	taken taken
	// interactive: it has the terminal.
	interactive bool
}

func (r *running) pid() int               { return r.taken.pid() }
func (r *running) changes() <-chan change { return r.taken.changes() }
func (r *running) recording() Method      { return r.rec.method() }

func (r *running) usage() Usage {
	if r.group.any() == "" {
		return nil
	}
	return r.group
}

func (r *running) feed() Feed {
	if r.rec.method() == RecordOff {
		return nil
	}
	return &feed{r.rec, r.name}
}

// signal is part of process. Stops and their end are for the whole group of processes, as
// from a terminal; all else for the main one.
func (r *running) signal(sig syscall.Signal) {
	pid := r.pid()
	if sig == syscall.SIGTSTP || sig == syscall.SIGCONT {
		pid = -pid
	}
	_ = syscall.Kill(pid, sig) // it may be over
}

func (r *running) kill() {
	r.group.kill()
	_ = syscall.Kill(-r.pid(), syscall.SIGKILL) // it may be over, or in the group
}

// back takes the terminal back.
func (r *running) back() {
	if r.interactive {
		r.term.take(r.pid())
		r.interactive = false
	}
}

// settle is part of process. With the main process its container would end, and all that
// is in it.
func (r *running) settle(d *Death) {
	interactive := r.interactive
	r.kill()
	r.back()
	if n, ok := r.group.oomKills(); ok {
		d.OOM = n > 0
	}
	d.PeakBytes = r.group.peakBytes()
	over := r.taken.ended()
	if over.oom {
		d.OOM = true
	}
	// Who presses Ctrl-C at a command wants it to end, whatever its policy. Where the signal
	// was not seen the end has to tell.
	const keys = 10 * time.Second
	pressed := over.key.After(d.Ended.Add(-keys))
	bySignal := d.Signal == int(syscall.SIGINT) || d.Signal == int(syscall.SIGQUIT) || d.Code == 128+int(syscall.SIGINT) || d.Code == 128+int(syscall.SIGQUIT)
	if interactive && (pressed || bySignal) {
		d.Asked = true
	}
}

// finish is part of process.
func (r *running) finish(d *Death, capture bool) {
	switch {
	case !capture:
		d.NoCapture = "nothing was wrong"
	case r.rec.method() == RecordOff:
		d.NoCapture = r.rec.why()
	default:
		r.capture(d)
	}
	r.taken.done()
	if err := r.group.remove(); err != nil {
		r.once("a control group is left until the next run: %v", err)
	}
}

// capture writes the last system calls to the folder for captures; where none is kept, to a
// file for the diagnosis.
func (r *running) capture(d *Death) {
	to := r.shelf
	if to == nil {
		to = &shelf{dir: os.TempDir()}
	}
	file, err := to.put(d.Name, d.Pid, d.Ended, func(w io.Writer) error { return r.taken.write(w, mark(d, r.cfg.Argv)) })
	switch {
	case err != nil:
		d.NoCapture = err.Error()
		r.once("no capture: %v", err)
	case r.shelf == nil:
		d.unkept, d.NoCapture = file, "captures are turned off"
	default:
		d.Capture = file
		to.clear(d.Name, d.Ended)
	}
}

// feed is a Feed of a life.
type feed struct {
	rec  recorder
	name string
}

// Calls is part of Feed.
func (f *feed) Calls() (calls, lost uint64) { return f.rec.count(f.name) }

// Recent is part of Feed.
func (f *feed) Recent() []Call { return f.rec.recent(f.name) }

// exec is part of process: the command runs where the supervised one does, so that limits
// hold for both.
func (r *running) exec(ctx context.Context, argv []string) ([]byte, error) {
	path, err := find(argv[0], r.cfg.Dir, r.cfg.Env)
	if err != nil {
		var fault *StartError
		if errors.As(err, &fault) {
			return nil, fmt.Errorf("exec: %q: %w", fault.Program, fault.Err)
		}
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer outR.Close()
	s, err := spawn(job{path: path, argv: argv, dir: r.cfg.Dir, env: r.cfg.Env, files: [3]*os.File{null, outW, outW}, ready: func(pid int) error {
		_ = r.group.add(pid) // a life that is over has no group any more
		return nil
	}})
	outW.Close()
	if err != nil {
		return nil, err
	}
	text := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(io.LimitReader(outR, maxAnswer))
		_, _ = io.Copy(io.Discard, outR)
		text <- b
	}()
	var end change
	for ended := false; !ended; {
		select {
		case c, ok := <-s.changes:
			end, ended = c, !ok || c.ended()
		case <-ctx.Done():
			_ = syscall.Kill(-s.pid, syscall.SIGKILL)
			for range s.changes {
			}
			ended = true
		}
	}
	_ = outR.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // who was started by it may hold the pipe
	b := <-text
	switch {
	case ctx.Err() != nil:
		return b, ctx.Err()
	case end.status.Signaled():
		return b, &exitError{128 + int(end.status.Signal())}
	case end.status.ExitStatus() != 0:
		return b, &exitError{end.status.ExitStatus()}
	}
	return b, nil
}

func hostName() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Nodename[:])
}

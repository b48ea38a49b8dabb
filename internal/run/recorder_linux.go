package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/ptrace"
)

// recorder starts lives so that their system calls are recorded.
type recorder interface {
	method() Method
	// why says why nothing is recorded; "" where something is.
	why() string
	// start starts a life; name is the last part of its control groups.
	start(name string, j job) (taken, error)
	// count gives the recorded calls and the lost records of a life.
	count(name string) (calls, lost uint64)
	// recent gives its newest calls worth a look.
	recent(name string) []Call
	close() error
}

// arrival bounds how long the last events of a process may take from the kernel to here. A
// source delivers them within a second (flight.Handler), unless the machine has no time.
const arrival = 30 * time.Second

// taken is a life that a recorder started.
type taken interface {
	pid() int
	changes() <-chan change
	// ended waits for the last of the recording, once the process has ended.
	ended() ending
	write(w io.Writer, m flight.Mark) error
	// done drops what is kept of it.
	done()
}

// recorder chooses how to record.
func (p *place) recorder() (recorder, error) {
	var lacks []string
	try := func(m Method) (recorder, error) {
		switch m {
		case RecordEBPF:
			return newEBPF(p.groups)
		default:
			if err := ptrace.Supported(); err != nil {
				return nil, err
			}
			return &tracing{}, nil
		}
	}
	switch m := p.cfg.Record; m {
	case RecordOff:
		return &off{"recording is turned off"}, nil
	case RecordEBPF, RecordPtrace:
		r, err := try(m)
		if err != nil {
			return nil, fmt.Errorf("recording with %s: %w", m, err)
		}
		return r, nil
	}
	for _, m := range []Method{RecordEBPF, RecordPtrace} {
		r, err := try(m)
		if err == nil {
			return r, nil
		}
		lacks = append(lacks, fmt.Sprintf("%s: %v", m, err))
	}
	text := "system calls cannot be recorded here (" + strings.Join(lacks, "; ") + ")"
	p.note(text)
	return &off{text}, nil
}

// off records nothing.
type off struct{ reason string }

func (*off) method() Method                { return RecordOff }
func (o *off) why() string                 { return o.reason }
func (*off) count(string) (uint64, uint64) { return 0, 0 }
func (*off) recent(string) []Call          { return nil }
func (*off) close() error                  { return nil }

func (*off) start(_ string, j job) (taken, error) {
	s, err := spawn(j)
	if err != nil {
		return nil, err
	}
	return &unrecorded{s}, nil
}

// unrecorded is a life of which nothing is recorded.
type unrecorded struct{ s *spawned }

func (u *unrecorded) pid() int                         { return u.s.pid }
func (u *unrecorded) changes() <-chan change           { return u.s.changes }
func (*unrecorded) ended() ending                      { return ending{} }
func (*unrecorded) write(io.Writer, flight.Mark) error { return errNoEvents }
func (*unrecorded) done()                              {}

// kernel records with eBPF, by control group: one source for all lives.
type kernel struct {
	src  *bpf.Source
	tape *tape
	stop context.CancelFunc
	over chan struct{}
}

func newEBPF(g *groups) (recorder, error) {
	h, err := bpf.FindHierarchy()
	if err != nil {
		return nil, err
	}
	dir := g.dirs[h.Controller]
	rel, err := filepath.Rel(h.Root, dir)
	if dir == "" || err != nil || strings.HasPrefix(rel, "..") {
		return nil, errors.New("the command has no control group of its own")
	}
	src, err := bpf.New(bpf.Options{Parents: []string{"/" + rel}, Hierarchy: h})
	if err != nil {
		return nil, err
	}
	k := &kernel{src: src, tape: newTape(), over: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	k.stop = stop
	go func() {
		defer close(k.over)
		if err := src.Run(ctx, k.tape); err != nil {
			k.tape.fail(err)
		}
	}()
	return k, nil
}

func (*kernel) method() Method                       { return RecordEBPF }
func (*kernel) why() string                          { return "" }
func (k *kernel) count(name string) (uint64, uint64) { return k.tape.count(name) }

func (k *kernel) recent(name string) []Call { return k.tape.recent(name) }

func (k *kernel) close() error {
	k.stop()
	<-k.over
	return nil
}

func (k *kernel) start(name string, j job) (taken, error) {
	ready := j.ready
	j.ready = func(pid int) error {
		k.tape.watch(name, pid)
		return ready(pid)
	}
	s, err := spawn(j)
	if err != nil {
		return nil, err
	}
	return &recorded{s: s, src: k.src, taped: taped{tape: k.tape, name: name}}, nil
}

// recorded is a life on a tape.
type recorded struct {
	s   *spawned
	src *bpf.Source
	taped
}

// taped is a life's part of a tape.
type taped struct {
	tape *tape
	name string
	reel *reel // nil until it has ended
}

// end takes the reel once it is complete, or over ends.
func (r *taped) end(over <-chan struct{}) ending {
	r.reel, _ = r.tape.ended(r.name, over)
	return r.tape.ending(r.reel)
}

func (r *taped) write(w io.Writer, m flight.Mark) error {
	if r.reel == nil {
		return errNoEvents
	}
	_, err := r.tape.write(r.reel, w, m)
	return err
}

func (r *recorded) pid() int               { return r.s.pid }
func (r *recorded) changes() <-chan change { return r.s.changes }
func (r *recorded) done()                  { r.tape.forget(r.name) }

func (r *recorded) ended() ending {
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = r.src.Caught(arrival) // what comes later is missing from the capture, no more
	}()
	return r.end(over)
}

// tracing records with ptrace: a source for each life.
type tracing struct {
	mu   sync.Mutex
	tape *tape // of the newest life
}

func (*tracing) method() Method { return RecordPtrace }
func (*tracing) why() string    { return "" }
func (*tracing) close() error   { return nil }

func (t *tracing) newest() *tape {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tape
}

func (t *tracing) count(name string) (uint64, uint64) {
	if tape := t.newest(); tape != nil {
		return tape.count(name)
	}
	return 0, 0
}

func (t *tracing) recent(name string) []Call {
	if tape := t.newest(); tape != nil {
		return tape.recent(name)
	}
	return nil
}

func (t *tracing) start(name string, j job) (taken, error) {
	out := make(chan change, 16)
	src, err := ptrace.Start(ptrace.Command{
		Args: j.argv, Env: j.env, Dir: j.dir, Stdin: j.files[0], Stdout: j.files[1], Stderr: j.files[2], Setpgid: true,
		Paused: func(by syscall.Signal) {
			select {
			case out <- change{stopped: by, continued: by == 0}:
			default: // the tracer must not wait; so many at once say nothing new
			}
		},
	})
	if err != nil {
		return nil, err
	}
	r := &traced{src: src, taped: taped{tape: newTape(), name: name}, out: out, over: make(chan struct{})}
	r.tape.sole = name
	r.tape.watch(name, src.Pid())
	t.mu.Lock()
	t.tape = r.tape
	t.mu.Unlock()
	if err := j.ready(src.Pid()); err != nil {
		return nil, errors.Join(err, src.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() {
		defer close(r.over)
		if err := src.Run(ctx, r.tape); err != nil {
			r.tape.fail(err)
		}
	}()
	end := make(chan ptrace.Exit, 1)
	go func() { end <- src.Wait() }()
	go func() {
		defer close(r.out)
		e := <-end
		status := syscall.WaitStatus(e.Code << 8)
		if e.Signal != 0 {
			status = syscall.WaitStatus(e.Signal)
			if e.Core {
				status |= 0x80
			}
		}
		c := change{status: status}
		if bad := (*ptrace.ExecError)(nil); errors.As(e.Err, &bad) {
			c.fault = &StartError{Program: j.argv[0], Path: j.path, Code: e.Code, Err: bad.Err}
		}
		r.out <- c
	}()
	return r, nil
}

// traced is a life under a tracer.
type traced struct {
	src *ptrace.Source
	taped
	out  chan change
	stop context.CancelFunc
	over chan struct{}
}

func (r *traced) pid() int               { return r.src.Pid() }
func (r *traced) changes() <-chan change { return r.out }

func (r *traced) ended() ending {
	ctx, cancel := context.WithTimeout(context.Background(), arrival)
	defer cancel()
	return r.end(ctx.Done())
}

func (r *traced) done() {
	r.stop()
	<-r.over
}

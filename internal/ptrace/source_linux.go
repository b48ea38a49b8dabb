//go:build linux && (amd64 || arm64)

package ptrace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
)

// Source runs one command and sees its system calls. It is made by Start. Its methods may
// be called from any goroutine.
type Source struct {
	cmd    Command
	tracer *tracer
	sock   int
	pid    int
	// held is the stub's thread, stopped until the command shall run.
	held *task

	once     sync.Once
	begin    chan flight.Handler // nil closes
	finished chan error
	done     chan struct{}
	exit     Exit
}

// startLimit bounds how long the stub may take to answer.
const startLimit = 20 * time.Second

// Supported reports what is in the way of tracing on this machine, as an error around
// ErrUnsupported; nil where nothing is. It starts a stub to find out, which takes some
// milliseconds.
func Supported() error {
	s, err := Start(Command{Args: []string{"/nothing"}})
	if err != nil {
		return err
	}
	return s.Close()
}

// Start starts the stub of the command and attaches to it. The command itself runs once
// Run is called. A command that cannot be executed is no error here: it ends as a shell
// would let it end, see Exit.Err. The error is around ErrUnsupported where tracing is
// not possible.
func Start(c Command) (*Source, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("no command to run")
	}
	s := &Source{
		cmd: c, sock: -1,
		begin: make(chan flight.Handler), finished: make(chan error, 1), done: make(chan struct{}),
	}
	ready := make(chan error)
	go s.follow(ready)
	if err := <-ready; err != nil {
		return nil, err
	}
	return s, nil
}

// Run lets the command run and delivers what it does to h, from one goroutine, until all
// of its processes are gone. When ctx ends they are killed, and Run gives the context's cause
// once they are gone. Died is called when the main process ends, Gone at the end.
func (s *Source) Run(ctx context.Context, h flight.Handler) error {
	err := errors.New("a source runs once")
	s.once.Do(func() {
		s.begin <- h
		stop := context.AfterFunc(ctx, s.tracer.kill)
		err = <-s.finished
		if !stop() && err == nil {
			err = context.Cause(ctx)
		}
	})
	return err
}

// Pid is the number of the main process.
func (s *Source) Pid() int { return s.pid }

// Signal sends a signal to the main process, or to its process group where it has
// one of its own. It gives os.ErrProcessDone where it has ended.
func (s *Source) Signal(sig syscall.Signal) error {
	select {
	case <-s.done:
		return os.ErrProcessDone
	default:
	}
	if s.cmd.Setpgid || s.cmd.Foreground {
		return unix.Kill(-s.pid, sig)
	}
	s.tracer.mu.Lock()
	defer s.tracer.mu.Unlock()
	fd, ok := s.tracer.handles[s.pid]
	if !ok {
		return os.ErrProcessDone
	}
	if err := unix.PidfdSendSignal(fd, sig, nil, 0); err != unix.ESRCH {
		return err
	}
	return os.ErrProcessDone
}

// Wait waits until the main process has ended and tells how. It may be called from any
// goroutine, any number of times; Run must be called for it to return.
func (s *Source) Wait() Exit {
	<-s.done
	return s.exit
}

// Done is closed when the main process has ended.
func (s *Source) Done() <-chan struct{} { return s.done }

// Close ends a source for which Run is not called; after Run it does nothing.
func (s *Source) Close() (err error) {
	s.once.Do(func() {
		s.begin <- nil
		err = <-s.finished
	})
	return err
}

// follow is the life of the thread that the command is tied to. The goroutine ends without
// unlocking, so that the thread ends with it.
func (s *Source) follow(ready chan<- error) {
	runtime.LockOSThread()
	err := s.start()
	ready <- err
	if err != nil {
		return
	}
	h := <-s.begin
	if h == nil {
		h = quietHandler{}
		s.tracer.kill()
	}
	s.tracer.handler = h
	h.Open(Slot, s.opening())
	s.held.resume(0)
	err = s.tracer.loop()
	h.Gone(Slot)
	unix.Close(s.sock) //nolint:errcheck // nothing is said any more
	s.finished <- err
}

// quietHandler takes what nobody wants to know.
type quietHandler struct{}

func (quietHandler) Open(flight.Slot, flight.Opening)           {}
func (quietHandler) Event(flight.Slot, *event.Event)            {}
func (quietHandler) Lost(flight.Slot, flight.LossCause, uint64) {}
func (quietHandler) Died(flight.Slot, flight.Death)             {}
func (quietHandler) Gone(flight.Slot)                           {}

// start runs the stub up to where it has its filter.
func (s *Source) start() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("start a stub: %w", err)
	}
	s.sock = pair[0]
	s.pid, err = s.fork(pair[1])
	unix.Close(pair[1]) //nolint:errcheck // the stub's end
	if err == nil {
		if err = s.attach(); err == nil {
			return nil
		}
		if s.pid > 0 {
			_ = unix.Kill(s.pid, unix.SIGKILL)
		}
		for s.pid > 0 {
			_, ws, err := wait(s.pid)
			if err != nil || !ws.Stopped() {
				break
			}
			_ = ptrace(unix.PTRACE_CONT, s.pid, 0, 0) // it may stop once more on its way out
		}
	}
	unix.Close(s.sock) //nolint:errcheck // nobody is there
	return err
}

// fork starts the stub with its descriptors and its end of the socket behind them.
func (s *Source) fork(sock int) (int, error) {
	c := &s.cmd
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	attr := syscall.ProcAttr{Dir: c.Dir, Env: c.Env, Sys: &syscall.SysProcAttr{Setpgid: c.Setpgid}}
	if attr.Env == nil {
		attr.Env = os.Environ()
	}
	for _, f := range append([]*os.File{c.Stdin, c.Stdout, c.Stderr}, c.ExtraFiles...) {
		if f == nil {
			f = null
		}
		attr.Files = append(attr.Files, f.Fd())
	}
	if c.Foreground {
		if c.Stdin == nil {
			return 0, errors.New("a foreground command needs a terminal as its input")
		}
		attr.Sys.Foreground, attr.Sys.Ctty = true, int(c.Stdin.Fd())
	}
	attr.Files = append(attr.Files, uintptr(sock))
	args := append([]string{StubName, strconv.Itoa(len(attr.Files) - 1)}, c.Args...)
	pid, err := syscall.ForkExec("/proc/self/exe", args, &attr)
	if err != nil {
		if c.Dir != "" {
			if _, e := os.Stat(c.Dir); e != nil {
				err = e
			}
		}
		return 0, fmt.Errorf("start %s: %w", c.Args[0], err)
	}
	return pid, nil
}

// attach makes this thread the tracer of the stub's.
func (s *Source) attach() error {
	limit := unix.NsecToTimeval(startLimit.Nanoseconds())
	_ = unix.SetsockoptTimeval(s.sock, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
	word, err := s.hear(sayHello)
	if err != nil {
		return err
	}
	tid, err := strconv.Atoi(word)
	if err != nil {
		return fmt.Errorf("the stub says %q", word)
	}
	if err := seize(tid); err != nil {
		return s.refused("attach to a child", err)
	}
	var info syscallInfo
	if err := getSyscallInfo(tid, &info); err == unix.EIO {
		return fmt.Errorf("%w: it needs Linux 5.3 or later", ErrUnsupported)
	}
	s.tracer = newTracer(s.pid, tid, s.cmd.Linger)
	s.tracer.onExit, s.tracer.onPause = s.ended, s.cmd.Paused
	s.tracer.handler = quietHandler{}
	s.say(saySeized)
	// Signals stop the stub too, those of Go's own runtime among them, so that stops are
	// handled until it makes the call that says that its filter works.
	for {
		at, ws, err := wait(-1)
		switch {
		case err != nil:
			return fmt.Errorf("wait for a stub: %w", err)
		case !ws.Stopped():
			if at == s.pid {
				s.pid = 0
				_, err := s.hear("never")
				return err
			}
		case int(ws>>16) == unix.PTRACE_EVENT_SECCOMP && getSyscallInfo(at, &info) == nil && info.nr() == readyCall:
			s.held = s.tracer.tasks[at]
			return nil
		default:
			s.tracer.stopped(at, ws)
		}
	}
}

// refused explains why the kernel refused to trace.
func (s *Source) refused(what string, err error) error {
	why := ""
	if scope, e := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope"); e == nil && len(scope) > 0 && scope[0] > '1' {
		why = "; kernel.yama.ptrace_scope is " + strings.TrimSpace(string(scope)) + ", which forbids it"
	} else if n := tracerOf(os.Getpid()); n != 0 {
		why = fmt.Sprintf("; process %d traces this one and its children already", n)
	}
	return fmt.Errorf("%w: %s: %w%s", ErrUnsupported, what, err, why)
}

func (s *Source) say(word string) { _, _ = unix.Write(s.sock, []byte(word)) }

// hear waits for a message of the stub that begins with a word, and gives the rest.
func (s *Source) hear(want string) (string, error) {
	var b [512]byte
	for {
		n, err := unix.Read(s.sock, b[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return "", fmt.Errorf("%w: the copy of this program that becomes the command does not answer (does its main call ptrace.Stub?)", ErrUnsupported)
		}
		if rest, ok := strings.CutPrefix(string(b[:n]), want); ok {
			return rest, nil
		}
		rest, _ := strings.CutPrefix(string(b[:n]), sayFailed)
		return "", fmt.Errorf("%w: %s", ErrUnsupported, rest)
	}
}

// ended notes how the main process ended.
func (s *Source) ended(ws syscall.WaitStatus) {
	if ws.Signaled() {
		s.exit.Signal, s.exit.Core = ws.Signal(), ws.CoreDump()
	} else {
		s.exit.Code = ws.ExitStatus()
	}
	if !s.tracer.started {
		var b [64]byte
		if n, _, err := unix.Recvfrom(s.sock, b[:], unix.MSG_DONTWAIT); err == nil {
			if rest, ok := strings.CutPrefix(string(b[:n]), sayExec); ok {
				errno, _ := strconv.Atoi(rest)
				s.exit.Err = &ExecError{Name: s.cmd.Args[0], Err: syscall.Errno(errno)}
			}
		}
	}
	if s.cmd.Foreground {
		s.takeTerminal()
	}
	close(s.done)
}

// takeTerminal makes our process group the foreground one again. Who is in the background
// must not mind the signal that the attempt brings.
func (s *Source) takeTerminal() {
	var mask, old unix.Sigset_t
	mask.Val[0] = 1 << (unix.SIGTTOU - 1)
	if unix.PthreadSigmask(unix.SIG_BLOCK, &mask, &old) != nil {
		return
	}
	_ = unix.IoctlSetPointerInt(int(s.cmd.Stdin.Fd()), unix.TIOCSPGRP, unix.Getpgrp())
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
}

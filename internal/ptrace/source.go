package ptrace

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/unloop-dev/unloop/internal/flight"
)

// StubName is argv[0] of the process that becomes the command; see Stub.
const StubName = "unloop-trace-stub"

// Slot is the number under which a source tells of its command: a source has but one.
const Slot flight.Slot = 1

// ErrUnsupported: this machine, or what this process may do on it, does not allow to trace.
// The error around it says what is in the way.
var ErrUnsupported = errors.New("tracing with ptrace is not possible here")

// Command is what to run. It is not changed by Start.
type Command struct {
	// Args are the command and its arguments. A command without a slash is searched along
	// PATH of Env, as a shell does it.
	Args []string
	// Env is the environment as NAME=VALUE; nil stands for that of this process.
	Env []string
	// Dir is the working directory; "" stands for that of this process.
	Dir string
	// Stdin, Stdout and Stderr are descriptors 0, 1 and 2; nil stands for /dev/null.
	// They stay the caller's.
	Stdin, Stdout, Stderr *os.File
	// ExtraFiles become descriptors 3 and up, as in os/exec.
	ExtraFiles []*os.File
	// Setpgid puts the command into a process group of its own.
	Setpgid bool
	// Foreground, which implies Setpgid, makes that group the foreground group of the
	// terminal that Stdin is. Without either the command shares our group: Ctrl-C and
	// Ctrl-Z reach both.
	Foreground bool
	// Paused, if set, is told when the main process is stopped as a whole, by which signal, and
	// with 0 when it goes on. It is called from the tracer's thread and must not wait.
	Paused func(by syscall.Signal)
	// Linger keeps Run going until all processes are gone. Otherwise those that outlive the
	// main process are killed once it has ended, as those of a container are. They
	// cannot be left running alone: without a tracer the filter refuses their calls.
	Linger bool
}

// Exit tells how the command's main process ended.
type Exit struct {
	// Code is the exit status; 127 or 126 where Err is set. Signal is the signal that ended
	// it, then Code is 0.
	Code   int
	Signal syscall.Signal
	// Core says that the kernel wrote a core file.
	Core bool
	// Err is an *ExecError where the command was never run; else nil.
	Err error
}

// ShellCode is the status that a shell gives for the end: 128 and the signal's number for one.
func (e Exit) ShellCode() int {
	if e.Signal != 0 {
		return 128 + int(e.Signal)
	}
	return e.Code
}

// ExecError: the command could not be executed.
type ExecError struct {
	Name string
	// Err is a syscall.Errno.
	Err error
}

func (e *ExecError) Error() string { return fmt.Sprintf("%s: %v", e.Name, e.Err) }

// Unwrap gives the errno.
func (e *ExecError) Unwrap() error { return e.Err }

// Code is the status a shell gives: 127 where nothing of the name is there, else 126.
func (e *ExecError) Code() int {
	if errors.Is(e.Err, syscall.ENOENT) || errors.Is(e.Err, syscall.ENOTDIR) {
		return 127
	}
	return 126
}

var _ flight.Source = (*Source)(nil)

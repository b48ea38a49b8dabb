package run

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/unloop-dev/unloop"
)

// Policy says after which ends the command is started again, as a pod's restartPolicy.
type Policy string

// The policies of k8s.io/api core/v1 RestartPolicy.
const (
	Never     Policy = "Never"
	OnFailure Policy = "OnFailure"
	Always    Policy = "Always"
)

// Policies lists them for messages and completion.
var Policies = []string{string(Never), string(OnFailure), string(Always)}

// Again reports whether the policy wants a new start after an end.
func (p Policy) Again(failed bool) bool {
	return p == Always || p == OnFailure && failed
}

// Method is how system calls are recorded.
type Method string

// The methods. Auto takes the first of the two that the machine allows.
const (
	RecordAuto   Method = "auto"
	RecordEBPF   Method = "ebpf"
	RecordPtrace Method = "ptrace"
	RecordOff    Method = "off"
)

// Methods lists them for messages and completion.
var Methods = []string{string(RecordAuto), string(RecordEBPF), string(RecordPtrace), string(RecordOff)}

// Limits bound what the command may use. Zero is no limit.
type Limits struct {
	// MemoryBytes is the most memory, MilliCPU the most processor time in thousandths of
	// a processor, Pids the most tasks at once.
	MemoryBytes, MilliCPU, Pids int64
}

// Any reports whether there is a limit.
func (l Limits) Any() bool { return l.MemoryBytes > 0 || l.MilliCPU > 0 || l.Pids > 0 }

// Config is one command and the rules it is kept under.
type Config struct {
	// Argv is the program and its arguments. Name is what reports call it; the program's
	// name where it is empty.
	Argv []string
	Name string
	// Dir is the working directory, "" for this process's. Env is the whole environment.
	Dir string
	Env []string
	// In, Out and Err become the command's.
	In, Out, Err *os.File

	Restart Policy
	// Backoff and MaxBackoff are the first and the longest wait; 0 is the kubelet's.
	Backoff, MaxBackoff time.Duration
	// MaxRestarts ends it after so many restarts; negative is without bound.
	MaxRestarts int
	// Grace is the time between SIGTERM and SIGKILL; 0 is the kubelet's 30 s.
	Grace  time.Duration
	Limits Limits
	Probes []Probe

	Record Method
	// Captures is the folder for captures, "" to write none; Keep is how many of this
	// command stay there, 0 for all.
	Captures string
	Keep     int
	// Runtime is a folder for what must not outlive this run; the system's temporary one
	// where it is empty.
	Runtime string

	// Observer is told what happens; nil for nobody.
	Observer Observer
	// Program is what the user types to call this program, for commands in fixes; "unloop"
	// where it is empty.
	Program string
}

// Observer is told what happens, from one goroutine, in order. It must not block.
type Observer interface {
	// Note is one line that a user should know, such as a limit that is not possible.
	Note(text string)
	// Started tells of a new life.
	Started(Status)
	// Changed tells that a probe answered otherwise than before, or that the command was
	// stopped or goes on.
	Changed(Status)
	// Died tells of an end, before the next life begins.
	Died(*Death)
	// Waiting tells of a back-off until a time. Status holds the restarts so far.
	Waiting(st Status, until time.Time, wait time.Duration)
}

// Status is how the command is doing.
type Status struct {
	Name string
	Pid  int
	// Restarts counts the lives before this one.
	Restarts int
	Since    time.Time
	// Started is whether the startup probe has passed; Ready what the readiness probe
	// says. Both are true without the probe.
	Started, Ready bool
	// Failing is the newest failure of each probe that fails now, in words.
	Failing []string
	// Paused: the terminal or a signal stopped the command.
	Paused bool
	// Recording is the method in use.
	Recording Method
	// Limits that are in force.
	Limits Limits
	// Group tells what the command uses; nil where it has no control group.
	Group Usage
	// Feed tells what is recorded; nil where nothing is.
	Feed Feed
}

// Usage reads what a control group uses now. It is safe for concurrent use.
type Usage interface {
	// MemoryBytes and CPU are the memory in use and the processor time so far; ok is false
	// where the machine does not tell, or the group is gone.
	MemoryBytes() (n int64, ok bool)
	CPU() (t time.Duration, ok bool)
}

// Death is one end of the command.
type Death struct {
	Status
	Ended time.Time
	// Code is the exit status, Signal the signal that ended it (then Code is 0).
	Code, Signal int
	Core         bool
	// OOM: the kernel killed a process of the command's group for memory.
	OOM bool
	// PeakBytes is the most memory that the group used; 0 unknown.
	PeakBytes int64
	// Asked: whoever runs unloop wanted it to end.
	Asked bool
	// Probe is the kind of the probe that had it killed; "" for none.
	Probe ProbeKind
	// Fault says why it could not be started at all; nil for a process that ran.
	Fault *StartError
	// Capture is the file with its last system calls; "" for none, then NoCapture says why.
	Capture, NoCapture string
	// unkept is the file with its last system calls where captures are not kept: it is
	// removed once the end is explained.
	unkept string
	// Again: it is started again.
	Again bool
	// Diagnosis explains the end.
	Diagnosis unloop.Diagnosis
}

// Status gives the end as shells do: the exit status, or 128 and the signal.
func (d *Death) ExitStatus() int {
	if d.Signal != 0 {
		return 128 + d.Signal
	}
	return d.Code
}

// Failed reports whether the end was not a good one.
func (d *Death) Failed() bool { return d.ExitStatus() != 0 || d.OOM }

// Result is how it all ended.
type Result struct {
	// ExitStatus is that of the last life, as shells give it.
	ExitStatus int
	// Deaths are the ends, oldest first; of very many the oldest are left out, and
	// LeftOut counts them.
	Deaths  []*Death
	LeftOut int
}

// keepDeaths bounds Result.Deaths.
const keepDeaths = 100

// StartError says why a program could not be started.
type StartError struct {
	// Program is as it was given, Path where it was found, "" where it was not.
	Program, Path string
	// Code is what shells exit with: 127 not found, 126 not executable.
	Code int
	Err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("%s: %v", e.Program, e.Err) }
func (e *StartError) Unwrap() error { return e.Err }

// Func runs a command; Run is one.
type Func func(context.Context, Config) (*Result, error)

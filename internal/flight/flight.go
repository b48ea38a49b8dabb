// Package flight keeps the last system calls of each container in bounded memory, so
// that the moments before a death can be written as a complete capture once it happened.
//
// It owns the words between those who see system calls (internal/bpf, internal/ptrace)
// and those who keep, trigger and write (the Recorder here, internal/recorder,
// internal/run). It starts no goroutines, reads no clock and opens no files: time is what
// events say, and captures go to an io.Writer.
package flight

import (
	"context"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// Slot numbers a recorded container for as long as it lives: the id of its control
// group, or any other number that its source never uses twice.
type Slot uint64

// Source sees the system calls of containers. A source is run once.
type Source interface {
	// Run delivers to h, from one goroutine, until ctx ends or it cannot go on. It leaves
	// nothing behind in the kernel.
	Run(ctx context.Context, h Handler) error
}

// Handler takes what a source sees. The calls for a slot come in this order: Open, then
// Event, Lost and Died as things happen, then Gone. The events of one thread are in order;
// those of different threads may be early or late by what the source says of itself,
// never by more than a second. Everything a call is given belongs to the source and is
// valid until it returns.
type Handler interface {
	// Open tells of a container that came into view.
	Open(s Slot, o Opening)
	// Event gives an event in the portable layout: enters and exits as scap.Builder makes
	// them, with Thread, FD and the like not filled in.
	Event(s Slot, ev *event.Event)
	// Lost tells of records of a slot that did not arrive; slot 0 where it is not known whose.
	Lost(s Slot, cause LossCause, n uint64)
	// Died tells that the container's main process has ended and all its events were
	// delivered.
	Died(s Slot, d Death)
	// Gone tells that nothing of the container is left and its slot's number ends.
	Gone(s Slot)
}

// CallHandler is a Handler that can keep calls as their source has them, and make events of them only
// where they are read. A source offers it each call that it can; those that it does not take
// come as events, as to any other handler.
type CallHandler interface {
	Handler
	// Call keeps a call and reports true, or does nothing and reports false.
	Call(s Slot, c *Call) bool
}

// Call is a system call that has returned, an enter and its exit, not made into events yet.
type Call struct {
	// TsNanos is the time of both events, in nanoseconds since the Unix epoch.
	TsNanos uint64
	Tid     int64
	CPU     uint16
	// Exit is the code of the exit.
	Exit event.Type
	// Result is what the call gave back, an error below zero.
	Result int64
	// FD is the descriptor that it is about, -1 for none.
	FD int64
	// Ends tells the ends of its connection from others, 0 where it says nothing of them. DNS says
	// that one of them is the port of name servers.
	Ends uint64
	DNS  bool
	// Raw is what the Opening's Expand makes the events of.
	Raw []byte
}

// Opening is what is known of a container when it comes into view.
type Opening struct {
	// Cgroup is the path of its control group, from which its pod and container id can be read.
	Cgroup string
	// Before are machine, processes and descriptors as they were before the first event: of
	// a container that is seen from its creation the process that came first, with what it
	// brought along; nil where nothing is known.
	Before scap.State
	// Whole says that nothing of its life so far is missing.
	Whole bool
	// Expand reads what Calls of the slot had as Raw; nil where the source offers no calls.
	Expand Expander
}

// Expander makes the parameters of enter and exit of what a Call had as Raw, in memory of their
// own; ok is false where it is none. Any goroutine may use it.
type Expander func(raw []byte) (enter, exit Params, ok bool)

// Params are those of an event, as event.Event has them with lengths of 16 bits.
type Params struct {
	N          int
	Lens, Data []byte
}

// Death is the end of a container's main process.
type Death struct {
	// TsNanos is the time, in nanoseconds since the Unix epoch.
	TsNanos uint64
	// Pid is the number of the process as the host counts it.
	Pid int64
	// Code is the exit status, Signal the signal that ended it (then Code is 0).
	Code, Signal int
	// OOM says that the kernel chose a process of the container as victim while short of memory.
	OOM bool
	// Unknown says that the record of the end was lost: Code and Signal are 0, and Pid is where
	// the main process is not known either.
	Unknown bool
}

// Abnormal reports whether the end asks for an explanation: anything but exit 0.
func (d Death) Abnormal() bool { return d.Code != 0 || d.Signal != 0 || d.OOM || d.Unknown }

// LossCause says why records did not arrive.
type LossCause string

// The causes. They are labels of metrics and names in captures.
const (
	// LostRing: the ring between kernel and source was full.
	LostRing LossCause = "ring-full"
	// LostRate: the container made more calls than its share; reads, writes and polls were
	// left out, nothing else.
	LostRate LossCause = "rate-limit"
	// LostUser: memory of the process could not be read, so that a text is missing.
	LostUser LossCause = "unreadable"
	// LostTrace: the tracer could not follow (a process that may not be traced).
	LostTrace LossCause = "not-traceable"
	// LostForeign: calls of another architecture's table (32 bits).
	LostForeign LossCause = "foreign-call"
	// LostSkipped: the kernel left out a run of a program, because an earlier one had been
	// interrupted on the same processor. It happens on kernels that preempt themselves, and
	// does not tell of which container.
	LostSkipped LossCause = "program-skipped"
	// LostBudget: the memory of the node or container was used up by newer calls.
	LostBudget LossCause = "memory-budget"
)

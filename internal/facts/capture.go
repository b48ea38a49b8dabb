package facts

import (
	"time"
)

// Death is the end of one process as a recording of system calls shows it. It is
// data only: collectors fill it, rules read it. Texts are as the recording holds
// them, hostile until cleaned.
type Death struct {
	// Namespace, Pod, PodUID and Container are what the labels of its container say; ""
	// where it ran in none, or where the recording does not tell.
	Namespace, Pod, PodUID, Container string
	// ContainerID is the container's full number where known, else its first 12 digits;
	// "" outside of containers. ContainerName and Image are the runtime's.
	ContainerID, ContainerName, Image string
	// Main: the container ended with this process.
	Main bool
	// Local: the main process of a command that ran in no container (unloop run), which
	// ContainerName is the name of; it was restarted Restarts times before.
	Local    bool
	Restarts int32
	// Host is the machine.
	Host string

	// Pid is the number on the host, Vpid that inside the container.
	Pid, Vpid int64
	// Name is the short name of the program, Command its whole command line.
	Name, Command, Exe string
	// Parent is the short name of the parent's program, ParentPid its number.
	Parent    string
	ParentPid int64
	UID       uint32
	// FDs is how many descriptors were open, FDLimit the limit; 0 unknown.
	FDs, FDLimit int64
	// RSSKiB is the largest resident memory that was seen; 0 unknown.
	RSSKiB uint32

	// Event is the number of the event that tells of the end.
	Event uint64
	At    time.Time
	// Lived is the time from its creation; 0 where the recording began later.
	Lived time.Duration
	// Code is the exit status; -1 after a signal and where it is not known.
	Code int
	// Signal ended it; 0 for none.
	Signal     int
	SignalName string
	Core       bool
	// OOM: the recorder saw the kernel kill a process of this main process's container
	// for memory: this one where SIGKILL ended it, else one of Killed or another.
	OOM bool

	// Signals are the latest that were delivered to it, oldest first.
	Signals []DeathSignal
	// Failed are its latest failed calls, oldest first; those that a program makes and
	// forgets (a search that went on, a question about a terminal) are marked.
	Failed []FailedCall
	// Names are the latest questions to name servers, oldest first.
	Names []NameLookup
	// Output are the latest lines that it wrote to standard output and standard error.
	Output []OutputLine
	// Log are the latest lines that processes of the container wrote to its log, oldest first, each
	// with its moment in the life of who wrote it; of a main process only.
	Log []OutputLine
	// Config is the file with a configuration's name that it read last; nil where another
	// file was read after it.
	Config *FileRead
	// Killed are children that SIGKILL ended shortly before this end, which took another way.
	Killed []*Death
	// Child is the process whose end this one passed on: it ended with the same status
	// just before, and nothing else was done in between. Nil for none.
	Child *Death
	// Handled is the child that failed before this end where this is a script's interpreter
	// that ended with another status, and nothing else was done in between: the script saw
	// the failure, and may have ended for it. Nil for none, and where Child is not.
	Handled *Death
	// Times is how many processes ended in this way; the others are left out.
	Times int

	Source Source
}

// Moment is where in a recording something happened.
type Moment struct {
	// Event is its number there.
	Event uint64
	// Before is the time from there to the end of the process.
	Before time.Duration
	// After is how much the process still did until its end that is more than
	// reporting and cleaning up: opening other files, moving data, connecting, starting
	// processes. -1 where that is not known.
	After int
}

// DeathSignal is a signal that was delivered.
type DeathSignal struct {
	Moment
	Number int
	Name   string
	// Sender is the number of the process that sent it, SenderName its program where
	// known. 0 is the kernel, or unknown: for SIGKILL the kernel does not always tell.
	Sender     int64
	SenderName string
	// Sent: the call that sent it was recorded, so that the sender is sure.
	Sent bool
}

// FailedCall is a call that failed, once or several times in the same way; the
// moment is that of the last time.
type FailedCall struct {
	Moment
	Call, Error string
	// On is the path, address or other thing that the call was about; "" unknown.
	On string
	// OnKind is the kind of On as fd.type names it; "" unknown.
	OnKind string
	Times  int
	// Recovered: what was looked for was found elsewhere, or is looked for in vain by
	// healthy programs.
	Recovered bool
	// Exists: another call had found the path to be there, so that "no such file" means
	// something that the file itself names.
	Exists bool
	// Logged: the process wrote to a log afterwards, of which Output knows nothing.
	Logged bool
	// Absent: another call had found that the path is not there.
	Absent bool
	// Writes: the file was to be written or made.
	Writes bool
	// Replaced: a later call of the same kind went well: another address, port, file or
	// process, or the same one tried again.
	Replaced bool
	// Waited is how long a connection had no answer until it was given up; then Error is
	// EINPROGRESS, and the moment is that of its beginning.
	Waited time.Duration
	// TLS says what became of a TLS handshake instead of an answer: "closed" and "reset" by
	// the other side, "plain" for an answer that is no TLS, "alert NAME", "silent"; "" for
	// calls that are none. Error is empty then, or EINPROGRESS for "silent".
	TLS string
}

// FileRead is a file that was read.
type FileRead struct {
	Moment
	Path string
}

// NameLookup is a question to a name server.
type NameLookup struct {
	Moment
	// Name is what was asked for, without a dot at its end; Type is A, AAAA, SRV ...
	Name, Type string
	Server     string
	// Answer is NOERROR, NXDOMAIN, SERVFAIL ...; "" for none before the end.
	Answer string
	// Found: the answer held a record.
	Found bool
}

// OutputLine is a line that was written, cut to what the recording holds of it.
type OutputLine struct {
	Moment
	Stderr bool
	Text   string
	// Cut: more was written with the same call than the recording holds.
	Cut bool
}

// Failed reports whether the process ended badly.
func (d *Death) FailedEnd() bool { return d.Signal != 0 || d.Code > 0 }

// Deepest is the process whose end the others passed on: itself, or a child's child.
func (d *Death) Deepest() *Death {
	for range 8 { // a chain of shells is short; the bound is for made-up input
		if d.Child == nil {
			break
		}
		d = d.Child
	}
	return d
}

// ExitCode is what a runtime reports for such an end: the status, or 128 and the signal.
func (d *Death) ExitCode() int32 {
	if d.Signal != 0 {
		return int32(128 + d.Signal)
	}
	return int32(d.Code)
}

// Recording is one recording of system calls.
type Recording struct {
	Source Source
	// Ends is how many processes ended in it, well or badly.
	Ends int
}

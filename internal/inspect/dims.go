package inspect

import (
	"github.com/unloop-dev/unloop/event"
)

// task is one thread between two execs: the "who" of a cell.
type task struct {
	tid int64
	// firstNum and lastNum are the numbers of its first and last event.
	firstNum, lastNum uint64
	proc              uint32
	comm              textID
	uid               uint32
	vtid              int64 // its number inside the container
	collective        bool  // stands for many; see folding
}

// process is one process from its creation, or from when it was first met, to its end.
type process struct {
	pid, ppid, vpid int64
	// startNanos and endNanos are 0 where the capture does not hold them.
	startNanos, endNanos uint64
	firstNum             uint64
	parent               uint32 // 0 for unknown
	container            uint32 // 0 for the host
	comm, exe, cmdline   textID // of its last program
	cwd                  textID
	parentComm           textID // program of the parent
	uid                  uint32
	// Largest values seen. Sizes in KiB.
	threads, fds           uint32
	fdLimit                int64
	vmKiB, rssKiB, swapKiB uint32
	pfMajor, pfMinor       uint64
	// calls counts its events, deaths is 1 + the index of its end; 0 while it lives.
	death uint32
}

// nameRec is one thing that calls work on: a file, a connection, a pipe.
type nameRec struct {
	text textID
	kind event.FDKind
	l4   event.L4
	// Ends of connections; see event.FD.
	client, server         [16]byte
	clientPort, serverPort uint16
	// folded names stand for many with the same traits; see folding.
	folded bool
	traits nameTrait
}

// nameTrait is a property of a name.
type nameTrait uint32

const (
	nFile nameTrait = 1 << iota
	nDir
	nNet // an IPv4 or IPv6 socket with ends or an address
	nListen
	nUnix
	nPipe
	nNamed // has a text
	nDev   // below /dev
	nLogFile
	nSystem // a file of the system's own directories
	nSSH    // port 22
	nPort   // has a server port
	nDNS    // port 53
	nOther
)

// userRec is an account.
type userRec struct {
	uid  uint32
	name textID
}

// queueRec is the largest accept queue that the kernel allows a process on a port.
type queueRec struct {
	queueKey
	max uint32
}

// queueKey is a process that listens on a port.
type queueKey struct {
	proc uint32
	port uint16
}

// containerRec is what is kept of a container.
type containerRec struct {
	id, fullID, name, image, imageID textID
	pod, namespace, podUID, podName  textID // podName is the name of the container in its pod
	kind                             int32
}

// systemDirs are the directories whose files Inspect calls the system's.
var systemDirs = []string{"/bin", "/sbin", "/boot", "/etc", "/lib", "/usr/bin", "/usr/sbin", "/usr/share", "/usr/lib"}

// dims are the dimensions of the cube.
type dims struct {
	texts      *texts
	tasks      []task
	procs      []process
	names      []nameRec
	what       *outcomes
	containers []containerRec
	users      []userRec
	queues     []queueRec
	lost       Coarse
}

// The entries with number 0 stand for "none", those with number 1 for all that
// found no room.
const (
	noneID   = 0
	othersID = 1
)

func newDims() *dims {
	d := &dims{texts: newTexts(), what: newOutcomes()}
	d.procs = []process{{pid: -1}, {pid: -1, comm: d.texts.more, cmdline: d.texts.more}}
	d.tasks = []task{{tid: -1}, {tid: -1, proc: othersID, comm: d.texts.more}}
	d.names = []nameRec{{}, {text: d.texts.more, kind: event.FDUnknown}}
	d.containers = []containerRec{{id: d.texts.id("host"), name: d.texts.id("host")}, {id: d.texts.more, name: d.texts.more}}
	return d
}

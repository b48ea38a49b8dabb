package scap

import "github.com/unloop-dev/unloop/event"

// Sink takes what the metadata blocks of a capture say, in the order of the file.
// state.Tracker and Writer are sinks. Values and their strings belong to the sink.
type Sink interface {
	// Section starts a section: everything said before is void. It is called for the
	// first section too.
	Section(major, minor uint16)
	// SetMachine tells about the machine.
	SetMachine(event.Machine)
	// AddInterface tells about one network interface.
	AddInterface(event.Interface)
	// AddUser tells about one account.
	AddUser(event.User)
	// AddGroup tells about one group.
	AddGroup(event.Group)
	// AddThread tells about one thread; pointers in it are nil.
	AddThread(event.Thread)
	// AddFD tells about one descriptor of the thread tid.
	AddFD(tid, fd int64, f event.FD)
}

// State is something that can tell a sink what it knows, in the order that files
// need: machine, interfaces, users, groups, threads, descriptors. state.Tracker is one.
type State interface {
	Replay(to Sink)
}

package flight

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// class says what a recorder does with a code.
type class struct {
	// enter: its exit decides for both.
	enter bool
	// landmark: always one.
	landmark bool
	// result: the first parameter is what the call gave back, 8 bytes wide.
	result bool
	// retried: EAGAIN and the like are its ordinary answers, so that they make no landmark.
	retried bool
	// io: reads or writes a descriptor.
	io bool
	// writes: it writes to the descriptor.
	writes bool
	// fd and tuple are the parameters with the descriptor and the ends of the connection,
	// -1 for none. For exits fd is -1 where only the enter has it.
	fd, tuple int8
	// memory: tells the figures of the process's memory.
	memory bool
}

// classes is indexed by code.
var classes = buildClasses()

// landmarks are names of calls that change what exists or who may do what, beside those
// that make or destroy descriptors and those of the categories process, signal and user.
var landmarks = map[string]bool{
	"connect": true, "bind": true, "listen": true, "accept": true, "accept4": true, "shutdown": true, "getsockopt": true,
	"chdir": true, "fchdir": true, "chroot": true, "getcwd": true, "mkdir": true, "mkdirat": true, "rmdir": true,
	"unlink": true, "unlinkat": true, "rename": true, "renameat": true, "renameat2": true,
	"link": true, "linkat": true, "symlink": true, "symlinkat": true, "mknod": true, "mknodat": true,
	"chmod": true, "fchmod": true, "fchmodat": true, "chown": true, "lchown": true, "fchown": true, "fchownat": true,
	"mount": true, "umount": true, "umount2": true, "seccomp": true, "close_range": true, "drop": true, "asyncevent": true,
	"init_module": true, "finit_module": true, "delete_module": true, "fsconfig": true,
}

// common are calls of those categories that programs make all the time and that change
// nothing.
var common = map[string]bool{
	"switch": true, "procinfo": true, "semop": true, "semctl": true, "semget": true, "getrlimit": true,
	"getuid": true, "geteuid": true, "getgid": true, "getegid": true, "getresuid": true, "getresgid": true,
	"process_vm_readv": true, "process_vm_writev": true,
}

func buildClasses() []class {
	kinds := event.Kinds()
	out := make([]class, len(kinds))
	for i := range kinds {
		k, c := &kinds[i], &out[i]
		c.fd, c.tuple = -1, -1
		c.enter = k.Flags&event.HasExit != 0 && k.Type&1 == 0
		c.memory = k.Name == "switch" || k.Name == "brk" || k.Name == "mmap" || k.Name == "mmap2" || k.Name == "munmap"
		c.memory = c.memory && !c.enter && len(k.Params) > 3
		switch k.Category {
		case event.CatProcess, event.CatUser, event.CatSignal, event.CatInternal, event.CatSystem:
			c.landmark = !common[k.Name]
		}
		c.landmark = c.landmark || landmarks[k.Name] || k.Flags&(event.CreatesFD|event.DestroysFD) != 0
		c.io = k.Flags&(event.ReadsFrom|event.WritesTo) != 0 || k.Name == "sendmmsg" || k.Name == "recvmmsg"
		c.writes = k.Flags&event.WritesTo != 0
		c.retried = c.io || k.Flags&event.Waits != 0 || k.Name == "futex" || k.Category == event.CatNet
		for p := range k.Params {
			switch t := k.Params[p].Type; {
			case p == 0 && !c.enter && wide(t):
				c.result = k.Params[p].Name == "res" || k.Params[p].Name == "fd"
			case t == event.SockTuple && c.tuple < 0:
				c.tuple = int8(p)
			}
			if k.Params[p].Type == event.Fd && c.fd < 0 && (c.enter == (p == 0)) {
				c.fd = int8(p)
			}
		}
	}
	return out
}

// wide reports whether a parameter is a number of 64 bits that may be an error.
func wide(t event.ParamType) bool {
	return t == event.Errno || t == event.Fd || t == event.Pid || t == event.Int64 || t == event.Uint64
}

// classOf gives the class of a code, that of an unknown call for codes beyond the table.
func classOf(t event.Type) *class {
	if int(t) < len(classes) {
		return &classes[t]
	}
	return &unknown
}

var unknown = class{fd: -1, tuple: -1}

// Errors that are ordinary answers of calls that are made again.
const (
	eINTR      = -4
	eAGAIN     = -11
	eTIMEDOUT  = -110
	restartLow = -516 // ERESTART_RESTARTBLOCK; -512 is ERESTARTSYS: kernel numbers that
	restartTop = -512 // no program sees
)

// failed reports whether the result of a call is an error that is worth a landmark.
func (c *class) failed(res int64) bool {
	if res >= 0 || res <= -4096 || res >= restartLow && res <= restartTop {
		return false
	}
	return !c.retried || res != eINTR && res != eAGAIN && res != eTIMEDOUT
}

// number reads parameter i of ev as a number of 64 bits.
func number(ev *event.Event, i int8) (int64, bool) {
	if i == 0 { // nearly always
		if ev.NParams > 0 && !ev.Large && binary.LittleEndian.Uint16(ev.Lens) == 8 {
			return int64(binary.LittleEndian.Uint64(ev.Data)), true
		}
		return 0, false
	}
	return ev.Int(int(i))
}

// isDNS reports whether one end of a tuple, or an address, is the port of name servers.
func isDNS(b []byte) bool {
	const port = 53
	is := func(at int) bool { return len(b) >= at+2 && binary.LittleEndian.Uint16(b[at:]) == port }
	if len(b) == 0 {
		return false
	}
	switch b[0] {
	case 2:
		return is(5) || is(11)
	case 10:
		return is(17) || is(35)
	}
	return false
}

// ChangesState reports whether events of a code may change what is known of threads and
// descriptors, enters of such calls included: what a state must take in to stay right.
func ChangesState(t event.Type) bool {
	a, b := classOf(t), classOf(t^1)
	return a.landmark || b.landmark || a.memory || b.memory || a.tuple >= 0 || b.tuple >= 0
}

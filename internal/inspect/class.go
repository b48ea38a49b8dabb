package inspect

import (
	"sync"

	"github.com/unloop-dev/unloop/event"
)

// class is what the scan needs to know about an event code at every event.
type class struct {
	traits trait
	// fails is the trait of a failure of this call where no descriptor says better.
	fails trait
	// result says that parameter 0 is a result: an errno, a descriptor or a process.
	result bool
	// measured says that the result is a number of bytes.
	measured bool
	// special says that the event is looked at closely; see Builder.special.
	special bool
	// gauge says that the thread's memory or descriptors may have changed.
	gauge bool
	// payload is 1 + the index of the parameter with the data that were read or written.
	payload uint8
}

// traitsOf gives the traits of calls and events by name.
var traitsOf = map[string]trait{
	"open": tOpen, "openat": tOpen, "openat2": tOpen, "creat": tOpen, "open_by_handle_at": tOpen,
	"close": tClose, "connect": tConnect, "accept": tAccept, "accept4": tAccept, "bind": tBind,
	"execve": tExec, "execveat": tExec,
	"clone": tFork, "fork": tFork, "vfork": tFork, "clone3": tFork,
	"procexit": tDeath, "signaldeliver": tSignal, "switch": tSwitch, "procinfo": tProcinfo, "page_fault": tPageFault,
	"symlink": tSymlink, "symlinkat": tSymlink, "unlink": tUnlink, "unlinkat": tUnlink, "setns": tSetns,
	"drop": tDrop, "notification": tNotification, "infra": tInfra,
}

// special lists the names that the scan looks at one by one, beyond I/O and failures.
var special = map[string]bool{
	"open": true, "openat": true, "openat2": true, "creat": true, "close": true,
	"connect": true, "accept": true, "accept4": true, "bind": true, "listen": true,
	"execve": true, "execveat": true, "clone": true, "fork": true, "vfork": true, "clone3": true,
	"procexit": true, "signaldeliver": true, "switch": true, "procinfo": true, "kill": true, "tkill": true, "tgkill": true,
	"symlink": true, "symlinkat": true, "unlink": true, "unlinkat": true, "setns": true, "chdir": true,
	"drop": true, "notification": true, "infra": true, "container": true, "asyncevent": true, "async": true,
}

var gauged = map[string]bool{
	"brk": true, "mmap": true, "mmap2": true, "munmap": true, "mremap": true, "execve": true, "execveat": true,
	"open": true, "openat": true, "openat2": true, "creat": true, "socket": true, "accept": true, "accept4": true,
	"pipe": true, "pipe2": true, "dup": true, "dup2": true, "dup3": true, "procexit": true,
	"clone": true, "fork": true, "vfork": true, "clone3": true,
}

var classes = sync.OnceValue(func() *[1 << 10]class {
	table := new([1 << 10]class)
	for i, k := range event.Kinds() {
		if i >= len(table) {
			break
		}
		table[i] = newClass(&k, event.Type(i))
	}
	return table
})

func classOf(t event.Type) class { return classes()[t&0x3ff] }

// newClass derives a class from the table of kinds.
func newClass(k *event.Kind, t event.Type) class {
	var c class
	if k.Flags&event.Unused != 0 {
		return c
	}
	exit, alone := t&1 == 1, k.Flags&event.HasExit == 0
	if !exit && !alone {
		c.traits = tEnter
		return c
	}
	c.traits = traitsOf[k.Name]
	if k.Flags&event.Internal == 0 {
		c.traits |= tExit
	}
	if exit && !alone {
		c.traits |= tCall
	}
	c.special = special[k.Name]
	c.gauge = gauged[k.Name]
	if k.Flags&event.ReadsFrom != 0 {
		c.traits |= tRead | tIO
	}
	if k.Flags&event.WritesTo != 0 {
		c.traits |= tWrite | tIO
	}
	if len(k.Params) > 0 && exit {
		switch k.Params[0].Type {
		case event.Errno, event.Fd, event.Pid:
			c.result = true
		}
	}
	c.measured = c.result && c.traits&tIO != 0
	for i, p := range k.Params {
		if p.Name == "data" && p.Type == event.ByteBuf && c.traits&tIO != 0 {
			c.payload = uint8(i + 1)
		}
	}
	c.fails = failsAs(k)
	return c
}

// failsAs groups failures the way evt.count.error.* does: by the category of the call.
func failsAs(k *event.Kind) trait {
	switch k.Category {
	case "file":
		return tFileError
	case "net":
		return tNetError
	case "memory":
		return tMemoryError
	case event.CatIORead, event.CatIOWrite, event.CatIOOther:
		return tIOError
	}
	return tOtherError
}

// timed reports whether the time of such events may be believed: files hold
// container and procinfo events that are stamped otherwise.
func (c *class) timed() bool { return c.traits&(tEnter|tCall|tDeath|tSignal|tSwitch) != 0 }

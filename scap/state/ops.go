package state

import "github.com/unloop-dev/unloop/event"

type opFlags uint8

const (
	opEnter opFlags = 1 << iota
	opExit
	// opKeep: the enter has parameters that its exit does not repeat in every layout.
	opKeep
	opUsesFD
	// opNoThread: the event makes up no thread where its own is not known.
	opNoThread
	// opSpecial: the event is not about the thread that it names.
	opSpecial
	// opArgs: a call with arguments that short exits leave out.
	opArgs
)

// op is what the tracker does for one code.
type op struct {
	flags opFlags
	// fd is the parameter with the descriptor that the call works on, -1 for none.
	fd int8
	do func(*Tracker, *thread, *event.Event)
}

// handlers are the codes that change the state.
var handlers = map[event.Type]func(*Tracker, *thread, *event.Event){
	3: open, 59: open, 103: openOld, 307: open, 327: open, 337: openByHandle,
	5: closeFD, 451: closeRange,
	19: socket, 21: bind, 22: connectEnter, 23: connect,
	27: accept, 57: accept, 247: accept, 249: accept, 389: accept,
	7: readWrite, 9: readWrite, 113: readWrite, 115: readWrite, 117: readWrite, 119: readWrite,
	121: readWrite, 123: readWrite, 29: readWrite, 33: readWrite,
	30: sendtoEnter, 31: send, 49: send, 51: send, 35: receive, 53: receive, 55: receive,
	43: socketpair, 47: getsockopt,
	61: pipe, 393: pipe,
	63: makes(event.FDEvent, -1), 397: makes(event.FDEvent, 1),
	127: makes(event.FDSignal, -1), 399: makes(event.FDSignal, 1),
	137: makes(event.FDTimer, -1), 139: makes(event.FDInotify, -1), 395: makes(event.FDInotify, 1),
	321: makes(event.FDUserfault, -1), 339: makes(event.FDIOURing, -1), 369: makes(event.FDBPF, -1),
	375: makes(event.FDEventPoll, -1), 377: makes(event.FDEventPoll, -1), 409: makes(event.FDPid, -1),
	405: memfd, 407: pidfdGetfd,
	125: dup, 363: dup, 365: dup, 367: dup, 151: fcntl,
	333: copyFileRange,
	95:  chdir, 97: fchdir, 93: getcwd, 267: chroot,
	13: execve, 155: execve, 173: execve, 215: execve, 231: execve, 283: execve, 289: execve,
	293: execve, 331: execve,
	15: fork, 157: fork, 217: fork, 223: fork, 183: fork, 219: fork, 225: fork,
	185: fork, 221: fork, 227: fork, 335: fork,
	16: procexit, 186: procexit, 152: switchTo,
	159: memory, 161: memory, 163: memory, 165: memory,
	193: setresuid, 195: setresgid, 199: setuid, 201: setgid, 427: setreuid, 429: setregid,
	275: setsid, 295: setpgid, 353: capset, 401: prctl,
	141: rlimit, 143: rlimit, 145: prlimit,
	228: containerOld, 272: containerJSON, 324: containerJSON, 402: asyncEvent,
	354: userAdded, 356: userDeleted, 358: groupAdded, 360: groupDeleted,
}

// notOfThread are events whose tid says nothing, or not whom they are about.
var notOfThread = map[event.Type]bool{
	228: true, 260: true, 270: true, 272: true, 324: true, 402: true, 322: true,
	354: true, 356: true, 358: true, 360: true,
}

// fdNames are what the parameter with the descriptor is called in exits. Of a copy it
// is the end that is written to, as sysdig shows it.
var fdNames = []string{"fd", "out_fd", "fdout", "fd_in", "oldfd", "pid_fd"}

// ops is indexed by code.
var ops = buildOps()

func buildOps() []op {
	kinds := event.Kinds()
	out := make([]op, len(kinds))
	for i := range kinds {
		k, o := &kinds[i], &out[i]
		o.fd = -1
		o.do = handlers[k.Type]
		// The tid of snapshots is two numbers in one.
		if notOfThread[k.Type] || k.Type >= 430 && k.Type < 450 || k.Flags&event.Skipped != 0 && k.Type != 152 && k.Type != 146 {
			o.flags |= opSpecial
			if o.do == nil {
				o.do = showThread
			}
			continue
		}
		if k.Flags&event.Unused != 0 {
			o.flags |= opNoThread
			continue
		}
		if k.Type == 152 || k.Type == 146 || k.Type == 186 || k.Type == 16 {
			o.flags |= opNoThread
		}
		if k.Flags&event.HasExit == 0 {
			continue
		}
		pair := &kinds[k.Type^1]
		uses := (k.Flags | pair.Flags) & (event.UsesFD | event.DestroysFD)
		if k.Type == 51 || k.Type == 55 {
			// The table of libs says nothing of the descriptor of sendmmsg and recvmmsg, which
			// stands in their parameters: glibc asks name servers through it.
			uses = event.UsesFD
		}
		if k.Type&1 == 0 {
			o.flags |= opEnter
			if uses != 0 && len(k.Params) > 0 && k.Params[0].Type == event.Fd {
				o.fd = 0
			}
			if keeps(k, pair) {
				o.flags |= opKeep
			}
			continue
		}
		o.flags |= opExit
		if k.Type == 15 || isFork(k.Type) {
			o.flags |= opNoThread
		}
		if len(pair.Params) > 0 {
			o.flags |= opArgs
		}
		if uses == 0 {
			continue
		}
		o.flags |= opUsesFD
		for p := 1; p < len(k.Params) && o.fd < 0; p++ {
			for _, name := range fdNames {
				if k.Params[p].Name == name && k.Params[p].Type == event.Fd {
					o.fd = int8(p)
					break
				}
			}
		}
	}
	return out
}

func isFork(typ event.Type) bool {
	switch typ {
	case 15, 157, 217, 223, 183, 219, 225, 185, 221, 227, 335:
		return true
	}
	return false
}

// showThread shows the thread on an event that must not make one up.
func showThread(t *Tracker, _ *thread, ev *event.Event) {
	if ev.Type == 234 { // procinfo
		if th := t.find(ev.Tid); th != nil {
			ev.Thread = &th.Thread
		}
	}
}

// keeps reports whether the enter says something beside the descriptor that its exit
// does not repeat in every layout. The size of reads and writes is not worth the time.
func keeps(enter, exit *event.Kind) bool {
	first := 0
	if len(enter.Params) > 0 && enter.Params[0].Type == event.Fd {
		first = 1
	}
	switch enter.Category {
	case event.CatIORead, event.CatIOWrite:
		return len(enter.Params) > 2 && enter.Params[2].Type == event.SockTuple
	}
	for i := first; i < len(enter.Params); i++ {
		p := &enter.Params[i]
		if p.Type == event.SyscallID || p.Name == "nativeID" {
			continue
		}
		return true
	}
	return exit.Type == 103
}

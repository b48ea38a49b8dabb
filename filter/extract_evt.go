package filter

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// indexOf gives, for every kind, the index of the parameter with a name, -1 for none.
func indexOf(name string) *[maxKinds]int16 {
	var t [maxKinds]int16
	for i := range t {
		t[i] = -1
	}
	all := event.Kinds()
	for i := range all {
		for j := range all[i].Params {
			if p := &all[i].Params[j]; p.Name == name || p.Alt != "" && p.Alt == name {
				t[i] = int16(j)
				break
			}
		}
	}
	return &t
}

func indexKinds(t *[maxKinds]int16) *kindSet {
	var s kindSet
	for i, j := range t {
		if j >= 0 {
			s.add(i)
		}
	}
	return &s
}

// resultIndex is the parameter that says how a call ended: res, or the descriptor of
// calls that make one.
var resultIndex = func() *[maxKinds]int16 {
	t, fds := indexOf("res"), indexOf("fd")
	all := event.Kinds()
	for i := range all {
		if t[i] < 0 && i&1 == 1 && all[i].Flags&event.CreatesFD != 0 {
			t[i] = fds[i]
		}
	}
	return t
}()

var resultKinds = indexKinds(resultIndex)

// result returns how the call ended; false for events that end none.
func (s *scope) result() (int64, bool) {
	v, ok := s.param(int(resultIndex[kindSlot(s.ev.Type)]))
	if !ok {
		return 0, false
	}
	return event.Signed(v)
}

// typeName is evt.type: the name of the kind, or of the call for generic kinds.
func (s *scope) typeName() string {
	ev := s.ev
	if ev.Type <= 1 {
		if id, ok := ev.Uint(0); ok {
			if c, ok := event.SyscallOf(uint16(id)); ok {
				return c.Name
			}
		}
	}
	return ev.Name()
}

func dirOf(t event.Type) string {
	if t&1 == 0 {
		return ">"
	}
	return "<"
}

// category is evt.category.
func (s *scope) category() event.Category {
	ev := s.ev
	k := ev.Kind
	if k == nil {
		return event.CatUnknown
	}
	c := k.Category
	if ev.Type <= 1 {
		if id, ok := ev.Uint(0); ok {
			if call, ok := event.SyscallOf(uint16(id)); ok {
				c = call.Category
			}
		}
		if isIO(c) {
			return event.CatUnknown
		}
	}
	switch {
	case c == event.CatIPC:
		return "IPC"
	case !isIO(c):
		return c
	case ev.FD == nil:
		return event.CatUnknown
	}
	switch ev.FD.Kind {
	case event.FDFile, event.FDFileOld, event.FDDirectory:
		return event.CatFile
	case event.FDIPv4, event.FDIPv6, event.FDIPv4Listen, event.FDIPv6Listen:
		return event.CatNet
	case event.FDPipe, event.FDUnix, event.FDEvent, event.FDSignal, event.FDInotify, event.FDUserfault:
		return event.CatIPC
	}
	return event.CatUnknown
}

func isIO(c event.Category) bool {
	return c == event.CatIORead || c == event.CatIOWrite || c == event.CatIOOther
}

func kindFlag(mask event.KindFlags) builder {
	return fixed(getter{
		num: func(s *scope) (uint64, bool) {
			return bit(s.ev.Kind != nil && s.ev.Kind.Flags&mask != 0), true
		},
		kinds: &kindSet{}, cost: 1,
	})
}

// opens are the kinds that open a file and have its flags: the ends of open, openat,
// openat2, and the start of the old openat. Their flags parameter is found by name.
var opens = kindsWhere(func(k *event.Kind) bool {
	switch k.Name {
	case "open", "openat2", "open_by_handle_at":
		return k.Type&1 == 1
	case "openat":
		return k.Type&1 == 1 || k.Flags&event.Old != 0
	}
	return false
})

var (
	flagsIndex = indexOf("flags")
	modeIndex  = indexOf("mode")
)

// Bits of the flags of open and of modes, as captures have them.
// Source: falcosecurity/libs, driver/ppm_events_public.h (PPM_O_*, PPM_S_*).
const (
	openRead    = 1
	openWrite   = 2
	openCreate  = 4
	openTmpfile = 0x2000
	openCreated = 0x4000
	modeExec    = 0o111
)

func (s *scope) openFlags() uint64 {
	if !opens.has(s.ev.Type) {
		return 0
	}
	v, _ := s.param(int(flagsIndex[kindSlot(s.ev.Type)]))
	n, _ := event.Unsigned(v)
	return n
}

func openFlag(test func(s *scope) bool, kinds kindSet) builder {
	return fixed(getter{num: func(s *scope) (uint64, bool) { return bit(test(s)), true }, kinds: &kinds, needs: NeedArgs, cost: 4})
}

func (s *scope) openExec() bool {
	t := s.ev.Type
	if s.openFlags()&(openCreate|openTmpfile) == 0 && t != 59 { // 59 is the end of creat
		return false
	}
	v, _ := s.param(int(modeIndex[kindSlot(t)]))
	n, _ := event.Unsigned(v)
	return n&modeExec != 0
}

// bytesMoved is evt.buflen: what an I/O call on a known descriptor gave back.
func (s *scope) bytesMoved() (uint64, bool) {
	ev := s.ev
	if ev.Kind == nil || ev.FD == nil || !isIO(ev.Kind.Category) || ev.IsEnter() {
		return 0, false
	}
	v, ok := s.param(0)
	if !ok {
		return 0, false
	}
	n, ok := event.Signed(v)
	return uint64(n), ok && n >= 0
}

func moved(keep func(ev *event.Event) bool) builder {
	return fixed(getter{
		num: func(s *scope) (uint64, bool) {
			n, ok := s.bytesMoved()
			return n, ok && keep(s.ev)
		},
		kinds: &ioExits, needs: NeedArgs | NeedFD, cost: 5,
	})
}

var ioExits = kindsWhere(func(k *event.Kind) bool { return k.Type&1 == 1 && isIO(k.Category) })

func reads(ev *event.Event) bool  { return ev.Kind.Category == event.CatIORead }
func writes(ev *event.Event) bool { return ev.Kind.Category == event.CatIOWrite }

// failedAs is evt.count.error and its parts: 1 for a failed call that keep accepts.
func failedAs(keep func(s *scope) bool) builder {
	return fixed(getter{
		num: func(s *scope) (uint64, bool) {
			n, ok := s.result()
			return 1, ok && n < 0 && keep(s)
		},
		kinds: resultKinds, needs: NeedArgs | NeedFD, cost: 5,
	})
}

var openNames = kindsWhere(func(k *event.Kind) bool {
	switch k.Name {
	case "open", "openat", "openat2", "creat", "open_by_handle_at":
		return k.Type&1 == 1
	}
	return false
})

var connectNames = kindsWhere(func(k *event.Kind) bool {
	switch k.Name {
	case "accept", "accept4", "connect":
		return k.Type&1 == 1
	}
	return false
})

func (s *scope) onFile() bool {
	if f := s.ev.FD; f != nil {
		return isFile(f.Kind) || f.Kind == event.FDDirectory
	}
	return openNames.has(s.ev.Type)
}

func (s *scope) onSocket() bool {
	if f := s.ev.FD; f != nil {
		return isInet(f.Kind) || f.Kind == event.FDUnix
	}
	return connectNames.has(s.ev.Type)
}

func (s *scope) onMemory() bool { return s.ev.Kind.Category == event.CatMemory }

var evtBuilders = map[string]builder{
	"evt.source":   fixed(getter{str: func(*scope) (string, bool) { return "syscall", true }, kinds: &kindSet{}}),
	"evt.is_async": fixed(getter{num: func(s *scope) (uint64, bool) { return bit(s.ev.Type == typeAsync), true }, kinds: &kindSet{}}),
	"evt.asynctype": text(NeedArgs, func(s *scope) (string, bool) {
		if s.ev.Type != typeAsync {
			return "", false
		}
		v, ok := s.ev.Text(1)
		return view(v), ok
	}),
	"evt.hostname": text(NeedMachine, func(s *scope) (string, bool) {
		if s.State == nil {
			return "", false
		}
		h := s.State.Machine().Hostname
		return h, h != ""
	}),
	"evt.dir": fixed(getter{str: func(s *scope) (string, bool) { return dirOf(s.ev.Type), true }, kinds: &kindSet{}, cost: 1}),
	"evt.type": fixed(getter{
		str:   func(s *scope) (string, bool) { return s.typeName(), true },
		kinds: &genericKinds, cost: 2,
	}),
	"evt.type.is": func(arg string, _ bool) (getter, string) {
		var want kindSet
		if n, ok := parseUint(arg); ok && n < maxKinds {
			want.add(int(n))
		} else {
			want = kindsWhere(func(k *event.Kind) bool { return k.Name == arg })
		}
		if want.empty() {
			return getter{}, "there is no event named " + arg
		}
		return getter{num: func(s *scope) (uint64, bool) { return bit(want.has(s.ev.Type)), true }, kinds: &kindSet{}, cost: 1}, ""
	},
	"syscall.type": fixed(getter{
		str: func(s *scope) (string, bool) {
			k := s.ev.Kind
			if k == nil || k.Type == typeSwitch6 || k.Flags&event.Skipped != 0 || k.Category == event.CatInternal {
				return "", false
			}
			return s.typeName(), true
		},
		kinds: &genericKinds, cost: 2,
	}),
	"evt.category": text(NeedFD, func(s *scope) (string, bool) { return string(s.category()), true }),
	"evt.cpu":      number(0, func(s *scope) (uint64, bool) { return uint64(int64(int16(s.ev.CPU))), true }),
	"evt.buffer": fixed(getter{
		str: func(s *scope) (string, bool) {
			v, ok := s.param(int(dataIndex[kindSlot(s.ev.Type)]))
			return view(v), ok
		},
		put: func(s *scope, b []byte) ([]byte, bool) {
			v, ok := s.param(int(dataIndex[kindSlot(s.ev.Type)]))
			return s.appendBuffer(b, v), ok
		},
		kinds: indexKinds(dataIndex), needs: NeedArgs, cost: 10,
	}),
	"evt.buflen":          moved(func(*event.Event) bool { return true }),
	"evt.buflen.in":       moved(reads),
	"evt.buflen.out":      moved(writes),
	"evt.buflen.file":     moved(func(ev *event.Event) bool { return isFile(ev.FD.Kind) }),
	"evt.buflen.file.in":  moved(func(ev *event.Event) bool { return isFile(ev.FD.Kind) && reads(ev) }),
	"evt.buflen.file.out": moved(func(ev *event.Event) bool { return isFile(ev.FD.Kind) && writes(ev) }),
	"evt.buflen.net":      moved(func(ev *event.Event) bool { return isInet(ev.FD.Kind) }),
	"evt.buflen.net.in":   moved(func(ev *event.Event) bool { return isInet(ev.FD.Kind) && reads(ev) }),
	"evt.buflen.net.out":  moved(func(ev *event.Event) bool { return isInet(ev.FD.Kind) && writes(ev) }),
	"evt.res": fixed(getter{
		str: func(s *scope) (string, bool) {
			n, ok := s.result()
			if !ok {
				return "", false
			}
			if n >= 0 {
				return "SUCCESS", true
			}
			if name := event.ErrnoName(-n); name != "" {
				return name, true
			}
			start := len(s.buf)
			s.buf = appendNumber(s.buf, uint64(n), event.Dec, true, 8)
			return s.made(start), true
		},
		kinds: resultKinds, needs: NeedArgs, cost: 4,
	}),
	"evt.rawres": fixed(getter{
		num: func(s *scope) (uint64, bool) {
			n, ok := s.result()
			return uint64(n), ok
		},
		kinds: resultKinds, needs: NeedArgs, cost: 3,
	}),
	"evt.failed": fixed(getter{
		num: func(s *scope) (uint64, bool) {
			n, ok := s.result()
			return bit(ok && n < 0), true
		},
		kinds: resultKinds, needs: NeedArgs, cost: 3,
	}),
	"evt.is_io":       kindFlag(event.ReadsFrom | event.WritesTo),
	"evt.is_io_read":  kindFlag(event.ReadsFrom),
	"evt.is_io_write": kindFlag(event.WritesTo),
	"evt.io_dir": fixed(getter{
		str: func(s *scope) (string, bool) {
			switch k := s.ev.Kind; {
			case k == nil:
			case k.Flags&event.WritesTo != 0:
				return "write", true
			case k.Flags&event.ReadsFrom != 0:
				return "read", true
			}
			return "", false
		},
		kinds: &kindSet{}, cost: 1,
	}),
	"evt.is_wait": kindFlag(event.Waits),
	"evt.wait_latency": fixed(getter{
		num: func(s *scope) (uint64, bool) {
			k := s.ev.Kind
			return s.latency(), k != nil && k.Flags&event.Waits != 0 && !s.ev.IsEnter()
		},
		needs: NeedEnter, cost: 2,
	}),
	"evt.is_syslog": flag(NeedFD, func(s *scope) (bool, bool) { return s.toSyslog(), true }),
	"evt.count":     fixed(getter{num: func(*scope) (uint64, bool) { return 1, true }, kinds: &kindSet{}}),
	"evt.count.exit": fixed(getter{
		num:   func(s *scope) (uint64, bool) { return 1, !s.ev.IsEnter() },
		kinds: &kindSet{}, cost: 1,
	}),
	"evt.count.error":        failedAs(func(*scope) bool { return true }),
	"evt.count.error.file":   failedAs((*scope).onFile),
	"evt.count.error.net":    failedAs((*scope).onSocket),
	"evt.count.error.memory": failedAs(func(s *scope) bool { return s.onMemory() }),
	"evt.count.error.other": failedAs(func(s *scope) bool {
		return !s.onFile() && !s.onSocket() && (s.ev.FD != nil || !s.onMemory())
	}),
	"evt.is_open_read":   openFlag(func(s *scope) bool { return s.openFlags()&openRead != 0 }, opens),
	"evt.is_open_write":  openFlag(func(s *scope) bool { return s.openFlags()&openWrite != 0 }, opens),
	"evt.is_open_exec":   openFlag((*scope).openExec, opens.or(openNames)),
	"evt.is_open_create": openFlag(func(s *scope) bool { return s.openFlags()&openCreated != 0 }, opens),
	"util.cnt":           fixed(getter{num: func(*scope) (uint64, bool) { return 0, true }}),
}

var dataIndex = indexOf("data")

func (s *scope) toSyslog() bool {
	k, f := s.ev.Kind, s.ev.FD
	return k != nil && f != nil && k.Flags&event.WritesTo != 0 && strings.Contains(f.Name, "/dev/log")
}

package filter

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// fdKinds are the kinds of events that work on a descriptor.
var fdKinds = kindsWhere(func(k *event.Kind) bool {
	return k.Flags&(event.CreatesFD|event.UsesFD|event.DestroysFD) != 0
})

// fd returns the descriptor of the event, nil where it is not known; false where the
// event works on none.
func (s *scope) fd() (*event.FD, bool) {
	if s.ev.Thread == nil || !fdKinds.has(s.ev.Type) {
		return nil, false
	}
	return s.ev.FD, true
}

func onFD(g getter) builder {
	g.kinds = &fdKinds
	g.needs |= NeedFD | NeedThread
	if g.cost == 0 {
		g.cost = 3
	}
	return fixed(g)
}

func fdText(get func(s *scope, f *event.FD) (string, bool)) builder {
	return onFD(getter{str: func(s *scope) (string, bool) {
		if f, ok := s.fd(); ok && f != nil {
			return get(s, f)
		}
		return "", false
	}})
}

func fdNum(get func(s *scope, f *event.FD) (uint64, bool)) builder {
	return onFD(getter{num: func(s *scope) (uint64, bool) {
		if f, ok := s.fd(); ok && f != nil {
			return get(s, f)
		}
		return 0, false
	}})
}

func fdFlag(get func(s *scope, f *event.FD) bool) builder {
	return fdNum(func(s *scope, f *event.FD) (uint64, bool) { return bit(get(s, f)), true })
}

// fdName is fd.name, also of calls that failed to make a descriptor and therefore have
// none but the name they tried.
func (s *scope) fdName(b []byte) ([]byte, bool) {
	f, ok := s.fd()
	if !ok {
		return b, false
	}
	if f == nil || s.ev.Kind.Name == "connect" && s.failed() {
		return s.triedName(b)
	}
	return appendName(b, f), true
}

func (s *scope) failed() bool {
	n, ok := s.result()
	return ok && n < 0
}

// triedName is the name that a failed call was given: the path of an open, the
// address of a connect. Exits of other calls have the empty name.
func (s *scope) triedName(b []byte) ([]byte, bool) {
	ev := s.ev
	if ev.IsEnter() {
		return b, false
	}
	switch ev.Kind.Name {
	case "open", "creat", "connect", "accept", "accept4":
		if v, ok := s.param(1); ok {
			return s.appendArg(b, &ev.Kind.Params[1], v), true
		}
		return b, true
	case "openat", "openat2":
		return s.appendOpenAt(b)
	}
	return b, true
}

func (s *scope) appendOpenAt(b []byte) ([]byte, bool) {
	ev := s.ev
	get := s.param
	k := ev.Kind
	if paramIndex(k, "name") < 0 {
		// The old openat has its arguments at the start only.
		if ev.Enter == nil || ev.Enter.Kind == nil {
			return b, false
		}
		k, get = ev.Enter.Kind, ev.Enter.Param
	}
	dv, ok1 := get(int(paramIndex(k, "dirfd")))
	pv, ok2 := get(int(paramIndex(k, "name")))
	dir, ok3 := event.Signed(dv)
	if !ok1 || !ok2 || !ok3 {
		return b, false
	}
	start := len(b)
	path := event.CString(pv)
	switch {
	case len(path) > 0 && path[0] == '/':
	case dir == atFDCWD:
		b = s.appendCwd(b)
	default:
		b = s.appendDirFD(b, dir)
	}
	return clean(append(b, path...), start), true
}

// directory cuts a path to its directory, as sysdig does: a path that ends with a
// slash stays.
func directory(p string) string {
	switch i := strings.LastIndexByte(p, '/'); {
	case i <= 0:
		return "/"
	case i == len(p)-1:
		return p
	default:
		return p[:i]
	}
}

func filename(p string) string {
	i := strings.LastIndexByte(p, '/')
	switch {
	case i < 0:
		return "/"
	case i == len(p)-1:
		return p
	}
	return p[i+1:]
}

func (s *scope) fdNameString() (string, bool) {
	start := len(s.buf)
	b, ok := s.fdName(s.buf)
	s.buf = b
	return s.made(start), ok
}

func (s *scope) fdDirectory() (string, bool) {
	f, ok := s.fd()
	if !ok {
		return "", false
	}
	if f == nil {
		name, ok := s.fdNameString()
		return directory(name), ok
	}
	name := f.Name
	switch {
	case isFile(f.Kind):
		name = directory(s.printableOf(name))
	case f.Kind == event.FDDirectory:
		name = s.printableOf(name)
	default:
		return "", false
	}
	return name, true
}

// printableOf is the string without the characters that output leaves out.
func (s *scope) printableOf(v string) string {
	for i := range len(v) {
		if !printable(v[i]) {
			start := len(s.buf)
			s.buf = appendPrintableString(s.buf, v)
			return s.made(start)
		}
	}
	return v
}

func (s *scope) containerID() string {
	if t := s.ev.Thread; t != nil && t.Container != nil {
		return t.Container.ID
	}
	return ""
}

// withContainer joins the container's id and a name with a colon.
func (s *scope) withContainer(name string, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	start := len(s.buf)
	s.buf = append(s.buf, s.containerID()...)
	s.buf = append(s.buf, ':')
	s.buf = append(s.buf, name...)
	return s.made(start), true
}

func (s *scope) typeChar() (byte, bool) {
	f, ok := s.fd()
	if !ok {
		return 0, false
	}
	if f != nil {
		return wordOf(f.Kind).char, true
	}
	switch s.ev.Kind.Name {
	case "open", "openat", "openat2", "creat":
		return 'f', true
	case "socket", "accept", "accept4":
		return '4', true
	case "pipe", "pipe2":
		return 'p', true
	case "eventfd", "eventfd2":
		return 'e', true
	case "signalfd", "signalfd4":
		return 's', true
	case "timerfd_create":
		return 't', true
	case "inotify_init", "inotify_init1":
		return 'i', true
	}
	return 'o', true
}

// chars has one string for each byte.
const chars = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

var l4Names = [...]string{event.L4TCP: "tcp", event.L4UDP: "udp", event.L4ICMP: "icmp", event.L4Raw: "raw"}

func inetText(f *event.FD) (string, bool) {
	switch {
	case isInet(f.Kind):
		return "ip", true
	case f.Kind == event.FDUnix:
		return "unix", true
	}
	return "", false
}

// Parts of a device number as captures have it: those of the kernel's new encoding.
func major(dev uint32) uint64 { return uint64(dev >> 8 & 0xfff) }
func minor(dev uint32) uint64 { return uint64(dev&0xff | dev>>12&0xfff00) }

var fdBuilders = map[string]builder{
	"fd.num": onFD(getter{num: func(s *scope) (uint64, bool) {
		_, ok := s.fd()
		return uint64(s.ev.FDNum), ok
	}}),
	"fd.type": fdText(func(_ *scope, f *event.FD) (string, bool) { return wordOf(f.Kind).name, true }),
	"fd.typechar": onFD(getter{str: func(s *scope) (string, bool) {
		c, ok := s.typeChar()
		return chars[c : c+1], ok
	}}),
	"fd.name": onFD(getter{
		str: func(s *scope) (string, bool) {
			// The usual case needs no copy: files and pipes have their name ready.
			if f, ok := s.fd(); ok && f != nil && !isInet(f.Kind) && s.ev.Kind.Name != "connect" {
				return f.Name, true
			}
			return s.fdNameString()
		},
		put:   func(s *scope, b []byte) ([]byte, bool) { return s.fdName(b) },
		needs: NeedArgs | NeedEnter,
	}),
	"fd.nameraw": fdText(func(_ *scope, f *event.FD) (string, bool) {
		if f.Raw != "" {
			return f.Raw, true
		}
		return f.Name, f.Name != ""
	}),
	"fd.directory": onFD(getter{str: (*scope).fdDirectory, needs: NeedArgs}),
	"fd.filename": fdText(func(s *scope, f *event.FD) (string, bool) {
		if !isFile(f.Kind) {
			return "", false
		}
		return filename(s.printableOf(f.Name)), true
	}),
	"fd.types": onFD(getter{many: list, strs: func(s *scope, to []string) []string {
		if f, ok := s.fd(); ok && f != nil {
			to = append(to, wordOf(f.Kind).name)
		}
		return to
	}}),
	"fd.ip":    onFD(getter{addrs: bothAddrs, many: eitherEnd}),
	"fd.cip":   ipOf(clientEnd),
	"fd.sip":   ipOf(serverEnd),
	"fd.lip":   ipOf(local),
	"fd.rip":   ipOf(remote),
	"fd.port":  onFD(getter{nums: bothPorts, many: eitherEnd}),
	"fd.cport": portOf(clientEnd),
	"fd.sport": portOf(serverEnd),
	"fd.lport": portOf(local),
	"fd.rport": portOf(remote),
	"fd.l4proto": fdText(func(_ *scope, f *event.FD) (string, bool) {
		if l4 := transport(f); int(l4) < len(l4Names) && l4Names[l4] != "" {
			return l4Names[l4], true
		}
		return "<NA>", true
	}),
	"fd.sockfamily": fdText(func(_ *scope, f *event.FD) (string, bool) { return inetText(f) }),
	"fd.is_server": fdFlag(func(s *scope, f *event.FD) bool {
		switch f.Kind {
		case event.FDIPv4Listen, event.FDIPv6Listen:
			return true
		case event.FDIPv4, event.FDIPv6:
			return f.Role != event.RoleUnknown && s.isLocal(f.ServerIP, f.Kind == event.FDIPv6)
		}
		return false
	}),
	"fd.uid": onFD(getter{str: func(s *scope) (string, bool) {
		if _, ok := s.fd(); !ok {
			return "", false
		}
		start := len(s.buf)
		s.buf = strconv.AppendInt(s.buf, s.ev.Thread.Tid, 10)
		s.buf = strconv.AppendInt(s.buf, s.ev.FDNum, 10)
		return s.made(start), true
	}}),
	"fd.containername": onFD(getter{
		str:   func(s *scope) (string, bool) { return s.withContainer(s.fdNameString()) },
		needs: NeedArgs | NeedEnter | NeedContainer,
	}),
	"fd.containerdirectory": onFD(getter{
		str:   func(s *scope) (string, bool) { return s.withContainer(s.fdDirectory()) },
		needs: NeedArgs | NeedContainer,
	}),
	"fd.proto":  onFD(getter{nums: bothPorts, many: eitherEnd}),
	"fd.cproto": protoOf(clientEnd),
	"fd.sproto": protoOf(serverEnd),
	"fd.lproto": protoOf(local),
	"fd.rproto": protoOf(remote),
	"fd.net":    onFD(getter{addrs: bothAddrs, many: eitherEnd}),
	"fd.cnet":   ipOf(clientEnd),
	"fd.snet":   ipOf(serverEnd),
	"fd.lnet":   ipOf(local),
	"fd.rnet":   ipOf(remote),
	"fd.connected": fdNum(func(_ *scope, f *event.FD) (uint64, bool) {
		return bit(f.Conn == event.ConnDone), true
	}),
	"fd.name_changed": onFD(getter{num: func(s *scope) (uint64, bool) {
		f, ok := s.fd()
		return bit(ok && f != nil && s.nameChanged(f)), ok && f != nil
	}, needs: NeedArgs | NeedEnter}),
	"fd.dev":       fdNum(func(_ *scope, f *event.FD) (uint64, bool) { return uint64(f.Dev), true }),
	"fd.dev.major": fdNum(func(_ *scope, f *event.FD) (uint64, bool) { return major(f.Dev), true }),
	"fd.dev.minor": fdNum(func(_ *scope, f *event.FD) (uint64, bool) { return minor(f.Dev), true }),
	"fd.ino":       fdNum(func(_ *scope, f *event.FD) (uint64, bool) { return f.Ino, f.Ino != 0 }),
	"fd.is_upper_layer": fdFlag(func(_ *scope, f *event.FD) bool {
		return f.UpperLayer
	}),
	"fd.is_lower_layer": fdFlag(func(_ *scope, f *event.FD) bool { return f.LowerLayer }),
}

// nameChanged reports whether the call gave the descriptor its name, or, as sends and
// receives of UDP do, the ends of a socket that is not connected. A name that is given
// twice counts twice.
func (s *scope) nameChanged(f *event.FD) bool {
	k := s.ev.Kind
	switch {
	case s.ev.IsEnter():
		return false
	case k.Flags&event.CreatesFD != 0:
		return openNames.has(k.Type) || connectNames.has(k.Type)
	case k.Name == "connect":
		return f.Conn == event.ConnPending || !s.failed()
	case k.Name == "bind":
		return f.Kind >= event.FDIPv4 && f.Kind <= event.FDIPv6Listen && !s.failed()
	case f.L4 != event.L4UDP:
		return false
	}
	v, ok := s.argOrEnter(tupleIndex)
	return ok && len(v) > 0
}

var tupleIndex = indexOf("tuple")

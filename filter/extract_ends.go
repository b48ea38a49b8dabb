package filter

import (
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// end is one end of a connection.
type end struct {
	address
	port uint16
}

func client(f *event.FD) (end, bool) {
	if f.Kind != event.FDIPv4 && f.Kind != event.FDIPv6 || f.Role == event.RoleUnknown {
		return end{}, false
	}
	return end{address{f.ClientIP, f.Kind == event.FDIPv6}, f.ClientPort}, true
}

func server(f *event.FD) (end, bool) {
	switch f.Kind {
	case event.FDIPv4Listen, event.FDIPv6Listen:
	case event.FDIPv4, event.FDIPv6:
		if f.Role == event.RoleUnknown {
			return end{}, false
		}
	default:
		return end{}, false
	}
	return end{address{f.ServerIP, f.Kind == event.FDIPv6 || f.Kind == event.FDIPv6Listen}, f.ServerPort}, true
}

// isLocal reports whether an address belongs to the thread's container or, else, to
// the machine.
func (s *scope) isLocal(ip [16]byte, v6 bool) bool {
	if c := s.ev.Thread.Container; c != nil {
		if own, ok := s.docs.doc(c).addr(); ok && !v6 && own.ip == ip {
			return true
		}
		if v6 && s.Old {
			return false // sysdig 0.29.3 knows no IPv6 in containers
		}
	}
	return s.State != nil && s.State.IsLocalIP(ip, v6)
}

// clientLocal reports whether the client's end of a connection is the local one. A
// container's own address decides before those of the machine, which has one on every
// bridge: sysdig takes the first end that the machine has.
func (s *scope) clientLocal(f *event.FD) bool {
	v6 := f.Kind == event.FDIPv6
	if c := s.ev.Thread.Container; c != nil && !s.Old && !v6 {
		if own, ok := s.docs.doc(c).addr(); ok && (own.ip == f.ClientIP) != (own.ip == f.ServerIP) {
			return own.ip == f.ClientIP
		}
	}
	return s.isLocal(f.ClientIP, v6)
}

// local and remote are the ends by machine.
func local(s *scope, f *event.FD) (end, bool)  { return s.byMachine(f, true) }
func remote(s *scope, f *event.FD) (end, bool) { return s.byMachine(f, false) }

func (s *scope) byMachine(f *event.FD, wantLocal bool) (end, bool) {
	c, ok := client(f)
	if !ok {
		return end{}, false
	}
	if s.clientLocal(f) == wantLocal {
		return c, true
	}
	return server(f)
}

func clientEnd(_ *scope, f *event.FD) (end, bool) { return client(f) }
func serverEnd(_ *scope, f *event.FD) (end, bool) { return server(f) }

type pick func(*scope, *event.FD) (end, bool)

func ipOf(p pick) builder {
	return onFD(getter{addr: func(s *scope) (address, bool) {
		if f, ok := s.fd(); ok && f != nil {
			e, ok := p(s, f)
			return e.address, ok
		}
		return address{}, false
	}, needs: NeedMachine})
}

func portOf(p pick) builder {
	b := fdNum(func(s *scope, f *event.FD) (uint64, bool) {
		e, ok := p(s, f)
		return uint64(e.port), ok
	})
	return b
}

func protoOf(p pick) builder {
	return fdText(func(s *scope, f *event.FD) (string, bool) {
		e, ok := p(s, f)
		if !ok {
			return "", false
		}
		start := len(s.buf)
		s.buf = strconv.AppendUint(s.buf, uint64(e.port), 10)
		return s.made(start), true
	})
}

// bothAddrs gives the addresses of both ends, roles known or not.
func bothAddrs(s *scope, to []address) []address {
	f, ok := s.fd()
	if !ok || f == nil {
		return to
	}
	switch f.Kind {
	case event.FDIPv4, event.FDIPv6:
		v6 := f.Kind == event.FDIPv6
		return append(to, address{f.ClientIP, v6}, address{f.ServerIP, v6})
	case event.FDIPv4Listen, event.FDIPv6Listen:
		return append(to, address{f.ServerIP, f.Kind == event.FDIPv6Listen})
	}
	return to
}

func bothPorts(s *scope, to []uint64) []uint64 {
	f, ok := s.fd()
	if !ok || f == nil {
		return to
	}
	switch f.Kind {
	case event.FDIPv4, event.FDIPv6:
		return append(to, uint64(f.ClientPort), uint64(f.ServerPort))
	case event.FDIPv4Listen, event.FDIPv6Listen:
		return append(to, uint64(f.ServerPort))
	}
	return to
}

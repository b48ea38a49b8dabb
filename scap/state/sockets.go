package state

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// Address families, as Linux numbers them.
const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 10
	afNetlink = 16
)

// Protocols and types of sockets, as Linux numbers them.
const (
	protoIP   = 0
	protoICMP = 1
	protoTCP  = 6
	protoUDP  = 17
	protoRaw  = 255

	sockStream = 1
	sockDgram  = 2
	sockRaw    = 3
)

const inProgress = -115

func socket(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	if !p.more() {
		if ev.Enter == nil {
			return
		}
		p = ofEnter(ev.Enter)
	}
	t.addSocket(th, ev, fd, p.u32(), p.u32(), p.u32())
}

func (t *Tracker) addSocket(th *thread, ev *event.Event, fd int64, domain, typ, proto uint32) {
	f := t.newFD()
	switch domain {
	case afUnix:
		f.Kind = event.FDUnix
	case afInet, afInet6:
		f.Kind = event.FDIPv4
		if domain == afInet6 {
			f.Kind = event.FDIPv6
		}
		f.L4 = protocol(typ, proto)
	case afNetlink:
		f.Kind = event.FDNetlink
	default:
		// What is not known is not kept, so that its events show no descriptor.
		ev.FDNum = fd
		return
	}
	t.set(th, fd, f, ev)
}

func protocol(typ, proto uint32) event.L4 {
	// The low byte is the type, what lies above are SOCK_NONBLOCK and SOCK_CLOEXEC.
	raw := typ&0xFF == sockRaw
	switch {
	case proto == protoRaw, raw && (proto == protoTCP || proto == protoUDP || proto == protoICMP):
		return event.L4Raw
	case proto == protoTCP, proto == protoIP && typ&0xFF == sockStream:
		return event.L4TCP
	case proto == protoUDP, proto == protoIP && typ&0xFF == sockDgram:
		return event.L4UDP
	case proto == protoICMP:
		return event.L4ICMP
	}
	return event.L4Unknown
}

// mapped reports whether an IPv6 address holds an IPv4 address.
func mapped(ip []byte) bool {
	return [12]byte(ip[:12]) == [12]byte{10: 0xFF, 11: 0xFF}
}

// bind is the exit of bind. A port makes a server of the socket.
func bind(t *Tracker, _ *thread, ev *event.Event) {
	res, ok := result(ev)
	f := ev.FD
	if !ok || res < 0 || f == nil {
		return
	}
	addr, _ := ev.Param(1)
	if len(addr) == 0 {
		return
	}
	switch {
	case addr[0] == afInet && len(addr) >= 7:
		f.Name, f.Named = "", true
		f.ServerIP, f.ServerPort = [16]byte{}, binary.LittleEndian.Uint16(addr[5:])
		copy(f.ServerIP[:], addr[1:5])
		f.ClientIP, f.ClientPort = [16]byte{}, 0
		if f.ServerPort > 0 {
			f.Kind, f.Role = event.FDIPv4Listen, event.RoleServer
			return
		}
		// No port, no server; sysdig still gives it the address as its name.
		t.nameBound(f, false)
	case addr[0] == afInet6 && len(addr) >= 19:
		f.Name, f.Named = "", true
		f.ServerIP, f.ServerPort = [16]byte(addr[1:17]), binary.LittleEndian.Uint16(addr[17:])
		f.ClientIP, f.ClientPort = [16]byte{}, 0
		if f.ServerPort > 0 {
			f.Kind, f.Role = event.FDIPv6Listen, event.RoleServer
			if mapped(addr[1:]) {
				f.Kind, f.ServerIP = event.FDIPv4Listen, [16]byte{}
				copy(f.ServerIP[:], addr[13:17])
			}
			return
		}
		t.nameBound(f, true)
	case addr[0] == afUnix:
		f.Name = t.names.get(event.CString(addr[1:]))
	}
}

// nameBound gives the socket the address as a name, and no ends.
func (t *Tracker) nameBound(f *event.FD, v6 bool) {
	t.text = event.AppendIP(t.text[:0], f.ServerIP, v6)
	t.text = append(t.text, ":0"...)
	f.Name, f.Named = t.names.get(t.text), false
	f.ServerIP = [16]byte{}
}

// connectEnter notes where the connection goes, so that a call that never returns shows it.
func connectEnter(t *Tracker, _ *thread, ev *event.Event) {
	f := ev.FD
	if f == nil {
		return
	}
	addr, _ := ev.Param(1)
	if len(addr) == 0 {
		return
	}
	switch {
	case addr[0] == afInet && len(addr) >= 7:
		f.Kind = event.FDIPv4
		f.ServerIP = [16]byte{}
		copy(f.ServerIP[:], addr[1:5])
		f.ServerPort = binary.LittleEndian.Uint16(addr[5:])
	case addr[0] == afInet6 && len(addr) >= 19:
		f.ServerPort = binary.LittleEndian.Uint16(addr[17:])
		if mapped(addr[1:]) {
			f.Kind, f.ServerIP = event.FDIPv4, [16]byte{}
			copy(f.ServerIP[:], addr[13:17])
			return
		}
		f.Kind, f.ServerIP = event.FDIPv6, [16]byte(addr[1:17])
	case addr[0] == afUnix:
		f.Name = t.names.get(event.CString(addr[1:]))
	}
}

// connect is the exit of connect.
func connect(t *Tracker, _ *thread, ev *event.Event) {
	res, ok := result(ev)
	f := ev.FD
	if !ok || f == nil {
		return
	}
	switch {
	case res == inProgress:
		f.Conn = event.ConnPending
	case res < 0:
		f.Conn = event.ConnFailed
		return
	default:
		f.Conn = event.ConnDone
	}
	tuple, _ := ev.Param(1)
	if len(tuple) == 0 {
		return
	}
	switch tuple[0] {
	case afInet, afInet6:
		// Without its enter, what the descriptor knows of the other end is stale.
		if !t.setEnds(f, tuple, ev.EnterTsNanos == 0) && f.Named {
			break
		}
		if f.Role == event.RoleServer && f.L4 == event.L4UDP {
			swap(f)
		}
	case afUnix:
		t.setUnix(f, tuple)
	}
	if f.Role == event.RoleUnknown {
		f.Role = event.RoleClient
	}
}

// accept is the exit of accept and accept4 in all layouts.
func accept(t *Tracker, th *thread, ev *event.Event) {
	fd, ok := result(ev)
	if !ok || fd < 0 {
		return
	}
	ev.FDNum = fd
	tuple, _ := ev.Param(1)
	if len(tuple) == 0 {
		return
	}
	f := t.newFD()
	switch tuple[0] {
	case afInet, afInet6:
		f.L4 = event.L4TCP
		t.setEnds(f, tuple, true)
	case afUnix:
		f.Kind = event.FDUnix
		t.setUnix(f, tuple)
	default:
		return
	}
	f.Role, f.Conn = event.RoleServer, event.ConnDone
	t.set(th, fd, f, ev)
}

// setUnix takes the kernel's addresses and the path of a tuple. Its name is what the
// formatted tuple says.
func (t *Tracker) setUnix(f *event.FD, tuple []byte) {
	if len(tuple) < 17 {
		return
	}
	f.Kind = event.FDUnix
	f.Source = binary.LittleEndian.Uint64(tuple[1:])
	f.Peer = binary.LittleEndian.Uint64(tuple[9:])
	t.text = event.AppendTuple(t.text[:0], tuple)
	f.Name, f.Named = t.names.get(t.text), true
}

// setEnds takes the ends of a tuple and reports whether that changed anything. Ends in
// the other order are the same. Where overwrite is not set, a destination that is known
// already stays.
func (t *Tracker) setEnds(f *event.FD, tuple []byte, overwrite bool) bool {
	var src, dst [16]byte
	var sport, dport uint16
	kind := event.FDIPv4
	switch {
	case tuple[0] == afInet && len(tuple) >= 13:
		copy(src[:], tuple[1:5])
		copy(dst[:], tuple[7:11])
		sport, dport = binary.LittleEndian.Uint16(tuple[5:]), binary.LittleEndian.Uint16(tuple[11:])
	case tuple[0] == afInet6 && len(tuple) >= 37:
		sport, dport = binary.LittleEndian.Uint16(tuple[17:]), binary.LittleEndian.Uint16(tuple[35:])
		if mapped(tuple[1:]) && mapped(tuple[19:]) {
			copy(src[:], tuple[13:17])
			copy(dst[:], tuple[31:35])
		} else {
			kind, src, dst = event.FDIPv6, [16]byte(tuple[1:17]), [16]byte(tuple[19:35])
		}
	default:
		return false
	}
	if f.Kind != event.FDIPv4 && f.Kind != event.FDIPv6 {
		// A socket that was bound has no other end yet.
		f.ClientIP, f.ServerIP, f.ClientPort, f.ServerPort = [16]byte{}, [16]byte{}, 0, 0
	}
	same := f.Kind == kind && f.Named &&
		(f.ClientIP == src && f.ClientPort == sport && f.ServerIP == dst && f.ServerPort == dport ||
			f.ClientIP == dst && f.ClientPort == dport && f.ServerIP == src && f.ServerPort == sport)
	f.Kind = kind
	if same {
		return false
	}
	changed := f.ClientIP != src || f.ClientPort != sport
	f.ClientIP, f.ClientPort = src, sport
	if f.ServerIP != dst && (overwrite || f.ServerIP == [16]byte{}) {
		f.ServerIP, changed = dst, true
	}
	if f.ServerPort != dport && (overwrite || f.ServerPort == 0) {
		f.ServerPort, changed = dport, true
	}
	f.Name, f.Named = "", true
	return changed
}

// swap exchanges the ends.
func swap(f *event.FD) {
	f.ClientIP, f.ServerIP = f.ServerIP, f.ClientIP
	f.ClientPort, f.ServerPort = f.ServerPort, f.ClientPort
}

func isInet(f *event.FD) bool { return f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6 }

// readWrite is the exit of I/O that carries no tuple.
func readWrite(_ *Tracker, _ *thread, ev *event.Event) {
	if f := ev.FD; f != nil && isInet(f) && f.Conn != event.ConnDone {
		if res, ok := result(ev); ok && res >= 0 {
			f.Conn = event.ConnDone
		}
	}
}

// sendtoEnter makes up the socket that a program sends on although its creation was
// never seen: most likely UDP.
func sendtoEnter(t *Tracker, th *thread, ev *event.Event) {
	if ev.FD != nil || th.fd < 0 {
		return
	}
	tuple, _ := ev.Param(2)
	if len(tuple) > 0 && (tuple[0] == afInet || tuple[0] == afInet6) {
		t.addSocket(th, ev, th.fd, uint32(tuple[0]), sockDgram, protoUDP)
		th.at = ev.FD
	}
}

// send is the exit of sendto, sendmsg and sendmmsg; older layouts have the tuple in the enter.
func send(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 || ev.FD == nil {
		return
	}
	readWrite(t, th, ev)
	tuple, ok := ev.Param(4)
	if !ok {
		tuple, _ = ev.Enter.Param(2)
	}
	t.learn(ev.FD, tuple, false)
}

// receive is the exit of recvfrom, recvmsg and recvmmsg.
func receive(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 || ev.FD == nil {
		return
	}
	readWrite(t, th, ev)
	i := 2
	switch ev.Type {
	case 53:
		i = 3
	case 55:
		i = 4
	}
	tuple, _ := ev.Param(i)
	t.learn(ev.FD, tuple, true)
}

// learn takes the ends of a datagram, or of a connection whose beginning was missed.
func (t *Tracker) learn(f *event.FD, tuple []byte, incoming bool) {
	hasName := f.Name != "" || f.Named
	tcp := isInet(f) && f.L4 == event.L4TCP && f.Role != event.RoleUnknown
	if len(tuple) == 0 || hasName && tcp {
		return
	}
	switch tuple[0] {
	case afInet, afInet6:
		if !t.setEnds(f, tuple, false) {
			return
		}
		if f.L4 == event.L4Unknown {
			f.L4 = event.L4UDP // TCP would not change its ends
		}
		t.complete(f)
		if f.Role == event.RoleUnknown {
			f.Role = event.RoleClient
			if incoming && f.Kind == event.FDIPv4 {
				f.Role = event.RoleServer
			}
		}
		if incoming == (f.Role == event.RoleClient) {
			swap(f)
		}
	case afUnix:
		t.setUnix(f, tuple)
	}
}

// complete fills an end that the kernel left open with the address of an interface.
func (t *Tracker) complete(f *event.FD) {
	v6 := f.Kind == event.FDIPv6
	none := [16]byte{}
	if f.ClientIP != none && f.ServerIP != none {
		return
	}
	open, known := &f.ClientIP, f.ServerIP
	if f.ClientIP != none {
		open, known = &f.ServerIP, f.ClientIP
	}
	ip := t.ownAddress(known, v6)
	if ip == known && f.ClientPort == f.ServerPort {
		return
	}
	*open = ip
}

// ownAddress guesses by which address the machine talks to another one.
func (t *Tracker) ownAddress(to [16]byte, v6 bool) [16]byte {
	var first [16]byte
	found := false
	loop := [16]byte{127, 0, 0, 1}
	if v6 {
		loop = [16]byte{15: 1}
	}
	for i := range t.interfaces {
		n := &t.interfaces[i]
		if n.V6 != v6 {
			continue
		}
		if n.Addr == to {
			return to
		}
		if !found && n.Addr != loop {
			first, found = n.Addr, true
		}
	}
	for i := range t.interfaces {
		if n := &t.interfaces[i]; n.V6 == v6 && sameNet(n, to) {
			return n.Addr
		}
	}
	return first
}

// sameNet reports whether the address lies in the net of the interface.
func sameNet(n *event.Interface, ip [16]byte) bool {
	if n.V6 {
		// By convention 48 bits of network and 16 of subnet; the mask of many recorders is empty.
		return [8]byte(n.Addr[:8]) == [8]byte(ip[:8])
	}
	for i := range 4 {
		if (n.Addr[i]^ip[i])&n.Netmask[i] != 0 {
			return false
		}
	}
	return true
}

func socketpair(t *Tracker, th *thread, ev *event.Event) {
	res, ok := result(ev)
	if !ok || res < 0 {
		return
	}
	p := all(ev)
	p.skip(1)
	fd1, fd2, source, peer := p.i64(), p.i64(), p.u64(), p.u64()
	second := t.newFD()
	second.Kind, second.Source, second.Peer = event.FDUnix, source, peer
	t.set(th, fd2, second, ev)
	first := t.newFD()
	*first = *second
	t.set(th, fd1, first, ev)
}

// getsockopt of SO_ERROR tells how a connection ended that was made in the background.
func getsockopt(_ *Tracker, _ *thread, ev *event.Event) {
	f := ev.FD
	if f == nil || ev.NParams < 5 || f.Conn != event.ConnPending {
		return
	}
	res, ok := result(ev)
	level, _ := ev.Uint(2)
	name, _ := ev.Uint(3)
	val, _ := ev.Param(4)
	const solSocket, soError, variantErrno = 1, 4, 1
	if !ok || res < 0 || level != solSocket || name != soError || len(val) != 9 || val[0] != variantErrno {
		return
	}
	f.Conn = event.ConnDone
	if binary.LittleEndian.Uint64(val[1:]) != 0 {
		f.Conn = event.ConnFailed
	}
}

//go:build linux && (amd64 || arm64)

package bpf

import "encoding/binary"

// Address families. Source: include/linux/socket.h.
const (
	afUnix  = 1
	afInet  = 2
	afInet6 = 10
)

// address is an internet address from the kernel's or the program's memory.
type address struct {
	family uint16
	ip     []byte
	port   uint16
}

// parseAddr reads a sockaddr as programs give it.
func parseAddr(b []byte) (a address, unix []byte) {
	if len(b) < 2 {
		return a, nil
	}
	a.family = binary.LittleEndian.Uint16(b)
	switch {
	case a.family == afInet && len(b) >= 8:
		a.port, a.ip = binary.BigEndian.Uint16(b[2:]), b[4:8]
	case a.family == afInet6 && len(b) >= 24:
		a.port, a.ip = binary.BigEndian.Uint16(b[2:]), b[8:24]
	case a.family == afUnix:
		return a, b[2:]
	}
	return a, nil
}

// unixName is the name of a unix socket; that of an abstract one begins with @.
func unixName(b []byte) []byte {
	if len(b) > 1 && b[0] == 0 {
		return append([]byte{'@'}, cut(b[1:])...)
	}
	return cut(b)
}

// sockaddr adds an address in the capture's form.
func (e *encoder) sockaddr(b []byte) {
	a, name := parseAddr(b)
	before := len(e.data)
	switch {
	case a.ip != nil:
		e.data = append(append(e.data, byte(a.family)), a.ip...)
		e.data = binary.LittleEndian.AppendUint16(e.data, a.port)
	case a.family == afUnix:
		e.data = append(append(append(e.data, afUnix), unixName(name)...), 0)
	}
	e.done(before)
}

// tuple adds both ends of a socket. where is the address that the call was given or gave,
// which stands for the far end; out says that the near end is the source.
func (e *encoder) tuple(s sockInfo, far []byte, out bool) {
	if s == nil {
		e.missing()
		return
	}
	a, name := parseAddr(far)
	before := len(e.data)
	family := s.family()
	switch family {
	case afInet, afInet6:
		n := 4
		if family == afInet6 {
			n = 16
		}
		near := address{family, s.saddr()[:n], s.sport()}
		there := address{family, s.daddr()[:n], s.dport()}
		if a.ip != nil && len(a.ip) == n {
			there = a
		}
		if near.port == 0 && there.port == 0 {
			break
		}
		if !out {
			near, there = there, near
		}
		e.data = append(append(e.data, byte(family)), near.ip...)
		e.data = binary.LittleEndian.AppendUint16(e.data, near.port)
		e.data = append(e.data, there.ip...)
		e.data = binary.LittleEndian.AppendUint16(e.data, there.port)
	case afUnix:
		e.data = append(e.data, afUnix)
		one, two := s.saddr()[:8], s.daddr()[:8]
		if !out {
			one, two = two, one
		}
		e.data = append(append(e.data, one...), two...)
		e.data = append(append(e.data, unixName(name)...), 0)
	}
	e.done(before)
}

// Parameters of calls on sockets.
var (
	// given is the address of connect and bind.
	given = op{do: func(e *encoder, r record, _ int) { e.sockaddr(r.part(0, sockBytes)) }}
	// connTuple is the connection that connect has made or tried.
	connTuple = op{do: func(e *encoder, r record, _ int) { e.tuple(r.sock(), r.part(0, sockBytes), true) }}
	// acceptTuple is the connection that came in; the client is its source.
	acceptTuple = op{do: func(e *encoder, r record, _ int) {
		if r.ret() < 0 {
			e.missing()
			return
		}
		e.tuple(r.sock(), nil, false)
	}}
	// toTuple and fromTuple are the ends of a message.
	toTuple   = op{do: func(e *encoder, r record, _ int) { e.tuple(r.sock(), far(r), true) }}
	fromTuple = op{do: func(e *encoder, r record, _ int) { e.tuple(r.sock(), far(r), false) }}

	queuePct = op{do: func(e *encoder, r record, _ int) {
		if s := r.sock(); s != nil && s.queue() > 0 {
			e.u8(uint8(min(uint64(s.queued())*100/uint64(s.queue()), 255)))
			return
		}
		e.u8(0)
	}}
	queueLen = op{do: func(e *encoder, r record, _ int) { e.u32(queue(r, sockInfo.queued)) }}
	queueMax = op{do: func(e *encoder, r record, _ int) { e.u32(queue(r, sockInfo.queue)) }}
)

func queue(r record, f func(sockInfo) uint32) uint32 {
	if s := r.sock(); s != nil {
		return f(s)
	}
	return 0
}

// far is the address that sendto, recvfrom and their kin were given or gave.
func far(r record) []byte {
	if r.flags()&flagSock == 0 {
		return nil
	}
	return r.part(1, sockBytes)
}

// pollList adds the descriptors of poll, with what was asked of them (enter) or what
// happened (exit). Poll bits are the same as the kernel's but for their places.
func pollList(result bool) op {
	return op{do: func(e *encoder, r record, _ int) {
		b := r.part(0, 0)
		before := len(e.data)
		at := len(e.data)
		e.data = append(e.data, 0, 0)
		n := uint16(0)
		for ; len(b) >= 8; b = b[8:] {
			events := binary.LittleEndian.Uint16(b[4:])
			if result {
				if events = binary.LittleEndian.Uint16(b[6:]); events == 0 {
					continue
				}
			}
			e.data = binary.LittleEndian.AppendUint64(e.data, uint64(int64(int32(binary.LittleEndian.Uint32(b)))))
			e.data = binary.LittleEndian.AppendUint16(e.data, pollBits(events))
			n++
		}
		binary.LittleEndian.PutUint16(e.data[at:], n)
		e.done(before)
	}}
}

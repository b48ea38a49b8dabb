//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"math/bits"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
)

// Most calls are kept whole, as the kernel told them, and forgotten without anybody having asked
// for their events. What is kept of one:
//
//	u16      number of the call
//	u8       bits: 1 the record is one of a socket, 2 the socket follows
//	zigzag   result
//	uvarint  those arguments that its events tell, in their order
//	uvarint  length of each part of the payload
//	48       the socket, where it follows
//	...      the parts
//
// It lives in the memory of one process only, so that it has no version.
const (
	wholeSock  = 1 // also the flag of the record
	wholeEnds  = 2
	wholeFixed = 3 // bytes before the result
)

// plain reports whether enter and exit are made of the record and nothing else: those that tell of
// a process, which changes, have no list for their exit.
func (c *call) plain() bool { return c.out != nil }

// message reports whether the call has the ends of a connection in its events.
func (c *call) message() bool { return c.kind >= shapeTo && c.kind <= shapeMmsgIn }

// wholes says of each call what keeping it whole needs.
var wholes = func() (t [len(byNumber)]whole) {
	for nr, c := range byNumber {
		if c == nil || !c.plain() {
			continue
		}
		t[nr] = whole{call: c, fd: fdOf(c)}
		for _, ops := range [][]op{c.in, c.out} {
			for i := range ops {
				t[nr].args |= ops[i].args
			}
		}
	}
	return t
}()

// whole is a call that can be kept whole; call is nil for others.
type whole struct {
	call *call
	// args are the arguments that are kept, a bit for each.
	args uint8
	// fd is the argument with the descriptor that the exit is about, else the enter; -1 for none.
	fd int8
}

// fdOf finds the argument that is the descriptor of a call's events: the first behind the result
// in the exit, else the first of all in the enter.
func fdOf(c *call) int8 {
	exit, enter := event.KindOf(c.enter+1), event.KindOf(c.enter)
	for i := 1; i < len(c.out) && i < len(exit.Params); i++ {
		if exit.Params[i].Type == event.Fd {
			return argOf(c.out[i])
		}
	}
	if len(c.in) > 0 && len(enter.Params) > 0 && enter.Params[0].Type == event.Fd {
		return argOf(c.in[0])
	}
	return -1
}

func argOf(o op) int8 {
	if bits.OnesCount8(o.args) != 1 {
		return -1
	}
	return int8(bits.TrailingZeros8(o.args))
}

// offsets are where the parts of a call's payload begin.
func (c *call) offsets(sock bool) (one, two int) {
	switch {
	case c.kind == shapeAddr:
		return sockBytes, pathMax
	case sock:
		return roomSock, sockBytes
	}
	return 0, pathMax
}

// keep offers a call to a handler that takes calls, and reports whether it is kept.
func (d *decoder) keep(s *slot, r record) bool {
	nr := int(r.nr())
	if nr >= len(wholes) || wholes[nr].call == nil || s.find(r.tid()) == nil {
		return false
	}
	w := &wholes[nr]
	k := &d.kept
	k.TsNanos, k.Tid, k.CPU, k.Exit, k.Result = s.clock.unix(r.boot()), r.tid(), r.cpu(), w.call.enter+1, r.ret()
	k.FD, k.Ends, k.DNS = -1, 0, false
	if w.fd >= 0 {
		k.FD = int64(int32(r.arg(int(w.fd))))
	}
	if w.call.message() {
		k.Ends, k.DNS = r.ends()
	}
	k.Raw = w.pack(k.Raw[:0], r)
	if !d.calls.Call(s.id, k) {
		return false
	}
	d.events += 2
	return true
}

// pack appends what is kept of a record.
func (w *whole) pack(b []byte, r record) []byte {
	sock := r.flags()&flagSock != 0
	flags := byte(0)
	var ends sockInfo
	if sock {
		flags = wholeSock
		if ends = r.sock(); ends != nil {
			flags |= wholeEnds
		}
	}
	b = append(b, r[40], r[41], flags)
	b = binary.AppendVarint(b, r.ret())
	for m := w.args; m != 0; m &= m - 1 {
		b = binary.AppendUvarint(b, r.arg(bits.TrailingZeros8(m)))
	}
	at1, at2 := w.call.offsets(sock)
	one, two := r.part(0, at1), r.part(1, at2)
	b = binary.AppendUvarint(b, uint64(len(one)))
	b = binary.AppendUvarint(b, uint64(len(two)))
	return append(append(append(b, ends...), one...), two...)
}

// ends tells both ends of a message's connection from others by a number, 0 where they are not
// known, and whether one of them is the port of name servers.
func (r record) ends() (h uint64, dns bool) {
	s := r.sock()
	if s == nil {
		return 0, false
	}
	there := far(r)
	switch family := s.family(); family {
	case afInet, afInet6:
		near, port := s.sport(), s.dport()
		if a, _ := parseAddr(there); a.ip != nil && (family == afInet) == (len(a.ip) == 4) {
			port = a.port
		}
		if near == 0 && port == 0 {
			return 0, false
		}
		dns = near == dnsPort || port == dnsPort
	case afUnix:
	default:
		return 0, false
	}
	const prime, offset = 0x100000001B3, 0xCBF29CE484222325 // FNV-1a, by words
	h = offset
	for b := s[:40]; len(b) >= 8; b = b[8:] {
		h = (h ^ binary.LittleEndian.Uint64(b)) * prime
		h ^= h >> 32
	}
	for _, c := range there {
		h = (h ^ uint64(c)) * prime
	}
	return h | 1, dns
}

const dnsPort = 53

// expand is the Expand of a flight.Opening: the events of what pack has kept.
func expand(raw []byte) (enter, exit flight.Params, ok bool) {
	r, c := unpack(raw)
	if r == nil {
		return enter, exit, false
	}
	var e encoder
	return e.params(c.in, r), e.params(c.out, r), true
}

// params makes the parameters of one event in memory of their own.
func (e *encoder) params(ops []op, r record) flight.Params {
	e.lens = make([]byte, 0, 2*len(ops))
	e.data = make([]byte, 0, len(r))
	for i := range ops {
		ops[i].do(e, r, ops[i].n)
	}
	return flight.Params{N: len(e.lens) / 2, Lens: e.lens, Data: e.data}
}

// unpack makes a record of which pack keeps the same; nil where b is none.
func unpack(b []byte) (record, *call) {
	if len(b) < wholeFixed {
		return nil, nil
	}
	nr := int(binary.LittleEndian.Uint16(b))
	if nr >= len(wholes) || wholes[nr].call == nil {
		return nil, nil
	}
	w, flags := &wholes[nr], b[2]
	b = b[wholeFixed:]
	ret, n := binary.Varint(b)
	if n <= 0 {
		return nil, nil
	}
	b = b[n:]
	var nums [8]uint64 // the arguments, then the lengths
	want := bits.OnesCount8(w.args) + 2
	for i := range want {
		if nums[i], n = binary.Uvarint(b); n <= 0 {
			return nil, nil
		}
		b = b[n:]
	}
	one, two := nums[want-2], nums[want-1]
	ends := 0
	if flags&wholeEnds != 0 {
		ends = sockBytes
	}
	if one > maxRecBytes || two > maxRecBytes || uint64(len(b)) != uint64(ends)+one+two {
		return nil, nil
	}
	at1, at2 := w.call.offsets(flags&wholeSock != 0)
	size := ends
	if one > 0 {
		size = max(size, at1+int(one))
	}
	if two > 0 {
		size = max(size, at2+int(two))
	}
	r := make(record, callBytes+size)
	r[4], r[5] = byte(recCall), 0
	if flags&wholeSock != 0 {
		r[5] = flagSock
	}
	binary.LittleEndian.PutUint64(r[32:], uint64(ret))
	binary.LittleEndian.PutUint16(r[40:], uint16(nr))
	binary.LittleEndian.PutUint16(r[42:], uint16(one))
	binary.LittleEndian.PutUint16(r[44:], uint16(two))
	i := 0
	for m := w.args; m != 0; m &= m - 1 {
		binary.LittleEndian.PutUint64(r[48+8*bits.TrailingZeros8(m):], nums[i])
		i++
	}
	p := r[callBytes:]
	copy(p, b[:ends])
	copy(p[min(at1, len(p)):], b[ends:ends+int(one)])
	copy(p[min(at2, len(p)):], b[ends+int(one):])
	return r, w.call
}

// Package dnswire reads what a message of the domain name system says, as far as a
// capture holds it: captures cut payloads, and anything at all may be sent to port 53.
// It reads only, keeps nothing, and knows nothing of events. Source of the layout: RFC
// 1035, section 4.1.
package dnswire

import (
	"encoding/binary"
	"net/netip"
)

const (
	headerBytes = 12
	// maxName is how long a name may be on the wire. Source: RFC 1035, section 2.3.4.
	maxName = 255
	// maxLabel is how long a label may be; larger numbers are pointers. Source: RFC 1035,
	// section 2.3.4.
	maxLabel = 63
	// maxAnswers bounds the number of answers that is believed: those of a message of 64 KiB
	// take 16 bytes each at least.
	maxAnswers = 4096
	// maxRecords bounds how many answers are looked at.
	maxRecords = 64
)

// Message is a question or an answer.
type Message struct {
	// Response tells an answer from a question.
	Response bool
	// Rcode is the outcome of an answer, 0 for success.
	Rcode uint8
	// Name is what is asked for, in small letters and without the last dot; "." is the
	// root. It lies in the scratch that Read was given.
	Name []byte
	// Type is the type of the records that are asked for.
	Type uint16
	// Answers is how many records the message announces as its answer, whether or not
	// their bytes are there.
	Answers int

	whole   []byte
	records int
}

// Record is one record of an answer. Its parts lie in the message.
type Record struct {
	// Type is the type of the record.
	Type uint16
	// Data is its content; names in it may point into the message.
	Data []byte

	whole []byte
	at    int
}

// Read reads a message with one question, which is what resolvers send, and appends its
// name to scratch. stream says that it came over TCP, where a length stands in front.
// False is for what is cut before the end of the question, and for what is more likely
// no message at all: another operation than a query, bits that must be zero.
func Read(data []byte, stream bool, scratch []byte) (Message, bool) {
	if stream && len(data) > 2 {
		data = data[2:]
	}
	if len(data) < headerBytes {
		return Message{}, false
	}
	flags := binary.BigEndian.Uint16(data[2:])
	m := Message{
		Response: flags&0x8000 != 0, Rcode: uint8(flags & 15),
		Answers: int(binary.BigEndian.Uint16(data[6:])), whole: data,
	}
	const opcode, reserved = 0x7800, 0x0040
	if flags&(opcode|reserved) != 0 || binary.BigEndian.Uint16(data[4:]) != 1 || m.Answers > maxAnswers {
		return Message{}, false
	}
	start := len(scratch)
	name, next, ok := appendName(scratch, data, headerBytes)
	if !ok || next+4 > len(data) {
		return Message{}, false
	}
	m.Name = name[start:]
	m.Type = binary.BigEndian.Uint16(data[next:])
	m.records = next + 4
	return m, true
}

// Records calls do for each record of the answer that the captured bytes hold, 64 at
// most, until it returns false.
func (m *Message) Records(do func(r Record) bool) {
	off := m.records
	for range min(m.Answers, maxRecords) {
		next, ok := skipName(m.whole, off)
		if !ok || next+10 > len(m.whole) {
			return
		}
		size := int(binary.BigEndian.Uint16(m.whole[next+8:]))
		at := next + 10
		if at+size > len(m.whole) {
			return
		}
		r := Record{Type: binary.BigEndian.Uint16(m.whole[next:]), Data: m.whole[at : at+size : at+size], whole: m.whole, at: at}
		if !do(r) {
			return
		}
		off = at + size
	}
}

// Addr is the address that a record of type A or AAAA holds.
func (r Record) Addr() (netip.Addr, bool) {
	if r.Type == TypeA && len(r.Data) == 4 || r.Type == TypeAAAA && len(r.Data) == 16 {
		return netip.AddrFromSlice(r.Data)
	}
	return netip.Addr{}, false
}

// AppendTarget appends the name that a record of type CNAME, NS or PTR holds.
func (r Record) AppendTarget(b []byte) ([]byte, bool) {
	if r.Type != TypeCNAME && r.Type != TypeNS && r.Type != TypePTR {
		return b, false
	}
	out, next, ok := appendName(b, r.whole, r.at)
	if !ok || next > r.at+len(r.Data) {
		return b, false
	}
	return out, true
}

// appendName appends the name at off, and returns where the next field begins. A pointer
// leads backwards only, in front of all that was read of the name, so that each byte is
// looked at once at most.
func appendName(b, v []byte, off int) ([]byte, int, bool) {
	next, limit, start, wire := -1, len(v), len(b), 0
	for off < limit {
		n := int(v[off])
		switch {
		case n == 0:
			if next < 0 {
				next = off + 1
			}
			if len(b) == start {
				b = append(b, '.')
			}
			return b, next, true
		case n&0xc0 == 0xc0:
			if off+2 > limit {
				return b[:start], 0, false
			}
			to := (n&0x3f)<<8 | int(v[off+1])
			if next < 0 {
				next = off + 2
			}
			if to >= off {
				return b[:start], 0, false
			}
			limit, off = off, to
			continue
		}
		wire += 1 + n
		if n > maxLabel || off+1+n > limit || wire >= maxName {
			return b[:start], 0, false
		}
		if len(b) > start {
			b = append(b, '.')
		}
		b = appendLabel(b, v[off+1:off+1+n])
		off += 1 + n
	}
	return b[:start], 0, false
}

// appendLabel appends a label in small letters: names do not differ by case, and some
// resolvers mix it at will. A dot within a label is marked (RFC 1035, section 5.1).
func appendLabel(b, label []byte) []byte {
	for _, c := range label {
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '.' || c == '\\':
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return b
}

// skipName steps over a name, which may end in a pointer.
func skipName(v []byte, off int) (int, bool) {
	for off < len(v) {
		n := int(v[off])
		switch {
		case n == 0:
			return off + 1, true
		case n&0xc0 == 0xc0:
			return off + 2, off+2 <= len(v)
		case n > maxLabel:
			return 0, false
		}
		off += 1 + n
	}
	return 0, false
}

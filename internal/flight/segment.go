package flight

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/unloop-dev/unloop/event"
)

// A segment is a run of records in the order of their arrival. A record is an event, or a
// whole call: an exit with its enter.
//
//	u8      bits: 1 lengths are 32 bits wide, 2 flags follow, 4 the thread and 8 the
//	        processor are those of the record before, 16 an enter follows, 32 the enter
//	        says nothing that its exit does not say too, 64 a call as its source has it
//	u16     code
//	zigzag  time, thread, processor and number, less those of the record before; thread
//	        and processor only where they differ
//	uvarint flags, where they follow
//	uvarint number of parameters
//	...     lengths, then bytes of the parameters
//	zigzag  of the enter: how much earlier it was, and how much smaller its number is
//	...     of an enter that says more: u8 bits, u16 code, uvarint processor, flags,
//	        number of parameters, lengths, bytes
//
// A call as its source has it has no flags and no parameters. Instead follow how many bytes it
// takes, and those; its enter has the number before and the same time.
//
// The number counts the container's events as they came; time and number order them. In the
// portable layout exits repeat the parameters of their enters, and what is there twice is
// stored once. Segments live in memory only: their layout has no version.
type segment struct {
	data []byte
	// raw is how long data is before compression.
	raw    int
	packed bool
	// fast says how it is packed.
	fast bool
	// n counts events.
	n int
	// early is the earliest time of its events, first that of those that are no enters:
	// enters may be from long before their exit. last is the latest time.
	early, first, last uint64
	// minNum and maxNum are the numbers it spans.
	minNum, maxNum uint64
	// unsorted says that time or number goes back somewhere.
	unsorted bool
	// pins counts the Moments that hold it; gone says that no ring does any more.
	pins int
	gone bool
}

const (
	recLarge = 1 << iota
	recFlags
	recSameTid
	recSameCPU
	recCall
	recSame
	recRaw
)

// encoder appends records to a segment.
type encoder struct {
	ts, num uint64
	tid     int64
	cpu     uint16
}

func zigzag(v int64) uint64   { return uint64(v)<<1 ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

// maxRecord is the longest that a record can be without its lengths and bytes.
const maxRecord = 96

// add appends ev as the event with a number, with the enter that it ends unless in is nil.
// Both add up.
func (e *encoder) add(s *segment, in *call, ev *event.Event, num uint64) {
	need := maxRecord + len(ev.Lens) + len(ev.Data)
	if in != nil {
		need += len(in.buf)
	}
	b := room(s.data, need)
	bits := byte(0)
	if ev.Large {
		bits |= recLarge
	}
	if ev.Flags != 0 {
		bits |= recFlags
	}
	if in != nil {
		bits |= recCall
		if repeats(in, ev) {
			bits |= recSame
		}
	}
	b = e.begin(b, bits, ev.Type, ev.TsNanos, ev.Tid, ev.CPU, num)
	if bits&recFlags != 0 {
		b = appendVarint(b, uint64(ev.Flags))
	}
	b = appendVarint(b, uint64(ev.NParams))
	b = append(b, ev.Lens...)
	b = append(b, ev.Data...)
	early, low := ev.TsNanos, num
	if in != nil {
		early, low = min(early, in.ts), min(low, in.num)
		b = appendVarint(b, zigzag(int64(ev.TsNanos-in.ts)))
		b = appendVarint(b, zigzag(int64(num-in.num)))
		if bits&recSame == 0 {
			more := byte(0)
			if in.large {
				more |= recLarge
			}
			b = append(b, more, byte(in.typ), byte(in.typ>>8))
			b = appendVarint(b, uint64(in.cpu))
			b = appendVarint(b, uint64(in.flags))
			b = appendVarint(b, uint64(in.nparams))
			b = append(b, in.buf...)
		}
		s.n++
	}
	s.data, s.raw = b, len(b)
	if in != nil && in.ts > ev.TsNanos {
		s.unsorted = true
	}
	s.n++
	e.end(s, early, low, ev.TsNanos, num, in != nil || !classOf(ev.Type).enter)
}

// call appends a call as it is, whose exit has a number and whose enter the one before.
func (e *encoder) call(s *segment, c *Call, num uint64) {
	b := room(s.data, maxRecord+len(c.Raw))
	b = e.begin(b, recRaw, c.Exit, c.TsNanos, c.Tid, c.CPU, num)
	b = append(appendVarint(b, uint64(len(c.Raw))), c.Raw...)
	s.data, s.raw = b, len(b)
	s.n += 2
	e.end(s, c.TsNanos, num-1, c.TsNanos, num, true)
}

// room gives a buffer with room for n bytes more.
func room(b []byte, n int) []byte {
	if need := len(b) + n; need > cap(b) {
		return append(make([]byte, 0, max(need, min(4*cap(b), max(cap(b)+32<<10, cap(b)+cap(b)/2)))), b...)
	}
	return b
}

// begin appends what all records begin with.
func (e *encoder) begin(b []byte, bits byte, typ event.Type, ts uint64, tid int64, cpu uint16, num uint64) []byte {
	if tid == e.tid {
		bits |= recSameTid
	}
	if cpu == e.cpu {
		bits |= recSameCPU
	}
	b = append(b, bits, byte(typ), byte(typ>>8))
	b = appendVarint(b, zigzag(int64(ts-e.ts)))
	if bits&recSameTid == 0 {
		b = appendVarint(b, zigzag(tid-e.tid))
	}
	if bits&recSameCPU == 0 {
		b = appendVarint(b, uint64(cpu))
	}
	e.tid, e.cpu = tid, cpu
	return appendVarint(b, zigzag(int64(num-e.num)))
}

// end notes what a record spans in times and numbers; whole says that it is no enter alone.
func (e *encoder) end(s *segment, early, low, ts, num uint64, whole bool) {
	if s.minNum == 0 {
		s.early, s.last, s.minNum, s.maxNum = early, ts, low, num
		s.first = ^uint64(0)
	} else if early < e.ts || early == e.ts && low < e.num {
		s.unsorted = true
	}
	s.early, s.last = min(s.early, early), max(s.last, ts)
	s.minNum, s.maxNum = min(s.minNum, low), max(s.maxNum, num)
	if whole {
		s.first = min(s.first, ts)
	}
	e.ts, e.num = ts, num
}

// appendVarint is binary.AppendUvarint, with the short numbers that nearly all are inlined.
func appendVarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

// record is a decoded record; its bytes lie in the segment.
type record struct {
	ts, num    uint64
	tid        int64
	flags      uint32
	cpu        uint16
	typ        event.Type
	large      bool
	nparams    int
	lens, data []byte
}

// fill makes ev the event of the record.
func (r *record) fill(ev *event.Event) {
	*ev = event.Event{
		Num: r.num, TsNanos: r.ts, Tid: r.tid, CPU: r.cpu, Type: r.typ, Large: r.large, Flags: r.flags,
		NParams: r.nparams, Lens: r.lens, Data: r.data, Kind: event.KindOf(r.typ), FDNum: -1,
	}
}

// errSegment: a segment that does not decode, which only a bug can make.
var errSegment = errors.New("flight recorder: damaged segment")

// decoder reads records.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) varint() uint64 {
	if len(d.b) > 0 && d.b[0] < 0x80 {
		v := uint64(d.b[0])
		d.b = d.b[1:]
		return v
	}
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

// head reads bits and code.
func (d *decoder) head() (bits byte, typ event.Type) {
	if len(d.b) < 3 {
		d.bad, d.b = true, nil
		return 0, 0
	}
	bits, typ = d.b[0], event.Type(binary.LittleEndian.Uint16(d.b[1:]))
	d.b = d.b[3:]
	return bits, typ
}

// params reads the parameters into r.
func (d *decoder) params(r *record) {
	n := d.varint()
	width := uint64(2)
	if r.large {
		width = 4
	}
	if n > uint64(len(d.b)) || n*width > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return
	}
	r.nparams = int(n)
	r.lens, d.b = d.b[:n*width:n*width], d.b[n*width:]
	size := sizeOf(r.lens, r.large)
	if size > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return
	}
	r.data, d.b = d.b[:size:size], d.b[size:]
}

// call reads a call as its source has it into both of its events.
func (d *decoder) call(in, out *record, x Expander) {
	n := d.varint()
	if n > uint64(len(d.b)) || x == nil {
		d.bad, d.b = true, nil
		return
	}
	raw := d.b[:n]
	d.b = d.b[n:]
	enter, exit, ok := x(raw)
	if !ok {
		d.bad = true
		return
	}
	in.nparams, in.lens, in.data = enter.N, enter.Lens, enter.Data
	out.nparams, out.lens, out.data = exit.N, exit.Lens, exit.Data
}

// decode appends the events of raw bytes to out.
func decode(out []record, b []byte, x Expander) ([]record, error) {
	var e encoder
	d := decoder{b: b}
	for len(d.b) > 0 {
		bits, typ := d.head()
		r := record{typ: typ, large: bits&recLarge != 0, tid: e.tid, cpu: e.cpu}
		r.ts = e.ts + uint64(unzigzag(d.varint()))
		if bits&recSameTid == 0 {
			r.tid = e.tid + unzigzag(d.varint())
		}
		if bits&recSameCPU == 0 {
			r.cpu = uint16(d.varint())
		}
		r.num = e.num + uint64(unzigzag(d.varint()))
		if bits&recFlags != 0 {
			r.flags = uint32(d.varint())
		}
		if bits&recRaw == 0 {
			d.params(&r)
		} else {
			in := record{ts: r.ts, num: r.num - 1, tid: r.tid, cpu: r.cpu, typ: r.typ - 1}
			if d.call(&in, &r, x); !d.bad {
				out = append(out, in)
			}
		}
		if bits&recCall != 0 && !d.bad {
			in := record{tid: r.tid, cpu: r.cpu, typ: r.typ - 1}
			in.ts = r.ts - uint64(unzigzag(d.varint()))
			in.num = r.num - uint64(unzigzag(d.varint()))
			if bits&recSame != 0 {
				rebuild(&in, &r)
			} else {
				var more byte
				more, in.typ = d.head()
				in.large = more&recLarge != 0
				in.cpu, in.flags = uint16(d.varint()), uint32(d.varint())
				d.params(&in)
			}
			if !d.bad {
				out = append(out, in)
			}
		}
		if d.bad {
			return out, errSegment
		}
		out = append(out, r)
		e = encoder{ts: r.ts, num: r.num, tid: r.tid, cpu: r.cpu}
	}
	return out, nil
}

// sizeOf adds up lengths.
func sizeOf(lens []byte, large bool) uint64 {
	sum := uint64(0)
	if large {
		for ; len(lens) >= 4; lens = lens[4:] {
			sum += uint64(binary.LittleEndian.Uint32(lens))
		}
		return sum
	}
	for ; len(lens) >= 2; lens = lens[2:] {
		sum += uint64(binary.LittleEndian.Uint16(lens))
	}
	return sum
}

// addsUp reports whether lengths and bytes of an event fit, so that it may be kept.
func addsUp(ev *event.Event) bool {
	width := 2
	if ev.Large {
		width = 4
	}
	return ev.NParams >= 0 && len(ev.Lens) == width*ev.NParams && len(ev.Data) <= maxEvent && sizeOf(ev.Lens, ev.Large) == uint64(len(ev.Data))
}

// maxEvent is the longest event that is kept: container documents are the only ones
// beyond the 64 KiB of ordinary blocks.
const maxEvent = 1 << 20

// records gives the records of a segment in order. x is of the slot that it is of.
func (s *segment) records(out []record, p *packer, x Expander) ([]record, error) {
	raw := s.data
	if s.packed {
		var err error
		if s.fast {
			raw, err = p.unpackFast(s.data, s.raw)
		} else {
			raw, err = p.unpack(s.data, s.raw)
		}
		if err != nil {
			return out, fmt.Errorf("%w: %w", errSegment, err)
		}
	}
	at := len(out)
	out, err := decode(out, raw, x)
	if s.unsorted {
		sortRecords(out[at:])
	}
	return out, err
}

func sortRecords(list []record) {
	slices.SortFunc(list, func(a, b record) int {
		return cmp.Or(cmp.Compare(a.ts, b.ts), cmp.Compare(a.num, b.num))
	})
}

// bytes is what the segment takes in memory.
func (s *segment) bytes() int64 { return int64(cap(s.data)) + segmentOverhead }

// segmentOverhead is a segment without its data, and its place in a ring.
const segmentOverhead = 144

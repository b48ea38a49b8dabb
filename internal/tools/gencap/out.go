package main

import (
	"encoding/binary"
	"io"

	"github.com/unloop-dev/unloop/event"
)

// out encodes blocks straight into a buffer: millions of events pass through it, so
// nothing is made for one of them. Layouts are those of 2022 (see event.Kind.Classic).
type out struct {
	w   io.Writer
	buf []byte
	// start is where the open block begins, lens where its next parameter length stands.
	start, lens int
	// left counts the parameters that the open event still wants.
	left   int
	large  bool
	events uint64
	bytes  int64
	err    error
}

const flushAt = 1 << 20

// Block numbers of the capture format.
const (
	blockSection   = 0x0A0D0D0A
	blockMachine   = 0x201
	blockProcess   = 0x215
	blockFD        = 0x218
	blockEvent     = 0x216
	blockEventL    = 0x221
	blockInterface = 0x219
	blockUser      = 0x220
)

// block begins a block of any type; close ends it.
func (o *out) block(typ uint32) {
	o.start = len(o.buf)
	o.buf = binary.LittleEndian.AppendUint32(o.buf, typ)
	o.buf = append(o.buf, 0, 0, 0, 0)
}

func (o *out) close() {
	for (len(o.buf)-o.start)%4 != 0 {
		o.buf = append(o.buf, 0)
	}
	total := uint32(len(o.buf) - o.start + 4)
	binary.LittleEndian.PutUint32(o.buf[o.start+4:], total)
	o.buf = binary.LittleEndian.AppendUint32(o.buf, total)
	if len(o.buf) >= flushAt {
		o.flush()
	}
}

func (o *out) flush() {
	if o.err == nil {
		_, o.err = o.w.Write(o.buf)
	}
	o.bytes += int64(len(o.buf))
	o.buf = o.buf[:0]
}

// begin begins an event with n parameters; as many of the methods below follow, then end.
func (o *out) begin(ts uint64, cpu uint16, tid int64, typ event.Type, n int) {
	o.large = typ == evContainer
	if o.large {
		o.block(blockEventL)
	} else {
		o.block(blockEvent)
	}
	b := binary.LittleEndian.AppendUint16(o.buf, cpu)
	b = binary.LittleEndian.AppendUint64(b, ts)
	b = binary.LittleEndian.AppendUint64(b, uint64(tid))
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(typ))
	b = binary.LittleEndian.AppendUint32(b, uint32(n))
	o.lens = len(b)
	for range n {
		b = append(b, 0, 0)
		if o.large {
			b = append(b, 0, 0)
		}
	}
	o.buf = b
	o.left = n
	o.events++
}

func (o *out) end() {
	if o.left != 0 {
		panic("an event was given another number of parameters than it was begun with")
	}
	binary.LittleEndian.PutUint32(o.buf[o.start+26:], uint32(len(o.buf)-o.start-10))
	o.close()
}

func (o *out) size(n int) {
	o.left--
	if o.large {
		binary.LittleEndian.PutUint32(o.buf[o.lens:], uint32(n))
		o.lens += 4
		return
	}
	binary.LittleEndian.PutUint16(o.buf[o.lens:], uint16(n))
	o.lens += 2
}

func (o *out) i64(v int64) {
	o.size(8)
	o.buf = binary.LittleEndian.AppendUint64(o.buf, uint64(v))
}

func (o *out) u64(v uint64) { o.i64(int64(v)) }

func (o *out) u32(v uint32) {
	o.size(4)
	o.buf = binary.LittleEndian.AppendUint32(o.buf, v)
}

func (o *out) u16(v uint16) {
	o.size(2)
	o.buf = binary.LittleEndian.AppendUint16(o.buf, v)
}

func (o *out) u8(v uint8) {
	o.size(1)
	o.buf = append(o.buf, v)
}

func (o *out) str(s string) {
	o.size(len(s) + 1)
	o.buf = append(append(o.buf, s...), 0)
}

// raw is a parameter without an end mark; payloads are cut to the usual snap length.
func (o *out) raw(s []byte) {
	o.size(len(s))
	o.buf = append(o.buf, s...)
}

func (o *out) text(s string) {
	o.size(len(s))
	o.buf = append(o.buf, s...)
}

// The pieces of metadata entries.
func (o *out) p8(v uint8)   { o.buf = append(o.buf, v) }
func (o *out) p16(v uint16) { o.buf = binary.LittleEndian.AppendUint16(o.buf, v) }
func (o *out) p32(v uint32) { o.buf = binary.LittleEndian.AppendUint32(o.buf, v) }
func (o *out) p64(v uint64) { o.buf = binary.LittleEndian.AppendUint64(o.buf, v) }
func (o *out) pstr(s string) {
	o.p16(uint16(len(s)))
	o.buf = append(o.buf, s...)
}

// entry writes an entry that begins with its own length, counted from there.
func (o *out) entry(do func()) {
	at := len(o.buf)
	o.p32(0)
	do()
	binary.LittleEndian.PutUint32(o.buf[at:], uint32(len(o.buf)-at))
}

//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// encoder makes the parameters of one event, one after the other.
type encoder struct {
	lens, data []byte
}

func (e *encoder) reset() { e.lens, e.data = e.lens[:0], e.data[:0] }

func (e *encoder) done(before int) {
	e.lens = binary.LittleEndian.AppendUint16(e.lens, uint16(len(e.data)-before))
}

func (e *encoder) missing() { e.lens = append(e.lens, 0, 0) }

func (e *encoder) u8(v uint8) {
	e.data = append(e.data, v)
	e.lens = append(e.lens, 1, 0)
}

func (e *encoder) u16(v uint16) {
	e.data = binary.LittleEndian.AppendUint16(e.data, v)
	e.lens = append(e.lens, 2, 0)
}

func (e *encoder) u32(v uint32) {
	e.data = binary.LittleEndian.AppendUint32(e.data, v)
	e.lens = append(e.lens, 4, 0)
}

func (e *encoder) u64(v uint64) {
	e.data = binary.LittleEndian.AppendUint64(e.data, v)
	e.lens = append(e.lens, 8, 0)
}

func (e *encoder) i64(v int64) { e.u64(uint64(v)) }

// bytes adds a buffer; events hold at most 64 KiB and records less.
func (e *encoder) bytes(b []byte) {
	e.data = append(e.data, b...)
	e.lens = binary.LittleEndian.AppendUint16(e.lens, uint16(len(b)))
}

// text adds a text with the one NUL at its end.
func (e *encoder) text(b []byte) {
	b = cut(b)
	e.data = append(append(e.data, b...), 0)
	e.lens = binary.LittleEndian.AppendUint16(e.lens, uint16(len(b)+1))
}

func (e *encoder) str(s string) {
	e.data = append(append(e.data, s...), 0)
	e.lens = binary.LittleEndian.AppendUint16(e.lens, uint16(len(s)+1))
}

// event makes the event of what was added.
func (e *encoder) event(ev *event.Event, typ event.Type, ts uint64, tid int64, cpu uint16) {
	*ev = event.Event{
		TsNanos: ts, Tid: tid, CPU: cpu, Type: typ, NParams: len(e.lens) / 2,
		Lens: e.lens, Data: e.data, Kind: event.KindOf(typ), FDNum: -1,
	}
}

// op adds one parameter from a record.
type op struct {
	do func(e *encoder, r record, n int)
	n  int
	// args are the arguments of the call that it reads, a bit for each.
	args uint8
}

// ofArg is an op on one argument.
func ofArg(n int, do func(e *encoder, r record, n int)) op { return op{do, n, 1 << n} }

func (e *encoder) run(ops []op, r record) {
	e.reset()
	for i := range ops {
		ops[i].do(e, r, ops[i].n)
	}
}

// Parameters of calls. The names say what is taken from the record, the numbers which
// argument of the call.

var (
	ret  = op{do: func(e *encoder, r record, _ int) { e.i64(r.ret()) }}
	none = op{do: func(e *encoder, _ record, _ int) { e.missing() }}
	// text0 and text1 are the texts of calls that have them.
	text0 = op{do: func(e *encoder, r record, _ int) { textAt(e, r, 0, 0) }}
	text1 = op{do: func(e *encoder, r record, _ int) { textAt(e, r, 1, pathMax) }}
	data  = op{do: func(e *encoder, r record, _ int) { e.bytes(r.data()) }}
)

func textAt(e *encoder, r record, n, off int) {
	if b, ok := r.text(n, off); ok {
		e.text(b)
		return
	}
	e.missing()
}

// fd is an argument that is a descriptor, pid one that is a process, which calls have as
// numbers of 32 bits.
func fd(n int) op {
	return ofArg(n, func(e *encoder, r record, n int) { e.i64(int64(int32(r.arg(n)))) })
}

func pid(n int) op { return fd(n) }

func arg8(n int) op  { return ofArg(n, func(e *encoder, r record, n int) { e.u8(uint8(r.arg(n))) }) }
func arg16(n int) op { return ofArg(n, func(e *encoder, r record, n int) { e.u16(uint16(r.arg(n))) }) }
func arg32(n int) op { return ofArg(n, func(e *encoder, r record, n int) { e.u32(uint32(r.arg(n))) }) }
func arg64(n int) op { return ofArg(n, func(e *encoder, r record, n int) { e.u64(r.arg(n)) }) }

// via is an argument of 32 bits after a translation.
func via(f func(uint64) uint32, n int) op {
	return ofArg(n, func(e *encoder, r record, n int) { e.u32(f(r.arg(n))) })
}

func via8(f func(uint64) uint32, n int) op {
	return ofArg(n, func(e *encoder, r record, n int) { e.u8(uint8(f(r.arg(n)))) })
}

func const32(v uint32) op {
	return op{do: func(e *encoder, _ record, n int) { e.u32(uint32(n)) }, n: int(v)}
}

// word32 and word64 are numbers in the payload of calls that have bytes there.
func word32(at int) op {
	return op{do: func(e *encoder, r record, at int) { word(e, r, at, 4) }, n: at}
}

func word64(at int) op {
	return op{do: func(e *encoder, r record, at int) { word(e, r, at, 8) }, n: at}
}

// fdWord is a descriptor in the payload.
func fdWord(at int) op {
	return op{do: func(e *encoder, r record, at int) {
		b := r.part(0, 0)
		if len(b) < at+4 {
			e.i64(-1)
			return
		}
		e.i64(int64(int32(binary.LittleEndian.Uint32(b[at:]))))
	}, n: at}
}

func word(e *encoder, r record, at, width int) {
	b := r.part(0, 0)
	if len(b) < at+width {
		e.missing()
		return
	}
	e.bytes(b[at : at+width])
}

// dev and ino are of what was opened, behind the text.
var (
	dev = op{do: func(e *encoder, r record, _ int) {
		if b := r.part(1, pathMax); len(b) == 16 {
			e.u32(uint32(binary.LittleEndian.Uint64(b)))
			return
		}
		e.u32(0)
	}}
	ino = op{do: func(e *encoder, r record, _ int) {
		if b := r.part(1, pathMax); len(b) == 16 {
			e.u64(binary.LittleEndian.Uint64(b[8:]))
			return
		}
		e.u64(0)
	}}
	// mode is the argument that only counts where a file may be created.
	zero32 = const32(0)
)

package scap

import (
	"encoding/binary"
	"fmt"

	"github.com/unloop-dev/unloop/event"
)

// Builder makes events from typed values, in the portable layout: an exit has the
// parameters that every reader since 2022 takes, on failure too, and strings end in one
// NUL. The zero value is ready; its buffers are reused, so that an event is valid until
// the next call.
type Builder struct {
	lens, data []byte
}

// Missing stands for a parameter that is not known: it takes no bytes.
type Missing struct{}

// Build fills ev with an event of a code. Values are given in the order of the kind's
// parameters: any integer for numbers, string or []byte for text, []byte for buffers
// and addresses, Missing where nothing is known. Left-out values at the end are Missing.
// It fails where a value does not fit its parameter's type.
func (b *Builder) Build(ev *event.Event, typ event.Type, ts uint64, tid int64, cpu uint16, values ...any) error {
	k := event.KindOf(typ)
	if k == nil || k.Flags&event.Unused != 0 {
		return fmt.Errorf("%w: code %d", ErrBadEvent, typ)
	}
	n := int(k.Portable)
	if len(values) > n {
		return fmt.Errorf("%w: %s takes %d parameters, got %d", ErrBadEvent, k.Name, n, len(values))
	}
	b.lens, b.data = b.lens[:0], b.data[:0]
	large := k.Flags&event.LargePayload != 0
	for i := range n {
		before := len(b.data)
		if i < len(values) {
			if err := b.value(&k.Params[i], values[i]); err != nil {
				return fmt.Errorf("%w: %s.%s: %w", ErrBadEvent, k.Name, k.Params[i].Name, err)
			}
		}
		size := len(b.data) - before
		switch {
		case large:
			b.lens = le32(b.lens, uint32(size))
		case size > 65480:
			return fmt.Errorf("%w: %s.%s", ErrTooLong, k.Name, k.Params[i].Name)
		default:
			b.lens = le16(b.lens, uint16(size))
		}
	}
	*ev = event.Event{
		TsNanos: ts, Tid: tid, CPU: cpu, Type: typ, Large: large, NParams: n,
		Lens: b.lens, Data: b.data, Kind: k, FDNum: -1,
	}
	return nil
}

// value appends one value as its parameter wants it.
func (b *Builder) value(p *event.Param, v any) error {
	if _, ok := v.(Missing); ok || v == nil {
		return nil
	}
	width := Width(p.Type)
	switch v := v.(type) {
	case string:
		return b.text(p, []byte(v))
	case []byte:
		if isText(p.Type) {
			return b.text(p, v)
		}
		if width > 0 && len(v) != width && len(v) != 0 {
			return fmt.Errorf("%d bytes for a number of %d", len(v), width)
		}
		b.data = append(b.data, v...)
		return nil
	case bool:
		if v {
			return b.number(width, 1)
		}
		return b.number(width, 0)
	}
	n, ok := integer(v)
	if !ok {
		return fmt.Errorf("no encoding for %T", v)
	}
	return b.number(width, n)
}

func isText(t event.ParamType) bool {
	return t == event.CharBuf || t == event.FSPath || t == event.FSRelPath
}

func (b *Builder) text(p *event.Param, s []byte) error {
	if !isText(p.Type) && p.Type != event.ByteBuf {
		return fmt.Errorf("text for type %d", p.Type)
	}
	if p.Type == event.ByteBuf {
		b.data = append(b.data, s...)
		return nil
	}
	// One NUL, and at the end only: current readers stop at any other.
	s = event.CString(s)
	b.data = append(append(b.data, s...), 0)
	return nil
}

func (b *Builder) number(width int, n uint64) error {
	if width == 0 {
		return fmt.Errorf("a number for a type that is none")
	}
	// It must fit as it is, or as a negative number of the width.
	if width < 8 {
		high := int64(n) >> (8*width - 1)
		if n>>(8*width) != 0 && high != -1 {
			return fmt.Errorf("%d does not fit %d bytes", int64(n), width)
		}
	}
	var tmp [8]byte
	binary.LittleEndian.PutUint64(tmp[:], n)
	b.data = append(b.data, tmp[:width]...)
	return nil
}

func integer(v any) (uint64, bool) {
	switch v := v.(type) {
	case int:
		return uint64(v), true
	case int64:
		return uint64(v), true
	case int32:
		return uint64(v), true
	case int16:
		return uint64(v), true
	case int8:
		return uint64(v), true
	case uint:
		return uint64(v), true
	case uint64:
		return v, true
	case uint32:
		return uint64(v), true
	case uint16:
		return uint64(v), true
	case uint8:
		return uint64(v), true
	}
	return 0, false
}

// Width is how many bytes a value of a type takes, 0 where that varies.
func Width(t event.ParamType) int {
	switch t {
	case event.Int8, event.Uint8, event.Flags8, event.EnumFlags8, event.SigType, event.SockFamily, event.L4Proto:
		return 1
	case event.Int16, event.Uint16, event.Flags16, event.EnumFlags16, event.SyscallID, event.Port:
		return 2
	case event.Int32, event.Uint32, event.Flags32, event.EnumFlags32, event.Mode, event.UID, event.GID,
		event.SigSet, event.Bool, event.IPv4Addr, event.Fd32, event.Pid32:
		return 4
	case event.Int64, event.Uint64, event.Errno, event.Fd, event.Pid, event.RelTime, event.AbsTime, event.Double:
		return 8
	case event.IPv6Addr:
		return 16
	}
	return 0
}

// Write builds an event and writes it.
func (w *Writer) Write(b *Builder, typ event.Type, ts uint64, tid int64, cpu uint16, values ...any) error {
	var ev event.Event
	if err := b.Build(&ev, typ, ts, tid, cpu, values...); err != nil {
		return err
	}
	return w.WriteEvent(&ev)
}

// Tuple4 encodes the ends of an IPv4 connection as a parameter of type SockTuple.
func Tuple4(src [4]byte, sport uint16, dst [4]byte, dport uint16) []byte {
	b := append([]byte{2}, src[:]...)
	b = append(le16(b, sport), dst[:]...)
	return le16(b, dport)
}

// Tuple6 is Tuple4 for IPv6.
func Tuple6(src [16]byte, sport uint16, dst [16]byte, dport uint16) []byte {
	b := append([]byte{10}, src[:]...)
	b = append(le16(b, sport), dst[:]...)
	return le16(b, dport)
}

// TupleUnix encodes the ends of a unix socket: kernel addresses and the path.
func TupleUnix(source, peer uint64, path string) []byte {
	b := le64([]byte{1}, source)
	b = le64(b, peer)
	return append(append(b, path...), 0)
}

// Addr4 encodes an IPv4 address as a parameter of type SockAddr.
func Addr4(ip [4]byte, port uint16) []byte { return le16(append([]byte{2}, ip[:]...), port) }

// Addr6 is Addr4 for IPv6.
func Addr6(ip [16]byte, port uint16) []byte { return le16(append([]byte{10}, ip[:]...), port) }

// AddrUnix encodes the path of a unix socket as a parameter of type SockAddr.
func AddrUnix(path string) []byte { return append(append([]byte{1}, path...), 0) }

// FDList encodes the descriptors and poll flags of a poll call.
func FDList(pairs ...[2]int64) []byte {
	b := le16(nil, uint16(len(pairs)))
	for _, p := range pairs {
		b = le16(le64(b, uint64(p[0])), uint16(p[1]))
	}
	return b
}

package filter

import (
	"encoding/binary"
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// Parameters are shown in two parts: the raw one, a number or a text, and the resolved
// one, which says what the number stands for: -2 and ENOENT, 3 and <f>/etc/hosts. The
// forms are those of sysdig 0.29.3.

// appendArgs appends all parameters of the event as name=raw(resolved), each followed
// by a blank.
func (s *scope) appendArgs(b []byte) []byte {
	ev := s.ev
	if ev.Kind == nil || ev.Type <= 1 {
		return b // the two parameters of generic calls are its name
	}
	off, n := 0, s.nparams()
	for i := range n {
		size := paramLen(ev, i)
		v := ev.Data[off : off+size]
		off += size
		p := &ev.Kind.Params[i]
		b = append(b, p.Name...)
		b = append(b, '=')
		b = s.appendRaw(b, p, v)
		mark := len(b)
		b = append(b, '(')
		b = s.appendResolved(b, p, v)
		if len(b) == mark+1 {
			b = append(b[:mark], ' ')
			continue
		}
		b = append(b, ") "...)
	}
	return b
}

// paramLen is the length of parameter i, which the event holds.
func paramLen(ev *event.Event, i int) int {
	if ev.Large {
		return int(binary.LittleEndian.Uint32(ev.Lens[4*i:]))
	}
	return int(binary.LittleEndian.Uint16(ev.Lens[2*i:]))
}

// appendArg appends the resolved part of a parameter, or the raw one where there is none.
func (s *scope) appendArg(b []byte, p *event.Param, v []byte) []byte {
	mark := len(b)
	if b = s.appendResolved(b, p, v); len(b) > mark {
		return b
	}
	return s.appendRaw(b, p, v)
}

// variant gives the parameter and the bytes that a dynamic parameter stands for.
func variant(p *event.Param, v []byte) (*event.Param, []byte) {
	if p.Type == event.Dyn && len(v) > 0 && int(v[0]) < len(p.Variants) {
		return &p.Variants[v[0]], v[1:]
	}
	return p, v
}

// appendRaw appends the raw part of a parameter.
func (s *scope) appendRaw(b []byte, p *event.Param, v []byte) []byte {
	format := p.Fmt
	p, v = variant(p, v)
	switch p.Type {
	case event.Int8, event.Int16, event.Int32, event.Int64:
		n, _ := event.Signed(v)
		return appendNumber(b, uint64(n), format, true, len(v))
	case event.Uint32, event.Uint64:
		// As sysdig: the largest values are what programs meant as -1 and the like.
		n, _ := event.Signed(v)
		return appendNumber(b, uint64(n), format, true, len(v))
	case event.Uint8, event.Uint16, event.Port, event.Mode, event.L4Proto:
		n, _ := event.Unsigned(v)
		return appendNumber(b, n, format, false, len(v))
	case event.Errno, event.Fd, event.Pid, event.Fd32, event.Pid32:
		if len(v) == 0 {
			return append(b, "NULL"...)
		}
		n, _ := event.Signed(v)
		return strconv.AppendInt(b, n, 10)
	case event.CharBuf:
		return s.appendText(b, event.CString(v))
	case event.FSPath, event.FSRelPath:
		return appendPrintable(b, event.CString(v))
	case event.ByteBuf, event.CharBufArray, event.CharBufPairArray:
		return s.appendBuffer(b, v)
	case event.SockAddr:
		return appendSockAddr(b, v)
	case event.SockTuple:
		return appendSockTuple(b, v)
	case event.FdList:
		return s.appendFDList(b, v)
	case event.SyscallID, event.SigType, event.Flags8, event.Flags16, event.Flags32, event.EnumFlags8, event.EnumFlags16, event.EnumFlags32, event.SockFamily:
		n, _ := event.Unsigned(v)
		return strconv.AppendUint(b, n, 10)
	case event.SigSet:
		return appendSigSet(b, v)
	case event.RelTime:
		n, ok := event.Unsigned(v)
		if !ok || n == ^uint64(0) {
			return append(b, "none"...)
		}
		return strconv.AppendUint(b, n, 10)
	case event.AbsTime:
		n, _ := event.Unsigned(v)
		b = s.appendTime(b, n, true, true)
		return append(b, " +0000"...)
	case event.UID, event.GID:
		n, _ := event.Unsigned(v)
		return strconv.AppendInt(b, int64(int32(uint32(n))), 10)
	case event.Bool:
		n, _ := event.Unsigned(v)
		return strconv.AppendUint(b, n, 10)
	}
	return append(b, "(n.a.)"...)
}

// appendNumber appends a number in one of the formats. Hex and octal show negative
// numbers in two's complement of their width.
func appendNumber(b []byte, n uint64, f event.Format, signed bool, width int) []byte {
	switch f {
	case event.Hex:
		return appendHex(b, cut(n, width), true)
	case event.Oct:
		if n = cut(n, width); n != 0 {
			b = append(b, '0')
		}
		return strconv.AppendUint(b, n, 8)
	case event.PaddedDec:
		return appendPadded(b, n)
	}
	if signed {
		return strconv.AppendInt(b, int64(n), 10)
	}
	return strconv.AppendUint(b, n, 10)
}

func cut(n uint64, width int) uint64 {
	if width >= 8 || width == 0 {
		return n
	}
	return n & (1<<(8*width) - 1)
}

func appendPadded(b []byte, n uint64) []byte {
	if n < second {
		return appendNanos(b, n)
	}
	return strconv.AppendUint(b, n, 10)
}

func appendHex(b []byte, n uint64, upper bool) []byte {
	digits := "0123456789abcdef"
	if upper {
		digits = "0123456789ABCDEF"
	}
	var d [16]byte
	i := len(d)
	for {
		i--
		d[i] = digits[n&15]
		if n >>= 4; n == 0 {
			return append(b, d[i:]...)
		}
	}
}

// appendResolved appends the resolved part of a parameter, nothing where it has none.
func (s *scope) appendResolved(b []byte, p *event.Param, v []byte) []byte {
	names := p.Names
	whole := p
	p, v = variant(p, v)
	switch p.Type {
	case event.Errno:
		if n, ok := event.Signed(v); ok && n < 0 {
			return append(b, event.ErrnoName(-n)...)
		}
	case event.Fd, event.Fd32:
		if n, ok := event.Signed(v); ok {
			return s.appendFD(b, n)
		}
	case event.Pid, event.Pid32:
		if n, ok := event.Signed(v); ok {
			if t := s.thread(n); t != nil {
				return s.appendString(b, t.Comm)
			}
		}
	case event.FSPath, event.FSRelPath:
		if path := event.CString(v); len(path) > 0 && path[0] != '/' && s.ev.Thread != nil {
			return s.appendPath(b, whole, path)
		}
	case event.SyscallID:
		if n, ok := event.Unsigned(v); ok {
			if c, ok := event.SyscallOf(uint16(n)); ok {
				return append(b, c.Name...)
			}
		}
	case event.SigType:
		if n, ok := event.Unsigned(v); ok {
			return append(b, event.SignalName(int64(n))...)
		}
	case event.RelTime:
		if n, ok := event.Unsigned(v); ok && n != ^uint64(0) {
			return append(strconv.AppendFloat(b, float64(n)/second, 'g', 6, 64), 's')
		}
	case event.Flags8, event.Flags16, event.Flags32, event.Mode:
		n, _ := event.Unsigned(v)
		return appendFlags(b, uint32(n), names)
	case event.EnumFlags8, event.EnumFlags16, event.EnumFlags32:
		n, _ := event.Unsigned(v)
		for i := range names {
			if names[i].Value == uint32(n) {
				return append(b, names[i].Name...)
			}
		}
	case event.UID:
		return s.appendUser(b, v)
	case event.GID:
		return s.appendGroup(b, v)
	}
	return b
}

// appendFlags appends the words of a set of flags. The table is walked in its order
// up to the word that stands for the whole value; what a word covers is not named again.
func appendFlags(b []byte, n uint32, names []event.FlagName) []byte {
	rest, first := n, true
	for i := range names {
		f := &names[i]
		whole := f.Value == n
		if !whole && (f.Value == 0 || rest&f.Value != f.Value) {
			continue
		}
		if !first {
			b = append(b, '|')
		}
		b = append(b, f.Name...)
		first = false
		if rest &^= f.Value; whole {
			break
		}
	}
	return b
}

func appendSigSet(b []byte, v []byte) []byte {
	n, _ := event.Unsigned(v)
	first := true
	for sig := range 32 {
		if n&(1<<sig) == 0 {
			continue
		}
		name := event.SignalName(int64(sig + 1))
		if name == "" {
			continue
		}
		if !first {
			b = append(b, ' ')
		}
		b = append(b, name...)
		first = false
	}
	return b
}

func (s *scope) appendUser(b, v []byte) []byte {
	n, ok := event.Unsigned(v)
	if !ok || uint32(n) == ^uint32(0) {
		return append(b, "<NONE>"...)
	}
	if s.State != nil {
		if u := s.State.User(uint32(n)); u != nil {
			return s.appendString(b, u.Name)
		}
	}
	return append(b, "<NA>"...)
}

func (s *scope) appendGroup(b, v []byte) []byte {
	n, ok := event.Unsigned(v)
	if !ok || uint32(n) == ^uint32(0) {
		return append(b, "<NONE>"...)
	}
	if s.State != nil {
		if g := s.State.Group(uint32(n)); g != nil {
			return s.appendString(b, g.Name)
		}
	}
	return append(b, "<NA>"...)
}

// thread looks a thread up; the event's own needs no search.
func (s *scope) thread(tid int64) *event.Thread {
	if t := s.ev.Thread; t != nil && t.Tid == tid {
		return t
	}
	if s.State == nil {
		return nil
	}
	return s.State.Thread(tid)
}

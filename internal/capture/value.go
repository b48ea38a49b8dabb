package capture

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/unloop-dev/unloop/event"
)

// Text renders a parameter for a reader: names for errors and flags, quotes around
// text, addresses as usual. Bytes beyond limit are left out; 0 is no limit.
func Text(p *event.Param, b []byte, limit int) string {
	if len(b) == 0 {
		return "-"
	}
	switch p.Type {
	case event.CharBuf, event.FSPath, event.FSRelPath:
		return quote(event.CString(b), limit)
	case event.ByteBuf, event.CharBufArray, event.CharBufPairArray:
		return quote(b, limit)
	case event.SockAddr:
		if s := sockaddr(b); s != "" {
			return s
		}
		return hexed(b, limit)
	case event.SockTuple:
		if s := string(event.AppendTuple(nil, b)); s != "" {
			return s
		}
		return hexed(b, limit)
	case event.Errno, event.Fd, event.Pid:
		n, ok := event.Signed(b)
		if !ok {
			return hexed(b, limit)
		}
		if n < 0 && n > -4096 {
			if name := event.ErrnoName(-n); name != "" && !(p.Type == event.Fd && n == -100) {
				return strconv.FormatInt(n, 10) + " (" + name + ")"
			}
		}
		if p.Type == event.Fd && n == -100 {
			return "AT_FDCWD"
		}
		return strconv.FormatInt(n, 10)
	case event.Int8, event.Int16, event.Int32, event.Int64, event.Pid32, event.Fd32:
		if n, ok := event.Signed(b); ok {
			return strconv.FormatInt(n, 10)
		}
	case event.SigType:
		if n, ok := event.Unsigned(b); ok {
			if name := event.SignalName(int64(n)); name != "" {
				return name
			}
			return strconv.FormatUint(n, 10)
		}
	case event.SyscallID:
		if n, ok := event.Unsigned(b); ok {
			if c, known := event.SyscallOf(uint16(n)); known {
				return c.Name
			}
			return strconv.FormatUint(n, 10)
		}
	}
	n, ok := event.Unsigned(b)
	if !ok {
		return hexed(b, limit)
	}
	if words := flagWords(p, n); words != "" {
		return words
	}
	switch p.Fmt {
	case event.Hex:
		return "0x" + strconv.FormatUint(n, 16)
	case event.Oct:
		return "0" + strconv.FormatUint(n, 8)
	}
	return strconv.FormatUint(n, 10)
}

// flagWords names a flag or the bits of a set; "" where no name fits.
func flagWords(p *event.Param, n uint64) string {
	if len(p.Names) == 0 || n>>32 != 0 {
		return ""
	}
	for _, f := range p.Names {
		if uint64(f.Value) == n {
			return f.Name
		}
	}
	switch p.Type {
	case event.EnumFlags8, event.EnumFlags16, event.EnumFlags32:
		return ""
	}
	var out []string
	left := uint32(n)
	for _, f := range p.Names {
		if f.Value != 0 && left&f.Value == f.Value {
			out = append(out, f.Name)
			left &^= f.Value
		}
	}
	if len(out) == 0 {
		return ""
	}
	if left != 0 {
		out = append(out, "0x"+strconv.FormatUint(uint64(left), 16))
	}
	return strings.Join(out, "|")
}

func sockaddr(b []byte) string {
	switch {
	case b[0] == 2 && len(b) >= 7:
		return addrPort(b[1:5], b[5:7])
	case b[0] == 10 && len(b) >= 19:
		return addrPort(b[1:17], b[17:19])
	case b[0] == 1:
		return quote(event.CString(b[1:]), 0)
	}
	return ""
}

func addrPort(ip, port []byte) string {
	a, _ := netip.AddrFromSlice(ip)
	n, _ := event.Unsigned(port)
	return netip.AddrPortFrom(a, uint16(n)).String()
}

func quote(b []byte, limit int) string {
	more := ""
	if limit > 0 && len(b) > limit {
		b, more = b[:limit], "..."
	}
	if utf8.Valid(b) {
		return strconv.Quote(string(b)) + more
	}
	return strconv.QuoteToASCII(string(b)) + more
}

func hexed(b []byte, limit int) string {
	if limit > 0 && len(b) > limit {
		return hex.EncodeToString(b[:limit]) + "..."
	}
	return hex.EncodeToString(b)
}

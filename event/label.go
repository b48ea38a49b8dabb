package event

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// String is the name of what the descriptor stands for, as fd.name shows it: a
// path, "pipe:[7]", "clientip:port->serverip:port", "ip:port" of a listening socket.
func (f *FD) String() string {
	if f == nil {
		return ""
	}
	switch f.Kind {
	case FDIPv4, FDIPv6, FDIPv4Listen, FDIPv6Listen:
		if f.Name != "" {
			return f.Name
		}
		return string(f.AppendName(nil))
	}
	return f.Name
}

// AppendName appends String to b.
func (f *FD) AppendName(b []byte) []byte {
	switch f.Kind {
	case FDIPv4, FDIPv6:
		if !f.Named {
			return append(b, f.Name...)
		}
		b = appendEnd(b, f.ClientIP, f.ClientPort, f.Kind == FDIPv6)
		b = append(b, "->"...)
		return appendEnd(b, f.ServerIP, f.ServerPort, f.Kind == FDIPv6)
	case FDIPv4Listen, FDIPv6Listen:
		return appendEnd(b, f.ServerIP, f.ServerPort, f.Kind == FDIPv6Listen)
	}
	return append(b, f.Name...)
}

func appendEnd(b []byte, ip [16]byte, port uint16, v6 bool) []byte {
	b = AppendIP(b, ip, v6)
	b = append(b, ':')
	return strconv.AppendUint(b, uint64(port), 10)
}

// AppendIP appends an address, as FD holds it, in the usual text form. IPv4
// addresses are the first four bytes.
func AppendIP(b []byte, ip [16]byte, v6 bool) []byte {
	if !v6 {
		return netip.AddrFrom4([4]byte(ip[:4])).AppendTo(b)
	}
	return netip.AddrFrom16(ip).AppendTo(b)
}

// AppendTuple appends a parameter of type SockTuple in the form in which evt.args shows
// it, nothing for an unknown family or a short one.
func AppendTuple(b, tuple []byte) []byte {
	if len(tuple) == 0 {
		return b
	}
	switch {
	case tuple[0] == 2 && len(tuple) >= 13:
		b = appendPacked(b, tuple[1:5], tuple[5:7])
		b = append(b, "->"...)
		return appendPacked(b, tuple[7:11], tuple[11:13])
	case tuple[0] == 10 && len(tuple) >= 37:
		if v4Mapped(tuple[1:17]) && v4Mapped(tuple[19:35]) {
			b = appendPacked(b, tuple[13:17], tuple[17:19])
			b = append(b, "->"...)
			return appendPacked(b, tuple[31:35], tuple[35:37])
		}
		b = appendPacked(b, tuple[1:17], tuple[17:19])
		b = append(b, "->"...)
		return appendPacked(b, tuple[19:35], tuple[35:37])
	case tuple[0] == 1 && len(tuple) >= 17:
		b = strconv.AppendUint(b, binary.LittleEndian.Uint64(tuple[1:]), 16)
		b = append(b, "->"...)
		b = strconv.AppendUint(b, binary.LittleEndian.Uint64(tuple[9:]), 16)
		if path := CString(tuple[17:]); len(path) > 0 {
			b = append(b, ' ')
			b = append(b, path...)
		}
	}
	return b
}

func v4Mapped(ip []byte) bool { return [12]byte(ip) == [12]byte{10: 0xFF, 11: 0xFF} }

// appendPacked appends an address in packet order and a little-endian port.
func appendPacked(b, ip, port []byte) []byte {
	a, _ := netip.AddrFromSlice(ip)
	b = a.AppendTo(b)
	b = append(b, ':')
	return strconv.AppendUint(b, uint64(binary.LittleEndian.Uint16(port)), 10)
}

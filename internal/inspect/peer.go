package inspect

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// peerName numbers the connection that a connect was about where its descriptor has no
// name: one that failed was never made. Both ends are in the tuple, the other end
// alone in the address.
func (b *Builder) peerName(h *happening) {
	if h.name != noneID && b.d.names[h.name].text != 0 {
		return
	}
	var f event.FD
	if h.ev.FD != nil {
		f.L4 = h.ev.FD.L4
	}
	for _, get := range []func(string) ([]byte, bool){h.ev.Named, h.ev.Enter.Named} {
		if p, ok := get("tuple"); ok && tupleEnds(p, &f) {
			f.Named = true
			h.name = b.nameOf(&f)
			return
		}
		if p, ok := get("addr"); ok && addrEnd(p, &f) {
			h.name = b.nameOf(&f)
			return
		}
	}
}

// Address families of Linux.
const (
	afUnix  = 1
	afINET  = 2
	afINET6 = 10
)

// tupleEnds reads a parameter of type SockTuple: the family, then source and destination.
func tupleEnds(p []byte, f *event.FD) bool {
	n := 4
	switch {
	case len(p) >= 13 && p[0] == afINET:
		f.Kind = event.FDIPv4
	case len(p) >= 37 && p[0] == afINET6:
		f.Kind, n = event.FDIPv6, 16
	case len(p) > 17 && p[0] == afUnix:
		f.Kind, f.Name = event.FDUnix, string(event.CString(p[17:]))
		return f.Name != ""
	default:
		return false
	}
	copy(f.ClientIP[:], p[1:1+n])
	f.ClientPort = binary.LittleEndian.Uint16(p[1+n:])
	copy(f.ServerIP[:], p[3+n:3+2*n])
	f.ServerPort = binary.LittleEndian.Uint16(p[3+2*n:])
	return f.ServerPort != 0
}

// addrEnd reads a parameter of type SockAddr: the family, then one end.
func addrEnd(p []byte, f *event.FD) bool {
	n := 4
	switch {
	case len(p) >= 7 && p[0] == afINET:
		f.Kind = event.FDIPv4
	case len(p) >= 19 && p[0] == afINET6:
		f.Kind, n = event.FDIPv6, 16
	case len(p) > 2 && p[0] == afUnix:
		f.Kind, f.Name = event.FDUnix, string(event.CString(p[1:]))
		return f.Name != ""
	default:
		return false
	}
	copy(f.ServerIP[:], p[1:1+n])
	f.ServerPort = binary.LittleEndian.Uint16(p[1+n:])
	listen := event.FD{Kind: event.FDIPv4Listen, ServerIP: f.ServerIP, ServerPort: f.ServerPort}
	if n == 16 {
		listen.Kind = event.FDIPv6Listen
	}
	f.Name = string(listen.AppendName(nil))
	return f.ServerPort != 0
}

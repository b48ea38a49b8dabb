package filter

import (
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// fdWord is how a kind of descriptor is called.
type fdWord struct {
	name string
	char byte
}

var fdWords = [...]fdWord{
	event.FDUnknown:     {"unknown", 'o'},
	event.FDFileOld:     {"file", 'f'},
	event.FDDirectory:   {"directory", 'd'},
	event.FDIPv4:        {"ipv4", '4'},
	event.FDIPv6:        {"ipv6", '6'},
	event.FDIPv4Listen:  {"ipv4", '4'},
	event.FDIPv6Listen:  {"ipv6", '6'},
	event.FDPipe:        {"pipe", 'p'},
	event.FDUnix:        {"unix", 'u'},
	event.FDEvent:       {"event", 'e'},
	event.FDUnsupported: {"unsupported", 'X'},
	event.FDSignal:      {"signalfd", 's'},
	event.FDEventPoll:   {"eventpoll", 'l'},
	event.FDInotify:     {"inotify", 'i'},
	event.FDTimer:       {"timerfd", 't'},
	event.FDNetlink:     {"netlink", 'n'},
	event.FDFile:        {"file", 'f'},
	event.FDBPF:         {"bpf", 'b'},
	event.FDUserfault:   {"userfaultfd", 'u'},
	event.FDIOURing:     {"io_uring", 'r'},
	event.FDMemfd:       {"memfd", 'm'},
	event.FDPid:         {"pidfd", 'P'},
}

func wordOf(k event.FDKind) fdWord {
	if int(k) < len(fdWords) {
		return fdWords[k]
	}
	return fdWord{"<NA>", '?'}
}

func isInet(k event.FDKind) bool { return k >= event.FDIPv4 && k <= event.FDIPv6Listen }

func isFile(k event.FDKind) bool { return k == event.FDFileOld || k == event.FDFile }

// transport is the protocol of a socket as far as it is known: for a connection once
// its ends have roles.
func transport(f *event.FD) event.L4 {
	switch f.Kind {
	case event.FDIPv4, event.FDIPv6:
		if f.Role == event.RoleUnknown && f.L4 != event.L4Raw {
			return event.L4NA
		}
		return f.L4
	case event.FDIPv4Listen, event.FDIPv6Listen:
		return f.L4
	}
	return event.L4NA
}

var l4Chars = [...]byte{event.L4TCP: 't', event.L4UDP: 'u', event.L4ICMP: 'i', event.L4Raw: 'r'}

// atFDCWD is the descriptor number that stands for the working directory.
const atFDCWD = -100

// appendFD appends what a descriptor number stands for: type letters in angle brackets
// and the name; the name of the error for negative numbers.
func (s *scope) appendFD(b []byte, n int64) []byte {
	switch {
	case s.ev.Thread == nil:
		return b
	case n == atFDCWD:
		return append(b, "AT_FDCWD"...)
	case n < 0:
		return append(b, event.ErrnoName(-n)...)
	}
	f := s.ev.Thread.FDs.Get(n)
	if f == nil {
		return b
	}
	b = append(b, '<', wordOf(f.Kind).char)
	if l4 := transport(f); int(l4) < len(l4Chars) && l4Chars[l4] != 0 {
		b = append(b, l4Chars[l4])
	}
	b = append(b, '>')
	return appendName(b, f)
}

// appendName appends fd.name of a descriptor.
func appendName(b []byte, f *event.FD) []byte {
	if isInet(f.Kind) {
		return appendInetName(b, f)
	}
	return appendPrintableString(b, f.Name)
}

func appendInetName(b []byte, f *event.FD) []byte {
	if f.Name != "" {
		return appendPrintableString(b, f.Name)
	}
	return f.AppendName(b)
}

// appendFDList appends the list of poll: number:typeflags, flags in hex.
func (s *scope) appendFDList(b, v []byte) []byte {
	if s.ev.Thread == nil {
		return b
	}
	first := true
	eachFD(v, func(fd int64, flags uint16) {
		if !first {
			b = append(b, ' ')
		}
		first = false
		b = strconv.AppendUint(b, uint64(fd), 10)
		b = append(b, ':')
		c := byte('?')
		if f := s.ev.Thread.FDs.Get(fd); f != nil {
			c = wordOf(f.Kind).char
		}
		b = append(b, c)
		b = appendHex(b, uint64(uint32(int32(int16(flags)))), false)
	})
	return b
}

// eachFD calls do for the entries of a list of descriptors, as far as it is whole.
func eachFD(v []byte, do func(fd int64, flags uint16)) {
	if len(v) < 2 {
		return
	}
	n := int(v[0]) | int(v[1])<<8
	for v = v[2:]; n > 0 && len(v) >= 10; n-- {
		fd, _ := event.Signed(v[:8])
		do(fd, uint16(v[8])|uint16(v[9])<<8)
		v = v[10:]
	}
}

// Address families as captures number them: those of Linux.
const (
	afUnix  = 1
	afInet  = 2
	afInet6 = 10
)

// appendSockAddr appends one end of a socket.
func appendSockAddr(b, v []byte) []byte {
	if len(v) == 0 {
		return append(b, "NULL"...)
	}
	switch v[0] {
	case afUnix:
		return appendPrintable(b, event.CString(v[1:]))
	case afInet:
		if len(v) != 7 {
			return append(b, "INVALID IPv4"...)
		}
		return appendEnd4(b, v[1:])
	case afInet6:
		if len(v) != 19 {
			return append(b, "INVALID IPv6"...)
		}
		return appendEnd6(b, v[1:])
	}
	return strconv.AppendUint(append(b, "family "...), uint64(v[0]), 10)
}

// appendSockTuple appends both ends of a socket.
func appendSockTuple(b, v []byte) []byte {
	if len(v) == 0 {
		return append(b, "NULL"...)
	}
	switch v[0] {
	case afUnix:
		if len(v) < 17 {
			return append(b, "INVALID UNIX"...)
		}
		src, _ := event.Unsigned(v[1:9])
		dst, _ := event.Unsigned(v[9:17])
		b = appendHex(b, src, false)
		b = append(b, "->"...)
		b = appendHex(b, dst, false)
		b = append(b, ' ')
		return appendPrintable(b, event.CString(v[17:]))
	case afInet:
		if len(v) != 13 {
			return append(b, "INVALID IPv4"...)
		}
		b = appendEnd4(b, v[1:])
		b = append(b, "->"...)
		return appendEnd4(b, v[7:])
	case afInet6:
		if len(v) != 37 {
			return append(b, "INVALID IPv6"...)
		}
		src, dst := v[1:19], v[19:37]
		if mapped4(src) && mapped4(dst) {
			b = appendEnd4(b, src[12:])
			b = append(b, "->"...)
			return appendEnd4(b, dst[12:])
		}
		b = appendEnd6(b, src)
		b = append(b, "->"...)
		return appendEnd6(b, dst)
	}
	return strconv.AppendUint(append(b, "family "...), uint64(v[0]), 10)
}

// mapped4 reports whether an IPv6 address stands for an IPv4 address, or is none at all.
func mapped4(v []byte) bool {
	for _, c := range v[:10] {
		if c != 0 {
			return false
		}
	}
	return v[10] == 0xff && v[11] == 0xff
}

func appendEnd4(b, v []byte) []byte {
	for i, c := range v[:4] {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(c), 10)
	}
	return appendPort(b, v[4:])
}

func appendEnd6(b, v []byte) []byte {
	return appendPort(event.AppendIP(b, [16]byte(v[:16]), true), v[16:])
}

func appendPort(b, v []byte) []byte {
	return strconv.AppendUint(append(b, ':'), uint64(v[0])|uint64(v[1])<<8, 10)
}

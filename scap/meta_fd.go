package scap

import "github.com/unloop-dev/unloop/event"

// descriptors reads the list of one thread's descriptors.
func (r *Reader) descriptors(typ uint32, left *int64, version uint8) (string, error) {
	if *left < 8 || !r.w.need(8) {
		return "tid", nil
	}
	f := fields{b: r.w.rest()[:8]}
	tid := f.i64("tid")
	r.w.skip(8)
	*left -= 8
	return r.entries(typ, left, func(b []byte) (int, string) { return r.descriptor(b, tid, version) })
}

// descriptor reads one entry of the list.
func (r *Reader) descriptor(b []byte, tid int64, version uint8) (int, string) {
	n := 0
	if version >= 2 {
		entry, size, bad := sized(b, 0)
		if bad != "" {
			return 0, bad
		}
		b, n = entry, size
	} else if len(b) < 17 {
		return len(b), "" // padding
	}
	f := fields{b: b}
	var d event.FD
	fd := f.i64("fd")
	d.Ino = f.u64("inode")
	kind := f.u8("descriptor kind")
	d.Kind = event.FDKind(kind)
	switch d.Kind {
	case event.FDIPv4:
		readEnds(&f, &d, 4)
	case event.FDIPv6:
		readEnds(&f, &d, 16)
	case event.FDIPv4Listen, event.FDIPv6Listen:
		width := 4
		if d.Kind == event.FDIPv6Listen {
			width = 16
		}
		d.ServerIP = f.ip(width, "address")
		d.ServerPort = f.u16("port")
		d.L4 = event.L4(f.u8("protocol"))
	case event.FDUnix:
		d.Source, d.Peer = f.u64("address"), f.u64("peer")
		d.Name = f.str("path")
	case event.FDFile:
		d.OpenFlags = f.u32("open flags")
		d.Name = f.str("path")
		if version >= 2 && f.left() >= 4 {
			d.Dev = f.u32("device")
		}
	default:
		if kind > uint8(event.FDPid) {
			if n == 0 {
				return 0, "descriptor kind"
			}
			d.Kind = event.FDUnsupported // as libs do since 2023
			break
		}
		d.Name = f.str("name")
	}
	if f.bad != "" {
		return n, f.bad
	}
	if n == 0 {
		n = f.off
	}
	r.meta.AddFD(tid, fd, d)
	return n, ""
}

// readEnds reads the two ends of a socket. Which of them is the client is not said:
// the source is taken for it.
func readEnds(f *fields, d *event.FD, width int) {
	d.ClientIP = f.ip(width, "source address")
	d.ServerIP = f.ip(width, "destination address")
	d.ClientPort, d.ServerPort = f.u16("source port"), f.u16("destination port")
	d.L4 = event.L4(f.u8("protocol"))
}

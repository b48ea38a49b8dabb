package flight

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// sameFD reports whether a reader would see the same in two descriptors. The inode of a
// socket is in process lists only, and so is who accepted a connection in none.
func sameFD(a, b *event.FD) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.L4 != b.L4 || a.String() != b.String() {
		return false
	}
	switch a.Kind {
	case event.FDIPv4, event.FDIPv6:
		return a.Named == b.Named
	case event.FDFile, event.FDDirectory:
		return a.OpenFlags == b.OpenFlags && a.Dev == b.Dev && a.Ino == b.Ino
	case event.FDPipe:
		return a.Ino == b.Ino
	}
	return true
}

// descriptors closes and opens what is different.
func (b *bridge) descriptors(want *frozen, at uint64) {
	wanted := map[int64]map[int64]*event.FD{}
	for i := range want.fds {
		f := &want.fds[i]
		if wanted[f.tid] == nil {
			wanted[f.tid] = map[int64]*event.FD{}
		}
		wanted[f.tid][f.num] = &f.fd
	}
	for i := range want.threads {
		t := &want.threads[i]
		has := b.tr.Thread(t.Tid)
		if has == nil || !t.IsMain() && wanted[t.Tid] == nil {
			continue
		}
		var extra []int64
		has.FDs.Each(func(fd int64, _ *event.FD) bool {
			if wanted[t.Tid][fd] == nil {
				extra = append(extra, fd)
			}
			return true
		})
		for _, fd := range extra {
			b.emit(codeClose, at, t.Tid, []any{fd}, int64(0), fd)
		}
	}
	for i := range want.fds {
		f := &want.fds[i]
		if t := b.tr.Thread(f.tid); t != nil && !sameFD(t.FDs.Get(f.num), &f.fd) {
			b.open(f.tid, f.num, &f.fd, t, at)
		}
	}
}

// open makes a descriptor by the call that made it, or one like it.
func (b *bridge) open(tid, fd int64, f *event.FD, t *event.Thread, ts uint64) {
	do := func(typ event.Type, enter []any, values ...any) { b.emit(typ, ts, tid, enter, values...) }
	const here = int64(-100) // AT_FDCWD
	switch f.Kind {
	case event.FDFile, event.FDFileOld, event.FDDirectory:
		dir, name, flags := here, f.Name, f.OpenFlags
		switch {
		case strings.HasPrefix(name, unknownDir):
			dir, name = -2, name[len(unknownDir):] // no such descriptor
		case f.Raw != "" && f.Raw[0] != '/' && t.Dir()+f.Raw == f.Name:
			name = f.Raw
		}
		if f.Kind == event.FDDirectory {
			flags |= event.OpenDirectory
		}
		do(307, []any{dir, name, flags, 0}, fd, dir, name, flags, 0, f.Dev, f.Ino)
	case event.FDIPv4, event.FDIPv6, event.FDIPv4Listen, event.FDIPv6Listen:
		b.inet(tid, fd, f, ts)
	case event.FDUnix:
		b.unix(tid, fd, f, ts)
	case event.FDNetlink:
		do(codeSocket, []any{16, 3, 0}, fd, 16, 3, 0)
	case event.FDPipe:
		do(61, []any{}, int64(0), fd, fd, f.Ino)
	case event.FDEvent:
		do(63, []any{uint64(0), 0}, fd, uint64(0), 0)
	case event.FDSignal:
		do(127, []any{int64(-1), 0, 0}, fd, int64(-1), 0, 0)
	case event.FDTimer:
		do(137, []any{0, 0}, fd, 0, 0)
	case event.FDInotify:
		do(139, []any{0}, fd, 0)
	case event.FDEventPoll:
		do(377, []any{0}, fd, 0)
	case event.FDUserfault:
		do(321, []any{}, fd, 0)
	case event.FDIOURing:
		do(339, []any{}, fd)
	case event.FDBPF:
		do(369, []any{int64(0)}, fd, 0)
	case event.FDMemfd:
		do(405, []any{}, fd, f.Name, f.OpenFlags)
	case event.FDPid:
		do(409, []any{}, fd, int64(f.Ino), 0)
	}
}

// unknownDir is what names begin with whose directory is not known.
const unknownDir = "<UNKNOWN>"

// inet makes a socket and what became of it.
func (b *bridge) inet(tid, fd int64, f *event.FD, ts uint64) {
	do := func(typ event.Type, enter []any, values ...any) { b.emit(typ, ts, tid, enter, values...) }
	v6 := f.Kind == event.FDIPv6 || f.Kind == event.FDIPv6Listen
	var typ, proto int
	domain := 2
	if v6 {
		domain = 10
	}
	switch f.L4 {
	case event.L4TCP:
		typ, proto = 1, 6
	case event.L4UDP:
		typ, proto = 2, 17
	case event.L4ICMP:
		typ, proto = 2, 1
	case event.L4Raw:
		typ, proto = 3, 255
	default:
		typ, proto = 5, 132 // SCTP: what is not known stays so
	}
	addr := func(ip [16]byte, port uint16) []byte {
		if v6 {
			return scap.Addr6(ip, port)
		}
		return scap.Addr4([4]byte(ip[:4]), port)
	}
	tuple := func(a [16]byte, ap uint16, z [16]byte, zp uint16) []byte {
		if v6 {
			return scap.Tuple6(a, ap, z, zp)
		}
		return scap.Tuple4([4]byte(a[:4]), ap, [4]byte(z[:4]), zp)
	}
	server := addr(f.ServerIP, f.ServerPort)
	ends := tuple(f.ClientIP, f.ClientPort, f.ServerIP, f.ServerPort)
	if f.Role == event.RoleServer && f.L4 == event.L4TCP && f.Named && (f.Kind == event.FDIPv4 || f.Kind == event.FDIPv6) {
		do(247, []any{}, fd, ends, 0, 0, 0)
		return
	}
	do(codeSocket, []any{domain, typ, proto}, fd, domain, typ, proto)
	switch {
	case f.Kind == event.FDIPv4Listen || f.Kind == event.FDIPv6Listen:
		do(21, []any{fd}, int64(0), server, fd)
	case f.Named && f.Role == event.RoleServer:
		do(35, []any{fd, 0}, int64(0), []byte{}, ends, fd, 0)
	case f.Named:
		do(codeConnect, []any{fd, server}, int64(0), ends, fd, server)
	case f.Name != "": // bound to any port
		var none [16]byte
		do(21, []any{fd}, int64(0), addr(none, 0), fd)
	case f.Conn == event.ConnFailed:
		do(codeConnect, []any{fd, server}, int64(-111), []byte{}, fd, server)
	}
}

// unix makes a unix socket and what became of it.
func (b *bridge) unix(tid, fd int64, f *event.FD, ts uint64) {
	do := func(typ event.Type, enter []any, values ...any) { b.emit(typ, ts, tid, enter, values...) }
	path := f.Name
	if f.Named {
		// The name is the text of the tuple: two addresses and the path.
		_, path, _ = strings.Cut(f.Name, " ")
	}
	tuple := scap.TupleUnix(f.Source, f.Peer, path)
	switch {
	case f.Named && f.Role == event.RoleServer:
		do(247, []any{}, fd, tuple, 0, 0, 0)
	case f.Named:
		do(codeSocket, []any{1, 1, 0}, fd, 1, 1, 0)
		do(codeConnect, []any{fd, scap.AddrUnix(path)}, int64(0), tuple, fd, scap.AddrUnix(path))
	case f.Name != "":
		do(codeSocket, []any{1, 1, 0}, fd, 1, 1, 0)
		do(21, []any{fd}, int64(0), scap.AddrUnix(path), fd)
	case f.Source != 0 || f.Peer != 0:
		do(43, []any{1, 1, 0}, int64(0), fd, fd, f.Source, f.Peer, 1, 1, 0)
	default:
		do(codeSocket, []any{1, 1, 0}, fd, 1, 1, 0)
	}
}

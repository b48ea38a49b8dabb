//go:build linux && (amd64 || arm64)

package ptrace

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// address is what a sockaddr says. The zero value stands for one that is missing or of a
// family that captures have no words for.
type address struct {
	ip   netip.AddrPort
	path string
	unix bool
}

// sockaddr reads a socket address of a program. Source of the layouts: ip(7), ipv6(7), unix(7).
func (t *tracer) sockaddr(k *task, addr uint64, size uint32) address {
	var raw [128]byte // struct sockaddr_storage
	b := raw[:min(size, uint32(len(raw)))]
	if addr == 0 || len(b) < 2 {
		return address{}
	}
	if t.mem.read(k.tid, addr, b) != len(b) {
		k.unread = true
		return address{}
	}
	return decodeAddress(b)
}

func decodeAddress(b []byte) address {
	switch family := binary.LittleEndian.Uint16(b); {
	case family == unix.AF_INET && len(b) >= 8:
		return address{ip: netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:]))}
	case family == unix.AF_INET6 && len(b) >= 24:
		return address{ip: netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])), binary.BigEndian.Uint16(b[2:]))}
	case family == unix.AF_UNIX:
		path := b[2:]
		if len(path) > 0 && path[0] == 0 { // abstract; shown as ss does
			return address{unix: true, path: "@" + string(event.CString(path[1:]))}
		}
		return address{unix: true, path: string(event.CString(path))}
	}
	return address{}
}

// value is the address as a parameter.
func (a address) value() any {
	switch {
	case a.unix:
		return scap.AddrUnix(a.path)
	case !a.ip.IsValid():
		return nil
	case a.ip.Addr().Is4():
		return scap.Addr4(a.ip.Addr().As4(), a.ip.Port())
	}
	return scap.Addr6(a.ip.Addr().As16(), a.ip.Port())
}

// tuple makes a parameter of both ends; the family is that of the far end, and a near end
// that is not known is all zeros.
func tuple(src, dst address, far address) any {
	switch {
	case far.unix:
		return scap.TupleUnix(0, 0, far.path)
	case !far.ip.IsValid():
		return nil
	case far.ip.Addr().Is4():
		return scap.Tuple4(as4(src), src.ip.Port(), as4(dst), dst.ip.Port())
	}
	return scap.Tuple6(as16(src), src.ip.Port(), as16(dst), dst.ip.Port())
}

func as4(a address) [4]byte {
	if ip := a.ip.Addr().Unmap(); ip.Is4() {
		return ip.As4()
	}
	return [4]byte{}
}

func as16(a address) [16]byte {
	if !a.ip.IsValid() {
		return [16]byte{}
	}
	return a.ip.Addr().As16()
}

// ends asks the kernel for the two addresses of a socket of the program, through a copy of
// its descriptor. They are zero where that is not allowed or before Linux 5.6.
func (t *tracer) ends(k *task, fd int64) (local, remote address) {
	if k.proc.pidfd < 0 || fd < 0 {
		return
	}
	own, err := unix.PidfdGetfd(k.proc.pidfd, int(fd), 0)
	if err != nil {
		return
	}
	defer unix.Close(own) //nolint:errcheck // a copy that was not written to
	return fromSockaddr(unix.Getsockname(own)), fromSockaddr(unix.Getpeername(own))
}

func fromSockaddr(sa unix.Sockaddr, err error) address {
	if err != nil {
		return address{}
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return address{ip: netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))}
	case *unix.SockaddrInet6:
		return address{ip: netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port))}
	case *unix.SockaddrUnix:
		return address{unix: true, path: sa.Name}
	}
	return address{}
}

// enterSocket is the enter of socket and socketpair.
func enterSocket(typ event.Type) func(*tracer, *task) bool {
	return func(t *tracer, k *task) bool {
		t.emit(typ, k, k.u32(0), k.u32(1), k.u32(2))
		return true
	}
}

func exitSocket(t *tracer, k *task, res int64) {
	k.made(res)
	t.emit(19, k, res, k.u32(0), k.u32(1), k.u32(2))
}

func exitSocketpair(t *tracer, k *task, res int64) {
	var fd1, fd2 any
	if res >= 0 {
		if a, b, ok := t.twoFDs(k, k.args[3]); ok {
			k.made(a)
			k.made(b)
			fd1, fd2 = a, b
		}
	}
	t.emit(43, k, res, fd1, fd2, nil, nil, k.u32(0), k.u32(1), k.u32(2))
}

func enterBind(t *tracer, k *task) bool {
	k.addr = t.sockaddr(k, k.args[1], k.u32(2))
	t.emit(20, k, k.fd(0))
	return true
}

func exitBind(t *tracer, k *task, res int64) { t.emit(21, k, res, k.addr.value(), k.fd(0)) }

func enterConnect(t *tracer, k *task) bool {
	k.addr = t.sockaddr(k, k.args[1], k.u32(2))
	t.emit(22, k, k.fd(0), k.addr.value())
	return true
}

func exitConnect(t *tracer, k *task, res int64) {
	var ends any
	if res == 0 || res == -int64(unix.EINPROGRESS) {
		var local address
		if k.addr.ip.IsValid() {
			local, _ = t.ends(k, k.fd(0))
			k.asks(k.fd(0), k.addr)
		}
		ends = tuple(local, k.addr, k.addr)
	}
	t.emit(23, k, res, ends, k.fd(0), k.addr.value())
}

func enterListen(t *tracer, k *task) bool {
	t.emit(24, k, k.fd(0), k.u32(1))
	return true
}

func exitListen(t *tracer, k *task, res int64) { t.emit(25, k, res, k.fd(0), int32(k.u32(1))) }

// exitAccept is the exit of accept and accept4: who called, and whom. The queue of the
// listening socket cannot be seen.
func exitAccept(t *tracer, k *task, res int64) {
	if res < 0 {
		t.emit(247, k, res)
		return
	}
	k.made(res)
	local, remote := t.ends(k, res)
	far := remote
	if local.unix {
		far = local
	}
	t.emit(247, k, res, tuple(remote, local, far))
}

// exitGetsockopt is SO_ERROR, which tells how a connection ended that was made in the
// background.
func exitGetsockopt(t *tracer, k *task, res int64) {
	const solSocket, soError, errnoVariant = 1, 4, 1 // the capture format's numbers
	var val any
	var b [4]byte
	if res == 0 && t.mem.read(k.tid, k.args[3], b[:]) == len(b) {
		e := int64(int32(binary.LittleEndian.Uint32(b[:])))
		val = binary.LittleEndian.AppendUint64([]byte{errnoVariant}, uint64(-e))
	}
	t.emit(47, k, res, k.fd(0), solSocket, soError, val, 4)
}

const dnsPort = 53

// asks notes that a socket is one for questions to a name server. What goes over it is kept;
// what goes over others may hold secrets.
func (k *task) asks(fd int64, to address) {
	if to.ip.IsValid() && to.ip.Port() == dnsPort {
		if k.proc.dns == nil {
			k.proc.dns = map[int64]address{}
		}
		if len(k.proc.dns) < 1024 {
			k.proc.dns[fd] = to
		}
	}
}

// made notes that a number stands for something new; copied that it stands for what
// another one does.
func (k *task) made(fd int64) {
	if len(k.proc.dns) > 0 {
		delete(k.proc.dns, fd)
	}
}

func (k *task) copied(from, to int64) {
	if to < 0 || from == to {
		return
	}
	k.made(to)
	if a, ok := k.proc.dns[from]; ok {
		k.asks(to, a)
	}
}

// dns is the name server that a descriptor of the program asks.
func (k *task) dns(fd int64) (address, bool) {
	a, ok := k.proc.dns[fd]
	return a, ok
}

func enterSendto(t *tracer, k *task) bool {
	fd := k.fd(0)
	k.addr = t.sockaddr(k, k.args[4], k.u32(5))
	k.asks(fd, k.addr)
	t.question(k, fd)
	if k.known {
		t.keep(k, k.args[1], k.args[2], maxDNS)
	}
	t.emit(30, k, fd, k.u32(2), tuple(k.near, k.addr, k.addr))
	return true
}

// question fills in both ends where the descriptor is one to a name server.
func (t *tracer) question(k *task, fd int64) {
	k.near, k.known, k.data = address{}, false, k.data[:0]
	server, ok := k.dns(fd)
	if !ok {
		return
	}
	k.known = true
	if !k.addr.ip.IsValid() {
		k.addr = server
	}
	k.near, _ = t.ends(k, fd)
}

// keep reads the beginning of a buffer.
func (t *tracer) keep(k *task, addr, size uint64, limit int) {
	n := int(min(size, uint64(limit)))
	k.data = append(k.data[:0], make([]byte, n)...)
	got := t.mem.read(k.tid, addr, k.data)
	k.data = k.data[:got]
	if got < n && addr != 0 {
		k.unread = true
	}
}

func exitSendto(t *tracer, k *task, res int64) {
	t.emit(31, k, res, k.kept(res), k.fd(0), k.u32(2), tuple(k.near, k.addr, k.addr))
}

// kept is what was kept of a buffer, as far as the call got; on failure what it was to send.
func (k *task) kept(res int64) []byte {
	if res >= 0 && res < int64(len(k.data)) {
		return k.data[:res]
	}
	return k.data
}

func enterRecvfrom(t *tracer, k *task) bool {
	t.emit(34, k, k.fd(0), k.u32(2))
	return true
}

func exitRecvfrom(t *tracer, k *task, res int64) {
	fd := k.fd(0)
	k.addr, k.near, k.data = address{}, address{}, k.data[:0]
	if res >= 0 {
		var size [4]byte
		if t.mem.read(k.tid, k.args[5], size[:]) == len(size) {
			k.addr = t.sockaddr(k, k.args[4], binary.LittleEndian.Uint32(size[:]))
		}
		t.question(k, fd)
		if k.known {
			t.keep(k, k.args[1], uint64(res), maxDNS)
		}
	}
	t.emit(35, k, res, k.data, tuple(k.addr, k.near, k.addr), fd, k.u32(2))
}

// message reads a struct msghdr: name, its length, buffers, their number.
// Source of the layout: sendmsg(2), 64 bits.
func (t *tracer) message(k *task, addr uint64) (name uint64, nameLen uint32, iov uint64, count int, ok bool) {
	var w [4]uint64
	if !t.mem.words(k.tid, addr, w[:]) {
		k.unread = true
		return
	}
	return w[0], uint32(w[1]), w[2], int(min(w[3], 1024)), true
}

// enterSendmsg tells of questions to a name server only; streams of bytes go on at once.
func enterSendmsg(t *tracer, k *task) bool {
	name, size, iov, count, ok := t.message(k, k.args[1])
	if !ok {
		return false
	}
	fd := k.fd(0)
	k.addr = t.sockaddr(k, name, size)
	k.asks(fd, k.addr)
	if t.question(k, fd); !k.known {
		return false
	}
	var total uint64
	k.data, total = t.mem.vector(k.tid, iov, count, maxDNS)
	k.num[0] = total
	t.emit(48, k, fd, uint32(total), tuple(k.near, k.addr, k.addr))
	return true
}

func exitSendmsg(t *tracer, k *task, res int64) {
	t.emit(49, k, res, k.kept(res), k.fd(0), uint32(k.num[0]), tuple(k.near, k.addr, k.addr))
}

// enterRecvmsg tells of answers of a name server only.
func enterRecvmsg(t *tracer, k *task) bool {
	if _, ok := k.dns(k.fd(0)); !ok {
		return false
	}
	t.emit(52, k, k.fd(0))
	return true
}

func exitRecvmsg(t *tracer, k *task, res int64) {
	fd := k.fd(0)
	k.addr, k.near, k.data = address{}, address{}, k.data[:0]
	if res < 0 {
		t.emit(53, k, res, 0, nil, nil, nil, fd)
		return
	}
	name, size, iov, count, ok := t.message(k, k.args[1])
	if ok {
		k.addr = t.sockaddr(k, name, size)
		t.question(k, fd)
		k.data, _ = t.mem.vector(k.tid, iov, count, int(min(res, maxDNS)))
	}
	t.emit(53, k, res, uint32(res), k.data, tuple(k.addr, k.near, k.addr), nil, fd)
}

// mmsghdrBytes is the size of struct mmsghdr: a msghdr of 56 bytes, what was sent, padding.
const mmsghdrBytes = 64

func enterSendmmsg(t *tracer, k *task) bool {
	if _, ok := k.dns(k.fd(0)); !ok {
		name, size, _, _, read := t.message(k, k.args[1])
		if !read {
			return false
		}
		k.addr = t.sockaddr(k, name, size)
		if k.asks(k.fd(0), k.addr); !k.addr.ip.IsValid() || k.addr.ip.Port() != dnsPort {
			return false
		}
	}
	t.emit(50, k)
	return true
}

// exitSendmmsg tells of each message on its own, as the capture format wants it.
func exitSendmmsg(t *tracer, k *task, res int64) {
	fd := k.fd(0)
	n := max(res, 1)
	for i := range min(n, 2) {
		k.addr = address{}
		at := k.args[1] + uint64(mmsghdrBytes*i)
		name, size, iov, count, ok := t.message(k, at)
		if !ok {
			t.emit(51, k, min(res, 0), fd)
			return
		}
		k.addr = t.sockaddr(k, name, size)
		t.question(k, fd)
		var total uint64
		k.data, total = t.mem.vector(k.tid, iov, count, maxDNS)
		sent := res
		if res >= 0 {
			sent = int64(total)
		}
		if i > 0 {
			t.emit(50, k)
		}
		t.emit(51, k, sent, fd, uint32(total), bytes.Clone(k.data), tuple(k.near, k.addr, k.addr))
	}
}

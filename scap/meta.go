package scap

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// entryBytes bounds one entry of a metadata block: the longest is a process with five
// strings of 1024 and three of 65535 bytes.
const entryBytes = 256 << 10

// Strings of metadata may be this long; other readers refuse longer ones. Ours are
// cut to what 16 bits of length can say.
const (
	maxPath = 1024
	maxArgs = 4096
)

// fields reads an entry piece by piece. After the first field that does not fit, all
// others are zero and bad names it.
type fields struct {
	b   []byte
	off int
	bad string
}

func (f *fields) take(n int, name string) []byte {
	if f.bad != "" {
		return nil
	}
	if len(f.b)-f.off < n {
		f.bad = name
		return nil
	}
	f.off += n
	return f.b[f.off-n : f.off]
}

func (f *fields) left() int { return len(f.b) - f.off }

func (f *fields) u8(name string) uint8 {
	if b := f.take(1, name); b != nil {
		return b[0]
	}
	return 0
}

func (f *fields) u16(name string) uint16 {
	if b := f.take(2, name); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (f *fields) u32(name string) uint32 {
	if b := f.take(4, name); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (f *fields) u64(name string) uint64 {
	if b := f.take(8, name); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (f *fields) i64(name string) int64 { return int64(f.u64(name)) }

func (f *fields) str(name string) string { return string(f.take(int(f.u16(name)), name)) }

func (f *fields) ip(n int, name string) (ip [16]byte) {
	copy(ip[:], f.take(n, name))
	return ip
}

// metaBlock reads a metadata block entry by entry, so that its length costs nothing.
func (r *Reader) metaBlock(typ uint32, total int64, info blockInfo) error {
	off := r.w.offset()
	left := total - minBlock
	r.w.skip(8)
	var err error
	broken := ""
	switch info.family {
	case famMachine:
		broken = r.machine(&left)
	case famProcess:
		broken, err = r.entries(typ, &left, func(b []byte) (int, string) { return r.process(b, info.version) })
	case famInterface:
		broken, err = r.entries(typ, &left, func(b []byte) (int, string) { return r.networkInterface(b, info.version) })
	case famUser:
		broken, err = r.entries(typ, &left, func(b []byte) (int, string) { return r.account(b, info.version) })
	case famFD:
		broken, err = r.descriptors(typ, &left, info.version)
	}
	if err != nil {
		return err
	}
	if broken != "" {
		r.stats.BadMeta++
		if err := r.damage(off, typ, broken, ErrCorrupt); err != nil {
			return err
		}
	}
	// What is left of the body is padding, or what could not be read. Unless the trailer
	// behind it confirms the length, the next block is looked for from here.
	if left <= maxResyncBlock && r.w.need(int(left)+4) {
		if got := binary.LittleEndian.Uint32(r.w.rest()[left:]); int64(got) == total {
			r.w.skip(int(left) + 4)
			r.count(typ)
			return nil
		}
		return r.lose(typ, "trailer", ErrCorrupt)
	}
	if r.w.gap {
		return r.crossGap()
	}
	if left > maxResyncBlock {
		return r.lose(typ, "length", ErrCorrupt)
	}
	return r.lose(typ, "body", ErrTruncated)
}

// entries calls do for each entry of the block. do gets what is there of the block and
// returns how many bytes the entry takes, or the field that is wrong. Where the
// entry's own length could be read, do returns both and reading goes on behind it.
func (r *Reader) entries(typ uint32, left *int64, do func(b []byte) (int, string)) (string, error) {
	for *left >= 4 {
		have := int(min(*left, entryBytes))
		if !r.w.need(have) {
			have = len(r.w.rest())
			if have < 4 {
				return "", nil // the caller reports the cut
			}
		}
		n, bad := do(r.w.rest()[:have:have])
		if bad != "" {
			if n <= 0 || n > have {
				return bad, nil
			}
			r.stats.BadMeta++
			if err := r.damage(r.w.offset(), typ, bad, ErrCorrupt); err != nil {
				return "", err
			}
		}
		if n <= 0 {
			return "entry length", nil
		}
		r.w.skip(n)
		*left -= int64(n)
	}
	return "", nil
}

// sized cuts b to an entry that begins with its own length. extra is what the length
// does not count.
func sized(b []byte, extra int) (entry []byte, n int, bad string) {
	n = int(binary.LittleEndian.Uint32(b))
	if n > len(b)-extra || n+extra < 4 {
		return nil, 0, "entry length"
	}
	n += extra
	return b[4:n:n], n, ""
}

func (r *Reader) machine(left *int64) string {
	n := int(min(*left, 180))
	if !r.w.need(n) {
		return "machine info"
	}
	f := fields{b: r.w.rest()[:n]}
	var m event.Machine
	m.CPUs = f.u32("cpu count")
	m.MemoryBytes = f.u64("memory")
	m.MaxPid = f.u64("highest pid")
	m.Hostname = string(event.CString(f.take(128, "host name")))
	m.BootNanos = f.u64("boot time")
	if f.bad != "" {
		return f.bad
	}
	r.w.skip(n)
	*left -= int64(n)
	r.meta.SetMachine(m)
	return ""
}

func (r *Reader) networkInterface(b []byte, version uint8) (int, string) {
	n := 0
	if version >= 2 {
		entry, size, bad := sized(b, 4)
		if bad != "" {
			return 0, bad
		}
		b, n = entry, size
	}
	f := fields{b: b}
	kind, nameLen := f.u16("interface kind"), f.u16("interface name")
	var i event.Interface
	width := 4
	switch kind {
	case 1, 3:
	case 2, 4:
		width, i.V6 = 16, true
	default:
		return n, "interface kind"
	}
	i.Addr = f.ip(width, "interface address")
	i.Netmask = f.ip(width, "interface netmask")
	f.take(width, "interface broadcast")
	if kind <= 2 {
		i.LinkSpeed = f.u64("interface speed")
	}
	i.Name = string(f.take(int(nameLen), "interface name"))
	if f.bad != "" {
		return n, f.bad
	}
	if n == 0 {
		n = f.off
	}
	r.meta.AddInterface(i)
	return n, ""
}

func (r *Reader) account(b []byte, version uint8) (int, string) {
	n := 0
	if version >= 2 {
		entry, size, bad := sized(b, 0)
		if bad != "" {
			return 0, bad
		}
		b, n = entry, size
	}
	f := fields{b: b}
	switch f.u8("account kind") {
	case 0:
		u := event.User{UID: f.u32("uid"), GID: f.u32("gid")}
		u.Name, u.Home, u.Shell = f.str("user name"), f.str("home"), f.str("shell")
		if f.bad == "" {
			r.meta.AddUser(u)
		}
	case 1:
		g := event.Group{GID: f.u32("gid")}
		g.Name = f.str("group name")
		if f.bad == "" {
			r.meta.AddGroup(g)
		}
	default:
		if version == 1 && f.left() < 4 {
			return len(b), "" // padding
		}
		f.bad = "account kind"
	}
	if f.bad != "" {
		return n, f.bad
	}
	if n == 0 {
		n = f.off
	}
	return n, ""
}

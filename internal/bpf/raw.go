//go:build linux && (amd64 || arm64)

package bpf

import "encoding/binary"

// The records of the ring, by the offsets that flight/record.h gives. All numbers are in the
// order of bytes of both architectures, little-endian.

// recType is the type of a record.
type recType uint8

const (
	recCall recType = 1 + iota
	recFork
	recExec
	recExit
	recSent
	recDelivered
	recOOM
	recJoin
	recMkdir
	recRmdir
	recEmpty
	recTask
	recFile
)

// Flags of records.
const (
	flagUnreadable = 1
	flagSock       = 2
	flagInCall     = 8
)

// Sizes of records and their parts, in bytes.
const (
	headBytes   = 32
	callBytes   = 96
	sockBytes   = 48
	roomSock    = 80
	infoBytes   = 168
	stdioBytes  = 64
	walkBytes   = 512
	forkBytes   = 1248
	joinBytes   = forkBytes + joinFDs*stdioBytes
	joinFDs     = 12
	execBytes   = 13784
	exitBytes   = 104
	sigBytes    = 104
	groupBytes  = 568
	fileBytes   = 624
	taskBytes   = 1232
	pathMax     = 256
	execArgs    = 4096
	execEnv     = 8192
	maxRecBytes = 16384
)

// record is one record, its bytes still in the ring.
type record []byte

func (r record) u16(at int) uint16 { return binary.LittleEndian.Uint16(r[at:]) }
func (r record) u32(at int) uint32 { return binary.LittleEndian.Uint32(r[at:]) }
func (r record) u64(at int) uint64 { return binary.LittleEndian.Uint64(r[at:]) }

func (r record) kind() recType { return recType(r[4]) }
func (r record) flags() uint8  { return r[5] }
func (r record) cpu() uint16   { return r.u16(6) }
func (r record) boot() uint64  { return r.u64(8) }
func (r record) slot() uint64  { return r.u64(16) }
func (r record) tid() int64    { return int64(r.u32(24)) }
func (r record) tgid() int64   { return int64(r.u32(28)) }

// Of a call.
func (r record) ret() int64       { return int64(r.u64(32)) }
func (r record) nr() uint16       { return r.u16(40) }
func (r record) arg(n int) uint64 { return r.u64(48 + 8*n) }

// part returns a part of a call's payload, which begins at off in it; nil for none.
func (r record) part(n, off int) []byte {
	size := int(r.u16(42 + 2*n))
	if size == 0 || callBytes+off+size > len(r) {
		return nil
	}
	return r[callBytes+off : callBytes+off+size]
}

// text returns a part that is a text, without its NUL, and false where it is missing.
func (r record) text(n, off int) ([]byte, bool) {
	b := r.part(n, off)
	if b == nil {
		return nil, false
	}
	return b[:len(b)-1], true
}

// data returns the bytes that were read or written.
func (r record) data() []byte {
	if r.flags()&flagSock != 0 {
		return r.part(0, roomSock)
	}
	return r.part(0, 0)
}

// sock returns the socket of a call; nil where the record holds none.
func (r record) sock() sockInfo {
	if r.flags()&flagSock == 0 || len(r) < callBytes+sockBytes {
		return nil
	}
	return sockInfo(r[callBytes : callBytes+sockBytes])
}

// sockInfo is a socket as the kernel sees it.
type sockInfo []byte

func (s sockInfo) family() uint16 { return binary.LittleEndian.Uint16(s) }
func (s sockInfo) typ() uint16    { return binary.LittleEndian.Uint16(s[2:]) }
func (s sockInfo) sport() uint16  { return binary.LittleEndian.Uint16(s[4:]) }
func (s sockInfo) dport() uint16  { return binary.LittleEndian.Uint16(s[6:]) }
func (s sockInfo) saddr() []byte  { return s[8:24] }
func (s sockInfo) daddr() []byte  { return s[24:40] }
func (s sockInfo) queued() uint32 { return binary.LittleEndian.Uint32(s[40:]) }
func (s sockInfo) queue() uint32  { return binary.LittleEndian.Uint32(s[44:]) }

// taskInfo is what is known of a task.
type taskInfo []byte

func (t taskInfo) u32(at int) uint32 { return binary.LittleEndian.Uint32(t[at:]) }
func (t taskInfo) u64(at int) uint64 { return binary.LittleEndian.Uint64(t[at:]) }
func (t taskInfo) tid() int64        { return int64(t.u32(0)) }
func (t taskInfo) pid() int64        { return int64(t.u32(4)) }
func (t taskInfo) ptid() int64       { return int64(t.u32(8)) }
func (t taskInfo) vtid() int64       { return int64(t.u32(12)) }
func (t taskInfo) vpid() int64       { return int64(t.u32(16)) }
func (t taskInfo) level() uint32     { return t.u32(20) }
func (t taskInfo) uid() uint32       { return t.u32(24) }
func (t taskInfo) gid() uint32       { return t.u32(28) }
func (t taskInfo) loginUID() uint32  { return t.u32(32) }
func (t taskInfo) tty() uint32       { return t.u32(36) }
func (t taskInfo) sid() int64        { return int64(t.u32(40)) }
func (t taskInfo) vpgid() int64      { return int64(t.u32(44)) }
func (t taskInfo) pgid() int64       { return int64(t.u32(48)) }
func (t taskInfo) caps(n int) uint64 { return t.u64(56 + 8*n) }
func (t taskInfo) fdLimit() uint64   { return t.u64(80) }
func (t taskInfo) major() uint64     { return t.u64(88) }
func (t taskInfo) minor() uint64     { return t.u64(96) }
func (t taskInfo) mem(n int) uint32  { return t.u32(104 + 4*n) }
func (t taskInfo) exeMode() uint32   { return t.u32(116) }
func (t taskInfo) ino() uint64       { return t.u64(120) }
func (t taskInfo) ctime() uint64     { return t.u64(128) }
func (t taskInfo) mtime() uint64     { return t.u64(136) }
func (t taskInfo) comm() []byte      { return cut(t[152:168]) }

// execFlags are those of execve: 4 says that the program has no file any more, such as a
// memfd. Source: flags of execve in falcosecurity/libs, driver/ppm_flag_helpers.h.
func (t taskInfo) execFlags() uint32 {
	if t.exeMode()&0x10000 != 0 {
		return 4
	}
	return 0
}

// cut cuts b at its first NUL.
func cut(b []byte) []byte {
	for i, c := range b {
		if c == 0 {
			return b[:i]
		}
	}
	return b
}

// whole says whether a record is as long as its type wants, so that all fixed fields may
// be read.
func (r record) whole() bool {
	if len(r) < headBytes || len(r) > maxRecBytes || int(r.u32(0)) != len(r) {
		return false
	}
	switch r.kind() {
	case recCall:
		return len(r) >= callBytes
	case recFork:
		return len(r) == forkBytes
	case recJoin:
		return len(r) == joinBytes
	case recExec:
		return len(r) == execBytes
	case recExit:
		return len(r) == exitBytes
	case recSent, recDelivered, recOOM:
		return len(r) == sigBytes
	case recMkdir, recRmdir, recEmpty:
		return len(r) == groupBytes
	case recTask:
		return len(r) == taskBytes
	case recFile:
		return len(r) == fileBytes
	}
	return false
}

// piece returns n bytes at a place, as far as the record goes and at most max.
func (r record) piece(at int, n uint16, max int) []byte {
	size := min(int(n), max, len(r)-at)
	if size <= 0 {
		return nil
	}
	return r[at : at+size]
}

// path joins the parts of a path, which stand last first, each with a NUL.
func path(parts []byte) string {
	if len(parts) == 0 {
		return "/"
	}
	out := make([]byte, 0, len(parts)+1)
	end := len(parts)
	for end > 0 {
		if parts[end-1] == 0 {
			end--
		}
		begin := end
		for begin > 0 && parts[begin-1] != 0 {
			begin--
		}
		if begin < end {
			out = append(append(out, '/'), parts[begin:end]...)
		}
		end = begin
	}
	if len(out) == 0 {
		return "/"
	}
	return string(out)
}

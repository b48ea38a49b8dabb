package inspect

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
)

// The bytes of an index file, little-endian throughout:
//
//	"UNLOOPIX"  u32 version  identity  sections...  u32 CRC-32C of all before
//
// Lists are a u64 count and that many records of fixed size; strings a u32 length and bytes.
const (
	indexMagic   = "UNLOOPIX"
	indexVersion = 3
)

// errIndex says that an index file cannot be used: another version, another file, damage.
var errIndex = errors.New("index file does not fit")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoder writes numbers; its error is sticky.
type encoder struct {
	w   *bufio.Writer
	sum hash.Hash32
	buf [32]byte
	err error
}

func newEncoder(w io.Writer) *encoder {
	sum := crc32.New(castagnoli)
	return &encoder{w: bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<18), sum: sum}
}

func (e *encoder) raw(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
}

func (e *encoder) u8(v uint8)   { e.buf[0] = v; e.raw(e.buf[:1]) }
func (e *encoder) u16(v uint16) { binary.LittleEndian.PutUint16(e.buf[:], v); e.raw(e.buf[:2]) }
func (e *encoder) u32(v uint32) { binary.LittleEndian.PutUint32(e.buf[:], v); e.raw(e.buf[:4]) }
func (e *encoder) u64(v uint64) { binary.LittleEndian.PutUint64(e.buf[:], v); e.raw(e.buf[:8]) }
func (e *encoder) i64(v int64)  { e.u64(uint64(v)) }
func (e *encoder) bool(v bool)  { e.u8(uint8(b2i(v))) }
func (e *encoder) bytes(b []byte) {
	e.u32(uint32(len(b)))
	e.raw(b)
}

// close writes the checksum.
func (e *encoder) close() error {
	if e.err == nil {
		e.err = e.w.Flush()
	}
	sum := e.sum.Sum32()
	e.u32(sum)
	if e.err == nil {
		e.err = e.w.Flush()
	}
	return e.err
}

// decoder reads what encoder wrote. It believes no length: a list is never larger
// than the bytes that are left can hold.
type decoder struct {
	r io.Reader
	// buf is what was read ahead, pos how much of it is used up.
	buf []byte
	pos int
	sum uint32
	// left is how much is not used up, unread how much was not even read, without the checksum.
	left, unread int64
	zero         [maxRecord]byte
	err          error
}

// maxRecord bounds what take gives at once.
const maxRecord = 128

// decodeBytes is how much of the file is read at once.
const decodeBytes = 256 << 10

func newDecoder(r io.Reader, size int64) *decoder {
	n := max(size-4, 0)
	return &decoder{r: r, buf: make([]byte, 0, min(max(n, 2*maxRecord), decodeBytes)), left: n, unread: n}
}

// fill reads until n bytes are there, which fit the buffer and the file.
func (d *decoder) fill(n int) bool {
	d.buf = d.buf[:copy(d.buf, d.buf[d.pos:])]
	d.pos = 0
	have := len(d.buf)
	to := have + int(min(int64(cap(d.buf)-have), d.unread))
	m, err := io.ReadAtLeast(d.r, d.buf[have:to], n-have)
	if err != nil {
		return false
	}
	d.buf = d.buf[:have+m]
	d.unread -= int64(m)
	d.sum = crc32.Update(d.sum, castagnoli, d.buf[have:])
	return true
}

// view gives the next n bytes, at most decodeBytes, until the next call; nil after an error.
func (d *decoder) view(n int) []byte {
	if d.err != nil {
		return nil
	}
	if int64(n) > d.left || len(d.buf)-d.pos < n && !d.fill(n) {
		d.err = errIndex
		return nil
	}
	b := d.buf[d.pos : d.pos+n : d.pos+n]
	d.pos += n
	d.left -= int64(n)
	return b
}

// take is view for at most maxRecord bytes; zeros after an error.
func (d *decoder) take(n int) []byte {
	if b := d.view(n); b != nil {
		return b
	}
	return d.zero[:n]
}

func (d *decoder) u8() uint8   { return d.take(1)[0] }
func (d *decoder) u16() uint16 { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *decoder) u32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }
func (d *decoder) u64() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }
func (d *decoder) i64() int64  { return int64(d.u64()) }
func (d *decoder) bool() bool  { return d.u8() != 0 }

// count reads the length of a list of records of at least size bytes.
func (d *decoder) count(size, most int) int {
	n := d.u64()
	if d.err == nil && (n > uint64(most) || n*uint64(size) > uint64(d.left)) {
		d.err = errIndex
	}
	if d.err != nil {
		return 0
	}
	return int(n)
}

// block reads n bytes into fresh memory.
func (d *decoder) block(n int) []byte {
	if d.err != nil || int64(n) > d.left {
		d.err = errIndex
		return nil
	}
	out := make([]byte, 0, n)
	for len(out) < n {
		b := d.view(min(n-len(out), cap(d.buf)))
		if b == nil {
			return nil
		}
		out = append(out, b...)
	}
	return out
}

func (d *decoder) bytes(most int) []byte {
	n := d.u32()
	if d.err == nil && int64(n) > int64(most) {
		d.err = errIndex
	}
	if d.err != nil {
		return nil
	}
	return d.block(int(n))
}

// close checks the checksum and that nothing is left.
func (d *decoder) close() error {
	if d.err != nil {
		return d.err
	}
	if d.left != 0 {
		return errIndex
	}
	var tail [4]byte
	if _, err := io.ReadFull(d.r, tail[:]); err != nil || binary.LittleEndian.Uint32(tail[:]) != d.sum {
		return errIndex
	}
	return nil
}

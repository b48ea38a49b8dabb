package scap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// lz4Stream decodes LZ4 frames (format 1.6.1). Checksums are not verified: a block
// that decodes to nonsense is found out by the capture's own structure. Captures with a
// dictionary do not exist.
type lz4Stream struct {
	in *bufio.Reader
	n  int
	// inside says that a frame is being read.
	inside   bool
	blockSum bool
	endSum   bool
	linked   bool
	maxBlock int
	packed   []byte
	// out holds up to 64 KiB of history and the latest block behind it; pos is what was
	// given of it.
	out []byte
	pos int
	err error
}

const lz4History = 64 << 10

var errLZ4 = errors.New("lz4 block is damaged")

func newLZ4(in *bufio.Reader) *lz4Stream { return &lz4Stream{in: in} }

func (l *lz4Stream) count() int { return l.n }

func (l *lz4Stream) decode(p []byte) (int, error) {
	for l.pos == len(l.out) {
		if l.err != nil {
			return 0, l.err
		}
		if !l.inside {
			l.err = l.frame()
		} else {
			l.err = l.block()
		}
		if l.err != nil && l.err != io.EOF {
			l.err = decodeError(l.err)
		}
	}
	n := copy(p, l.out[l.pos:])
	l.pos += n
	return n, nil
}

// frame reads a frame header.
func (l *lz4Stream) frame() error {
	var b [8]byte
	if _, err := io.ReadFull(l.in, b[:4]); err != nil {
		if err == io.EOF {
			return io.EOF
		}
		return io.ErrUnexpectedEOF
	}
	magic := binary.LittleEndian.Uint32(b[:])
	if magic&0xFFFFFFF0 == 0x184D2A50 { // skippable
		if _, err := io.ReadFull(l.in, b[:4]); err != nil {
			return io.ErrUnexpectedEOF
		}
		_, err := io.CopyN(io.Discard, l.in, int64(binary.LittleEndian.Uint32(b[:])))
		return err
	}
	if magic != 0x184D2204 {
		if l.n > 0 {
			return io.EOF // garbage behind the last frame
		}
		return errLZ4
	}
	if _, err := io.ReadFull(l.in, b[:2]); err != nil {
		return io.ErrUnexpectedEOF
	}
	flg, bd := b[0], b[1]
	if flg>>6 != 1 {
		return errLZ4
	}
	l.linked, l.blockSum, l.endSum = flg&0x20 == 0, flg&0x10 != 0, flg&0x04 != 0
	size := bd >> 4 & 7
	if size < 4 {
		return errLZ4
	}
	l.maxBlock = 1 << (8 + 2*int(size))
	rest := 1 // header checksum
	if flg&0x08 != 0 {
		rest += 8
	}
	if flg&0x01 != 0 {
		rest += 4
	}
	if _, err := io.CopyN(io.Discard, l.in, int64(rest)); err != nil {
		return io.ErrUnexpectedEOF
	}
	l.n++
	l.inside = true
	l.out, l.pos = l.out[:0], 0
	return nil
}

// block reads and decodes one block.
func (l *lz4Stream) block() error {
	var b [4]byte
	if _, err := io.ReadFull(l.in, b[:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	v := binary.LittleEndian.Uint32(b[:])
	if v == 0 {
		l.inside = false
		if l.endSum {
			if _, err := io.CopyN(io.Discard, l.in, 4); err != nil {
				return io.ErrUnexpectedEOF
			}
		}
		return nil
	}
	n := int(v & 0x7FFFFFFF)
	if n > l.maxBlock {
		return errLZ4
	}
	if cap(l.packed) < n {
		l.packed = make([]byte, n, l.maxBlock)
	}
	l.packed = l.packed[:n]
	if _, err := io.ReadFull(l.in, l.packed); err != nil {
		return io.ErrUnexpectedEOF
	}
	if l.blockSum {
		if _, err := io.CopyN(io.Discard, l.in, 4); err != nil {
			return io.ErrUnexpectedEOF
		}
	}
	// Keep as much as later blocks may refer to.
	keep := 0
	if l.linked {
		keep = min(len(l.out), lz4History)
	}
	l.out = l.out[:copy(l.out, l.out[len(l.out)-keep:])]
	l.pos = len(l.out)
	if v&0x80000000 != 0 {
		l.out = append(l.out, l.packed...)
		return nil
	}
	var err error
	l.out, err = lz4Block(l.out, l.packed, len(l.out)+l.maxBlock)
	if err != nil {
		l.out = l.out[:l.pos]
	}
	return err
}

// lz4Block appends the decoded block to out, which may grow to limit.
func lz4Block(out, in []byte, limit int) ([]byte, error) {
	i := 0
	length := func(n int) (int, bool) {
		if n != 15 {
			return n, true
		}
		for i < len(in) {
			c := in[i]
			i++
			n += int(c)
			if c != 255 {
				return n, n <= limit
			}
		}
		return 0, false
	}
	for i < len(in) {
		token := in[i]
		i++
		lit, ok := length(int(token >> 4))
		if !ok || lit > len(in)-i || len(out)+lit > limit {
			return out, errLZ4
		}
		out = append(out, in[i:i+lit]...)
		i += lit
		if i == len(in) {
			return out, nil
		}
		if len(in)-i < 2 {
			return out, errLZ4
		}
		dist := int(in[i]) | int(in[i+1])<<8
		i += 2
		match, ok := length(int(token & 15))
		match += 4
		if !ok || dist == 0 || dist > len(out) || len(out)+match > limit {
			return out, errLZ4
		}
		for match > 0 {
			// An overlapping copy repeats what it has just written.
			n := min(match, dist)
			out = append(out, out[len(out)-dist:len(out)-dist+n]...)
			match -= n
		}
	}
	return out, nil
}

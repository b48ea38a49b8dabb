package scap

import (
	"errors"
	"io"
)

// errDamaged is what a source reports where compressed data is broken and what
// follows does not continue what came before.
var errDamaged = errors.New("compressed data is damaged")

// source gives the decompressed stream in pieces.
type source interface {
	// read is io.Reader's Read, without the case of 0, nil. errDamaged says that bytes
	// are missing here; reading may go on after it.
	read(p []byte) (int, error)
	// members counts compressed members begun.
	members() int
	// consumed counts bytes of the file read.
	consumed() int64
	close()
}

// lender is a source that hands out its own pieces, so that nothing is copied but what
// lies across the border of two.
type lender interface {
	// lend gives the next piece, which is good until the next call. Errors are those of read;
	// no bytes come with one.
	lend() ([]byte, error)
}

// windowBytes is how much of a stream is held at once, unless a block is longer. It
// fits the second-level cache of common processors.
const windowBytes = 256 << 10

// window is the part of the stream that is being decoded.
type window struct {
	src source
	// m is the file in memory, nil where it is read; then buf is the beginning of the file.
	m   *mapping
	buf []byte
	pos int
	// base is the stream offset of buf[0].
	base int64
	// lent is the piece of a lender. Where it does not begin with the beginning of a block,
	// buf is carry: the rest of the pieces before and, behind it, the first copied bytes of lent.
	lent    []byte
	copied  int
	carry   []byte
	carried bool
	// end says that src gave its last byte; err is what it said, io.EOF for a clean end.
	end bool
	err error
	// gap says that the bytes after buf do not continue it.
	gap bool
}

// rest is what is there already and not consumed.
func (w *window) rest() []byte { return w.buf[w.pos:] }

// offset is the stream offset of the next byte.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// skip consumes n bytes that are there.
func (w *window) skip(n int) { w.pos += n }

// failure is the error that ended the stream, nil for a clean end.
func (w *window) failure() error {
	if w.err == io.EOF {
		return nil
	}
	return w.err
}

// need makes at least n bytes available and reports false where the stream ends, or
// breaks, before. What it reserves grows with what arrives, not with n.
func (w *window) need(n int) bool {
	for len(w.buf)-w.pos < n {
		if w.end || w.gap {
			return false
		}
		w.fill()
	}
	return true
}

// fill reads once.
func (w *window) fill() {
	if w.m != nil {
		w.m.extend(w)
		return
	}
	if l, ok := w.src.(lender); ok {
		w.borrow(l)
		return
	}
	if w.pos > 0 {
		w.base += int64(w.pos)
		w.buf = w.buf[:copy(w.buf, w.buf[w.pos:])]
		w.pos = 0
	}
	if cap(w.buf)-len(w.buf) < windowBytes/4 {
		grown := make([]byte, len(w.buf), max(2*cap(w.buf), windowBytes))
		copy(grown, w.buf)
		w.buf = grown
	}
	n, err := w.src.read(w.buf[len(w.buf):cap(w.buf)])
	w.buf = w.buf[:len(w.buf)+n]
	w.failed(err)
}

// failed notes what the source said.
func (w *window) failed(err error) {
	switch {
	case err == nil:
	case errors.Is(err, errDamaged):
		w.gap = true
	default:
		w.end, w.err = true, err
	}
}

// carryBytes is how much of a piece is copied at first: a few blocks of usual size.
const carryBytes = 4 << 10

// borrow goes on in the lender's piece, or takes the next one.
func (w *window) borrow(l lender) {
	rest, off := w.rest(), w.offset()
	switch more := w.lent[w.copied:]; {
	case w.carried && len(more) > 0 && len(rest) <= w.copied:
		// What is left lies in the piece itself.
		w.buf, w.carried = w.lent[w.copied-len(rest):], false
	case w.carried && len(more) > 0:
		w.append(rest, more[:min(len(more), len(rest)+carryBytes)])
	default:
		w.append(rest, nil)
		var err error
		w.copied = 0
		w.lent, err = l.lend()
		w.failed(err)
		if len(rest) == 0 {
			w.buf, w.carried = w.lent, false
		} else {
			w.append(w.carry, w.lent[:min(len(w.lent), carryBytes)])
		}
	}
	w.base, w.pos = off, 0
}

// append makes buf of what is left and of the next bytes of the piece.
func (w *window) append(rest, more []byte) {
	w.carry = append(append(w.carry[:0], rest...), more...)
	w.copied += len(more)
	w.buf, w.carried = w.carry, true
}

// closeGap drops what is left before a gap and goes on behind it.
func (w *window) closeGap() (dropped int) {
	dropped = len(w.rest())
	w.pos = len(w.buf)
	w.gap = false
	return dropped
}

// stop gives up what has not been read yet.
func (w *window) stop() {
	w.pos = len(w.buf)
	w.end, w.gap, w.err = true, false, io.EOF
}

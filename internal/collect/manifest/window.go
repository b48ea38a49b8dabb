package manifest

import (
	"bytes"
	"errors"
	"io"
)

const (
	// firstWindow is the memory a reader starts with.
	firstWindow = 256 << 10
	// maxItem is the largest single object or YAML document that is read: etcd
	// refuses requests above 1.5 MiB (etcd --max-request-bytes), and indented text
	// is a few times that.
	maxItem = 16 << 20
)

// errTooLarge: one object does not fit the window.
var errTooLarge = errors.New("larger than 16 MiB")

// window is the part of a stream that is in memory: buf[pos:] is unread. It
// grows up to maxItem, and counts lines as bytes are taken.
type window struct {
	r   io.Reader
	buf []byte
	pos int
	// line is the number of the line that buf[pos] is in, from 1.
	line int
	// taken counts the bytes that were taken.
	taken int64
	// err is what the reader ended with; io.EOF is the good end.
	err error
}

func newWindow(r io.Reader, line int) *window {
	return &window{r: r, line: max(line, 1)}
}

// rest is all unread bytes in memory. It is valid until more or take.
func (w *window) rest() []byte { return w.buf[w.pos:] }

// more reads further bytes behind rest, moving it. It returns false at the end
// of input and when rest fills the largest window.
func (w *window) more() bool {
	if w.err != nil || len(w.buf)-w.pos >= maxItem {
		return false
	}
	if w.pos > 0 && (w.pos >= len(w.buf)/2 || len(w.buf) == cap(w.buf)) {
		w.buf = w.buf[:copy(w.buf, w.rest())]
		w.pos = 0
	}
	if len(w.buf) == cap(w.buf) {
		grown := make([]byte, len(w.buf), min(max(2*cap(w.buf), firstWindow), maxItem))
		copy(grown, w.buf)
		w.buf = grown
	}
	for range 100 { // a reader that returns nothing forever must not hang us
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if err != nil {
			w.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	w.err = io.ErrNoProgress
	return false
}

// have makes sure that n unread bytes are in memory, if the input has them.
func (w *window) have(n int) bool {
	for len(w.rest()) < n {
		if !w.more() {
			return false
		}
	}
	return true
}

// head returns up to sniffBytes unread bytes, fewer only at the end of input.
func (w *window) head() []byte {
	w.have(sniffBytes)
	return w.rest()[:min(len(w.rest()), sniffBytes)]
}

// take consumes n bytes of rest and returns them; they are valid until more.
func (w *window) take(n int) []byte {
	b := w.buf[w.pos : w.pos+n]
	w.line += bytes.Count(b, newline)
	w.pos += n
	w.taken += int64(n)
	return b
}

var newline = []byte{'\n'}

// space takes white space and reports whether anything is left behind it.
func (w *window) space() bool {
	for {
		b := w.rest()
		n := skipSpace(b, 0)
		w.take(n)
		if n < len(b) {
			return true
		}
		if !w.more() {
			return false
		}
	}
}

// blank takes blank lines and reports whether anything is left behind them. The
// indentation of the next line stays.
func (w *window) blank() bool {
	for off := 0; ; {
		n := skipSpace(w.rest(), off)
		if i := bytes.LastIndexByte(w.rest()[off:n], '\n'); i >= 0 {
			w.take(off + i + 1)
			n -= off + i + 1
		}
		if n < len(w.rest()) {
			return true
		}
		off = n
		if !w.more() {
			if w.err != nil {
				return false
			}
			w.take(n) // a window full of blanks
			off = 0
		}
	}
}

// next returns the offset of the first byte of rest from off on that is not
// white space (nor a comma, with commas), or -1 at the end of input.
func (w *window) next(off int, commas bool) int {
	for {
		b := w.rest()
		for off = skipSpace(b, off); commas && off < len(b) && b[off] == ','; {
			off = skipSpace(b, off+1)
		}
		if off < len(b) {
			return off
		}
		if !w.more() {
			return -1
		}
	}
}

// lineEnd returns the length of the line that starts at offset from of rest,
// with its newline. The last line of the input may have none. full is false
// where the line is longer than limit or than the largest window.
func (w *window) lineEnd(from, limit int) (n int, full bool) {
	seen := from
	for {
		b := w.rest()
		if i := bytes.IndexByte(b[seen:], '\n'); i >= 0 {
			n = seen - from + i + 1
			return min(n, limit), n <= limit
		}
		if seen = len(b); seen-from >= limit {
			return limit, false
		}
		if !w.more() {
			return len(w.rest()) - from, w.err != nil
		}
	}
}

// value returns the length of the JSON value at offset off of rest. ok is false
// where the input or the window ends before it does.
func (w *window) value(off int) (n int, ok bool) {
	var v value
	for {
		m, done := v.feed(w.rest()[off+n:])
		n += m
		if done {
			return n, true
		}
		if !w.more() {
			// A bare word at the very end of the input is whole.
			return n, v.bare && w.err != nil
		}
	}
}

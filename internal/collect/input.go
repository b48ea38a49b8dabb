package collect

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"

	"github.com/unloop-dev/unloop/internal/collect/manifest"
	"github.com/unloop-dev/unloop/internal/collect/paste"
	"github.com/unloop-dev/unloop/internal/facts"
)

const (
	// maxWrapped is how often an input may be compressed.
	maxWrapped = 2
	// inlineBytes is the size up to which an input is decoded where it is read:
	// handing it over would cost more.
	inlineBytes = 32 << 10
	// progressBytes is how often Progress is called within one input.
	progressBytes = 8 << 20
)

// unpacker keeps the buffers of the last input for the next.
type unpacker struct{ readers [maxWrapped + 1]*bufio.Reader }

func (u *unpacker) reader(level int, r io.Reader) *bufio.Reader {
	if u.readers[level] == nil {
		u.readers[level] = bufio.NewReaderSize(r, headBytes)
	}
	u.readers[level].Reset(r)
	return u.readers[level]
}

// input reads one input of any format. last: a log is read now, else it waits
// until the pods are known, if it can be opened again.
func (c *collector) input(f file, r io.Reader, last bool) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	waits, err := c.recognise(f, &meter{c: c, r: r, name: f.name}, last)
	if waits {
		c.later = append(c.later, f)
	} else {
		c.step(f)
	}
	return err
}

// recognise finds out what an input is and reads it, unless it has to wait.
func (c *collector) recognise(f file, r io.Reader, last bool) (waits bool, err error) {
	for level := 0; ; level++ {
		br := c.unpack.reader(level, r)
		head, err := br.Peek(headBytes)
		if err != nil && err != io.EOF && len(head) == 0 {
			return false, c.broken(f, err)
		}
		if level == 0 && isCapture(head, f.name) {
			return false, c.capture(f, br)
		}
		whole := err != nil // what can still be read, where it is not the end, fails again behind it
		what, why, hint := sniff(head, whole)
		switch what {
		case isGzip, isUTF16:
			if level == maxWrapped {
				c.fail(f, "is packed too often", "")
				return false, nil
			}
			if r, err = unwrap(what, br); err != nil {
				c.fail(f, "is damaged: "+err.Error(), "")
				return false, nil //nolint:nilerr // the failure is noted in the snapshot, and the other inputs are read
			}
			r = &limited{r: r, left: c.opts.MaxBytes}
			continue
		case isEmpty:
			if !f.inFolder { // a container that wrote nothing leaves an empty log
				c.fail(f, why, "")
			}
			return false, nil
		case isOther:
			c.fail(f, why, hint)
			return false, nil
		case isText:
			if f.inFolder && !namedAsLog(f.name) && !namedAsText(f.name) {
				c.left.add(f.name, "is neither a manifest nor a log nor kubectl output")
				return false, nil
			}
		}
		if isLog := what == isLog || what == isText || what == isFramed; isLog && f.inFolder && !last {
			return true, nil
		}
		return false, c.content(f, br, head, what, whole)
	}
}

func unwrap(what format, br *bufio.Reader) (io.Reader, error) {
	if what == isUTF16 {
		// PowerShell writes it for `kubectl ... > file`.
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(br), nil
	}
	return gzip.NewReader(br)
}

// content reads an unpacked text.
func (c *collector) content(f file, br *bufio.Reader, head []byte, what format, whole bool) error {
	if bytes.HasPrefix(head, []byte(byteOrder)) {
		_, _ = br.Discard(len(byteOrder)) // within what Peek has read
		head = head[len(byteOrder):]
	}
	limit := c.opts.MaxBytes
	if what == isPaste {
		limit = c.opts.MaxTextBytes
	}
	r := &limited{r: br, left: limit}
	var err error
	switch what {
	case isManifest, isFramed:
		err = c.manifest(f, r, head, whole)
	case isPaste:
		err = c.paste(f, r)
	default:
		err = c.log(f, r)
	}
	return c.broken(f, err)
}

// broken records a read error; only the context's ends everything.
func (c *collector) broken(f file, err error) error {
	var large *tooLargeError
	switch {
	case err == nil:
		return nil
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case errors.As(err, &large):
		c.fail(f, large.Error(), "")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		c.fail(f, "is cut short or damaged: it was read up to there", "")
	default:
		c.fail(f, reason(err), "")
	}
	return nil
}

// manifest reads a stream of objects, with whatever text stands between them.
func (c *collector) manifest(f file, r io.Reader, head []byte, whole bool) error {
	text := newProse(c, f)
	pool := c.pool
	if whole && len(head) <= inlineBytes {
		pool = nil
	}
	in := manifest.Input{Name: f.name, Text: text.line}
	res := pool.Open(in)
	text.pod = c.pods.or(res.Pod)
	// The head is gone from the reader's buffer when paste needs it.
	var copied []byte
	if whole {
		copied = append(copied, head...)
	}
	err := res.Read(c.ctx, r)
	if whole && text.some && !text.framed {
		// A short mix is read as one, so that each part sees the commands around it.
		c.add(f, paste.Parse(copied, f.name))
		return err
	}
	text.flush()
	if s := text.result(); s != nil && len(s.Pods)+len(s.Workloads)+len(s.Events)+len(s.Nodes)+len(s.Objects)+len(s.Logs) > 0 {
		c.read++
	}
	c.pieces = append(c.pieces, piece{file: f, res: res, snap: text.result()})
	if whole && pool == nil && res.Empty() != nil && text.result() == nil {
		c.pieces = c.pieces[:len(c.pieces)-1]
		c.fallback(f, copied, res)
	}
	return err
}

// fallback reads a text as kubectl output that looked like a manifest and holds
// no object.
func (c *collector) fallback(f file, text []byte, res *manifest.Result) {
	if paste.Looks(text) {
		c.add(f, paste.Parse(text, f.name))
		return
	}
	why := "no Kubernetes object found"
	if e := new(manifest.NotManifestError); errors.As(res.Empty(), &e) {
		why = e.Why
	}
	hint := ""
	if bytes.Contains(text, []byte("{{")) {
		hint = "helm template CHART | unloop diagnose -f -"
	}
	c.fail(f, why, hint)
}

// paste reads kubectl output.
func (c *collector) paste(f file, r io.Reader) error {
	text, err := io.ReadAll(r)
	if err == nil || !errors.As(err, new(*tooLargeError)) {
		c.add(f, paste.Parse(text, f.name))
	}
	return err
}

// add keeps what a text gave.
func (c *collector) add(f file, s *facts.Snapshot) {
	c.read++
	c.pieces = append(c.pieces, piece{file: f, snap: s})
}

// meter counts the bytes of an input for Progress and stops at the context's end.
type meter struct {
	c     *collector
	r     io.Reader
	name  string
	since int64
}

func (m *meter) Read(b []byte) (int, error) {
	if err := m.c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(b)
	m.c.done.Bytes += int64(n)
	if m.since += int64(n); m.since >= progressBytes {
		m.since = 0
		m.c.progress(m.name)
	}
	return n, err
}

// tooLargeError ends a read at a limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("is larger than %d MiB: the rest was not read", max(1, e.limit>>20))
}

// limited is a reader that fails behind so many bytes.
type limited struct {
	r          io.Reader
	left, read int64
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 {
		// The end may be right here.
		if n, err := l.r.Read(make([]byte, 1)); n == 0 && err != nil {
			return 0, err
		}
		return 0, &tooLargeError{l.read}
	}
	n, err := l.r.Read(b[:min(int64(len(b)), l.left)])
	l.left -= int64(n)
	l.read += int64(n)
	return n, err
}

package scap

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// member decoders give one decompressed stream with marks where it breaks.
type decoder interface {
	// decode reads some bytes; errDamaged once where the stream breaks and goes on.
	decode(p []byte) (int, error)
	count() int
}

// gzipStream inflates the members of a stream one after the other.
type gzipStream struct {
	in *bufio.Reader
	z  *gzip.Reader
	n  int
	// inside says that a member is being read, damaged that one was broken.
	inside, damaged bool
	// tries is how often another beginning may be tried behind a broken one.
	tries int
	err   error
}

func newGzipStream(in *bufio.Reader) *gzipStream { return &gzipStream{in: in, tries: 4096} }

func (g *gzipStream) count() int { return g.n }

func (g *gzipStream) decode(p []byte) (int, error) {
	for g.err == nil {
		if !g.inside {
			if err := g.next(); err != nil {
				if g.damaged && g.tries > 0 && errors.Is(err, gzip.ErrHeader) {
					g.tries--
					if err = g.search(); err == nil {
						continue
					}
				}
				g.err = err
				break
			}
		}
		n, err := g.z.Read(p)
		if n > 0 {
			return n, nil
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			g.inside = false
		case isInput(err):
			g.err = err
		default:
			// The member is broken. Another one may follow.
			g.inside, g.damaged = false, true
			if g.err = g.search(); g.err == nil {
				return 0, errDamaged
			}
		}
	}
	return 0, g.err
}

// next begins a member; what follows the last one and is no member is ignored.
func (g *gzipStream) next() error {
	head, err := g.in.Peek(3)
	if len(head) == 0 && err == io.EOF {
		return io.EOF
	}
	if !isMember(head) {
		if g.n > 0 {
			return io.EOF
		}
		return io.ErrUnexpectedEOF
	}
	if g.z == nil {
		g.z, err = gzip.NewReader(g.in)
	} else {
		err = g.z.Reset(g.in)
	}
	if err != nil {
		return decodeError(err)
	}
	g.z.Multistream(false)
	g.n++
	g.inside = true
	return nil
}

// search looks for the beginning of another member.
func (g *gzipStream) search() error {
	for {
		b, err := g.in.Peek(4)
		if len(b) < 4 {
			if err == io.EOF {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if isMember(b) && b[3]&0xE0 == 0 {
			return nil
		}
		if _, err := g.in.Discard(1); err != nil {
			return err
		}
	}
}

// isMember reports whether b begins a member with the only method there is.
func isMember(b []byte) bool {
	return len(b) >= 3 && b[0] == 0x1F && b[1] == 0x8B && b[2] == 8
}

// isInput tells an error of the underlying reader from one about the data.
func isInput(err error) bool {
	var e interface{ Timeout() bool }
	return errors.As(err, &e)
}

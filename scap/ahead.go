package scap

import "io"

// aheadBytes is the size of the pieces that are decoded ahead, aheadPieces their number.
const (
	aheadBytes  = 256 << 10
	aheadPieces = 4
)

// readAhead decodes in a goroutine of its own, so that inflating and parsing overlap.
// With one worker it decodes in the caller's.
func readAhead(d decoder, c *counter, workers int) source {
	if workers == 1 {
		return &inlineSource{d: d, c: c}
	}
	s := &aheadSource{
		full: make(chan piece, aheadPieces),
		free: make(chan []byte, aheadPieces),
		quit: make(chan struct{}),
		done: make(chan struct{}),
	}
	for range aheadPieces {
		s.free <- nil
	}
	s.giver, _ = d.(giver)
	go s.run(d, c)
	return s
}

// inlineSource decodes when asked.
type inlineSource struct {
	d decoder
	c *counter
}

func (s *inlineSource) read(p []byte) (int, error) { return s.d.decode(p) }
func (s *inlineSource) members() int               { return s.d.count() }
func (s *inlineSource) consumed() int64            { return s.c.n.Load() }
func (s *inlineSource) close()                     {}

// giver is a decoder that has whole pieces at times.
type giver interface {
	// give gives a piece that need not be copied, nil where there is none now. It comes back
	// by takeBack, from another goroutine.
	give() *[]byte
	takeBack(*[]byte)
}

// piece is some decompressed bytes and what follows them.
type piece struct {
	b   []byte
	err error
	// buf is the buffer to be given back, given the piece that is the decoder's own, nil else.
	buf   []byte
	given *[]byte
	// count and read are the decoder's counters behind the piece.
	count int
	read  int64
}

type aheadSource struct {
	full chan piece
	free chan []byte
	quit chan struct{}
	done chan struct{}
	// cur is the piece that is lent; its error is for the next call.
	cur    piece
	giver  giver // the decoder as one, nil where it is none
	closed bool
}

func (s *aheadSource) run(d decoder, c *counter) {
	defer close(s.done)
	defer close(s.full)
	for {
		var b []byte
		select {
		case b = <-s.free:
		case <-s.quit:
			return
		}
		if b == nil {
			b = make([]byte, aheadBytes)
		}
		b = b[:cap(b)]
		if s.giver != nil {
			if whole := s.giver.give(); whole != nil {
				select {
				case s.full <- piece{b: *whole, buf: b, given: whole, count: d.count(), read: c.n.Load()}:
					continue
				case <-s.quit:
					return
				}
			}
		}
		n := 0
		var err error
		// A consumer that waits gets what there is: the stream may be a slow pipe.
		for n < len(b) && err == nil && (n == 0 || len(s.full) > 0) {
			var m int
			m, err = d.decode(b[n:])
			n += m
		}
		select {
		case s.full <- piece{b: b[:n], err: err, buf: b, count: d.count(), read: c.n.Load()}:
		case <-s.quit:
			return
		}
		if err != nil && err != errDamaged {
			return
		}
	}
}

// read is not called: a window asks a lender for its pieces.
func (s *aheadSource) read([]byte) (int, error) { return 0, io.ErrNoProgress }

// lend is part of lender.
func (s *aheadSource) lend() ([]byte, error) {
	for {
		if err := s.cur.err; err != nil {
			if err == errDamaged {
				s.cur.err = nil
			}
			return nil, err
		}
		if s.cur.given != nil {
			s.giver.takeBack(s.cur.given)
		}
		if s.cur.buf != nil {
			s.free <- s.cur.buf
		}
		next, ok := <-s.full
		if !ok {
			next = piece{err: io.ErrUnexpectedEOF, count: s.cur.count, read: s.cur.read}
		}
		if s.cur = next; len(next.b) > 0 {
			return next.b, nil
		}
	}
}

func (s *aheadSource) members() int    { return s.cur.count }
func (s *aheadSource) consumed() int64 { return s.cur.read }

func (s *aheadSource) close() {
	if s.closed {
		return
	}
	s.closed = true
	close(s.quit)
	<-s.done
}

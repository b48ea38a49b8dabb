package scap

import (
	"bufio"
	"bytes"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// speculative bounds the decompressed bytes of a member that is inflated before it is
// known to be one. Longer members are streamed when their turn comes.
const speculative = 4 << 20

// gzipFile inflates the members of a file. Members say nothing about their length, so
// the beginnings of later ones are guessed from their first bytes and inflated ahead;
// a guess counts only when the member before it ends exactly there.
type gzipFile struct {
	at   io.ReaderAt
	size int64
	n    int
	pos  int64 // of the next member
	// stream is the member that is read without a guess.
	stream *memberStream
	// cur is the rest of the current guess that came true.
	cur []byte
	// scan is up to where beginnings were looked for.
	scan    int64
	scanBuf []byte
	jobs    map[int64]*guess
	workers int
	// tries is how often another beginning may be tried behind broken members. It grows
	// with the file, so that a file made of beginnings costs linear time.
	tries   int64
	streams sync.Pool // of *memberStream
	buffers sync.Pool // of *[]byte
	whole   *[]byte   // what cur is a part of
	err     error
	done    atomic.Int64
}

// guess is one member that may be.
type guess struct {
	start int64
	ready chan struct{}
	// out is nil where there is no member, or it is too long.
	out *[]byte
	end int64
}

func newGzipFile(at io.ReaderAt, size int64, workers int) source {
	g := &gzipFile{at: at, size: size, jobs: map[int64]*guess{}, workers: workers, tries: 4096 + size/4096}
	if workers > 1 {
		return readAhead(g, &counter{}, workers).(*aheadSource).counted(g)
	}
	return &inlineSource{d: g, c: &counter{}}
}

// counted makes progress come from the file's own count.
func (s *aheadSource) counted(g *gzipFile) source { return &fileSource{aheadSource: s, g: g} }

type fileSource struct {
	*aheadSource
	g *gzipFile
}

func (s *fileSource) consumed() int64 { return s.g.done.Load() }

func (g *gzipFile) count() int { return g.n }

// decode gives the next bytes of the chain of members.
func (g *gzipFile) decode(p []byte) (int, error) {
	for g.err == nil {
		if len(g.cur) > 0 {
			n := copy(p, g.cur)
			g.cur = g.cur[n:]
			return n, nil
		}
		if g.whole != nil {
			g.buffers.Put(g.whole)
			g.whole = nil
		}
		if g.stream != nil {
			n, err := g.stream.z.Read(p)
			if n > 0 {
				return n, nil
			}
			if err == nil {
				continue
			}
			end := g.stream.offset()
			g.streams.Put(g.stream)
			g.stream = nil
			switch {
			case err == io.EOF:
				g.pos = end
				g.done.Store(end)
			case isInput(err):
				g.err = err
			default:
				if g.err = g.skipBroken(); g.err == nil {
					return 0, errDamaged
				}
			}
			continue
		}
		if err := g.next(); err != nil {
			g.err = err
		}
	}
	return 0, g.err
}

// give is part of giver: a member that was inflated ahead is handed over as it is.
func (g *gzipFile) give() *[]byte {
	if g.err != nil || g.stream != nil || len(g.cur) > 0 {
		return nil
	}
	if g.whole != nil {
		g.buffers.Put(g.whole)
		g.whole = nil
	}
	g.err = g.next()
	whole := g.whole
	g.whole, g.cur = nil, nil
	return whole
}

func (g *gzipFile) takeBack(b *[]byte) { g.buffers.Put(b) }

// next begins the member at pos.
func (g *gzipFile) next() error {
	if g.workers > 1 {
		g.lookAhead()
	}
	if j := g.jobs[g.pos]; j != nil {
		delete(g.jobs, g.pos)
		<-j.ready
		if j.end > 0 {
			g.n++
			g.whole = j.out
			g.cur = *j.out
			g.pos = j.end
			g.done.Store(j.end)
			return nil
		}
	}
	var head [3]byte
	n, err := g.at.ReadAt(head[:], g.pos)
	if n == 0 && err == io.EOF {
		return io.EOF
	}
	if err != nil && err != io.EOF {
		return err
	}
	if !isMember(head[:n]) {
		if g.n > 0 {
			return io.EOF // what follows the last member is no business of ours
		}
		return io.ErrUnexpectedEOF
	}
	s, err := g.open(g.pos)
	if err != nil {
		return decodeError(err)
	}
	g.n++
	g.stream = s
	return nil
}

// skipBroken goes to the next beginning behind the broken member at pos.
func (g *gzipFile) skipBroken() error {
	from := g.pos + 1
	buf := make([]byte, 64<<10)
	for from < g.size {
		n, err := g.at.ReadAt(buf, from)
		if n < 4 {
			break
		}
		for b := buf[:n]; ; {
			i := beginning(b)
			if i < 0 {
				break
			}
			g.pos = from + int64(n-len(b)+i)
			b = b[i+1:]
			if g.tries--; g.tries < 0 {
				return io.ErrUnexpectedEOF
			}
			// A beginning that leads nowhere is passed over at once.
			if s, err := g.open(g.pos); err == nil {
				var first [1]byte
				k, _ := s.z.Read(first[:])
				g.streams.Put(s)
				if k == 1 {
					return nil
				}
			}
		}
		if err != nil {
			break
		}
		from += int64(n - 3)
	}
	return io.ErrUnexpectedEOF
}

// beginning returns where a member may begin in b, or -1.
func beginning(b []byte) int {
	for off := 0; ; {
		i := bytes.Index(b[off:], []byte{0x1F, 0x8B, 8})
		if i < 0 || off+i+3 >= len(b) {
			return -1
		}
		if b[off+i+3]&0xE0 == 0 {
			return off + i
		}
		off += i + 1
	}
}

// lookAhead keeps some guesses under way, for beginnings at or behind pos.
func (g *gzipFile) lookAhead() {
	for start := range g.jobs {
		if start < g.pos {
			delete(g.jobs, start) // the chain went past it: no member
		}
	}
	g.scan = max(g.scan, g.pos)
	for len(g.jobs) < 2*g.workers && g.scan < g.size && g.scan < g.pos+int64(8*g.workers)*speculative {
		if g.scanBuf == nil {
			g.scanBuf = make([]byte, 256<<10)
		}
		n, err := g.at.ReadAt(g.scanBuf, g.scan)
		if n < 4 || err != nil && err != io.EOF {
			g.scan = g.size
			return
		}
		b := g.scanBuf[:n]
		for len(g.jobs) < 2*g.workers {
			i := beginning(b)
			if i < 0 {
				g.scan += int64(max(len(b)-3, 1))
				break
			}
			start := g.scan + int64(i)
			g.scan = start + 1
			b = b[i+1:]
			j := &guess{start: start, ready: make(chan struct{})}
			g.jobs[start] = j
			go g.inflate(j)
		}
	}
}

// inflate tries a guess.
func (g *gzipFile) inflate(j *guess) {
	defer close(j.ready)
	s, err := g.open(j.start)
	if err != nil {
		return
	}
	defer g.streams.Put(s)
	buf, _ := g.buffers.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
		*buf = make([]byte, 0, 64<<10)
	}
	out := (*buf)[:0]
	for {
		if len(out) == cap(out) {
			if len(out) >= speculative {
				return
			}
			grown := make([]byte, len(out), 2*cap(out))
			copy(grown, out)
			out = grown
		}
		n, err := s.z.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		if err != nil {
			*buf = out
			if err == io.EOF {
				j.out, j.end = buf, s.offset()
			}
			return
		}
	}
}

// memberStream is one member being read, with the exact offset of its end: the inflater
// takes single bytes from a bufio.Reader, for which it has a fast path, and never more
// than it needs.
type memberStream struct {
	z *gzip.Reader
	r *bufio.Reader
	// section is what r reads, from start on.
	section *io.SectionReader
	start   int64
}

// offset is where the first byte that was not taken stands in the file.
func (s *memberStream) offset() int64 {
	at, err := s.section.Seek(0, io.SeekCurrent)
	if err != nil {
		return s.start
	}
	return s.start + at - int64(s.r.Buffered())
}

// open begins the member at start, with an inflater that was used before if there is one.
func (g *gzipFile) open(start int64) (*memberStream, error) {
	section := io.NewSectionReader(g.at, start, g.size-start)
	if s, ok := g.streams.Get().(*memberStream); ok {
		s.section, s.start = section, start
		s.r.Reset(section)
		if err := s.z.Reset(s.r); err != nil {
			g.streams.Put(s)
			return nil, err
		}
		s.z.Multistream(false)
		return s, nil
	}
	s := &memberStream{r: bufio.NewReaderSize(section, 32<<10), section: section, start: start}
	var err error
	if s.z, err = gzip.NewReader(s.r); err != nil {
		return nil, err
	}
	s.z.Multistream(false)
	return s, nil
}

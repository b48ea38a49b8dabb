package flight

import "github.com/unloop-dev/unloop/event"

// ring is a queue of segments, of which the newest is open: not compressed and in a buffer
// that is used again.
type ring struct {
	open   *segment
	enc    encoder
	sealed []*segment
	// bytes is what all of them take, n how many events they hold.
	bytes int64
	n     uint64
	// evicted counts events that made room; floor is the latest time and floorNum the
	// highest number among them.
	evicted         uint64
	floor, floorNum uint64
	// buf is the buffer for the next open segment.
	buf []byte
}

// add appends an event, with its enter unless in is nil, and gives by how much the ring grew.
func (g *ring) add(in *call, ev *event.Event, num uint64) int64 {
	before, had := g.opened()
	g.enc.add(g.open, in, ev, num)
	return g.grown(before, had)
}

// call is add for a call as its source has it.
func (g *ring) call(c *Call, num uint64) int64 {
	before, had := g.opened()
	g.enc.call(g.open, c, num)
	return g.grown(before, had)
}

// opened makes sure that there is an open segment, and gives what it takes and holds.
func (g *ring) opened() (bytes int64, n int) {
	if g.open != nil {
		return g.open.bytes(), g.open.n
	}
	g.open = &segment{data: g.buf[:0]}
	g.enc = encoder{}
	bytes = int64(cap(g.buf))
	g.buf = nil
	return bytes, 0
}

func (g *ring) grown(before int64, had int) int64 {
	g.n += uint64(g.open.n - had)
	grown := g.open.bytes() - before
	g.bytes += grown
	return grown
}

// seal compresses the open segment and gives by how much the ring grew, which is less than
// nothing more often than not. Where keep is not set the buffer goes too.
func (g *ring) seal(p *packer, keep bool) int64 {
	s := g.open
	if s == nil {
		return g.trim(keep)
	}
	before := g.bytes
	g.bytes -= s.bytes()
	buf := s.data
	pack := p.pack
	if s.fast = s.first != ^uint64(0) && s.last-s.first < fastNanos; s.fast {
		pack = p.packFast
	}
	if packed := pack(buf); packed != nil {
		s.data, s.packed = packed, true
	} else {
		s.data = append(make([]byte, 0, len(buf)), buf...)
	}
	g.open = nil
	g.sealed = append(g.sealed, s)
	g.bytes += s.bytes()
	g.buf = buf[:0]
	g.bytes += int64(cap(g.buf))
	g.trim(keep)
	return g.bytes - before
}

// trim gives up the spare buffer.
func (g *ring) trim(keep bool) int64 {
	if keep || g.buf == nil {
		return 0
	}
	freed := int64(cap(g.buf))
	g.bytes -= freed
	g.buf = nil
	return -freed
}

// pop takes the oldest segment out, the open one last; nil where there is none.
func (g *ring) pop() *segment {
	var s *segment
	switch {
	case len(g.sealed) > 0:
		s = g.sealed[0]
		g.sealed[0] = nil
		g.sealed = g.sealed[1:]
	case g.open != nil:
		s, g.open = g.open, nil
	default:
		return nil
	}
	g.bytes -= s.bytes()
	g.n -= uint64(s.n)
	g.evicted += uint64(s.n)
	g.floor, g.floorNum = max(g.floor, s.last), max(g.floorNum, s.maxNum)
	return s
}

// all calls do for every segment, the oldest first.
func (g *ring) all(do func(*segment)) {
	for _, s := range g.sealed {
		do(s)
	}
	if g.open != nil {
		do(g.open)
	}
}

// stats are its figures.
func (g *ring) stats() RingStats {
	st := RingStats{Bytes: g.bytes, Events: g.n, Evicted: g.evicted}
	g.all(func(s *segment) {
		st.Raw += int64(s.raw)
		first := s.first
		if first == ^uint64(0) {
			first = s.early // enters only
		}
		if st.FirstNanos == 0 || first < st.FirstNanos {
			st.FirstNanos = first
		}
		st.LastNanos = max(st.LastNanos, s.last)
	})
	return st
}

package flight

import (
	"container/heap"
)

// merger gives the records of segments in order of time and number. A segment is
// decompressed when its first record's turn has come, and dropped after its last one.
type merger struct {
	pack *packer
	x    Expander
	heap sources
	bufs [][]record
	err  error
}

// source is a segment that is read, or records that are there already.
type source struct {
	seg  *segment
	recs []record
	// all is what recs was cut from.
	all  []record
	ts   uint64
	num  uint64
	held heldSegment
}

type sources []*source

func (h sources) Len() int { return len(h) }
func (h sources) Less(i, j int) bool {
	a, b := h[i], h[j]
	return a.ts < b.ts || a.ts == b.ts && a.num < b.num
}
func (h sources) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *sources) Push(x any)   { *h = append(*h, x.(*source)) }
func (h *sources) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func newMerger(p *packer, x Expander, segs []heldSegment, recs []record) *merger {
	m := &merger{pack: p, x: x}
	for _, s := range segs {
		if s.n > 0 {
			m.heap = append(m.heap, &source{seg: s.segment, ts: s.early, held: s})
		}
	}
	if len(recs) > 0 {
		m.heap = append(m.heap, &source{recs: recs, ts: recs[0].ts, num: recs[0].num})
	}
	heap.Init(&m.heap)
	return m
}

// next gives the next record, false at the end or where a segment is damaged. Its bytes are
// good until the next call.
func (m *merger) next() (record, heldSegment, bool) {
	for len(m.heap) > 0 {
		s := m.heap[0]
		if s.seg != nil {
			var buf []record
			if n := len(m.bufs); n > 0 {
				buf, m.bufs = m.bufs[n-1], m.bufs[:n-1]
			}
			recs, err := s.seg.records(buf[:0], m.pack, m.x)
			if err != nil {
				m.err = err
			}
			s.seg, s.recs, s.all = nil, recs, recs
			if len(recs) == 0 {
				heap.Pop(&m.heap)
				continue
			}
			s.ts, s.num = recs[0].ts, recs[0].num
			heap.Fix(&m.heap, 0)
			continue
		}
		out, held := s.recs[0], s.held
		s.recs = s.recs[1:]
		if len(s.recs) == 0 {
			heap.Pop(&m.heap)
			if s.all != nil {
				m.bufs = append(m.bufs, s.all)
			}
		} else {
			s.ts, s.num = s.recs[0].ts, s.recs[0].num
			heap.Fix(&m.heap, 0)
		}
		return out, held, true
	}
	return record{}, heldSegment{}, false
}

package scap

import (
	"bytes"
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// maxResyncBlock bounds the blocks that a search for a new beginning looks at as a
// whole. Every event that is not large fits.
const maxResyncBlock = 128 << 10

// How far a new beginning is looked for. A hole in a file can be long; what a small
// compressed file inflates to must not be.
const (
	maxSearch       = 4 << 30
	maxSearchPacked = 64 << 20
)

// modern is what the numbers of all blocks since 2014 have behind their first byte.
var modern = []byte{0x02, 0x00, 0x00}

// resync looks for the next block that proves itself: a known type, a length with the
// same length at its end, and for events an inside that adds up. It looks at any
// offset, because damage can remove bytes, and costs linear time.
func (r *Reader) resync() error {
	limit := int64(maxSearch)
	if r.stats.Compression != "" {
		limit = maxSearchPacked
	}
	for {
		if r.w.offset()-r.lostFrom > limit {
			r.w.stop()
		}
		if !r.w.need(minBlock) {
			if r.w.gap {
				r.stats.SkippedBytes += r.w.offset() - r.lostFrom
				return r.crossGap()
			}
			left := len(r.w.rest())
			r.w.skip(left)
			r.stats.SkippedBytes += r.w.offset() - r.lostFrom
			r.lost, r.plain = false, r.begun
			// Nothing was found behind it, so the file ends inside of a block.
			r.stats.Truncated = true
			return nil
		}
		b := r.w.rest()
		at := candidate(b)
		if at < 0 {
			// Keep what may be the beginning of a header.
			r.w.skip(max(len(b)-minBlock+1, 1))
			continue
		}
		r.w.skip(at)
		if r.proven() {
			r.stats.SkippedBytes += r.w.offset() - r.lostFrom
			r.stats.Resyncs++
			r.lost, r.plain = false, r.begun
			return nil
		}
		r.w.skip(1)
	}
}

// candidate returns where a header of a block may begin, or -1.
func candidate(b []byte) int {
	at := -1
	if i := bytes.Index(b, modern); i >= 1 {
		at = i - 1
	} else if i == 0 {
		if j := bytes.Index(b[1:], modern); j >= 0 {
			at = j
		}
	}
	if i := bytes.Index(b[:boundAt(at, len(b))], sectionBytes); i >= 0 {
		at = i
	}
	return at
}

func boundAt(at, n int) int {
	if at < 0 {
		return n
	}
	return min(at+len(sectionBytes), n)
}

var sectionBytes = []byte{0x0A, 0x0D, 0x0D, 0x0A}

// proven reports whether the block at the current position is sound beyond chance.
func (r *Reader) proven() bool {
	if !r.w.need(minBlock) {
		return false
	}
	b := r.w.rest()
	typ, total := binary.LittleEndian.Uint32(b), int(binary.LittleEndian.Uint32(b[4:]))
	info, known := blocks[typ]
	if !known || total < minBlock || total%4 != 0 || total > maxResyncBlock || !r.w.need(total) {
		return false
	}
	b = r.w.rest()[:total]
	if binary.LittleEndian.Uint32(b[total-4:]) != uint32(total) {
		return false
	}
	switch info.family {
	case famEvent:
		var ev event.Event
		return decodeEvent(&ev, b[8:total-4], info) == "" && fills(&ev, info, total)
	case famSection:
		return total >= 28 && binary.LittleEndian.Uint32(b[8:]) == 0x1A2B3C4D
	}
	return total >= 16
}

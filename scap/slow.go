package scap

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/unloop-dev/unloop/event"
)

// slow handles one block of whatever kind, or the way back to one. It reports true
// where ev holds an event now.
func (r *Reader) slow(ev *event.Event) (bool, error) {
	if r.err != nil {
		return false, r.err
	}
	if r.lost {
		return false, r.resync()
	}
	if !r.w.need(8) {
		return false, r.ended()
	}
	b := r.w.rest()
	typ, total := binary.LittleEndian.Uint32(b), int64(binary.LittleEndian.Uint32(b[4:]))
	info, known := blocks[typ]
	if total < minBlock || total%4 != 0 {
		return false, r.lose(typ, "length", ErrCorrupt)
	}
	switch {
	case !known:
		return false, r.unknown(typ, total)
	case info.family == famEvent:
		return r.eventBlock(ev, typ, int(total), info)
	case info.family == famSection:
		if total < 28 || !r.w.need(28) {
			return false, r.lose(typ, "length", ErrCorrupt)
		}
		if err := r.section(r.w.rest()); err != nil {
			var fe *FormatError
			if !errors.As(err, &fe) || fe.Err == ErrUnsupported {
				return false, err
			}
			return false, r.lose(typ, fe.Field, fe.Err)
		}
		return false, nil
	default:
		return false, r.metaBlock(typ, total, info)
	}
}

// ended tells how the stream ends where no further block header can be read.
func (r *Reader) ended() error {
	left := r.w.rest()
	if r.w.gap {
		return r.crossGap()
	}
	if err := r.w.failure(); err != nil {
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		r.stats.Truncated = true
		if err := r.damage(r.w.offset(), 0, "compressed data", ErrTruncated); err != nil {
			return err
		}
		r.stats.SkippedBytes += int64(len(left))
		r.w.skip(len(left))
		return io.EOF
	}
	if len(left) > 0 {
		r.stats.Truncated = true
		r.stats.SkippedBytes += int64(len(left))
		err := r.damage(r.w.offset(), 0, "block header", ErrTruncated)
		r.w.skip(len(left))
		if err != nil {
			return err
		}
	}
	return io.EOF
}

// crossGap goes to what follows broken compressed data and looks for a block there.
func (r *Reader) crossGap() error {
	err := r.damage(r.w.offset(), 0, "compressed data", ErrCorrupt)
	r.stats.SkippedBytes += int64(r.w.closeGap())
	r.lost, r.plain, r.lostFrom = true, false, r.w.offset()
	return err
}

// lose notes damage at the current block and starts to look for the next one.
func (r *Reader) lose(block uint32, field string, class error) error {
	err := r.damage(r.w.offset(), block, field, class)
	r.lost, r.plain, r.lostFrom = true, false, r.w.offset()
	if r.w.need(1) {
		r.w.skip(1)
	}
	return err
}

// unknown skips a block of a type that no reader knows.
func (r *Reader) unknown(typ uint32, total int64) error {
	if total > maxOtherBlock {
		return r.lose(typ, "length", ErrCorrupt)
	}
	if !r.w.need(int(total)) {
		if r.w.gap {
			return r.crossGap()
		}
		return r.lose(typ, "length", ErrTruncated)
	}
	if binary.LittleEndian.Uint32(r.w.rest()[total-4:]) != uint32(total) {
		return r.lose(typ, "trailer", ErrCorrupt)
	}
	r.count(typ)
	r.stats.UnknownBlocks++
	if typ == BlockPrivate {
		r.private(r.w.rest()[8 : total-4])
	}
	r.w.skip(int(total))
	return nil
}

// eventBlock reads a block with one event.
func (r *Reader) eventBlock(ev *event.Event, typ uint32, total int, info blockInfo) (bool, error) {
	limit := maxEventBlock
	if info.large {
		limit = maxLargeBlock
	}
	if total > limit {
		return false, r.lose(typ, "length", ErrCorrupt)
	}
	if !r.w.need(total) {
		if r.w.gap {
			return false, r.crossGap()
		}
		// Either the file is cut here, or the length is wrong. If it is wrong, a later
		// block shows it.
		return false, r.lose(typ, "body", ErrTruncated)
	}
	b := r.w.rest()[:total]
	off := r.w.offset()
	trailer := binary.LittleEndian.Uint32(b[total-4:]) == uint32(total)
	field := decodeEvent(ev, b[8:total-4:total-4], info)
	if field != "" && !trailer {
		return false, r.lose(typ, field, ErrCorrupt)
	}
	if !trailer {
		// Other readers ignore the trailer of events. The event is sound and fills its block,
		// so only the trailer is wrong.
		if !fills(ev, info, total) {
			return false, r.lose(typ, "trailer", ErrCorrupt)
		}
		if err := r.damage(off, typ, "trailer", ErrCorrupt); err != nil {
			return false, err
		}
	}
	r.w.skip(total)
	r.count(typ)
	r.num++
	if field != "" {
		r.stats.BadEvents++
		return false, r.damage(off, typ, field, ErrCorrupt)
	}
	ev.Num = r.num
	if !r.begun {
		switch ev.Type {
		case 228, 272, 324:
			ev.Flags |= event.FlagInitial
		default:
			r.begun, r.plain = true, !r.lost
		}
	}
	if ev.Kind == nil {
		r.stats.UnknownTypes++
	}
	if ev.Hidden() {
		r.stats.Hidden++
	}
	return true, nil
}

// fills reports whether the event is as long as its block lets it be.
func fills(ev *event.Event, info blockInfo, total int) bool {
	n := 12 + 2 + 26 + len(ev.Lens) + len(ev.Data)
	if info.version == 1 {
		n -= 4
	}
	if info.flags {
		n += 4
	}
	return (n+3)&^3 == total
}

// decodeEvent decodes the body of an event block into ev, but for its number. It
// returns the field that is wrong, or "".
func decodeEvent(ev *event.Event, b []byte, info blockInfo) string {
	clearState(ev)
	head := 2
	if info.flags {
		head = 6
	}
	hdr := 26
	if info.version == 1 {
		hdr = 22
	}
	if len(b) < head+hdr {
		return "event header"
	}
	ev.CPU = binary.LittleEndian.Uint16(b)
	ev.Flags = 0
	if info.flags {
		ev.Flags = binary.LittleEndian.Uint32(b[2:])
	}
	b = b[head:]
	ev.TsNanos = binary.LittleEndian.Uint64(b)
	ev.Tid = int64(binary.LittleEndian.Uint64(b[8:]))
	elen := int64(binary.LittleEndian.Uint32(b[16:]))
	ev.Type = event.Type(binary.LittleEndian.Uint16(b[20:]))
	ev.Kind = event.KindOf(ev.Type)
	ev.Large = info.large && ev.Kind == nil || ev.Kind != nil && ev.Kind.Flags&event.LargePayload != 0
	if info.version == 1 {
		if ev.Type == 280 || ev.Type == 286 {
			elen -= 3 // written with a length 3 too large
		}
		if elen < 22 || elen > int64(len(b)) {
			return "event length"
		}
		return solveCount(ev, b[22:elen])
	}
	if elen < 26 || elen > int64(len(b)) {
		return "event length"
	}
	n := int64(binary.LittleEndian.Uint32(b[22:]))
	width := int64(2)
	if ev.Large {
		width = 4
	}
	if n > (elen-26)/width {
		return "parameter count"
	}
	ev.NParams = int(n)
	ev.Lens = b[26 : 26+n*width : 26+n*width]
	ev.Data = b[26+n*width : elen : elen]
	sum := int64(0)
	for i := 0; i < len(ev.Lens); i += int(width) {
		if ev.Large {
			sum += int64(binary.LittleEndian.Uint32(ev.Lens[i:]))
		} else {
			sum += int64(binary.LittleEndian.Uint16(ev.Lens[i:]))
		}
	}
	if sum != int64(len(ev.Data)) {
		return "parameter lengths"
	}
	return ""
}

// solveCount finds how many parameters an event without a count has: the highest
// count at or below the table's for which lengths and bytes fill it exactly. b is what
// follows the event's header.
func solveCount(ev *event.Event, b []byte) string {
	most := 32
	if ev.Kind != nil {
		most = len(ev.Kind.Params)
		if c := int(ev.Kind.Classic); c > 0 && c < most {
			// These files are older than the appended parameters.
			most = c
		}
	}
	most = min(most, len(b)/2)
	for n := most; n >= 0; n-- {
		sum := 2 * n
		for i := range n {
			sum += int(binary.LittleEndian.Uint16(b[2*i:]))
		}
		if sum == len(b) {
			ev.NParams = n
			ev.Lens = b[: 2*n : 2*n]
			ev.Data = b[2*n:]
			return ""
		}
	}
	return "parameter lengths"
}

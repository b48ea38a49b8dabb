package scap

import (
	"errors"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
)

// WriteOptions tune a Writer. The zero value writes a plain file.
type WriteOptions struct {
	// Gzip packs the file in independent members.
	Gzip bool
	// Level is the level of compression, 1..9; 0 is 6.
	Level int
	// MemberBytes is how many raw bytes a member holds about; 0 is 1 MiB.
	MemberBytes int
	// Index ends a compressed file with an empty member that lists all others. Every
	// reader tolerates it.
	Index bool
	// Private is the content of a private metadata block; nil writes none.
	Private *Private
}

// The errors of writers.
var (
	// ErrOrder: metadata after the first event, which no reader takes.
	ErrOrder = errors.New("capture writer: metadata after the first event")
	// ErrTooLong: an event beyond what readers take.
	ErrTooLong = errors.New("capture writer: event too long")
	// ErrBadEvent: an event whose lengths do not add up.
	ErrBadEvent = errors.New("capture writer: event does not add up")
	// ErrEmpty: a capture without an event, which readers refuse.
	ErrEmpty = errors.New("capture writer: no event")
)

// maxEventBytes is the longest event that is not large. Readers stop at 65536 bytes of
// block without its trailer.
const maxEventBytes = 65500

// Writer writes a capture of format 1.2 that sysdig 0.29.3 and libs since 0.21 read. It
// is a Sink for metadata, which must come before the first event, and WriteState does
// all of it in one call. Errors are sticky. It is not for concurrent use.
//
// A compressed file is valid after each member, so that a writer that is killed loses
// one member at most.
type Writer struct {
	out  member
	meta metaBlocks
	opt  WriteOptions
	err  error
	// begun says that the metadata was written.
	begun  bool
	events uint64
	buf    []byte
	// containers are announced in front of the first event.
	containers []*event.Container
}

// NewWriter writes the section header; then WriteState or the Sink methods, then
// events, then Close.
func NewWriter(w io.Writer, opt WriteOptions) (*Writer, error) {
	out, err := newMember(w, opt)
	if err != nil {
		return nil, err
	}
	wr := &Writer{out: out, opt: opt}
	// Format 1.2, and no options, which sysdig 0.29.3 takes for the trailer.
	b := beginBlock(nil, BlockSection)
	b = le32(b, 0x1A2B3C4D)
	b = le16(b, 1)
	b = le16(b, 2)
	b = le64(b, ^uint64(0))
	wr.write(endBlock(b, 0))
	if opt.Private != nil {
		b = beginBlock(wr.buf[:0], BlockPrivate)
		b = opt.Private.append(b)
		wr.write(endBlock(b, 0))
	}
	return wr, wr.err
}

func (w *Writer) write(b []byte) {
	if w.err == nil {
		w.err = w.out.write(b)
	}
	w.buf = b[:0]
}

// WriteState writes everything s knows as metadata blocks. It must come before the
// first event. Where s also has the method Containers, as state.Tracker has, an event
// for each container follows with the time of the first event.
func (w *Writer) WriteState(s State) error {
	s.Replay(w)
	if c, ok := s.(interface{ Containers() []*event.Container }); ok && w.ready() {
		w.containers = append(w.containers, c.Containers()...)
	}
	return w.err
}

// begin writes the metadata that was collected.
func (w *Writer) begin() {
	if w.begun {
		return
	}
	w.begun = true
	w.meta.write(w)
}

// WriteEvent writes ev unchanged, in the layout it was read in. The event's bytes are
// copied.
func (w *Writer) WriteEvent(ev *event.Event) error {
	if w.err != nil {
		return w.err
	}
	w.begin()
	if w.containers != nil {
		list := w.containers
		w.containers = nil
		for _, c := range list {
			if err := w.WriteContainer(ev.TsNanos, c); err != nil {
				return err
			}
		}
	}
	b, err := appendEvent(w.buf[:0], ev)
	if err != nil {
		return err // of this event only
	}
	w.write(b)
	w.events++
	if w.err == nil {
		w.err = w.out.eventEnd()
	}
	return w.err
}

// appendEvent appends the event as a block.
func appendEvent(b []byte, ev *event.Event) ([]byte, error) {
	typ := uint32(BlockEvent)
	flags := ev.Flags &^ event.FlagInitial
	switch {
	case ev.Large && flags != 0:
		typ = BlockEventFL
	case ev.Large:
		typ = BlockEventL
	case flags != 0:
		typ = BlockEventF
	}
	if err := addsUp(ev); err != nil {
		return b, err
	}
	elen := 26 + len(ev.Lens) + len(ev.Data)
	start := len(b)
	b = beginBlock(b, typ)
	b = le16(b, ev.CPU)
	if flags != 0 {
		b = le32(b, flags)
	}
	b = le64(b, ev.TsNanos)
	b = le64(b, uint64(ev.Tid))
	b = le32(b, uint32(elen))
	b = le16(b, uint16(ev.Type))
	b = le32(b, uint32(ev.NParams))
	b = append(b, ev.Lens...)
	b = append(b, ev.Data...)
	return endBlock(b, start), nil
}

// addsUp checks what would make a file invalid: lengths that do not fill the event, and
// events that readers refuse for their size.
func addsUp(ev *event.Event) error {
	width := 2
	if ev.Large {
		width = 4
	}
	if k := event.KindOf(ev.Type); k != nil && (k.Flags&event.LargePayload != 0) != ev.Large {
		return fmt.Errorf("%w: code %d and the width of its lengths", ErrBadEvent, ev.Type)
	}
	if ev.NParams < 0 || len(ev.Lens) != width*ev.NParams {
		return fmt.Errorf("%w: %d parameters with %d bytes of lengths", ErrBadEvent, ev.NParams, len(ev.Lens))
	}
	sum := int64(0)
	for i := 0; i < len(ev.Lens); i += width {
		if ev.Large {
			sum += int64(uint32(ev.Lens[i]) | uint32(ev.Lens[i+1])<<8 | uint32(ev.Lens[i+2])<<16 | uint32(ev.Lens[i+3])<<24)
		} else {
			sum += int64(ev.Lens[i]) | int64(ev.Lens[i+1])<<8
		}
	}
	if sum != int64(len(ev.Data)) {
		return fmt.Errorf("%w: lengths say %d bytes, there are %d", ErrBadEvent, sum, len(ev.Data))
	}
	size := 26 + len(ev.Lens) + len(ev.Data)
	if !ev.Large && size > maxEventBytes || size > maxLargeBlock-64 {
		return fmt.Errorf("%w: %d bytes", ErrTooLong, size)
	}
	return nil
}

// Events is how many were written.
func (w *Writer) Events() uint64 { return w.events }

// Flush ends the member; what was written so far is a valid capture then, if it holds an
// event.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.begin()
	}
	if w.err == nil {
		w.err = w.out.flush()
	}
	return w.err
}

// Close flushes and writes the index. It does not close the underlying writer. Without
// any event it fails with ErrEmpty, because readers refuse such a file.
func (w *Writer) Close() error {
	if err := w.Flush(); err != nil {
		return err
	}
	if w.err = w.out.finish(); w.err != nil {
		return w.err
	}
	w.err = errClosed
	if w.events == 0 {
		return ErrEmpty
	}
	return nil
}

var errClosed = errors.New("capture writer: closed")

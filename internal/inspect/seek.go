package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// seekPoint is a place from which the file can be read again.
type seekPoint struct {
	num uint64 // of the event that begins there
	ts  uint64
	off int64 // in the file
	// state is a small capture that holds the state at that place. Its events announce
	// containers and show nothing.
	state []byte
	// pending are the enters of calls that were under way.
	pending []pendingEnter
}

// pendingEnter is the copy of an enter event.
type pendingEnter struct {
	num, ts, tid int64
	typ          event.Type
	cpu          uint16
	large        bool
	params       int
	lens, data   []byte
}

const (
	// seekEvery is how many events lie between two seek points: reading so many again takes
	// about a tenth of a second.
	seekEvery = 1 << 20
	// maxSeekBytes bounds the states of all seek points.
	maxSeekBytes = 24 << 20
	// maxPending bounds the enters of one seek point.
	maxPending = 4096
)

// seeker makes seek points during a scan.
type seeker struct {
	r      *scap.Reader
	tr     *state.Tracker
	points []seekPoint
	bytes  int
	every  int
	off    bool
	lastTs uint64 // of the latest point; enters before it are pending there
}

// newSeeker makes no seek points in compressed files: their places are in the
// decompressed stream, which can be read from the start only.
func newSeeker(r *scap.Reader, tr *state.Tracker) *seeker {
	return &seeker{r: r, tr: tr, every: seekEvery, off: r.Stats().Compression != ""}
}

func (s *seeker) due(n int) bool { return n%seekEvery == 0 && !s.off && n%s.every == 0 }

// mark makes a seek point before the next event.
func (s *seeker) mark(ts uint64) {
	var b bytes.Buffer
	w, err := scap.NewWriter(&b, scap.WriteOptions{})
	if err == nil {
		err = w.WriteState(s.tr)
	}
	if err == nil {
		// Containers are announced in front of the first event, so there has to be one.
		err = w.Write(new(scap.Builder), carrier, ts, -1, 0)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		s.off = true // answers stay right without seek points, they come slower
		return
	}
	st := s.r.Stats()
	s.points = append(s.points, seekPoint{num: st.Events + 1, ts: ts, off: st.Bytes, state: b.Bytes()})
	s.bytes += b.Len()
	s.lastTs = ts
	for s.bytes > maxSeekBytes && len(s.points) > 1 {
		s.thin()
	}
}

// carrier is the code of an event that changes no state (cpu_hotplug).
const carrier event.Type = 244

// see notes the enter of a call that was under way at a seek point.
func (s *seeker) see(ev *event.Event) {
	if ev.EnterTsNanos == 0 || ev.EnterTsNanos > s.lastTs || len(s.points) == 0 {
		return
	}
	p := pendingEnter{ts: int64(ev.EnterTsNanos), tid: ev.Tid, typ: ev.Type &^ 1, cpu: ev.CPU}
	if e := ev.Enter; e != nil {
		p.num, p.params, p.large = int64(e.Num), e.NParams, e.Large
		p.lens, p.data = bytes.Clone(e.Lens), bytes.Clone(e.Data)
	} else if k := event.KindOf(p.typ); k != nil && len(k.Params) > 0 && k.Params[0].Type == event.Fd && ev.FDNum >= 0 {
		// The state keeps nothing of such enters but the descriptor.
		p.params, p.lens, p.data = 1, []byte{8, 0}, binary.LittleEndian.AppendUint64(nil, uint64(ev.FDNum))
	}
	for i := len(s.points) - 1; i >= 0 && s.points[i].ts >= ev.EnterTsNanos; i-- {
		if at := &s.points[i]; len(at.pending) < maxPending && (p.num == 0 || p.num < int64(at.num)) {
			at.pending = append(at.pending, p)
			s.bytes += len(p.lens) + len(p.data) + 64
		}
	}
}

// thin drops every second point, and makes half as many from now on.
func (s *seeker) thin() {
	s.every *= 2
	kept := s.points[:0]
	s.bytes = 0
	for i := range s.points {
		if i%2 == 1 {
			kept = append(kept, s.points[i])
			s.bytes += len(s.points[i].state)
		}
	}
	clear(s.points[len(kept):])
	s.points = kept
}

// Cursor reads the events of a capture from some place on, with the state they need
// and the numbers they have in the whole.
type Cursor struct {
	Tracker *state.Tracker
	r       *scap.Reader
	file    *os.File
	base    uint64
}

// Seek opens the capture at path so that events from number num, or from time nanos, on
// come soon; what comes before them is read for its state, and returned as well.
func (ix *Index) Seek(path string, num, nanos uint64) (*Cursor, error) {
	var at *seekPoint
	if ix != nil {
		for i := range ix.seeks {
			if p := &ix.seeks[i]; (num == 0 || p.num <= num) && (nanos == 0 || p.ts < nanos) && (num != 0 || nanos != 0) {
				at = p
			}
		}
	}
	c := &Cursor{Tracker: state.New()}
	if at == nil {
		var err error
		c.r, err = scap.Open(path, scap.ReadOptions{Meta: c.Tracker})
		return c, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	c.file = f
	if err := c.begin(at); err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// begin rebuilds the state of a seek point.
func (c *Cursor) begin(at *seekPoint) error {
	src := io.MultiReader(bytes.NewReader(at.state), io.NewSectionReader(c.file, at.off, 1<<62))
	r, err := scap.NewReader(src, scap.ReadOptions{Meta: c.Tracker})
	if err != nil {
		return err
	}
	c.r = r
	var ev event.Event
	for st := r.Stats(); st.Bytes < int64(len(at.state)); st = r.Stats() {
		if err := r.Next(&ev); err != nil {
			return err
		}
		c.Tracker.Apply(&ev)
	}
	c.base = at.num - 1 - r.Stats().Events
	for i := range at.pending {
		p := &at.pending[i]
		ev = event.Event{
			Num: uint64(p.num), TsNanos: uint64(p.ts), Tid: p.tid, CPU: p.cpu, Type: p.typ, Large: p.large, NParams: p.params,
			Lens: p.lens, Data: p.data, Kind: event.KindOf(p.typ), FDNum: -1,
		}
		c.Tracker.Apply(&ev)
	}
	return nil
}

// Next reads the next event and applies the state; io.EOF at the end.
func (c *Cursor) Next(ev *event.Event) error {
	if err := c.r.Next(ev); err != nil {
		return err
	}
	ev.Num += c.base
	c.Tracker.Apply(ev)
	return nil
}

// Stats tells what the reader met since the cursor began.
func (c *Cursor) Stats() scap.Stats { return c.r.Stats() }

// Progress is how much of the file was read.
func (c *Cursor) Progress() (done, size int64) { return c.r.Progress() }

// Close releases the file.
func (c *Cursor) Close() error {
	err := c.r.Close()
	if c.file != nil {
		err = errors.Join(err, c.file.Close())
	}
	return err
}

// NewCursor reads a capture from a pipe.
func NewCursor(in io.Reader) (*Cursor, error) {
	c := &Cursor{Tracker: state.New()}
	var err error
	c.r, err = scap.NewReader(in, scap.ReadOptions{Meta: c.Tracker})
	return c, err
}

package scap

import (
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"

	"github.com/unloop-dev/unloop/event"
)

// Bounds on blocks. Other readers refuse event blocks whose length minus 8 exceeds
// 65536; a longer one is taken for damage. Large blocks have no bound there.
const (
	maxEventBlock = 65536 + 8
	maxLargeBlock = 64 << 20
	maxOtherBlock = 16 << 20 // of unknown type
	minBlock      = 12
)

// Reader reads a capture from front to end. It is not for concurrent use.
type Reader struct {
	w     window
	opt   ReadOptions
	stats Stats
	// nblocks counts blocks of the most frequent types without a map.
	nblocks [0x300]uint64
	file    *os.File
	size    int64
	// num is the number of the latest event block.
	num uint64
	// err is the sticky end.
	err error
	// lost says that the chain of blocks is broken and has to be found again.
	lost bool
	// lostFrom is where, in stream offsets.
	lostFrom int64
	meta     Sink
	// begun says that an event other than a container's was met in the section, and
	// plain that besides the chain of blocks is whole: the fast path may be taken.
	begun, plain bool
	// events counts blocks of type 0x216 that took it.
	events uint64
	facts  *Private
}

// NewReader reads a capture from r, which may be compressed with gzip, zstd or lz4. It
// reads up to the first section header. r is read ahead of what Next returned.
func NewReader(r io.Reader, opt ReadOptions) (*Reader, error) {
	return newReader(r, nil, 0, opt)
}

// NewReaderAt is NewReader for the size bytes of r, from which compressed members
// can be inflated side by side.
func NewReaderAt(r io.ReaderAt, size int64, opt ReadOptions) (*Reader, error) {
	return newReader(io.NewSectionReader(r, 0, size), r, size, opt)
}

// Open opens the capture file at path; Close releases it. "-" is no special name.
func Open(path string, opt ReadOptions) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var r *Reader
	if st, serr := f.Stat(); serr == nil && st.Mode().IsRegular() {
		r, err = newReader(f, f, st.Size(), opt)
	} else {
		r, err = newReader(f, nil, 0, opt)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	r.file = f
	return r, nil
}

func newReader(s io.Reader, at io.ReaderAt, size int64, opt ReadOptions) (*Reader, error) {
	src, name, err := openSource(s, at, size, opt.Workers)
	if err != nil {
		return nil, err
	}
	r := &Reader{opt: opt, size: size, meta: opt.Meta}
	if r.meta == nil {
		r.meta = nullSink{}
	}
	r.w.src = src
	if f, ok := s.(*os.File); ok && name == "" && opt.Map {
		r.w.m = mapFile(f, size, opt.Workers)
	}
	r.stats.Compression = name
	if err := r.start(); err != nil {
		if r.w.m != nil {
			r.w.m.close()
		}
		src.close()
		return nil, err
	}
	return r, nil
}

// start reads the section header, without which the input is no capture.
func (r *Reader) start() error {
	if !r.w.need(28) {
		if err := r.w.failure(); err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		if b := r.w.rest(); len(b) >= 4 && binary.LittleEndian.Uint32(b) != BlockSection {
			return &FormatError{Field: "section header", Err: ErrCorrupt}
		}
		return &FormatError{Offset: int64(len(r.w.rest())), Field: "section header", Err: ErrTruncated}
	}
	b := r.w.rest()
	if binary.LittleEndian.Uint32(b) != BlockSection {
		return &FormatError{Field: "section header", Err: ErrCorrupt}
	}
	return r.section(b)
}

// section reads a section header at the start of b and steps over it.
func (r *Reader) section(b []byte) error {
	off := r.w.offset()
	bad := func(field string, err error) error {
		return &FormatError{Offset: off, Block: BlockSection, Field: field, Err: err}
	}
	switch binary.LittleEndian.Uint32(b[8:]) {
	case 0x1A2B3C4D:
	case 0x4D3C2B1A:
		return bad("byte order", ErrUnsupported)
	default:
		return bad("magic", ErrCorrupt)
	}
	total := binary.LittleEndian.Uint32(b[4:])
	if total < 28 || total%4 != 0 || total > maxOtherBlock {
		return bad("length", ErrCorrupt)
	}
	major, minor := binary.LittleEndian.Uint16(b[12:]), binary.LittleEndian.Uint16(b[14:])
	if major > 1 {
		return bad("major version", ErrUnsupported)
	}
	// Options of the pcapng kind may follow; nothing in them is needed.
	if !r.w.need(int(total)) {
		return bad("options", ErrTruncated)
	}
	if binary.LittleEndian.Uint32(r.w.rest()[total-4:]) != total {
		return bad("trailer", ErrCorrupt)
	}
	r.w.skip(int(total))
	r.count(BlockSection)
	r.stats.Sections++
	r.stats.Major, r.stats.Minor = major, minor
	r.begun, r.plain = false, false
	r.meta.Section(major, minor)
	return nil
}

// Next reads the next event into ev, overwriting all of it, and allocates nothing.
// ev's bytes are valid until the next call, Close included. Metadata blocks on the way go to
// ReadOptions.Meta. At the end it returns io.EOF, for a damaged file as well: see Stats.
// Other errors come from the underlying reader, or are a *FormatError when Strict.
// Errors are sticky.
func (r *Reader) Next(ev *event.Event) error {
	for {
		// The usual case first: a whole event block of the current type.
		if b := r.w.buf[r.w.pos:]; len(b) >= 40 && r.fast(ev, b) {
			return nil
		}
		got, err := r.slow(ev)
		if err != nil {
			r.err = err
			return err
		}
		if got {
			return nil
		}
	}
}

// unusual are event codes that the fast path leaves alone: those with long lengths.
var unusual = func() (u [512]bool) {
	kinds := event.Kinds()
	for i := range u {
		u[i] = i >= len(kinds) || kinds[i].Flags&event.LargePayload != 0
	}
	return u
}()

// fast decodes the event block of type 0x216 at the beginning of b, and reports false
// where anything about it is out of the ordinary.
func (r *Reader) fast(ev *event.Event, b []byte) bool {
	h := (*[40]byte)(b)
	total := int(binary.LittleEndian.Uint32(h[4:]))
	elen := int(binary.LittleEndian.Uint32(h[26:]))
	typ := binary.LittleEndian.Uint16(h[30:])
	n := int(binary.LittleEndian.Uint32(h[32:]))
	if binary.LittleEndian.Uint32(h[:]) != BlockEvent || !r.plain ||
		total > len(b) || total > maxEventBlock || total < 40 || total&3 != 0 || elen > total-14 ||
		typ >= uint16(len(unusual)) || unusual[typ&511] || 2*n > elen-26 || n > elen {
		return false
	}
	body := 36 + 2*n
	end := 10 + elen
	sum := 0
	if n <= 4 && len(b) >= 44 {
		// Up to four lengths at once.
		v := binary.LittleEndian.Uint64(b[36:44]) & (1<<(16*uint(n)) - 1)
		v = v&0x0000FFFF0000FFFF + v>>16&0x0000FFFF0000FFFF
		sum = int(v&0xFFFFFFFF + v>>32)
	} else {
		for i := 36; i < body; i += 2 {
			sum += int(binary.LittleEndian.Uint16(b[i:]))
		}
	}
	if body+sum != end || binary.LittleEndian.Uint32(b[total-4:]) != uint32(total) {
		return false
	}
	r.w.pos += total
	r.events++
	r.num++
	ev.Num = r.num
	ev.TsNanos = binary.LittleEndian.Uint64(h[10:])
	ev.Tid = int64(binary.LittleEndian.Uint64(h[18:]))
	ev.CPU = binary.LittleEndian.Uint16(h[8:])
	ev.Type = event.Type(typ)
	ev.Large = false
	ev.Flags = 0
	ev.NParams = n
	ev.Lens, ev.Data = b[36:body:body], b[body:end:end]
	ev.Kind = event.KindOf(event.Type(typ))
	clearState(ev)
	return true
}

// clearState voids what a tracker may have set on the event before.
func clearState(ev *event.Event) {
	ev.Thread, ev.FD, ev.Enter = nil, nil, nil
	ev.FDNum = -1
	ev.EnterTsNanos, ev.PrevTsNanos, ev.PrevThreadTsNanos = 0, 0, 0
}

// count counts one block.
func (r *Reader) count(typ uint32) {
	if typ < uint32(len(r.nblocks)) {
		r.nblocks[typ]++
		return
	}
	if r.stats.Blocks == nil {
		r.stats.Blocks = map[uint32]uint64{}
	}
	// Hostile files can hold millions of unknown types; their sum is counted elsewhere.
	if _, known := blocks[typ]; known || len(r.stats.Blocks) < 64 {
		r.stats.Blocks[typ]++
	}
}

// damage notes what is wrong; in strict mode it is returned as the end.
func (r *Reader) damage(off int64, block uint32, field string, err error) error {
	fe := &FormatError{Offset: off, Block: block, Field: field, Err: err}
	r.stats.DamageCount++
	if len(r.stats.Damage) < 64 {
		r.stats.Damage = append(r.stats.Damage, fe)
	}
	if r.opt.Strict {
		return fe
	}
	return nil
}

// Stats tells what was met so far. The maps and slices in it are the caller's.
func (r *Reader) Stats() Stats {
	s := r.stats
	s.Blocks = maps.Clone(s.Blocks)
	if s.Blocks == nil {
		s.Blocks = map[uint32]uint64{}
	}
	for typ, n := range r.nblocks {
		if n > 0 {
			s.Blocks[uint32(typ)] = n
		}
	}
	if r.events > 0 {
		s.Blocks[BlockEvent] += r.events
	}
	s.Damage = append([]*FormatError(nil), s.Damage...)
	s.Events = r.num
	s.Bytes = r.w.offset()
	s.Members = r.w.src.members()
	return s
}

// Progress returns how many bytes of the file, as stored, were consumed, and its
// size, 0 where unknown.
func (r *Reader) Progress() (done, size int64) {
	if r.stats.Compression == "" {
		return r.w.offset(), r.size
	}
	return r.w.src.consumed(), r.size
}

// Close releases the file and stops read-ahead. It is safe to call twice.
func (r *Reader) Close() error {
	if r.err == nil {
		r.err = os.ErrClosed
	}
	r.w.src.close()
	r.w.buf, r.w.pos, r.w.base, r.w.end = nil, 0, r.w.offset(), true
	if r.w.m != nil {
		r.w.m.close()
	}
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}

// nullSink forgets everything.
type nullSink struct{}

func (nullSink) Section(_, _ uint16)             {}
func (nullSink) SetMachine(event.Machine)        {}
func (nullSink) AddInterface(event.Interface)    {}
func (nullSink) AddUser(event.User)              {}
func (nullSink) AddGroup(event.Group)            {}
func (nullSink) AddThread(event.Thread)          {}
func (nullSink) AddFD(tid, fd int64, _ event.FD) {}

package scap

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/flate"
)

// member writes the raw stream, in gzip members or as it is.
type member struct {
	w     io.Writer
	z     *flate.Writer
	opt   WriteOptions
	raw   []byte
	pack  bytes.Buffer
	index []indexEntry
	// at and rawAt are offsets of the next member, in the file and in the raw stream.
	at, rawAt int64
	events    uint32
}

// indexEntry is one member.
type indexEntry struct {
	packed, raw, events uint32
}

func newMember(w io.Writer, opt WriteOptions) (member, error) {
	m := member{w: w, opt: opt}
	if m.opt.MemberBytes <= 0 {
		m.opt.MemberBytes = 1 << 20
	}
	if !opt.Gzip {
		return m, nil
	}
	level := opt.Level
	if level == 0 {
		level = 6
	}
	z, err := flate.NewWriter(io.Discard, level)
	m.z = z
	return m, err
}

func (m *member) write(b []byte) error {
	m.raw = append(m.raw, b...)
	if m.z == nil && len(m.raw) >= 64<<10 {
		return m.flush()
	}
	return nil
}

// eventEnd ends the member when it is long enough. Members end where events end, so
// that each begins with a block.
func (m *member) eventEnd() error {
	m.events++
	if len(m.raw) >= m.opt.MemberBytes {
		return m.flush()
	}
	return nil
}

// flush writes what there is as one member, with one call of Write.
func (m *member) flush() error {
	if len(m.raw) == 0 {
		return nil
	}
	out := m.raw
	if m.z != nil {
		m.pack.Reset()
		m.pack.Write([]byte{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255})
		m.z.Reset(&m.pack)
		if _, err := m.z.Write(m.raw); err != nil {
			return err
		}
		if err := m.z.Close(); err != nil {
			return err
		}
		var tail [8]byte
		binary.LittleEndian.PutUint32(tail[:], crc32.ChecksumIEEE(m.raw))
		binary.LittleEndian.PutUint32(tail[4:], uint32(len(m.raw)))
		m.pack.Write(tail[:])
		out = m.pack.Bytes()
		m.index = append(m.index, indexEntry{uint32(len(out)), uint32(len(m.raw)), m.events})
	}
	if _, err := m.w.Write(out); err != nil {
		return err
	}
	m.at += int64(len(out))
	m.rawAt += int64(len(m.raw))
	m.raw = m.raw[:0]
	m.events = 0
	return nil
}

// maxExtra is what a gzip header's extra field can hold.
const maxExtra = 65535

// indexPart is how many members one empty member lists.
const indexPart = (maxExtra - 4 - 8) / 12

// finish writes the index: empty members whose extra field, subfield "UL", holds a
// version, a count, and for each member its packed bytes, raw bytes and events.
func (m *member) finish() error {
	if m.z == nil || !m.opt.Index {
		return nil
	}
	for len(m.index) > 0 {
		part := m.index[:min(len(m.index), indexPart)]
		m.index = m.index[len(part):]
		body := le32(nil, 1)
		body = le32(body, uint32(len(part)))
		for _, e := range part {
			body = le32(le32(le32(body, e.packed), e.raw), e.events)
		}
		b := []byte{0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255}
		b = le16(b, uint16(len(body)+4))
		b = append(b, 'U', 'L')
		b = le16(b, uint16(len(body)))
		b = append(b, body...)
		b = append(b, 3, 0)                   // an empty deflate stream
		b = append(b, 0, 0, 0, 0, 0, 0, 0, 0) // checksum and length of nothing
		if _, err := m.w.Write(b); err != nil {
			return err
		}
		m.at += int64(len(b))
	}
	return nil
}

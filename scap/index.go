package scap

import (
	"encoding/binary"
	"errors"
	"io"
)

// Member is one independent gzip member of a capture, which begins with a block.
type Member struct {
	// Offset and PackedBytes say where it is in the file.
	Offset, PackedBytes int64
	// RawOffset and RawBytes say where its content is in the decompressed stream.
	RawOffset, RawBytes int64
	// FirstEvent is the number of its first event, counted from 1; Events is how many
	// begin in it.
	FirstEvent, Events uint64
}

// maxMembers bounds an index: 1 TiB of members of 1 MiB.
const maxMembers = 1 << 20

// ReadIndex reads the index at the end of a capture that a Writer with Index has closed.
// It returns nil without an error where there is none. The members are where they were
// when the file was closed; an index that does not fit the file is ErrCorrupt.
func ReadIndex(r io.ReaderAt, size int64) ([]Member, error) {
	// Each part is an empty member: header, extra field, two bytes, checksum and length.
	const tail = 2 + 8
	var parts [][]byte
	count := 0
	end := size
	for {
		n := min(end, int64(maxExtra)+12+tail)
		b := make([]byte, n)
		if _, err := r.ReadAt(b, end-n); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		body, length := lastIndexPart(b)
		if body == nil {
			break
		}
		parts = append(parts, body)
		if count += len(body) / 12; count > maxMembers {
			return nil, &FormatError{Offset: end, Field: "index", Err: ErrCorrupt}
		}
		end -= int64(length)
	}
	if parts == nil {
		return nil, nil
	}
	members := make([]Member, 0, count)
	var m Member
	m.FirstEvent = 1
	for i := len(parts) - 1; i >= 0; i-- {
		for b := parts[i]; len(b) >= 12; b = b[12:] {
			m.PackedBytes = int64(binary.LittleEndian.Uint32(b))
			m.RawBytes = int64(binary.LittleEndian.Uint32(b[4:]))
			m.Events = uint64(binary.LittleEndian.Uint32(b[8:]))
			members = append(members, m)
			m.Offset += m.PackedBytes
			m.RawOffset += m.RawBytes
			m.FirstEvent += m.Events
		}
	}
	if m.Offset != end {
		return nil, &FormatError{Offset: end, Field: "index", Err: ErrCorrupt}
	}
	return members, nil
}

// lastIndexPart finds the part that b ends with: its entries and the length of the
// member; nil where b ends otherwise.
func lastIndexPart(b []byte) (entries []byte, length int) {
	tail := []byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if len(b) < 12+12+len(tail) || string(b[len(b)-len(tail):]) != string(tail) {
		return nil, 0
	}
	// The length stands at the front, so each number of entries is tried.
	for n := 1; n <= indexPart; n++ {
		length = 12 + 4 + 8 + 12*n + len(tail)
		if length > len(b) {
			return nil, 0
		}
		h := b[len(b)-length:]
		if h[0] == 0x1F && h[1] == 0x8B && h[2] == 8 && h[3] == 4 && h[12] == 'U' && h[13] == 'L' &&
			int(binary.LittleEndian.Uint16(h[10:])) == 4+8+12*n &&
			binary.LittleEndian.Uint32(h[16:]) == 1 && int(binary.LittleEndian.Uint32(h[20:])) == n {
			return h[24 : 24+12*n], length
		}
	}
	return nil, 0
}

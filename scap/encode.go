package scap

import "encoding/binary"

func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func le64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

// beginBlock appends the head of a block, without its length.
func beginBlock(b []byte, typ uint32) []byte { return le32(le32(b, typ), 0) }

// endBlock pads the block that begins at start and sets both of its lengths.
func endBlock(b []byte, start int) []byte {
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	total := uint32(len(b) - start + 4)
	binary.LittleEndian.PutUint32(b[start+4:], total)
	return le32(b, total)
}

// str appends a string with its length, cut to at most limit bytes.
func str(b []byte, s string, limit int) []byte {
	s = s[:min(len(s), limit)]
	return append(le16(b, uint16(len(s))), s...)
}

// list appends NUL-terminated strings with the length of all, cut after the last that
// fits into limit bytes as a whole.
func list(b []byte, s string, limit int) []byte {
	if len(s) > limit {
		cut := limit
		for cut > 0 && s[cut-1] != 0 {
			cut--
		}
		s = s[:cut]
	}
	return append(le16(b, uint16(len(s))), s...)
}

package inspect

import (
	"hash/maphash"
	"unsafe"
)

// textID numbers an interned string; 0 is the empty one.
type textID uint32

// others stands for everything that found no room in a table.
const others = "(others)"

const chunkLen = 1 << 18

// texts interns strings. They lie in chunks, so that growing moves nothing and the
// collector sees few pointers.
type texts struct {
	chunks [][]byte
	at     []textAt
	table  []uint32 // open addressing, id+1
	seed   maphash.Seed
	bytes  int
	lost   uint64
	more   textID
}

type textAt struct {
	chunk uint32
	from  uint32
	len   uint16
}

func newTexts() *texts {
	t := &texts{seed: maphash.MakeSeed(), table: make([]uint32, 1<<10)}
	t.id("")
	t.more = t.id(others)
	return t
}

// id returns the number of s, cut to maxTextLen.
func (t *texts) id(s string) textID {
	if len(s) > maxTextLen {
		s = s[:maxTextLen]
	}
	mask := uint32(len(t.table) - 1)
	h := uint32(maphash.String(t.seed, s))
	for i := h & mask; ; i = (i + 1) & mask {
		e := t.table[i]
		if e == 0 {
			return t.add([]byte(s), i)
		}
		if a := t.at[e-1]; int(a.len) == len(s) && string(t.raw(a)) == s {
			return textID(e - 1)
		}
	}
}

// bytesID is id for bytes; it allocates only for a string that is new.
func (t *texts) bytesID(b []byte) textID {
	if len(b) > maxTextLen {
		b = b[:maxTextLen]
	}
	mask := uint32(len(t.table) - 1)
	h := uint32(maphash.Bytes(t.seed, b))
	for i := h & mask; ; i = (i + 1) & mask {
		e := t.table[i]
		if e == 0 {
			return t.add(b, i)
		}
		if a := t.at[e-1]; int(a.len) == len(b) && string(t.raw(a)) == string(b) {
			return textID(e - 1)
		}
	}
}

// spare is id for a text that is only nice to have: it leaves a quarter of the table to
// names, programs and accounts.
func (t *texts) spare(s string) textID {
	if len(t.at) < maxTexts/4*3 && t.bytes < maxTextBytes/4*3 {
		return t.id(s)
	}
	if id, ok := t.find(s); ok {
		return id
	}
	t.lost++
	return t.more
}

func (t *texts) add(s []byte, slot uint32) textID {
	if len(t.at) >= maxTexts || t.bytes+len(s) > maxTextBytes {
		t.lost++
		return t.more
	}
	id := textID(len(t.at))
	t.put(s)
	t.table[slot] = uint32(id) + 1
	if 2*len(t.at) > len(t.table) {
		t.rehash(2 * len(t.table))
	}
	return id
}

// put stores s under the next number.
func (t *texts) put(s []byte) {
	if n := len(t.chunks); n == 0 || len(t.chunks[n-1])+len(s) > chunkLen {
		t.chunks = append(t.chunks, make([]byte, 0, chunkLen))
	}
	c := len(t.chunks) - 1
	t.at = append(t.at, textAt{chunk: uint32(c), from: uint32(len(t.chunks[c])), len: uint16(len(s))})
	t.chunks[c] = append(t.chunks[c], s...)
	t.bytes += len(s)
}

func (t *texts) rehash(n int) {
	t.table = make([]uint32, n)
	mask := uint32(n - 1)
	for id, a := range t.at {
		i := uint32(maphash.Bytes(t.seed, t.raw(a))) & mask
		for t.table[i] != 0 {
			i = (i + 1) & mask
		}
		t.table[i] = uint32(id) + 1
	}
}

func (t *texts) raw(a textAt) []byte {
	return t.chunks[a.chunk][a.from : a.from+uint32(a.len)]
}

// get returns the string; "" for a number that is none. It is no copy: what was put into a
// chunk never changes.
func (t *texts) get(id textID) string {
	if int(id) >= len(t.at) {
		return ""
	}
	b := t.raw(t.at[id])
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// find returns the number of s where it is interned.
func (t *texts) find(s string) (textID, bool) {
	mask := uint32(len(t.table) - 1)
	for i := uint32(maphash.String(t.seed, s)) & mask; t.table[i] != 0; i = (i + 1) & mask {
		e := t.table[i]
		if string(t.raw(t.at[e-1])) == s {
			return textID(e - 1), true
		}
	}
	return 0, false
}

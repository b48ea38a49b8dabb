package state

import "hash/maphash"

// Bounds of what is remembered about strings. When they are reached, all of it is
// forgotten; strings in use live on.
const (
	maxStrings     = 64 << 10
	maxStringBytes = 16 << 20
)

// names remembers strings, so that the same name again costs no memory, and with each
// what it stands for.
type names struct {
	seed  maphash.Seed
	slots []name
	n     int
	bytes int
}

// name is one string and its meaning; an empty key marks a free slot.
type name struct {
	key, val string
}

// find returns the slot where b is or would be.
func (s *names) find(b []byte) *name {
	if s.slots == nil {
		s.seed, s.slots = maphash.MakeSeed(), make([]name, 1024)
	}
	mask := uint64(len(s.slots) - 1)
	for i := maphash.Bytes(s.seed, b) & mask; ; i = (i + 1) & mask {
		if e := &s.slots[i]; e.key == string(b) || e.key == "" {
			return e
		}
	}
}

// get returns b as a string.
func (s *names) get(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if e := s.find(b); e.key != "" {
		return e.key
	}
	key := string(b)
	s.add(key, key)
	return key
}

// add remembers key, which is new and not empty.
func (s *names) add(key, val string) {
	if s.n >= maxStrings || s.bytes+len(key)+len(val) > maxStringBytes {
		clear(s.slots)
		s.n, s.bytes = 0, 0
	}
	if 2*(s.n+1) > len(s.slots) {
		old := s.slots
		s.slots = make([]name, 2*len(old))
		for _, e := range old {
			if e.key != "" {
				*s.free(e.key) = e
			}
		}
	}
	*s.free(key) = name{key, val}
	s.n++
	s.bytes += len(key) + len(val)
}

func (s *names) free(key string) *name {
	mask := uint64(len(s.slots) - 1)
	for i := maphash.String(s.seed, key) & mask; ; i = (i + 1) & mask {
		if s.slots[i].key == "" {
			return &s.slots[i]
		}
	}
}

// Trim gives up what only makes the tracker fast: remembered strings and descriptors that
// may be used again. For those who keep many trackers and use each seldom.
func (t *Tracker) Trim() {
	t.names, t.paths = names{}, names{}
	t.spare = nil
	t.cgroups, t.ofCgroups = "", nil
}

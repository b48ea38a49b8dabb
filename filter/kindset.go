package filter

import "github.com/unloop-dev/unloop/event"

// kindSet is a set of event codes. The last slot stands for all codes beyond the table.
type kindSet [maxKinds / 64]uint64

const (
	maxKinds    = 512
	unknownKind = maxKinds - 1
)

func kindSlot(t event.Type) int { return min(int(t), unknownKind) }

func (s *kindSet) has(t event.Type) bool {
	i := kindSlot(t)
	return s[i/64]&(1<<(i%64)) != 0
}

func (s *kindSet) add(slot int) { s[slot/64] |= 1 << (slot % 64) }

func (s kindSet) and(o kindSet) kindSet {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s kindSet) or(o kindSet) kindSet {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s kindSet) not() kindSet {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

func (s kindSet) empty() bool { return s == kindSet{} }

var allKinds = kindSet{}.not()

// kindsWhere is the set of kinds of the table for which keep holds.
func kindsWhere(keep func(*event.Kind) bool) kindSet {
	var s kindSet
	all := event.Kinds()
	for i := range all {
		if keep(&all[i]) {
			s.add(i)
		}
	}
	return s
}

// genericKinds are the two codes whose name is in a parameter: calls without a kind of
// their own.
var genericKinds = func() kindSet {
	var s kindSet
	s.add(0)
	s.add(1)
	return s
}()

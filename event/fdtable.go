package event

import (
	"maps"
	"slices"
)

// FDTable holds the open descriptors of a process. Small numbers, which nearly
// all are, index a slice; the rest live in a map. The zero value is empty. Its memory
// is in proportion to the number of descriptors, whatever their numbers are.
type FDTable struct {
	low  []*FD
	high map[int64]*FD
	n    int
}

// maxLow bounds the slice, and dense how much longer it may be than it has entries.
const (
	maxLow = 8192
	minLow = 64
	dense  = 8
)

// Get returns what fd stands for, or nil. A nil table is empty.
func (t *FDTable) Get(fd int64) *FD {
	if t == nil {
		return nil
	}
	if uint64(fd) < uint64(len(t.low)) {
		return t.low[fd]
	}
	if t.high == nil {
		return nil
	}
	return t.high[fd]
}

// Len is how many descriptors are open.
func (t *FDTable) Len() int {
	if t == nil {
		return 0
	}
	return t.n
}

// Set makes fd stand for f; nil removes it. Negative numbers are ignored.
func (t *FDTable) Set(fd int64, f *FD) {
	if fd < 0 {
		return
	}
	old := t.Get(fd)
	switch {
	case old == nil && f != nil:
		t.n++
	case old != nil && f == nil:
		t.n--
	case old == nil && f == nil:
		return
	}
	if fd < int64(len(t.low)) {
		t.low[fd] = f
		return
	}
	if f == nil {
		delete(t.high, fd)
		return
	}
	if limit := min(max(minLow, dense*t.n), maxLow); fd < int64(limit) {
		t.grow(min(max(int(fd)+1, 2*len(t.low), 8), limit))
		t.low[fd] = f
		return
	}
	if t.high == nil {
		t.high = map[int64]*FD{}
	}
	t.high[fd] = f
}

// grow makes the slice n long and moves into it what lies in the map and fits now.
func (t *FDTable) grow(n int) {
	low := make([]*FD, n)
	copy(low, t.low)
	t.low = low
	for fd, f := range t.high {
		if fd < int64(n) {
			t.low[fd] = f
			delete(t.high, fd)
		}
	}
}

// Each calls do for every open descriptor by number, until it returns false. do may
// remove descriptors.
func (t *FDTable) Each(do func(fd int64, f *FD) bool) {
	if t == nil {
		return
	}
	for i, f := range t.low {
		if f != nil && !do(int64(i), f) {
			return
		}
	}
	if len(t.high) == 0 {
		return
	}
	for _, i := range slices.Sorted(maps.Keys(t.high)) {
		if f := t.high[i]; f != nil && !do(i, f) {
			return
		}
	}
}

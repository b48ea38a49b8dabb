package inspect

import (
	"bytes"
)

// moments are the latest doings of a live process, kept in case it dies.
type moments struct {
	fails   ring[failure]
	files   ring[moment]
	conns   ring[moment]
	dns     ring[moment]
	lines   ring[line]
	goesOn  [2]bool // the newest line of standard output, of standard error, has no end yet
	signals ring[moment]
	config  moment
	exec    moment // the last exec, failed ones too
}

// How much is kept of each.
const (
	keepFails   = 24
	keepFiles   = 12
	keepConns   = 12
	keepDNS     = 12
	keepLines   = 16
	keepSignals = 4
	lineLen     = 320
)

// moment is one event of the past of a process.
type moment struct {
	num, ts uint64
	val     int64
	name    uint32
	text    textID
	what    uint32
	from    textID // name of the sender of a signal
}

// failure is a failed call; equal ones are one entry.
type failure struct {
	moment
	times     uint64
	firstNum  uint64
	recovered bool
	base      uint32 // hash of the last part of the path, 0 for none
}

// line is something written to standard output or standard error, with the last write
// that added to it.
type line struct {
	num, ts uint64
	stderr  bool
	data    []byte
}

// ring keeps the latest n values.
type ring[T any] struct {
	list []T
	next int
}

// slot returns the place for a new value, which still holds the one it replaces.
func (r *ring[T]) slot(n int) *T {
	if len(r.list) < n {
		r.list = append(r.list, *new(T))
		return &r.list[len(r.list)-1]
	}
	s := &r.list[r.next]
	r.next = (r.next + 1) % n
	return s
}

// all gives the values, oldest first. Values that were moved keep their place.
func (r *ring[T]) all() []T {
	return append(append(make([]T, 0, len(r.list)), r.list[r.next:]...), r.list[:r.next]...)
}

// fail adds a failure, or counts it to the equal one.
func (m *moments) fail(f failure) {
	for i := range m.fails.list {
		if o := &m.fails.list[i]; o.what == f.what && o.name == f.name && o.text == f.text {
			o.times++
			o.num, o.ts, o.recovered = f.num, f.ts, false
			return
		}
	}
	f.times, f.firstNum = 1, f.num
	*m.fails.slot(keepFails) = f
}

// touch adds a moment, or renews the one with the same name and text.
func touch(r *ring[moment], n int, m moment) {
	for i := range r.list {
		if o := &r.list[i]; o.name == m.name && o.text == m.text {
			*o = m
			return
		}
	}
	*r.slot(n) = m
}

// newest gives the latest line of a stream; nil where none is kept.
func (m *moments) newest(stderr bool) *line {
	n := len(m.lines.list)
	for i := range n {
		if l := &m.lines.list[(m.lines.next-1-i+2*n)%n]; l.stderr == stderr {
			return l
		}
	}
	return nil
}

// write adds lines of output, the last of them where there are many. A write without a
// line end is continued by the next one; where it is not whole, its end is not known.
func (m *moments) write(num, ts uint64, stderr, whole bool, data []byte) {
	goesOn := &m.goesOn[0]
	if stderr {
		goesOn = &m.goesOn[1]
	}
	for n := bytes.Count(data, []byte{'\n'}); n > keepLines; n-- {
		_, data, _ = bytes.Cut(data, []byte{'\n'})
		*goesOn = false
	}
	for len(data) > 0 {
		part, rest, ended := bytes.Cut(data, []byte{'\n'})
		var l *line
		if *goesOn {
			l = m.newest(stderr)
		}
		if l == nil {
			l = m.lines.slot(keepLines)
			l.stderr, l.data = stderr, l.data[:0]
		}
		l.num, l.ts = num, ts
		l.data = append(l.data, part[:min(len(part), lineLen-len(l.data))]...)
		*goesOn = !ended && whole
		data = rest
	}
}

// baseOf hashes the last part of a path (FNV-1a); never 0.
func baseOf[T string | []byte](path T) uint32 {
	h := uint32(2166136261)
	for i := len(path) - 1; i >= 0 && path[i] != '/'; i-- {
		h = (h ^ uint32(path[i])) * 16777619
	}
	return h | 1
}

// opened marks failures that a later success on a file of the same name made good:
// searches along PATH and library directories.
func (m *moments) opened(base uint32) {
	for i := range m.fails.list {
		if f := &m.fails.list[i]; f.base == base {
			f.recovered = true
		}
	}
}

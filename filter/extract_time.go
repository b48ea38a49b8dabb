package filter

import (
	"strconv"
	"time"

	"github.com/unloop-dev/unloop/event"
)

const second = 1_000_000_000

// clock turns times into text. It keeps the latest second, which most events share.
type clock struct {
	sec   int64
	valid bool
	// date is "2006-01-02 15:04:05" of sec in the session's zone.
	date [19]byte
}

func (s *scope) date(nanos uint64) []byte {
	sec := int64(nanos / second)
	if !s.clock.valid || s.clock.sec != sec {
		loc := s.Location
		if loc == nil {
			loc = time.UTC
		}
		t := time.Unix(sec, 0).In(loc)
		b := t.AppendFormat(s.clock.date[:0], "2006-01-02 15:04:05")
		copy(s.clock.date[:], b)
		s.clock.sec, s.clock.valid = sec, true
	}
	return s.clock.date[:]
}

func appendNanos(b []byte, n uint64) []byte {
	var d [9]byte
	for i := 8; i >= 0; i-- {
		d[i] = byte('0' + n%10)
		n /= 10
	}
	return append(b, d[:]...)
}

func (s *scope) appendTime(b []byte, nanos uint64, date, frac bool) []byte {
	d := s.date(nanos)
	if !date {
		d = d[11:]
	}
	b = append(b, d...)
	if frac {
		b = append(b, '.')
		b = appendNanos(b, nanos%second)
	}
	return b
}

func appendISO(b []byte, nanos uint64) []byte {
	t := time.Unix(int64(nanos/second), 0).UTC()
	b = t.AppendFormat(b, "2006-01-02T15:04:05.")
	b = appendNanos(b, nanos%second)
	return append(b, "+0000"...)
}

// appendHuman writes nanoseconds with a unit, as sysdig does: two decimals below 10 of
// a unit (and of seconds always), none above, cut and not rounded.
func appendHuman(b []byte, n uint64) []byte {
	part := func(whole, frac uint64, unit string) []byte {
		b = strconv.AppendUint(b, whole, 10)
		b = append(b, '.', byte('0'+frac/10), byte('0'+frac%10))
		return append(b, unit...)
	}
	switch {
	case n >= second:
		return part(n/second, n%second/10_000_000, "s")
	case n >= 10_000_000:
		return append(strconv.AppendUint(b, n/1_000_000, 10), "ms"...)
	case n >= 1_000_000:
		return part(n/1_000_000, n%1_000_000/10_000, "ms")
	case n >= 10_000:
		return append(strconv.AppendUint(b, n/1_000, 10), "us"...)
	case n >= 1_000:
		return part(n/1_000, n%1_000/10, "us")
	}
	return append(strconv.AppendUint(b, n, 10), "ns"...)
}

// latency is how long the call took, 0 for anything but the end of a call that began
// in the capture.
func (s *scope) latency() uint64 {
	ev := s.ev
	if ev.EnterTsNanos == 0 || ev.IsEnter() || ev.TsNanos < ev.EnterTsNanos {
		return 0
	}
	return ev.TsNanos - ev.EnterTsNanos
}

// knownLatency is false for internal events of known threads, which have none.
func (s *scope) knownLatency() (uint64, bool) {
	if s.ev.Thread != nil && s.ev.Kind != nil && s.ev.Kind.Category == event.CatInternal {
		return 0, false
	}
	return s.latency(), true
}

func (s *scope) sinceFirst() uint64 {
	if !s.started {
		return 0
	}
	return s.ev.TsNanos - s.firstNanos
}

func (s *scope) sinceBefore() uint64 {
	if s.ev.PrevTsNanos == 0 {
		return 0
	}
	return s.ev.TsNanos - s.ev.PrevTsNanos
}

func timeText(put func(s *scope, b []byte) []byte) builder {
	return fixed(getter{
		str: func(s *scope) (string, bool) {
			n := len(s.buf)
			s.buf = put(s, s.buf)
			return s.made(n), true
		},
		put:     func(s *scope, b []byte) ([]byte, bool) { return put(s, b), true },
		jsonNum: func(s *scope) (uint64, bool) { return s.ev.TsNanos, true },
		cost:    20,
	})
}

func timeNum(needs Needs, get func(s *scope) (uint64, bool)) builder {
	return fixed(getter{num: get, jsonNum: get, needs: needs, cost: 1})
}

func deltaNum(part deltaPart, get func(s *scope) uint64) builder {
	g := func(s *scope) (uint64, bool) { return get(s), true }
	return fixed(getter{num: g, jsonNum: g, needs: NeedDelta, cost: 1, delta: part})
}

var timeBuilders = map[string]builder{
	"evt.num": number(0, func(s *scope) (uint64, bool) {
		if s.OldNumbers {
			return s.ev.Num - s.unknown, true
		}
		return s.ev.Num, true
	}),
	"evt.time": timeText(func(s *scope, b []byte) []byte {
		return s.appendTime(b, s.ev.TsNanos, false, true)
	}),
	"evt.time.s": timeText(func(s *scope, b []byte) []byte {
		return s.appendTime(b, s.ev.TsNanos, false, false)
	}),
	"evt.time.iso8601": timeText(func(s *scope, b []byte) []byte {
		return appendISO(b, s.ev.TsNanos)
	}),
	"evt.datetime": timeText(func(s *scope, b []byte) []byte {
		return s.appendTime(b, s.ev.TsNanos, true, true)
	}),
	"evt.datetime.s": timeText(func(s *scope, b []byte) []byte {
		return s.appendTime(b, s.ev.TsNanos, true, false)
	}),
	"evt.outputtime": fixed(getter{
		str: func(s *scope) (string, bool) {
			n := len(s.buf)
			s.buf = s.appendTime(s.buf, s.ev.TsNanos, false, true)
			return s.made(n), true
		},
		jsonNum: func(s *scope) (uint64, bool) { return s.ev.TsNanos, true },
		delta:   outputDelta,
		needs:   NeedSession | NeedEnter,
	}),
	"evt.rawtime":    timeNum(0, func(s *scope) (uint64, bool) { return s.ev.TsNanos, true }),
	"evt.rawtime.s":  timeNum(0, func(s *scope) (uint64, bool) { return s.ev.TsNanos / second, true }),
	"evt.rawtime.ns": timeNum(0, func(s *scope) (uint64, bool) { return s.ev.TsNanos % second, true }),
	"evt.reltime":    timeNum(NeedSession, func(s *scope) (uint64, bool) { return s.sinceFirst(), true }),
	"evt.reltime.s":  timeNum(NeedSession, func(s *scope) (uint64, bool) { return s.sinceFirst() / second, true }),
	"evt.reltime.ns": timeNum(NeedSession, func(s *scope) (uint64, bool) { return s.sinceFirst() % second, true }),
	"evt.latency":    timeNum(NeedEnter, (*scope).knownLatency),
	"evt.latency.s": timeNum(NeedEnter, func(s *scope) (uint64, bool) {
		n, ok := s.knownLatency()
		return n / second, ok
	}),
	"evt.latency.ns": timeNum(NeedEnter, func(s *scope) (uint64, bool) {
		n, ok := s.knownLatency()
		return n % second, ok
	}),
	"evt.latency.human": text(NeedEnter, func(s *scope) (string, bool) {
		n, ok := s.knownLatency()
		if !ok {
			return "", false
		}
		start := len(s.buf)
		s.buf = appendHuman(s.buf, n)
		return s.made(start), true
	}),
	"evt.deltatime":    deltaNum(wholeDelta, (*scope).sinceBefore),
	"evt.deltatime.s":  deltaNum(secondsDelta, func(s *scope) uint64 { return s.sinceBefore() / second }),
	"evt.deltatime.ns": deltaNum(nanosDelta, func(s *scope) uint64 { return s.sinceBefore() % second }),
	"evt.around": func(arg string, _ bool) (getter, string) {
		at, err := strconv.ParseUint(arg, 10, 64)
		if err != nil {
			return getter{}, "the argument of evt.around is a time in nanoseconds, as evt.rawtime prints it"
		}
		// The value is the distance in whole milliseconds, rounded up, so that
		// = N can be read as: at most N.
		return getter{num: func(s *scope) (uint64, bool) {
			d := at - s.ev.TsNanos
			if s.ev.TsNanos > at {
				d = s.ev.TsNanos - at
			}
			return (d + 999_999) / 1_000_000, true
		}, cost: 1}, ""
	},
}

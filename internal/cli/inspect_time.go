package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// timeLayouts are the forms of absolute times, the ones without a date last.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "15:04:05.999999999", "15:04:05", "15:04"}

// window reads --from and --to for a capture that lasts from first to last, in
// nanoseconds since the Unix epoch. An end that is not given is 0.
func (o *inspectOptions) window(first, last uint64) (from, to uint64, err error) {
	if o.from != "" {
		if from, err = o.moment("--from", o.from, first, last); err != nil {
			return 0, 0, err
		}
	}
	if o.to != "" {
		if to, err = o.moment("--to", o.to, first, last); err != nil {
			return 0, 0, err
		}
	}
	if to != 0 && to < from {
		return 0, 0, bad(o.cmd, "--to %s lies before --from %s", o.to, o.from)
	}
	return from, to, nil
}

// moment reads a time: a duration from the start, a negative one from the end, or an
// absolute time in the local zone.
func (o *inspectOptions) moment(flag, s string, first, last uint64) (uint64, error) {
	t, ok := parseMoment(s, first, last)
	if !ok {
		return 0, bad(o.cmd, "%s %q: want a duration such as 2.5s or -1s, or a time such as 15:04:05.2 or 2006-01-02T15:04:05Z", flag, s)
	}
	return t, nil
}

func parseMoment(s string, first, last uint64) (uint64, bool) {
	if d, err := time.ParseDuration(s); err == nil {
		if strings.HasPrefix(s, "-") {
			return clampTime(int64(last) + int64(d)), true
		}
		return clampTime(int64(first) + int64(d)), true
	}
	if n, err := strconv.ParseUint(s, 10, 63); err == nil && n >= 1e15 {
		return n, true // nanoseconds since the epoch, as evt.rawtime prints them
	}
	day := time.Unix(0, int64(first)).Local()
	for _, layout := range timeLayouts {
		t, err := time.ParseInLocation(layout, s, time.Local)
		if err != nil {
			continue
		}
		if !strings.Contains(layout, "2006") {
			t = time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.Local)
			if uint64(t.UnixNano()) < first && t.Add(24*time.Hour).UnixNano() <= int64(last) {
				t = t.Add(24 * time.Hour) // the capture goes over midnight
			}
		}
		return clampTime(t.UnixNano()), true
	}
	return 0, false
}

// clampTime keeps a time that was given apart from 0, which means none.
func clampTime(n int64) uint64 { return uint64(max(n, 1)) }

// clock shows a time of the capture in the local zone, to the microsecond.
func clock(nanos uint64) string {
	return time.Unix(0, int64(nanos)).Local().Format("15:04:05.000000")
}

// ago shows a duration in at most three significant digits: "1.25s", "3.1ms".
func ago(nanos uint64) string {
	units := []struct {
		size uint64
		name string
	}{{3600e9, "h"}, {60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}}
	for _, u := range units {
		if nanos >= u.size {
			return trimZeros(float64(nanos)/float64(u.size)) + " " + u.name
		}
	}
	return fmt.Sprintf("%d ns", nanos)
}

// trimZeros shows at most three significant digits.
func trimZeros(x float64) string {
	decimals := 2
	switch {
	case x >= 100:
		decimals = 0
	case x >= 10:
		decimals = 1
	}
	s := strconv.FormatFloat(x, 'f', decimals, 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// dateClock shows a time with its date and zone.
func dateClock(nanos uint64) string {
	return time.Unix(0, int64(nanos)).Local().Format("2006-01-02 15:04:05.000 MST")
}

package paste

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

// ageRule reads the age of a row: "5m", "3s (x12 over 2m)", "<unknown>".
var ageRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\S+)(?:\s+\(x(\d{1,9}) over ([^)\s]+)\))?`)
})

// takeAge reads an age at the start of s and returns the rest.
func takeAge(e *facts.Event, s string) (rest string, ok bool) {
	s = strings.TrimLeft(s, " \t")
	if s == "" || !isDigit(s[0]) && s[0] != '<' && s[0] != '.' {
		return s, false
	}
	m := ageRule().FindStringSubmatch(s)
	if m == nil {
		return s, false
	}
	age, ok := parseAge(m[1])
	if !ok {
		return s, false
	}
	e.Age, e.FirstAge = age, age
	if m[2] != "" {
		if n, err := strconv.Atoi(m[2]); err == nil {
			e.Count = max(1, n)
		}
		e.FirstAge, _ = parseAge(m[3])
	}
	return s[len(m[0]):], true
}

// tsRule reads the stamp that ts (moreutils) puts in front of a line.
var tsRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? `)
})

func newEvent() *facts.Event {
	return &facts.Event{Age: unknownAge, FirstAge: unknownAge, Count: 1}
}

// eventType reads the Type column.
func eventType(s string) (string, bool) {
	switch s {
	case "Normal", "Warning":
		return s, true
	case "normal", "warning":
		return canon(s), true
	}
	return "", false
}

// eventRow reads one row of any layout; the columns are known by what stands in
// them, since copying damages their positions. The header helps where a column
// is missing.
func eventRow(t string, h *header) (*facts.Event, bool) {
	// Up to 1.1 there was no Type column; those rows start with an age.
	first := strings.TrimLeft(t, " \t")
	if len(first) > 16 && first[3] == ' ' && isUpper(first[0]) {
		// `get events -w | ts` puts a date in front: "Jan 22 14:23:28 0s  Warning ...".
		if m := tsRule().FindString(first); m != "" {
			t, first = first[len(m):], first[len(m):]
		}
	}
	if first == "" || !isDigit(first[0]) && first[0] != '<' && !strings.Contains(t, "ormal") && !strings.Contains(t, "arning") {
		return nil, false
	}
	w := tokens(t, 3)
	if len(w) < 3 {
		return nil, false
	}
	if kind, ok := eventType(w[0].text); ok {
		return describeRow(t, kind, w, h)
	}
	if _, ok := parseAge(w[0].text); ok {
		return agedRow(t, w, h)
	}
	// `get events -A`: a namespace in front.
	if _, ok := parseAge(w[1].text); ok && isName(w[0].text) && (h == nil || h.has("namespace")) {
		if e, ok := agedRow(t[w[1].from:], tokens(t[w[1].from:], 3), h); ok && e.Object.Name != "" {
			e.Object.Namespace = w[0].text
			return e, true
		}
	}
	return nil, false
}

// describeRow reads Type, Reason, Age, From, Message (describe since 1.7).
func describeRow(t, kind string, w []token, h *header) (*facts.Event, bool) {
	e := newEvent()
	if !isCamel(w[1].text) {
		return nil, false
	}
	rest, ok := takeAge(e, t[w[1].to:])
	if !ok && (h == nil || h.has("age") || !h.has("reason") && !isReason(w[1].text)) {
		return nil, false
	}
	e.Type, e.Reason = kind, w[1].text
	rest = takeFrom(e, rest)
	finishRow(e, rest)
	return e, true
}

// agedRow reads a row that starts with an age: one of an old describe, or of
// `get events`.
func agedRow(t string, w []token, h *header) (*facts.Event, bool) {
	e := newEvent()
	if len(w) < 3 {
		return nil, false
	}
	if _, ok := parseAge(w[1].text); ok {
		return oldRow(t)
	}
	rest, ok := takeAge(e, t)
	if !ok {
		return nil, false
	}
	w = tokens(rest, 3)
	if len(w) < 3 {
		return nil, false
	}
	kind, ok := eventType(w[0].text)
	if !ok || !isCamel(w[1].text) {
		return nil, false
	}
	e.Type, e.Reason = kind, w[1].text
	k, name, slash := strings.Cut(w[2].text, "/")
	full, known := kindOf(k)
	if !known && !slash {
		return nil, false
	}
	if !known {
		full = k
	}
	e.Object.Kind, e.Object.Name = full, name
	rest = takeWide(e, rest[w[2].to:], h)
	finishRow(e, rest)
	return e, true
}

// wideTail reads the last columns of `get events -o wide`: FIRST SEEN, COUNT, NAME.
var wideTail = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\s{2,}(\S+)\s+(\d{1,9})\s+([a-z0-9.-]+\.[0-9a-f]{8,16})\s*$`)
})

// takeWide reads the columns that -o wide adds: SUBOBJECT and SOURCE in front of
// the message, three behind it.
func takeWide(e *facts.Event, rest string, h *header) string {
	m := wideTail().FindStringSubmatchIndex(rest)
	if m == nil && !h.has("source") {
		return rest
	}
	if m != nil {
		e.FirstAge, _ = parseAge(rest[m[2]:m[3]])
		if n, err := strconv.Atoi(rest[m[4]:m[5]]); err == nil {
			e.Count = max(1, n)
		}
		rest = rest[:m[0]]
	}
	rest = takePath(e, rest)
	return takeFrom(e, rest)
}

// pathRule reads the path of a container in the object.
var pathRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*((?i:spec\.\w+)\{[^}\s]*\}|implicitly required container \w+)(?:\s|:|$)`)
})

// takePath reads a SUBOBJECT column.
func takePath(e *facts.Event, s string) string {
	t := strings.TrimLeft(s, " \t")
	if t == "" || t[0]|0x20 != 's' && t[0] != 'i' {
		return s
	}
	m := pathRule().FindStringSubmatchIndex(s)
	if m == nil {
		return s
	}
	e.Object.FieldPath = s[m[2]:m[3]]
	return s[m[3]:]
}

// oldRow reads FirstSeen, LastSeen, Count, From, SubObjectPath, Type, Reason,
// Message (describe up to 1.6; without Type up to 1.1), and LASTSEEN, FIRSTSEEN,
// COUNT, NAME, KIND, SUBOBJECT, TYPE, REASON, SOURCE, MESSAGE (get events up to
// 1.12).
func oldRow(t string) (*facts.Event, bool) {
	e := newEvent()
	w := tokens(t, 5)
	if len(w) < 5 {
		return nil, false
	}
	n, err := strconv.Atoi(w[2].text)
	if err != nil || n < 0 {
		return nil, false
	}
	first, _ := parseAge(w[0].text)
	last, _ := parseAge(w[1].text)
	e.Count = max(1, n)
	rest := t[w[2].to:]
	listed := false
	if kind, ok := kindOf(w[4].text); ok && isName(w[3].text) {
		first, last, listed = last, first, true
		e.Object.Kind = kind
		// The name of the event is the object's with a dot and a number.
		e.Object.Name = w[3].text
		if i := strings.LastIndexByte(w[3].text, '.'); i > 0 && len(w[3].text)-i > 12 {
			e.Object.Name = w[3].text[:i]
		}
		rest = t[w[4].to:]
	} else {
		rest = takeFrom(e, rest)
	}
	e.FirstAge, e.Age = first, last
	rest = takePath(e, rest)
	w = tokens(rest, 2)
	if len(w) < 2 {
		return nil, false
	}
	if kind, ok := eventType(w[0].text); ok {
		e.Type, e.Reason = kind, w[1].text
		rest = rest[w[1].to:]
	} else {
		e.Reason, rest = w[0].text, rest[w[0].to:]
	}
	if listed {
		rest = takeFrom(e, rest)
	}
	if !isCamel(e.Reason) {
		return nil, false
	}
	if reason, tail, ok := splitReason(e.Reason); ok {
		e.Reason, rest = reason, tail+rest
	}
	finishRow(e, rest)
	return e, true
}

// splitReason takes a reason apart that lost the tab behind it:
// "ScheduledSuccessfully".
func splitReason(s string) (reason, tail string, ok bool) {
	if isReason(s) {
		return "", "", false
	}
	for i := len(s) - 1; i > 3; i-- {
		if isUpper(s[i]) && isReason(s[:i]) {
			return s[:i], s[i:], true
		}
	}
	return "", "", false
}

// finishRow cleans reason and message, and takes the path of the container off
// the message, in front of which describe prints it since 1.36.
func finishRow(e *facts.Event, rest string) {
	lowered := strings.ToLower(e.Reason) == e.Reason
	e.Reason = canon(e.Reason)
	rest = strings.TrimSpace(rest)
	if e.Object.FieldPath == "" && strings.HasPrefix(rest, "spec.") {
		if tail := takePath(e, rest); len(tail) < len(rest) {
			rest = strings.TrimSpace(strings.TrimPrefix(tail, ":"))
		}
	}
	e.Message = clip(unescapeQuotes(plainQuotes(rest)))
	if lowered {
		e.Message = canonMessage(e.Message)
	}
}

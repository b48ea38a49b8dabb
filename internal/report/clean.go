package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/unloop-dev/unloop"
)

// maxText bounds every single text of a document, in bytes. Evidence is cut to
// 400 bytes by the engine; a name or message of a hostile input may be of any length.
const maxText = 8 << 10

// maxMarks is how many combining marks in a row are kept. Real scripts need up to
// three on one letter; a pile of them paints over the lines above.
const maxMarks = 3

// cleaned is a document that went through clean. Every renderer of this package
// takes this type and nothing else, so that no way of output can miss the wall.
type cleaned struct{ unloop.DiagnosisList }

// clean copies the list with every text that may come from input made fit to be
// shown: one line, no terminal escapes, no invisible characters, no credentials,
// bounded length. Lists that are nil become empty. The argument stays as it is.
func clean(list unloop.DiagnosisList) cleaned {
	out := unloop.DiagnosisList{APIVersion: unloop.APIVersion, Kind: unloop.ListKind}
	out.Items = mapSlice(list.Items, cleanDiagnosis)
	if len(list.Skipped) > 0 {
		out.Skipped = mapSlice(list.Skipped, Line)
	}
	return cleaned{out}
}

func mapSlice[T, U any](in []T, f func(T) U) []U {
	out := make([]U, len(in))
	for i, x := range in {
		out[i] = f(x)
	}
	return out
}

func cleanDiagnosis(d unloop.Diagnosis) unloop.Diagnosis {
	return unloop.Diagnosis{
		Subject: unloop.Subject{
			Kind: Line(d.Subject.Kind), Namespace: Line(d.Subject.Namespace), Name: Line(d.Subject.Name),
			Workload: Line(d.Subject.Workload), Node: Line(d.Subject.Node),
		},
		Status:     Line(d.Status),
		Healthy:    d.Healthy,
		Containers: mapSlice(d.Containers, cleanContainer),
		Findings:   mapSlice(d.Findings, cleanFinding),
		NotEvaluated: mapSlice(d.NotEvaluated, func(n unloop.NotEvaluated) unloop.NotEvaluated {
			// Causes are ids of the catalogue, never input.
			return unloop.NotEvaluated{Needs: n.Needs, Reason: Line(n.Reason), Causes: append([]string{}, n.Causes...)}
		}),
	}
}

func cleanContainer(c unloop.Container) unloop.Container {
	c.Name = Line(c.Name)
	if c.LastExit != nil {
		x := *c.LastExit
		x.Signal, x.Reason, x.Meaning = Line(x.Signal), Line(x.Reason), Line(x.Meaning)
		c.LastExit = &x
	}
	if c.NextRestart != nil {
		n := *c.NextRestart
		n.Text = Line(n.Text)
		c.NextRestart = &n
	}
	return c
}

func cleanFinding(f unloop.Finding) unloop.Finding {
	f.Container = Line(f.Container)
	f.Title = Line(f.Title)
	f.Summary = cleanMessage(f.Summary)
	f.Chain = mapSlice(f.Chain, cleanMessage)
	f.Evidence = mapSlice(f.Evidence, func(e unloop.Evidence) unloop.Evidence {
		return unloop.Evidence{Kind: Line(e.Kind), Ref: Line(e.Ref), Text: Line(e.Text), Source: Line(e.Source)}
	})
	f.Fixes = mapSlice(f.Fixes, func(x unloop.Fix) unloop.Fix {
		return unloop.Fix{Title: cleanMessage(x.Title), Risk: x.Risk, Command: Line(x.Command), Patch: cleanPatch(x.Patch), Target: Line(x.Target)}
	})
	f.Docs = Line(f.Docs)
	if len(f.Changed) > 0 {
		f.Changed = mapSlice(f.Changed, Line)
	}
	return f
}

// cleanMessage renders the message: its arguments are input.
func cleanMessage(m unloop.Message) unloop.Message { return unloop.Msg("%s", Line(m.String())) }

// cleanPatch cleans the strings inside a patch. A patch that is no JSON is
// dropped: it could be neither applied nor printed.
func cleanPatch(p json.RawMessage) json.RawMessage {
	if len(p) == 0 {
		return nil
	}
	var v any
	d := json.NewDecoder(strings.NewReader(string(p)))
	d.UseNumber()
	if d.Decode(&v) != nil || d.More() {
		return nil
	}
	out, err := json.Marshal(cleanValue("", v))
	if err != nil {
		return nil
	}
	return out
}

// cleanValue cleans a value of a patch; key is the field it stands in, so that
// {"password": "x"} is recognised like password=x is.
func cleanValue(key string, v any) any {
	switch v := v.(type) {
	case string:
		if secret := credentialOf(key, v); secret {
			return redacted
		}
		return Redact(dropEscapes(v, false))
	case []any:
		for i := range v {
			v[i] = cleanValue(key, v[i])
		}
	case map[string]any:
		if name, ok := v["name"].(string); ok && v["value"] != nil {
			// An environment variable: {"name": "DB_PASSWORD", "value": "x"}.
			v["value"] = cleanValue(name, v["value"])
		}
		for k := range v {
			v[k] = cleanValue(k, v[k])
		}
	}
	return v
}

// Line makes a text from input fit to be shown on one line: escapes and invisible
// characters are gone, line breaks are spaces, credentials are replaced, and the
// length is bounded.
func Line(s string) string { return oneLine(s, Redact) }

// RawLine is Line with the credentials: for whoever asked to see them.
func RawLine(s string) string { return oneLine(s, func(s string) string { return s }) }

func oneLine(s string, mask func(string) string) string {
	if s == "" {
		return ""
	}
	const farTooLong = 64 * maxText // more than that is not even looked at
	if len(s) > farTooLong {
		s = s[:farTooLong]
	}
	s = mask(dropEscapes(s, true))
	if len(s) > maxText {
		kept := strings.ToValidUTF8(s[:maxText], "")
		s = fmt.Sprintf("%s [%d bytes more]", kept, len(s)-len(kept))
	}
	return s
}

// dropEscapes removes terminal control sequences (ECMA-48), other control
// characters, and Unicode's format characters, among them the ones that reorder
// text. With oneLine, runs of blanks and line breaks become one space. Bytes that
// are no UTF-8 become U+FFFD.
func dropEscapes(s string, oneLine bool) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	lastEnd := lastStringEnd(s)
	marks, space := 0, true // space: true also drops leading blanks
	for i := 0; i < len(s); {
		if n := escapeLen(s[i:], lastEnd-i); n > 0 {
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\n' && !oneLine:
			b.WriteByte('\n')
			marks, space = 0, false
		case r == '\n', r == '\t', r == '\r', r == '\v', r == '\f', r == 0x85, unicode.Is(unicode.Z, r):
			if !space || !oneLine {
				b.WriteByte(' ')
			}
			marks, space = 0, true
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			// Dropped.
		case unicode.Is(unicode.M, r):
			if marks++; marks <= maxMarks {
				b.WriteRune(r)
			}
		default:
			b.WriteRune(r)
			marks, space = 0, false
		}
	}
	if oneLine {
		return strings.TrimRight(b.String(), " ")
	}
	return b.String()
}

// plain reports whether s is printable ASCII without runs of blanks: the common
// case, which needs no copy.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ') {
			return false
		}
	}
	return true
}

const esc = '\x1b'

// escapeLen returns the length of the control sequence at the start of s, 0 for
// none. lastEnd is the offset in s of the last terminator of a control string;
// a string that does not end loses its introducer only, so that an escape cannot
// hide the rest of a log line.
func escapeLen(s string, lastEnd int) int {
	var kind byte
	var n int
	switch {
	case s[0] == esc && len(s) > 1:
		kind, n = s[1], 2
	case s[0] == esc:
		return 1
	case len(s) > 1 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f && s[1] != 0x85:
		// The 8-bit form of ESC and a letter, as UTF-8 (ECMA-48, 5.3).
		kind, n = s[1]-0x40, 2
	default:
		return 0
	}
	switch kind {
	case '[': // CSI: parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte
		for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
			n++
		}
		if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
			n++
		}
		return n
	case ']', 'P', 'X', '^', '_': // OSC, DCS, SOS, PM, APC: up to BEL or ST
		if lastEnd < n {
			return n
		}
		for i := n; i < len(s); i++ {
			if m := stringEnd(s[i:]); m > 0 {
				return i + m
			}
		}
		return n
	}
	if s[0] != esc {
		return n
	}
	// ESC, intermediates 0x20-0x2f, one final byte; a lone ESC before anything else.
	for n = 1; n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f; n++ {
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7e {
		return n + 1
	}
	return 1
}

// stringEnd returns the length of a terminator of a control string at the start of s.
func stringEnd(s string) int {
	switch {
	case s[0] == 0x07:
		return 1
	case len(s) > 1 && (s[0] == esc && s[1] == '\\' || s[0] == 0xc2 && s[1] == 0x9c):
		return 2
	}
	return 0
}

// lastStringEnd returns where the last terminator of s begins, -1 without one.
// With it, looking for the end of many unfinished strings stays linear.
func lastStringEnd(s string) int {
	return max(strings.LastIndexByte(s, 0x07), strings.LastIndex(s, "\x1b\\"), strings.LastIndex(s, "\u009c"))
}

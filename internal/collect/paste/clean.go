package paste

import (
	"bytes"
	"encoding/binary"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// line is one line of the paste, without control characters and without blanks
// at its end.
type line struct {
	text string
	// no is its number in the original, from 1.
	no int
	// cut says that blanks were removed at its end.
	cut bool
}

// clean makes lines of the bytes: any encoding damage, terminal escapes, quoting
// of mail and Markdown, HTML entities and unusual blanks are gone afterwards.
// Letters and quotes stay as they are; see plainQuotes.
//
// At most maxLines are made; whole says whether that was enough. Of more than
// two blank lines in a row, two stay.
func clean(text []byte) (out []line, whole bool) {
	s := decode(text)
	entities := escapedHTML(s)
	out = make([]line, 0, min(strings.Count(s, "\n")+1, maxLines))
	no, blank := 0, 0
	for raw := range strings.SplitSeq(s, "\n") {
		no++
		if len(out) >= maxLines {
			return out, false
		}
		if blank++; raw != "" {
			blank = 0
		} else if blank > 2 {
			continue
		}
		t := cleanLine(raw)
		if entities && strings.IndexByte(t, '&') >= 0 {
			t = cleanLine(html.UnescapeString(t))
		}
		if escapedLines(t) {
			for part := range strings.SplitSeq(unescapeLines.Replace(trimJSON(t)), "\n") {
				out = append(out, trimmed(part, no))
			}
			continue
		}
		out = append(out, trimmed(t, no))
	}
	unquote(out)
	return out, true
}

func trimmed(t string, no int) line {
	short := strings.TrimRight(t, " \t")
	return line{text: short, no: no, cut: len(short) < len(t)}
}

// decode reads UTF-16, which PowerShell writes into redirected files, and drops
// the byte order mark of UTF-8.
func decode(text []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return string(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	}
	text = text[2:]
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}

// cleanLine removes escape sequences and control characters from one line and
// makes every kind of blank a space.
func cleanLine(s string) string {
	dirty := false
	for i := 0; i < len(s) && !dirty; i++ {
		dirty = s[i] < ' ' && s[i] != '\t' || s[i] >= 0x7f
	}
	if !dirty {
		return s
	}
	s = strings.TrimSuffix(s, "\r")
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if s[i] == 0x1b {
			i += escapeLen(s[i:])
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\t' || r > ' ' && r < 0x7f:
			b.WriteRune(r)
		case r == ' ' || r == '\r' || r == 0xa0 || r == 0x85 || r >= 0x2000 && r <= 0x200a || r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000:
			b.WriteByte(' ')
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xad || r >= 0x200b && r <= 0x200f || r == 0x2060 || r == 0xfeff:
			// control characters, soft hyphens, zero-width characters
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escapeLen is the length of the terminal escape sequence that s starts with
// (ECMA-48: control sequences, operating system commands, two-character ones).
func escapeLen(s string) int {
	const reach = 256 // a longer sequence is none
	if len(s) < 2 {
		return len(s)
	}
	s = s[:min(len(s), reach)]
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
		}
		return 2
	case ']':
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\' {
				return i + 2
			}
		}
		return 2
	}
	return 2
}

// escapedHTML reports whether the text is the source of a web page: it has
// entities and, as such a source must, no bare angle bracket.
func escapedHTML(s string) bool {
	if strings.IndexByte(s, '&') < 0 || strings.ContainsAny(s, "<") {
		return false
	}
	for _, e := range []string{"&lt;", "&gt;", "&quot;", "&#34;", "&#39;", "&nbsp;", "&amp;"} {
		if strings.Contains(s, e) {
			return true
		}
	}
	return false
}

var unescapeLines = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`)

// escapedLines reports whether a line is a whole kubectl output that was taken
// out of a JSON string, with its line ends still escaped.
func escapedLines(t string) bool {
	if strings.Count(t, `\n`) < 5 {
		return false
	}
	for _, sign := range []string{`\nNamespace:`, `\nContainers:`, `\nEvents:`, `\n  Type `, `\n  Warning`, `\n  Normal`} {
		if strings.Contains(t, sign) {
			return true
		}
	}
	return false
}

// trimJSON removes what stands around the string that holds the output.
func trimJSON(t string) string {
	first := strings.Index(t, `\n`)
	if i := strings.LastIndexByte(t[:first], '"'); i >= 0 && (i == 0 || t[i-1] != '\\') {
		t = t[i+1:]
	}
	last := strings.LastIndex(t, `\n`)
	if strings.Trim(t[last+2:], "\"',}] ") == "" {
		t = t[:last]
	}
	return t
}

// unquote removes "> " in front of lines where three or more in a row have it:
// fewer may be prompts.
func unquote(lines []line) {
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && strings.HasPrefix(lines[j].text, ">") {
			j++
		}
		if j-i >= 3 {
			for k := i; k < j; k++ {
				lines[k].text = strings.TrimPrefix(strings.TrimPrefix(lines[k].text, ">"), " ")
			}
		}
		i = max(j, i+1)
	}
}

var typographic = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "‘", "'", "’", "'", "′", "'", "″", `"`)

// plainQuotes turns typographic quotes, which web pages put in place of plain
// ones, back. It is for messages of Kubernetes only: a program's own arguments
// and output may have been typed with them.
func plainQuotes(s string) string {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return typographic.Replace(s)
		}
	}
	return s
}

// unescapeQuotes removes the backslashes of a message that was copied out of a
// JSON string: every quote in it has exactly one. A message that quotes another
// one has bare quotes as well and stays.
func unescapeQuotes(s string) string {
	if !strings.Contains(s, `\"`) {
		return s
	}
	for i := range len(s) {
		if s[i] == '"' && (i == 0 || s[i-1] != '\\' || i > 1 && s[i-2] == '\\') {
			return s
		}
	}
	return strings.ReplaceAll(s, `\"`, `"`)
}

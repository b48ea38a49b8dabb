package paste

import (
	"strings"
)

// token is a run without blanks; from and to are byte offsets in its line.
type token struct {
	text     string
	from, to int
}

// tokens splits a line at blanks, at most max tokens (-1: all). The last one of
// a limited split does not hold the rest.
func tokens(s string, max int) []token {
	var out []token
	for i := 0; i < len(s) && len(out) != max; {
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		if i == len(s) {
			break
		}
		from := i
		for i < len(s) && !isBlank(s[i]) {
			i++
		}
		out = append(out, token{s[from:i], from, i})
	}
	return out
}

// cells splits a line at tabs and at two or more spaces.
func cells(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		if i == len(s) {
			break
		}
		from := i
		for i < len(s) && s[i] != '\t' && !(s[i] == ' ' && i+1 < len(s) && isBlank(s[i+1])) {
			i++
		}
		out = append(out, token{s[from:i], from, i})
	}
	return out
}

// gapAfter reports whether a column ends at offset to: a tab or two blanks, or
// nothing, follow.
func gapAfter(s string, to int) bool {
	rest := s[to:]
	return rest == "" || rest[0] == '\t' || len(rest) > 1 && isBlank(rest[0]) && isBlank(rest[1])
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// indentOf is the column of the first character; tabs go to multiples of eight.
func indentOf(s string) int {
	n := 0
	for i := range len(s) {
		switch s[i] {
		case ' ':
			n++
		case '\t':
			n += 8 - n%8
		default:
			return n
		}
	}
	return n
}

// splitKey takes "Key:  value" apart. A key has letters, digits, blanks and a
// few signs, starts with a letter, and is followed by a blank or the end.
func splitKey(t string) (key, value string, ok bool) {
	t = strings.TrimLeft(t, " \t")
	i := strings.IndexByte(t[:min(len(t), 66)], ':')
	if i <= 0 || i+1 < len(t) && !isBlank(t[i+1]) || !isLetter(t[0]) {
		return "", "", false
	}
	key = strings.TrimRight(t[:i], " \t")
	for j := range len(key) {
		if !keyBytes[key[j]] {
			return "", "", false
		}
	}
	return key, strings.TrimSpace(t[i+1:]), true
}

// keyBytes are the bytes of the names of fields.
var keyBytes = func() (set [256]bool) {
	for c := range set {
		set[c] = isLetter(byte(c)) || isDigit(byte(c)) || c < 0x80 && strings.IndexByte(" -_./()#", byte(c)) >= 0
	}
	return set
}()

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }

// isName reports whether s can be the name of an object or container: letters
// and digits in lower case, dots and dashes (RFC 1123).
func isName(s string) bool {
	if s == "" || len(s) > 253 || !isLetter(s[0]) && !isDigit(s[0]) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= 'a' && c <= 'z') && !isDigit(c) && c != '-' && c != '.' {
			return false
		}
	}
	return s[len(s)-1] != '-'
}

// isCamel reports whether s can be a reason or a condition type: a letter, then
// letters and digits.
func isCamel(s string) bool {
	if s == "" || len(s) > 80 || !isLetter(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// isGap reports a line that stands for text that was left out, separates the
// matches of grep, or underlines a header.
func isGap(t string) bool {
	t = strings.TrimSpace(t)
	switch t {
	case "":
		return false
	case "[...]", "…", "(...)", "<snip>":
		return true
	}
	switch sign := t[:1]; sign {
	case ".", "-", "=":
		return strings.Trim(t, sign+" \t") == ""
	}
	return false
}

// none reports a value that says that there is none.
func none(s string) bool {
	switch strings.ToLower(s) {
	case "", "<none>", "<unset>", "<nil>", "<unknown>", "<not set>":
		return true
	}
	return false
}

package filter

import "strings"

// textTest is an operator on text or bytes with its value built in.
type textTest func(string) bool

// newTextTest builds the test of an operator for one value. why says what is wrong
// with the value.
func newTextTest(op Op, v string) (t textTest, why string) {
	switch op {
	case OpEqual:
		return func(s string) bool { return s == v }, ""
	case OpNotEqual:
		return func(s string) bool { return s != v }, ""
	case OpLess:
		return func(s string) bool { return s < v }, ""
	case OpLessEqual:
		return func(s string) bool { return s <= v }, ""
	case OpGreater:
		return func(s string) bool { return s > v }, ""
	case OpGreaterEqual:
		return func(s string) bool { return s >= v }, ""
	case OpContains:
		return func(s string) bool { return strings.Contains(s, v) }, ""
	case OpIContains:
		l := lowerString(v)
		return func(s string) bool { return containsFold(s, l) }, ""
	case OpStartsWith:
		return func(s string) bool { return strings.HasPrefix(s, v) }, ""
	case OpEndsWith:
		return func(s string) bool { return strings.HasSuffix(s, v) }, ""
	case OpBContains, OpBStartsWith:
		raw, ok := unhex(v)
		if !ok {
			return nil, "the value is a row of hex digits, two for each byte"
		}
		if op == OpBContains {
			return func(s string) bool { return strings.Contains(s, raw) }, ""
		}
		return func(s string) bool { return strings.HasPrefix(s, raw) }, ""
	case OpGlob, OpIGlob:
		if len(v) > maxPattern {
			return nil, "the pattern is longer than 1 KiB"
		}
		fold := op == OpIGlob
		return func(s string) bool { return globMatch(v, s, fold) }, ""
	case OpRegex:
		return newRegex(v)
	case OpPMatch:
		return pathPrefix(v), ""
	}
	return nil, op.String() + " does not apply to text"
}

// lowerString makes the ASCII letters of a text small.
func lowerString(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lower(c)
	}
	return string(b)
}

// containsFold reports whether s contains the text, which is in small letters, when
// the ASCII letters of s are taken as small ones.
func containsFold(s, text string) bool {
	if text == "" {
		return true
	}
	lo, up := text[0], upper(text[0])
	for i := 0; i+len(text) <= len(s); i++ {
		if s[i] != lo && s[i] != up {
			continue
		}
		j := 1
		for j < len(text) && lower(s[i+j]) == text[j] {
			j++
		}
		if j == len(text) {
			return true
		}
	}
	return false
}

func unhex(v string) (string, bool) {
	if len(v)%2 != 0 {
		return "", false
	}
	b := make([]byte, 0, len(v)/2)
	for i := 0; i < len(v); i += 2 {
		hi, ok1 := hexDigit(v[i])
		lo, ok2 := hexDigit(v[i+1])
		if !ok1 || !ok2 {
			return "", false
		}
		b = append(b, hi<<4|lo)
	}
	return string(b), true
}

// pathPrefix is true for the path itself and for what lies below it.
func pathPrefix(dir string) textTest {
	dir = strings.TrimRight(dir, "/")
	return func(s string) bool {
		return strings.HasPrefix(s, dir) && (len(s) == len(dir) || s[len(dir)] == '/')
	}
}

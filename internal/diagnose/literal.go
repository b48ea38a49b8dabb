package diagnose

import (
	"strings"
	"unicode/utf8"
)

// mostLiterals bounds the words of one pattern: beyond that looking for them
// costs as much as matching.
const mostLiterals = 40

// leastLiteral is the shortest word worth looking for.
const leastLiteral = 3

// literalsOf returns words in lower case of which every text that matches the
// expression, without regard to case, holds at least one; nil where it finds none.
// Most texts hold none of the words of most patterns, and compiling an expression
// costs a hundred times what looking for its words does.
//
// It reads the syntax of package regexp on its own, because parsing is half of
// the cost that it is there to save. What it does not know (\x, \p, \Q, flags
// inside) makes it give up. Texts that match only by a letter outside ASCII
// (U+017F for s) are missed.
func literalsOf(expr string) []string {
	r := literalReader{s: expr}
	words := r.alternatives()
	if r.lost || r.i < len(r.s) {
		return nil
	}
	return words
}

type literalReader struct {
	s    string
	i    int
	lost bool
}

// alternatives reads up to a closing bracket or the end. Each branch must have
// words of its own.
func (r *literalReader) alternatives() []string {
	var all []string
	none := false
	for {
		words := r.branch()
		none = none || words == nil
		all = append(all, words...)
		if r.i >= len(r.s) || r.s[r.i] != '|' {
			break
		}
		r.i++
	}
	if none || len(all) > mostLiterals {
		return nil
	}
	return all
}

// branch reads a concatenation and returns the best of its parts.
func (r *literalReader) branch() []string {
	var best []string
	var run []byte
	consider := func(words []string) {
		if worth(words) > worth(best) {
			best = words
		}
	}
	flush := func() {
		consider([]string{string(run)})
		run = run[:0]
	}
	for r.i < len(r.s) && !r.lost {
		switch c := r.s[r.i]; c {
		case '|', ')':
			flush()
			return best
		case '(':
			flush()
			if words := r.group(); r.repeat() > 0 {
				consider(words)
			}
		case '[':
			flush()
			r.class()
			r.repeat()
		case '.', '^', '$':
			flush()
			r.i++
			r.repeat()
		default:
			lit, ok := r.char()
			switch least := r.repeat(); {
			case !ok || least == 0:
				flush()
			case least == 1:
				run = append(run, lit)
			default:
				run = append(run, lit)
				flush()
			}
		}
	}
	flush()
	return best
}

// char reads one character, escaped or not; ok is false where it stands for
// something else than itself.
func (r *literalReader) char() (lit byte, ok bool) {
	c := r.s[r.i]
	switch {
	case c == '\\' && r.i+1 < len(r.s):
		c = r.s[r.i+1]
		r.i += 2
		if strings.IndexByte("dDwWsSbBAz", c) >= 0 {
			return 0, false
		}
		if c >= utf8.RuneSelf || isWord(c) {
			r.lost = true
		}
		return c, true
	case c >= utf8.RuneSelf:
		_, n := utf8.DecodeRuneInString(r.s[r.i:])
		r.i += n
		return 0, false
	}
	r.i++
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c, true
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// group reads "(...)" and returns its words. A group of flags ends the reading.
func (r *literalReader) group() []string {
	r.i++
	if strings.HasPrefix(r.s[r.i:], "?") {
		end := strings.IndexAny(r.s[r.i:], ":>)")
		if end < 0 || r.s[r.i+end] == ')' {
			r.lost = true
			return nil
		}
		r.i += end + 1
	}
	words := r.alternatives()
	if r.i >= len(r.s) {
		r.lost = true
		return nil
	}
	r.i++
	return words
}

// class passes over "[...]".
func (r *literalReader) class() {
	r.i++
	for first := true; r.i < len(r.s); first = false {
		switch c := r.s[r.i]; {
		case c == '^' && first:
			r.i++
			if r.i < len(r.s) && r.s[r.i] == ']' {
				r.i++
			}
			continue
		case c == ']' && !first:
			r.i++
			return
		case c == '\\':
			r.i++
		case c == '[' && strings.HasPrefix(r.s[r.i:], "[:"):
			if end := strings.Index(r.s[r.i:], ":]"); end > 0 {
				r.i += end + 1
			}
		}
		r.i++
	}
	r.lost = true
}

// repeat passes over a quantifier and returns how often what stands before it is
// there at least: 0, 1 for exactly once (no quantifier), 2 for once or more.
func (r *literalReader) repeat() int {
	if r.i >= len(r.s) {
		return 1
	}
	var least int
	switch r.s[r.i] {
	case '*', '?':
		least = 0
		r.i++
	case '+':
		least = 2
		r.i++
	case '{':
		end := strings.IndexByte(r.s[r.i:], '}')
		if end < 2 || strings.Trim(r.s[r.i+1:r.i+end], "0123456789,") != "" || r.s[r.i+1] == ',' {
			return 1 // a brace that stands for itself
		}
		least = 2
		if first, _, _ := strings.Cut(r.s[r.i+1:r.i+end], ","); strings.Trim(first, "0") == "" {
			least = 0
		}
		r.i += end + 1
	default:
		return 1
	}
	if r.i < len(r.s) && r.s[r.i] == '?' {
		r.i++
	}
	return least
}

// worth measures a set of words by the shortest of them; 0 is of no use.
func worth(words []string) int {
	if len(words) == 0 {
		return 0
	}
	shortest := len(words[0])
	for _, w := range words {
		shortest = min(shortest, len(w))
	}
	if shortest < leastLiteral {
		return 0
	}
	return shortest*100 - len(words)
}

// holdsAny reports whether a text in lower case holds one of the words; without
// words every text may match.
func holdsAny(low string, words []string) bool {
	if words == nil {
		return true
	}
	for _, w := range words {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

package filter

import "strings"

// lexer cuts a filter into words. What a word is depends on where it stands, so the
// parser asks for the kind it expects.
type lexer struct {
	text string
	pos  int
}

func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// isName reports whether c can stand inside the name of a field. Slashes and dashes
// occur in labels that are written with a dot: k8s.pod.label.app.kubernetes.io/name.
func isName(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '-' || c == '/'
}

// isBare reports whether c can stand inside a value without quotes.
func isBare(c byte) bool {
	return !isBlank(c) && c != '(' && c != ')' && c != ',' && c != '=' && c != '"' && c != '\'' && c != 0
}

func (l *lexer) blanks() {
	for l.pos < len(l.text) && isBlank(l.text[l.pos]) {
		l.pos++
	}
}

func (l *lexer) end() bool { return l.pos >= len(l.text) }

// peek returns the next byte, 0 at the end.
func (l *lexer) peek() byte {
	if l.end() {
		return 0
	}
	return l.text[l.pos]
}

// take consumes the byte where it is next.
func (l *lexer) take(c byte) bool {
	if l.peek() == c && !l.end() {
		l.pos++
		return true
	}
	return false
}

// name reads the name of a field, a transformer or a keyword; empty where none begins here.
func (l *lexer) name() string {
	start := l.pos
	if !l.end() && isLetter(l.text[l.pos]) {
		for l.pos < len(l.text) && isName(l.text[l.pos]) {
			l.pos++
		}
	}
	return l.text[start:l.pos]
}

// keyword consumes the word where it is next and ends there.
func (l *lexer) keyword(word string) bool {
	rest := l.text[l.pos:]
	if !strings.HasPrefix(rest, word) || len(rest) > len(word) && isName(rest[len(word)]) {
		return false
	}
	l.pos += len(word)
	return true
}

// operator reads an operator of signs or of letters and returns how it is written.
func (l *lexer) operator() string {
	start := l.pos
	switch c := l.peek(); {
	case c == '!':
		l.pos++
		l.take('=')
	case c == '=' && l.at(l.pos+1) == '~' && isBlank(l.at(l.pos+2)):
		l.pos += 2 // no operator, but one that people try
	case c == '=', c == '<', c == '>':
		l.pos++
		l.take('=')
	case isLetter(c):
		for l.pos < len(l.text) && (isLetter(l.text[l.pos]) || isDigit(l.text[l.pos])) {
			l.pos++
		}
	}
	return l.text[start:l.pos]
}

// bare reads a value without quotes; empty where none begins here.
func (l *lexer) bare() string {
	start := l.pos
	for l.pos < len(l.text) && isBare(l.text[l.pos]) {
		l.pos++
	}
	return l.text[start:l.pos]
}

// quoted reads a value in quotes, whose opening one is next, and resolves its escapes.
func (l *lexer) quoted() (string, *Error) {
	start := l.pos
	quote := l.text[l.pos]
	l.pos++
	var b strings.Builder
	for {
		if l.end() {
			return "", l.fail(start, start+1, "this quote is never closed", "")
		}
		c := l.text[l.pos]
		l.pos++
		switch {
		case c == quote:
			return b.String(), nil
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if l.end() {
			return "", l.fail(start, start+1, "this quote is never closed", "")
		}
		e := l.text[l.pos]
		l.pos++
		switch e {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case '\\', '/', '"', '\'':
			b.WriteByte(e)
		case 'x':
			hi, ok1 := hexDigit(l.at(l.pos))
			lo, ok2 := hexDigit(l.at(l.pos + 1))
			if !ok1 || !ok2 {
				return "", l.fail(l.pos-2, l.pos, `\x needs two hex digits`, `write \\x for the characters themselves`)
			}
			l.pos += 2
			b.WriteByte(hi<<4 | lo)
		default:
			return "", l.fail(l.pos-2, l.pos, "unknown escape \\"+string(rune(e)), `write \\ for a backslash`)
		}
	}
}

func (l *lexer) at(i int) byte {
	if i < len(l.text) {
		return l.text[i]
	}
	return 0
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// argument reads what stands in the square brackets behind a field, whose opening
// one was consumed, and the closing one.
func (l *lexer) argument(open int) (string, *Error) {
	if c := l.peek(); c == '"' || c == '\'' {
		s, err := l.quoted()
		if err != nil {
			return "", err
		}
		if !l.take(']') {
			return "", l.fail(open, l.pos, "this bracket is never closed", "add ]")
		}
		return s, nil
	}
	n := strings.IndexByte(l.text[l.pos:], ']')
	if n < 0 {
		return "", l.fail(open, open+1, "this bracket is never closed", "add ]")
	}
	s := l.text[l.pos : l.pos+n]
	l.pos += n + 1
	if s == "" {
		return "", l.fail(open, l.pos, "the argument is empty", "")
	}
	return s, nil
}

func (l *lexer) fail(pos, end int, msg, hint string) *Error {
	return &Error{Source: l.text, Pos: min(pos, len(l.text)), End: min(end, len(l.text)), Msg: msg, Hint: hint}
}

package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is what is wrong with a filter or a template, and where.
type Error struct {
	// Source is the filter, Pos and End the bytes of the word that is wrong.
	Source   string
	Pos, End int
	// Msg says what is wrong: lower case, one line.
	Msg string
	// Hint says what to write instead; empty where nothing can be guessed.
	Hint string
}

// Error implements error: the message, the column and the hint in one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("column %d: %s", e.Column(), e.Msg)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Column is the place as people count: characters from 1.
func (e *Error) Column() int { return utf8.RuneCountInString(e.Source[:e.Pos]) + 1 }

// window is how much of a long filter Render shows on either side, in characters.
const window = 60

// Render shows the line of the filter with carets under the word, then the message
// and the hint, each on its own line.
func (e *Error) Render() string {
	start := strings.LastIndexByte(e.Source[:e.Pos], '\n') + 1
	line := e.Source[start:]
	if n := strings.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	runes := []rune(strings.ToValidUTF8(strings.Map(plain, line), "?"))
	col := utf8.RuneCountInString(e.Source[start:e.Pos])
	width := 1
	if e.End > e.Pos {
		width = max(1, utf8.RuneCountInString(e.Source[e.Pos:min(e.End, start+len(line))]))
	}
	width = min(width, window)
	lo, hi := max(0, col-window), min(len(runes), col+width+window)
	var b strings.Builder
	if lo > 0 {
		b.WriteString("...")
	}
	b.WriteString(string(runes[min(lo, len(runes)):hi]))
	if hi < len(runes) {
		b.WriteString("...")
	}
	pad := col - lo
	if lo > 0 {
		pad += 3
	}
	fmt.Fprintf(&b, "\n%s%s\n%s", strings.Repeat(" ", pad), strings.Repeat("^", width), e.Msg)
	if e.Hint != "" {
		b.WriteString("\n" + e.Hint)
	}
	return b.String()
}

// plain keeps what can be shown on one line without moving the cursor.
func plain(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return ' '
	}
	return r
}

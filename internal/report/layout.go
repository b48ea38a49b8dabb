package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Cells returns how many columns of a terminal s takes: two for wide East Asian
// characters and pictures, none for combining marks (Unicode UAX #11).
func Cells(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= 0x80 {
			return slowCells(s)
		}
		n++
	}
	return n
}

func slowCells(s string) int {
	n := 0
	for _, r := range s {
		n += RuneCells(r)
	}
	return n
}

// RuneCells is Cells of one character.
func RuneCells(r rune) int {
	switch {
	case r < 0x80:
		return 1
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Cf, r):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// wrap breaks s at blanks into lines of at most cols columns. A word that is
// longer than a line is broken inside. It returns at least one line.
func wrap(s string, cols int) []string {
	cols = max(cols, 2)
	var out []string
	line, used := "", 0
	flush := func() {
		out = append(out, line)
		line, used = "", 0
	}
	for _, word := range strings.Fields(s) {
		n := Cells(word)
		if used > 0 && used+1+n > cols {
			flush()
		}
		for used == 0 && n > cols {
			head := take(word, cols)
			out = append(out, head)
			word = word[len(head):]
			n = Cells(word)
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	if used > 0 || len(out) == 0 {
		flush()
	}
	return out
}

// take returns the longest beginning of s that fits into cols columns, one
// character at least.
func take(s string, cols int) string {
	used := 0
	for i, r := range s {
		used += RuneCells(r)
		if used > cols && i > 0 {
			return s[:i]
		}
	}
	return s
}

// cutEnd shortens s to cols columns, ending with mark where something is missing.
func cutEnd(s string, cols int, mark string) string {
	if Cells(s) <= cols {
		return s
	}
	if cols <= Cells(mark) {
		return take(s, max(cols, 1))
	}
	return strings.TrimRight(take(s, cols-Cells(mark)), " ") + mark
}

// cutMiddle shortens s to cols columns and keeps both ends: the end of a pod's
// name is what tells it from its siblings.
func cutMiddle(s string, cols int, mark string) string {
	if Cells(s) <= cols || cols < Cells(mark)+4 {
		return cutEnd(s, cols, mark)
	}
	room := cols - Cells(mark)
	tail := ""
	runes := []rune(s)
	for i := len(runes) - 1; i >= 0 && Cells(tail)+RuneCells(runes[i]) <= room/2; i-- {
		tail = string(runes[i]) + tail
	}
	return take(s, room-Cells(tail)) + mark + tail
}

// pad fills s with blanks up to cols columns.
func pad(s string, cols int) string {
	return s + strings.Repeat(" ", max(0, cols-Cells(s)))
}

// clip keeps at most n lines and marks the last one where lines are missing.
func clip(lines []string, n, cols int, mark string) []string {
	if len(lines) <= n {
		return lines
	}
	out := append([]string{}, lines[:n]...)
	last := out[n-1]
	if Cells(last)+1+Cells(mark) > cols {
		last = take(last, max(1, cols-Cells(mark)))
	}
	out[n-1] = strings.TrimRight(last, " ") + mark
	return out
}

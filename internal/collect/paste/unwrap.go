package paste

import "strings"

// unwrap joins lines again that a terminal broke at its width before they were
// copied: three or more lines have the greatest length of the text exactly, and
// what follows such a line cannot begin one.
func unwrap(all []line) []line {
	const narrow, wide, least = 60, 400, 3
	width, hits := 0, 0
	for _, l := range all {
		switch n := l.width(); {
		case n > width:
			width, hits = n, 1
		case n == width:
			hits++
		}
	}
	if width < narrow || width > wide || hits < least {
		return all
	}
	out := all[:0]
	for i := 0; i < len(all); {
		l := all[i]
		piece := l
		for i++; i < len(all) && piece.width() == width && len(l.text) < longest && !begins(piece.text, all[i].text); i++ {
			if piece.cut {
				l.text += " "
			}
			piece = all[i]
			l.text += piece.text
		}
		out = append(out, l)
	}
	return out
}

// width is the length of a line with one of the blanks that were removed.
func (l line) width() int {
	if l.cut {
		return len(l.text) + 1
	}
	return len(l.text)
}

// begins reports whether t can be a line of its own behind the line above it.
func begins(above, t string) bool {
	if t == "" || isBlank(t[0]) || isFence(t) || isGap(t) || isStamped(t) || len(cells(t)) >= 3 {
		return true
	}
	const same = 8 // lines of one format begin alike
	if n := min(same, len(t)); strings.HasPrefix(above, t[:n]) {
		return true
	}
	if _, _, ok := lookKey(t); ok {
		return true
	}
	if _, ok := parseCommand(t); ok {
		return true
	}
	if _, ok := tableHeader(t); ok {
		return true
	}
	_, ok := eventRow(t, nil)
	return ok || isPodRow(t)
}

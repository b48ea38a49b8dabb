package filter

import (
	"encoding/base64"
	"unicode/utf8"
)

// BufferForm is how payloads are shown.
type BufferForm uint8

// The forms, with the options of sysdig that ask for them.
const (
	Dots     BufferForm = iota // printable characters, dots for all others
	ASCII                      // -A: printable characters and line breaks
	HexDump                    // -x
	HexASCII                   // -X: hex beside characters
	Base64                     // -b
)

const hexDigits = "0123456789abcdef"

func printable(c byte) bool { return c >= ' ' && c < 0x7f }

// appendBuffer appends a payload in the form that the output asks for.
func (s *scope) appendBuffer(b, v []byte) []byte {
	if len(v) == 0 {
		return b
	}
	switch s.form {
	case ASCII:
		return appendASCII(b, v)
	case HexDump:
		return appendHexDump(b, v, false)
	case HexASCII:
		return appendHexDump(b, v, true)
	case Base64:
		return base64.StdEncoding.AppendEncode(b, v)
	}
	if len(v) > maxShown && !s.json && !s.full {
		b = appendDots(b, v[:maxShown-3])
		return append(b, "..."...)
	}
	return appendDots(b, v)
}

// maxShown is to how many characters sysdig cuts a payload in a line of text.
const maxShown = 80

func appendDots(b, v []byte) []byte {
	n := len(b)
	b = append(b, v...)
	for i, c := range b[n:] {
		if !printable(c) {
			b[n+i] = '.'
		}
	}
	return b
}

func appendASCII(b, v []byte) []byte {
	b = append(b, '\n')
	for i, c := range v {
		switch {
		case printable(c):
			b = append(b, c)
		case c == '\r', c == '\n' && i > 0 && v[i-1] != '\r':
			b = append(b, '\n')
		}
	}
	return b
}

func appendHexDump(b, v []byte, chars bool) []byte {
	for row := 0; row < len(v); row += 16 {
		part := v[row:min(row+16, len(v))]
		b = append(b, "\n\t0x"...)
		for shift := max(12, hexWidth(row)*4-4); shift >= 0; shift -= 4 {
			b = append(b, hexDigits[row>>shift&15])
		}
		b = append(b, ':')
		for i, c := range part {
			if i%2 == 0 {
				b = append(b, ' ')
			}
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		if chars {
			for i := (len(part) + 1) / 2; i < 8; i++ {
				b = append(b, "     "...)
			}
			b = append(b, "  "...)
			b = appendDots(b, part)
		}
	}
	return append(b, '\n')
}

func hexWidth(n int) int {
	w := 1
	for n >>= 4; n > 0; n >>= 4 {
		w++
	}
	return w
}

// appendPrintable appends a path or name without what cannot be printed: control
// characters, invalid UTF-8, marks that steer a terminal. sysdig leaves out all that is
// not ASCII.
func appendPrintable(b, v []byte) []byte { return appendPrintableString(b, view(v)) }

// appendPrintableString may be given a v that lies in the bytes behind b, as long as it
// begins at or behind b's end.
func appendPrintableString(b []byte, v string) []byte {
	for i := range len(v) {
		if !printable(v[i]) {
			return appendRunes(append(b, v[:i]...), v[i:])
		}
	}
	return append(b, v...)
}

func appendRunes(b []byte, v string) []byte {
	for i := 0; i < len(v); {
		n, ok := shownRune(v[i:])
		if ok {
			b = append(b, v[i:i+n]...)
		}
		i += n
	}
	return b
}

// shownRune is the length of the first character and whether it can be shown.
func shownRune(v string) (int, bool) {
	if v[0] < utf8.RuneSelf {
		return 1, printable(v[0])
	}
	r, n := utf8.DecodeRuneInString(v)
	return n, (r != utf8.RuneError || n > 1) && r >= 0xa0 && !steers(r)
}

// appendText appends a text of the capture: as it is for JSON, else with dots for what
// could steer a terminal (control characters, and what is no UTF-8).
func (s *scope) appendText(b, v []byte) []byte { return s.appendString(b, view(v)) }

func (s *scope) appendString(b []byte, v string) []byte {
	if s.json {
		return append(b, v...)
	}
	for i := range len(v) {
		if !printable(v[i]) {
			return appendTame(append(b, v[:i]...), v[i:])
		}
	}
	return append(b, v...)
}

func appendTame(b []byte, v string) []byte {
	for i := 0; i < len(v); {
		n, ok := shownRune(v[i:])
		if ok {
			b = append(b, v[i:i+n]...)
		} else {
			b = append(b, '.')
		}
		i += n
	}
	return b
}

// steers reports characters that change the direction of text or break lines.
func steers(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff
}

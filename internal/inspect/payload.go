package inspect

import (
	"bytes"
	"strconv"
)

var httpMethods = [...]string{"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "PATCH ", "OPTIONS ", "CONNECT "}

// httpMark recognises the first bytes of an HTTP/1 message.
func httpMark(data []byte) mark {
	if len(data) < 8 {
		return markNone
	}
	if data[0] == 'H' && string(data[:5]) == "HTTP/" {
		// HTTP/1.1 200 OK
		if i := bytes.IndexByte(data[:min(len(data), 16)], ' '); i > 0 && len(data) >= i+4 && data[i+1] >= '1' && data[i+1] <= '5' {
			return markHTTP1 + mark(data[i+1]-'1')
		}
		return markNone
	}
	for _, m := range httpMethods {
		if data[0] == m[0] && len(data) >= len(m) && string(data[:len(m)]) == m {
			return markHTTPRequest
		}
	}
	return markNone
}

// firstLine cuts data at its first line end, and to n bytes.
func firstLine(data []byte, n int) []byte {
	data = data[:min(len(data), n)]
	for i, c := range data {
		if c <= '\r' && (c == '\n' || c == '\r' || c == 0) {
			return data[:i]
		}
	}
	return data
}

// syslogMark reads the priority of a syslog message, <PRI>: severities 0 to 3 are errors, 4 is a warning (RFC 5424, 6.2.1).
func syslogMark(data []byte) (mark, int) {
	if len(data) < 3 || data[0] != '<' {
		return markNone, 0
	}
	end := bytes.IndexByte(data[:min(len(data), 5)], '>')
	if end < 2 {
		return markNone, 0
	}
	pri, err := strconv.Atoi(string(data[1:end]))
	if err != nil || pri < 0 || pri > 191 {
		return markNone, 0
	}
	switch s := pri & 7; {
	case s < 4:
		return markSyslogError, pri
	case s == 4:
		return markSyslogWarning, pri
	}
	return markSyslog, pri
}

var logWords = [...]struct {
	word string
	mark mark
}{{"error", markLogError}, {"critic", markLogError}, {"emergency", markLogError}, {"alert", markLogError}, {"warn", markLogWarning}}

// logMark grades a line of a log by its words, the worst of them.
func logMark(data []byte) mark {
	m := markLog
	for i, c := range data {
		c |= 0x20 // small letters
		if c != 'e' && c != 'w' && c != 'c' && c != 'a' {
			continue
		}
		for k := range logWords {
			if w := &logWords[k]; w.word[0] == c && beginsFold(data[i:], w.word) {
				if w.mark == markLogError {
					return w.mark
				}
				m = w.mark
			}
		}
	}
	return m
}

// beginsFold reports whether data begins with a word in small letters, ignoring the case of
// ASCII letters.
func beginsFold(data []byte, word string) bool {
	if len(data) < len(word) {
		return false
	}
	for k := 1; k < len(word); k++ {
		if data[k]|0x20 != word[k] {
			return false
		}
	}
	return true
}

package manifest

import (
	"bytes"
	"encoding/json"
)

// A YAML document is read line by line. Only what stands at the left margin
// matters: it says where the document ends, and which lines of `items:` begin a
// new item, as kubectl and yaml libraries write lists. Everything between is
// left to the YAML parser of the worker.

// margin is what a line is, seen from the left margin.
type margin int

const (
	inside    margin = iota // indented, blank, a comment, or a bracket of flow style
	member                  // `key:`
	entry                   // `- `
	boundary                // `---`
	elision                 // `...`, which ends a document in YAML and is an omission in pastes
	elsewhere               // text: the document is over
)

func classify(line []byte) margin {
	if len(line) == 0 {
		return inside
	}
	switch c := line[0]; {
	case c == ' ', c == '\t', c == '\n', c == '\r', c == '#', c == '%', c == '}', c == ']', c == '{', c == '[', c == '"', c == '\'':
		return inside
	case bytes.HasPrefix(line, []byte("---")) && separator(line):
		return boundary
	case bytes.HasPrefix(line, []byte("...")) && separator(line):
		return elision
	case c == '-' && (len(line) == 1 || line[1] == ' ' || line[1] == '\n' || line[1] == '\r'):
		return entry
	case yamlKey().Match(line):
		return member
	}
	return elsewhere
}

// yaml reads the YAML document at the start of rest. good is true where the
// next thing may be a document again.
func (s *splitter) yaml() (good bool, err error) {
	line, off := s.w.line, 0
	seen := map[string]bool{}
	for {
		n, full := s.w.lineEnd(off, maxItem-off)
		if !full {
			return s.tooLarge(line)
		}
		if n == 0 {
			return true, s.document(line, off)
		}
		text := s.w.rest()[off : off+n]
		switch classify(text) {
		case boundary:
			return true, s.document(line, off)
		case elsewhere:
			return false, s.document(line, off)
		case elision:
			// As a comment it disappears without moving the lines after it.
			text[0] = '#'
		case member:
			name := string(bytes.Trim(text[:bytes.IndexByte(text, ':')], `"`))
			if (name == "apiVersion" || name == "kind") && seen[name] {
				// The next document, without a separator.
				return true, s.document(line, off)
			}
			seen[name] = true
			if name == "items" && emptyValue(text) {
				return s.yamlList(line, off, off+n)
			}
		}
		off += n
	}
}

// emptyValue reports whether nothing but an empty list follows a member's name.
func emptyValue(line []byte) bool {
	_, v, _ := bytes.Cut(line, []byte(":"))
	v = bytes.TrimSpace(v)
	return len(v) == 0 || string(v) == "[]" || string(v) == "null"
}

// document takes n bytes of rest as one document.
func (s *splitter) document(line, n int) error {
	text := s.w.take(n)
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	return s.add(text, line, item{yaml: true})
}

func (s *splitter) tooLarge(line int) (bool, error) {
	s.skip(line, "a document %v was left out", errTooLarge)
	return s.skipDocument()
}

// skipDocument takes lines up to the next separator.
func (s *splitter) skipDocument() (bool, error) {
	for s.w.have(1) {
		n, full := s.w.lineEnd(0, maxTextLine)
		if full && classify(s.w.rest()[:n]) == boundary {
			return true, nil
		}
		s.w.take(n)
		if err := s.ctx.Err(); err != nil {
			return false, err
		}
	}
	return true, nil
}

// yamlList reads a list document: its head has headBytes, and its items begin
// at offset off of rest.
func (s *splitter) yamlList(line, headBytes, off int) (good bool, err error) {
	head := append([]byte(nil), s.w.rest()[:headBytes]...)
	s.w.take(off)
	l := &List{}
	s.begin(l)
	defer func() { s.end(false) }()
	listOf(head, l)
	for {
		more, err := s.yamlItem()
		if err != nil {
			return false, err
		}
		if !more {
			break
		}
	}
	// Members after the items: kubectl sorts them by name.
	good, tail := s.yamlTail()
	if len(tail) > 0 {
		listOf(append(head, tail...), l)
	}
	return good, s.ctx.Err()
}

// yamlTail takes the lines up to the document's end.
func (s *splitter) yamlTail() (good bool, text []byte) {
	off := 0
	seen := map[string]bool{}
	for good = true; good; {
		n, full := s.w.lineEnd(off, maxTextLine)
		if n == 0 || !full || off > maxTextLine {
			break
		}
		t := s.w.rest()[off : off+n]
		c := classify(t)
		if good = c != elsewhere; !good || c == boundary {
			break
		}
		if c == elision {
			t[0] = '#'
		}
		if c == member {
			name := string(t[:bytes.IndexByte(t, ':')])
			if seen[name] || name == "apiVersion" {
				break
			}
			seen[name] = true
		}
		off += n
	}
	return good, append(text, s.w.take(off)...)
}

// yamlItem takes the next item of the open list. An item is a line that begins
// with a dash and the lines indented deeper than it.
func (s *splitter) yamlItem() (more bool, err error) {
	var first []byte
	for { // blank lines and comments before the item
		n, full := s.w.lineEnd(0, maxItem)
		if n == 0 || !full {
			return false, nil
		}
		first = s.w.rest()[:n]
		if t := bytes.TrimSpace(first); len(t) > 0 && t[0] != '#' {
			break
		}
		s.w.take(n)
	}
	indent := indentOf(first)
	if t := first[indent:]; t[0] != '-' || len(t) > 1 && t[1] != ' ' && t[1] != '\n' && t[1] != '\r' {
		return false, nil
	}
	line := s.w.line
	off := len(first)
	for {
		n, full := s.w.lineEnd(off, maxItem-off)
		if !full {
			_, err := s.tooLarge(line)
			return false, err
		}
		if n == 0 {
			break
		}
		t := s.w.rest()[off : off+n]
		if indentOf(t) <= indent && len(bytes.TrimSpace(t)) > 0 && t[0] != '#' {
			if classify(t) != elision {
				break
			}
			t[0] = '#'
		}
		off += n
	}
	text := s.w.take(off)
	text[indent] = ' ' // the item's members are a mapping of their own then
	if len(bytes.TrimSpace(text)) == 0 {
		return true, nil
	}
	return true, s.add(text, line, item{yaml: true})
}

// listOf notes what the members beside items say about a list.
func listOf(text []byte, l *List) {
	raw, _, err := fromYAML(nil, text)
	var members map[string]json.RawMessage
	if err != nil || json.Unmarshal(raw, &members) != nil {
		return
	}
	var head listHead
	for name, value := range members {
		head.note(name, value)
	}
	head.apply(l)
}

// indentOf returns the number of leading spaces of a line.
func indentOf(line []byte) int {
	n := 0
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n
}

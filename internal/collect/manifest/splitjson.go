package manifest

import (
	"encoding/json"
	"strings"
)

// json reads the JSON value at the start of rest. good is false where the text
// turned out not to be JSON: what follows is read as text.
func (s *splitter) json() (good bool, err error) {
	if s.w.rest()[0] == '[' {
		s.begin(&List{})
		s.w.take(1)
		good, err = s.elements()
		s.end(false)
		return good, err
	}
	line, off := s.w.line, 1
	var head listHead
	for {
		name, at, ok := s.member(off)
		switch {
		case !ok:
			return s.broken(line, off)
		case name == "":
			return true, s.add(s.w.take(at), line, item{})
		case name == "items" && (s.w.rest()[at] == '[' || s.w.rest()[at] == 'n'):
			s.begin(&List{})
			head.apply(s.open)
			if s.w.rest()[at] == 'n' { // null
				return s.listTail(&head, at+len("null"))
			}
			s.w.take(at + 1)
			good, err = s.elements()
			if !good || err != nil {
				s.end(true)
				return good, err
			}
			return s.listTail(&head, 0)
		}
		n, ok := s.w.value(at)
		if !ok {
			return s.broken(line, at+n)
		}
		head.note(name, s.w.rest()[at:at+n])
		off = at + n
	}
}

// member finds the next member of an object from offset off: its name and the
// offset of its value. At the object's end the name is "" and at is behind it.
func (s *splitter) member(off int) (name string, at int, ok bool) {
	if off = s.w.next(off, true); off < 0 {
		return "", 0, false
	}
	switch s.w.rest()[off] {
	case '}':
		return "", off + 1, true
	case '"':
	default:
		return "", 0, false
	}
	n, ok := s.w.value(off)
	if !ok {
		return "", 0, false
	}
	text := s.w.rest()[off+1 : off+n-1]
	if len(text) > maxName {
		text = text[:maxName]
	}
	name = string(text)
	if name == "" {
		name = " " // a member without a name is none that is looked for
	}
	if off = s.w.next(off+n, false); off < 0 || s.w.rest()[off] != ':' {
		return "", 0, false
	}
	if at = s.w.next(off+1, false); at < 0 {
		return "", 0, false
	}
	return name, at, true
}

// maxName is how much of a top-level member's name is looked at.
const maxName = 64

// broken deals with an object that cannot be read to its end: cut short, too
// large, or no JSON behind offset off of rest.
func (s *splitter) broken(line, off int) (good bool, err error) {
	switch {
	case len(s.w.rest()) >= maxItem:
		s.skip(line, "an object %v was left out", errTooLarge)
		return true, s.discard()
	case s.w.err != nil && s.w.next(off, true) < 0:
		return true, s.add(s.w.take(len(s.w.rest())), line, item{cut: true})
	}
	s.skip(line, "is not JSON")
	return false, s.text(off)
}

// discard takes the value at the start of rest without keeping it.
func (s *splitter) discard() error {
	var v value
	for {
		n, done := v.feed(s.w.rest())
		s.w.take(n)
		if done || !s.w.more() {
			return s.ctx.Err()
		}
	}
}

// elements reads the elements of an array up to its bracket.
func (s *splitter) elements() (good bool, err error) {
	for s.w.space() {
		line := s.w.line
		switch s.w.rest()[0] {
		case ',':
			s.w.take(1)
			continue
		case ']':
			s.w.take(1)
			return true, nil
		case ':', '}':
			s.skip(line, "is not JSON")
			return false, s.text(0)
		}
		n, ok := s.w.value(0)
		switch {
		case ok && s.w.rest()[0] == '{':
			err = s.add(s.w.take(n), line, item{})
		case ok:
			s.w.take(n) // null, or an element that is no object
		default:
			if good, err = s.broken(line, n); !good {
				return false, err
			}
		}
		if err != nil {
			return false, err
		}
	}
	s.skip(s.w.line, "the input ends inside a list")
	return false, nil
}

// listTail reads the members of a list object that follow its items, from
// offset off.
func (s *splitter) listTail(head *listHead, off int) (good bool, err error) {
	defer func() { s.end(!good) }()
	for {
		name, at, ok := s.member(off)
		if !ok {
			s.skip(s.w.line, "the input ends inside a list")
			return false, nil
		}
		if name == "" {
			s.w.take(at)
			head.apply(s.open)
			return true, nil
		}
		n, ok := s.w.value(at)
		if !ok {
			s.skip(s.w.line, "the input ends inside a list")
			return false, nil
		}
		head.note(name, s.w.rest()[at:at+n])
		off = at + n
	}
}

// listHead is what the members beside items say about a list.
type listHead struct {
	kind, apiVersion string
	partial          bool
}

func (h *listHead) note(name string, value []byte) {
	switch name {
	case "kind":
		h.kind = word([]byte(plain(value)))
	case "apiVersion":
		h.apiVersion = plain(value)
	case "metadata":
		var m struct {
			Continue  string `json:"continue"`
			Remaining int64  `json:"remainingItemCount"`
		}
		if len(value) < sniffBytes*8 && json.Unmarshal(value, &m) == nil {
			h.partial = m.Continue != "" || m.Remaining > 0
		}
	}
}

// apply tells the list, and the batches to come, what its items are.
func (h *listHead) apply(l *List) {
	l.Kind, l.apiVersion, l.Partial = strings.TrimSuffix(h.kind, "List"), h.apiVersion, h.partial
}

// plain returns a short JSON string without its quotes.
func plain(value []byte) string {
	if len(value) < 2 || len(value) > maxName*2 || value[0] != '"' {
		return ""
	}
	return string(value[1 : len(value)-1])
}

// begin starts a list: its items go to batches of their own.
func (s *splitter) begin(l *List) {
	s.flush()
	s.open = l
	s.res.lists = append(s.res.lists, l)
}

// end finishes the open list; cut says that its end was not seen.
func (s *splitter) end(cut bool) {
	s.flush()
	s.open.Partial = s.open.Partial || cut
	s.open = nil
}

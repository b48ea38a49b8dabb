package manifest

import (
	"bytes"
	"errors"

	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// maxDepth bounds the nesting of an object: the deepest Kubernetes types stay
// below 20, custom ones below 50.
const maxDepth = 100

var (
	errDeep   = errors.New("nested too deeply")
	errObject = errors.New("not a JSON object")
)

// header is what squeeze sees of an object's top level.
type header struct {
	kind, apiVersion []byte
	// managed is the value of metadata.managedFields.
	managed []byte
}

const managedFields = "managedFields"

// dropped are members that no converter reads, by their depth below the object
// (1 is its top level). In dumps of older kubectl managedFields are half the
// bytes, and a node's images a third of a node.
var dropped = drops{
	{2, managedFields},
	{2, "images"}, // Node status
	{3, convert.LastApplied},
}

// drops is a set of members to leave out.
type drops []struct {
	depth int
	key   string
}

func (d drops) has(depth int, key []byte) bool {
	for i := range d {
		if d[i].depth == depth && d[i].key == string(key) {
			return true
		}
	}
	return false
}

// hidden are top-level members whose strings are values of a Secret or
// ConfigMap. They are replaced by empty strings before anything decodes them.
// A ControllerRevision has data as well, but objects in it, which stay.
var hidden = []string{"data", "stringData", "binaryData"}

// squeezer copies one JSON object without white space and without dropped
// members. It does not prove the JSON valid: encoding/json does that on the
// copy, which is a quarter of the size.
type squeezer struct {
	src, dst []byte
	drop     drops
	i        int
	depth    int
	// object says for each open level whether it is an object, else an array.
	object [maxDepth + 1]bool
	// key: the next string is a member's name. hide: strings of depth 2 are values to blank.
	key, hide bool
	head      header
}

// squeeze appends the copy of src to dst and returns it with what the top level
// says. The header points into src.
func squeeze(dst, src []byte, drop drops) ([]byte, header, error) {
	s := squeezer{src: src, dst: dst, drop: drop}
	err := s.run()
	return s.dst, s.head, err
}

func (s *squeezer) run() error {
	for s.i < len(s.src) {
		c := s.src[s.i]
		switch c {
		case ' ', '\t', '\n', '\r':
			s.i = skipSpace(s.src, s.i+1)
		case '{', '[':
			if s.depth == maxDepth {
				return errDeep
			}
			s.depth++
			s.object[s.depth] = c == '{'
			s.key = c == '{'
			s.put(c)
		case '}', ']':
			if s.depth == 0 {
				return errObject
			}
			s.depth--
			s.key = false
			s.trimComma()
			s.put(c)
			if s.depth == 0 {
				return nil
			}
		case ',':
			s.key = s.object[s.depth]
			s.i++
			if last := s.last(); last != ',' && last != '{' && last != '[' {
				s.dst = append(s.dst, ',')
			}
		case ':':
			s.key = false
			s.put(c)
		case '"':
			if err := s.str(); err != nil {
				return err
			}
		default:
			s.put(c)
		}
	}
	return errCut
}

func (s *squeezer) put(c byte) {
	s.dst = append(s.dst, c)
	s.i++
}

func (s *squeezer) last() byte {
	if len(s.dst) == 0 {
		return '{'
	}
	return s.dst[len(s.dst)-1]
}

// trimComma takes back the comma before a closing bracket: the one of a dropped
// last member.
func (s *squeezer) trimComma() {
	if s.last() == ',' {
		s.dst = s.dst[:len(s.dst)-1]
	}
}

func (s *squeezer) str() error {
	end := stringEnd(s.src, s.i+1)
	if end < 0 {
		return errCut
	}
	text := s.src[s.i:end]
	if !s.key {
		if s.depth == 2 && s.hide && s.object[2] {
			text = []byte(`""`)
		}
		s.dst = append(s.dst, text...)
		s.i = end
		return nil
	}
	name := text[1 : len(text)-1]
	if s.drop.has(s.depth, name) {
		return s.skipMember(name, end)
	}
	s.i = end
	s.dst = append(s.dst, text...)
	if s.depth == 1 {
		s.topLevel(name)
	}
	return nil
}

// topLevel notes the members of the object itself that decide what it is.
func (s *squeezer) topLevel(name []byte) {
	s.hide = false
	for _, h := range hidden {
		s.hide = s.hide || h == string(name)
	}
	var to *[]byte
	switch string(name) {
	case "kind":
		to = &s.head.kind
	case "apiVersion":
		to = &s.head.apiVersion
	default:
		return
	}
	// The value of these two is a short string right after the colon.
	rest := bytes.TrimLeft(s.src[s.i:], " \t\r\n")
	if len(rest) == 0 || rest[0] != ':' {
		return
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n")
	if len(rest) > 0 && rest[0] == '"' {
		if end := stringEnd(rest, 1); end > 0 {
			*to = rest[1 : end-1]
		}
	}
}

// skipMember leaves out the member whose name ends at i.
func (s *squeezer) skipMember(name []byte, i int) error {
	i = skipSpace(s.src, i)
	if i >= len(s.src) || s.src[i] != ':' {
		return errObject
	}
	i = skipSpace(s.src, i+1)
	end := valueEnd(s.src, i)
	if end < 0 {
		return errCut
	}
	if s.depth == 2 && string(name) == managedFields {
		s.head.managed = s.src[i:end]
	}
	s.i = end
	return nil
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the index after the quote that closes the string whose text
// starts at i, or -1.
func stringEnd(b []byte, i int) int {
	for i < len(b) {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
		i++
	}
	return -1
}

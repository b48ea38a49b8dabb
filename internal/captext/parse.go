package captext

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Error says which line is wrong.
type Error struct {
	Line int
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// statement is one line: its words, and its NAME=VALUE pairs.
type statement struct {
	words []string
	pairs map[string]string
	// used marks the pairs that somebody asked for.
	used map[string]bool
}

func (s *statement) word(i int) string {
	if i < len(s.words) {
		return s.words[i]
	}
	return ""
}

func (s *statement) get(name string) (string, bool) {
	v, ok := s.pairs[name]
	s.used[name] = true
	return v, ok
}

func (s *statement) text(name, or string) string {
	if v, ok := s.get(name); ok {
		return v
	}
	return or
}

func (s *statement) number(name string, or int64) (int64, error) {
	v, ok := s.get(name)
	if !ok {
		return or, nil
	}
	n, err := strconv.ParseInt(v, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is no number", name, v)
	}
	return n, nil
}

// unknown names a pair that nobody asked for.
func (s *statement) unknown() error {
	for name := range s.pairs {
		if !s.used[name] {
			return fmt.Errorf("%s has no %q", s.words[0], name)
		}
	}
	return nil
}

// parseLine splits a line; nil for one that says nothing.
func parseLine(line string) (*statement, error) {
	s := &statement{pairs: map[string]string{}, used: map[string]bool{}}
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			break
		}
		// A word ends at a blank; quotes may begin behind the equals sign.
		end := strings.IndexAny(line, " \t\r\n\"")
		if end < 0 {
			end = len(line)
		}
		word, value := line[:end], ""
		quoted := end < len(line) && line[end] == '"'
		line = line[end:]
		if quoted {
			q, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("a quote is not closed")
			}
			if value, err = strconv.Unquote(q); err != nil {
				return nil, err
			}
			line = line[len(q):]
		}
		name, plain, pair := strings.Cut(word, "=")
		switch {
		case pair && name != "":
			s.pairs[name] = plain + value
		case quoted:
			s.words = append(s.words, word+value)
		default:
			s.words = append(s.words, word)
		}
	}
	if len(s.words) == 0 && len(s.pairs) == 0 {
		return nil, nil
	}
	if len(s.words) == 0 {
		return nil, fmt.Errorf("a line begins with a word")
	}
	return s, nil
}

func delay(word string) (time.Duration, error) {
	v := strings.TrimPrefix(word, "+")
	if v == "" || v == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s is no delay", word)
	}
	return d, nil
}

package filter

import (
	"github.com/unloop-dev/unloop/event"
)

// maxPath bounds a path that is made up of a directory and a relative path, in bytes.
// Source: SCAP_MAX_PATH_SIZE of falcosecurity/libs.
const maxPath = 1024

// appendPath appends the absolute form of a relative path that parameter p of the
// event names.
func (s *scope) appendPath(b []byte, p *event.Param, path []byte) []byte {
	if string(path) == "<NA>" || string(path) == "(NULL)" {
		return b
	}
	start := len(b)
	b = s.appendDir(b, p)
	return clean(append(b, path...), start)
}

// appendDir appends the directory that a relative path of the parameter starts from,
// with a slash at the end.
func (s *scope) appendDir(b []byte, p *event.Param) []byte {
	if p.Type == event.FSRelPath && p.DirFD >= 0 {
		if v, ok := s.ev.Param(int(p.DirFD)); ok {
			if n, ok := event.Signed(v); ok && n != atFDCWD {
				return s.appendDirFD(b, n)
			}
		}
	}
	return s.appendCwd(b)
}

func (s *scope) appendCwd(b []byte) []byte {
	dir := s.ev.Thread.Dir()
	b = append(b, dir...)
	if n := len(dir); n > 0 && dir[n-1] != '/' {
		b = append(b, '/')
	}
	return b
}

func (s *scope) appendDirFD(b []byte, n int64) []byte {
	f := s.ev.Thread.FDs.Get(n)
	if f == nil {
		return append(b, "<UNKNOWN>/"...)
	}
	b = appendName(b, f)
	return append(b, '/')
}

// clean rewrites b[start:], a path, in place without empty parts, ".", ".." and
// characters that cannot be printed.
func clean(b []byte, start int) []byte {
	src := b[start:]
	out := b[:start]
	abs := len(src) > 0 && src[0] == '/'
	if abs {
		out = append(out, '/')
	}
	root := len(out)
	for i := 0; i < len(src); {
		if src[i] == '/' {
			i++
			continue
		}
		n := i
		for n < len(src) && src[n] != '/' {
			n++
		}
		part := src[i:n]
		i = n
		switch {
		case len(part) == 1 && part[0] == '.':
		case len(part) == 2 && part[0] == '.' && part[1] == '.':
			for len(out) > root && out[len(out)-1] != '/' {
				out = out[:len(out)-1]
			}
			if len(out) > root {
				out = out[:len(out)-1]
			}
		default:
			if len(out) > root {
				out = append(out, '/')
			}
			// The part lies at or behind the place it is copied to.
			out = appendPrintable(out, part)
		}
		if len(out)-start > maxPath {
			break
		}
	}
	return out
}

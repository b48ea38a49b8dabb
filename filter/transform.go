package filter

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// transformer makes one getter of the getters of its arguments. Literals come as
// getters too, with their text in lit.
type transformer struct {
	// form is how it is written, doc what it does.
	form, doc string
	apply     func(args []argument) (getter, string)
}

type argument struct {
	getter
	lit   string
	isLit bool
}

var transformers = map[string]transformer{
	"tolower": {"tolower(FIELD)", "in small letters (ASCII)", onText(func(b []byte, v string) ([]byte, bool) { return appendMapped(b, v, lower), true })},
	"toupper": {"toupper(FIELD)", "in capitals (ASCII)", onText(func(b []byte, v string) ([]byte, bool) { return appendMapped(b, v, upper), true })},
	"basename": {"basename(FIELD)", "what stands behind the last slash", onText(func(b []byte, v string) ([]byte, bool) {
		return append(b, v[strings.LastIndexByte(v, '/')+1:]...), true
	})},
	"b64":    {"b64(FIELD)", "decoded from Base64; missing where it is none", onText(appendDecoded)},
	"len":    {"len(FIELD)", "its length: bytes of a text, values of a list", lengthOf},
	"concat": {`concat(FIELD, "text", ...)`, "the arguments behind one another", concat},
	"join":   {`join("separator", FIELD)`, "the values of a list in one text", join},
	"getopt": {`getopt(FIELD, "name")`, "the value of an option in a command line: -n VALUE, -nVALUE, --name VALUE, --name=VALUE", getopt},
}

func transformerNames() []string { return slices.Sorted(maps.Keys(transformers)) }

func appendMapped(b []byte, v string, f func(byte) byte) []byte {
	for i := range len(v) {
		b = append(b, f(v[i]))
	}
	return b
}

func appendDecoded(b []byte, v string) ([]byte, bool) {
	start := len(b)
	out, err := base64.StdEncoding.AppendDecode(b, []byte(v))
	if err != nil {
		if out, err = base64.RawStdEncoding.AppendDecode(b, []byte(v)); err != nil {
			return b[:start], false
		}
	}
	return out, true
}

func isText(g *getter) bool { return g.str != nil || g.strs != nil }

// onText lifts a change of text to fields and lists.
func onText(change func(b []byte, v string) ([]byte, bool)) func([]argument) (getter, string) {
	return func(args []argument) (getter, string) {
		if len(args) != 1 {
			return getter{}, "takes one argument"
		}
		in := args[0].getter
		if !isText(&in) {
			return getter{}, "takes text"
		}
		out := in
		out.put, out.jsonNum, out.cost = nil, nil, in.cost+20
		apply := func(s *scope, v string) (string, bool) {
			start := len(s.buf)
			b, ok := change(s.buf, v)
			s.buf = b
			return s.made(start), ok
		}
		if in.str != nil {
			out.str = func(s *scope) (string, bool) {
				v, ok := in.str(s)
				if !ok {
					return "", false
				}
				return apply(s, v)
			}
			return out, ""
		}
		out.strs = func(s *scope, to []string) []string {
			start := len(to)
			to = in.strs(s, to)
			kept := to[:start]
			for _, v := range to[start:] {
				if w, ok := apply(s, v); ok {
					kept = append(kept, w)
				}
			}
			return kept
		}
		return out, ""
	}
}

func lengthOf(args []argument) (getter, string) {
	if len(args) != 1 {
		return getter{}, "takes one argument"
	}
	in := args[0].getter
	out := getter{typ: event.Uint, kinds: in.kinds, needs: in.needs, cost: in.cost + 1}
	switch {
	case in.str != nil:
		out.num = func(s *scope) (uint64, bool) {
			v, ok := in.str(s)
			return uint64(len(v)), ok
		}
	case in.strs != nil:
		out.num = func(s *scope) (uint64, bool) {
			s.strs = in.strs(s, s.strs[:0])
			return uint64(len(s.strs)), true
		}
	default:
		return getter{}, "takes text or a list"
	}
	return out, ""
}

func concat(args []argument) (getter, string) {
	if len(args) < 2 {
		return getter{}, "takes two arguments or more"
	}
	out := getter{typ: event.Text, kinds: &kindSet{}, cost: 20}
	for i := range args {
		a := &args[i]
		if !a.isLit && a.str == nil {
			return getter{}, "takes text"
		}
		out.needs |= a.needs
		out.cost += a.cost
		out.kinds = unionKinds(out.kinds, a.kinds)
	}
	out.str = func(s *scope) (string, bool) {
		// The parts are had first: extraction may use the buffer itself.
		var parts [8]string
		list := parts[:0]
		for i := range args {
			v, ok := args[i].lit, true
			if !args[i].isLit {
				v, ok = args[i].str(s)
			}
			if !ok {
				return "", false
			}
			list = append(list, v)
		}
		start := len(s.buf)
		for _, v := range list {
			s.buf = append(s.buf, v...)
		}
		return s.made(start), true
	}
	return out, ""
}

// unionKinds joins two sets of kinds for which a value varies; nil stands for all.
func unionKinds(a, b *kindSet) *kindSet {
	if a == nil || b == nil {
		return nil
	}
	u := a.or(*b)
	return &u
}

func join(args []argument) (getter, string) {
	if len(args) != 2 {
		return getter{}, "takes a separator and a list"
	}
	sep, in := args[0], args[1].getter
	if !sep.isLit {
		sep, in = args[1], args[0].getter
	}
	if !sep.isLit || in.strs == nil {
		return getter{}, "takes a separator in quotes and a list"
	}
	return getter{typ: event.Text, kinds: in.kinds, needs: in.needs, cost: in.cost + 20, str: func(s *scope) (string, bool) {
		s.strs = in.strs(s, s.strs[:0])
		start := len(s.buf)
		for i, v := range s.strs {
			if i > 0 {
				s.buf = append(s.buf, sep.lit...)
			}
			s.buf = append(s.buf, v...)
		}
		return s.made(start), len(s.strs) > 0
	}}, ""
}

func getopt(args []argument) (getter, string) {
	if len(args) != 2 || !args[1].isLit || args[0].str == nil {
		return getter{}, "takes a field with a command line and the name of an option in quotes"
	}
	name := strings.TrimRight(strings.TrimLeft(args[1].lit, "-"), ":")
	if name == "" {
		return getter{}, "takes the name of an option"
	}
	in := args[0].getter
	return getter{typ: event.Text, kinds: in.kinds, needs: in.needs, cost: in.cost + 30, str: func(s *scope) (string, bool) {
		line, ok := in.str(s)
		if !ok {
			return "", false
		}
		return option(line, name)
	}}, ""
}

// option finds the value of an option in words that are separated by blanks.
func option(line, name string) (string, bool) {
	for line != "" {
		var w string
		w, line, _ = strings.Cut(line, " ")
		if w == "--" {
			return "", false
		}
		rest, long := strings.CutPrefix(w, "--")
		if !long {
			var short bool
			if rest, short = strings.CutPrefix(w, "-"); !short {
				continue
			}
		}
		v, found := strings.CutPrefix(rest, name)
		switch {
		case !found:
		case v == "":
			v, _, _ = strings.Cut(line, " ")
			return v, v != ""
		case v[0] == '=':
			return v[1:], true
		case !long && len(name) == 1:
			return v, true
		}
	}
	return "", false
}

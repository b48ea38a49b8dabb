package filter

import (
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/unloop-dev/unloop/event"
)

// jsonOrder lists the fields of a template by name. Of fields that stand there twice
// the last one counts.
func jsonOrder(tokens []token) []int {
	last := map[string]int{}
	for i := range tokens {
		if tokens[i].name != "" {
			last[tokens[i].name] = i
		}
	}
	var order []int
	for _, i := range last {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(tokens[a].name, tokens[b].name) })
	return order
}

// appendJSON appends the event as an object, fields in the order of their names.
func (f *Format) appendJSON(dst []byte) ([]byte, bool) {
	whole := true
	dst = append(dst, '{')
	for n, i := range f.order {
		if n > 0 {
			dst = append(dst, ',')
		}
		t := &f.tokens[i]
		dst = appendJSONString(dst, t.name)
		dst = append(dst, ':')
		start := len(dst)
		var ok bool
		if dst, ok = f.appendJSONField(dst, t); !ok {
			dst = append(dst[:start], "null"...)
			whole = whole && f.lenient
		}
	}
	return append(dst, '}'), whole
}

func (f *Format) appendJSONField(dst []byte, t *token) ([]byte, bool) {
	s, g := &f.scope, &t.get
	switch {
	case g.delta != noDelta && g.delta != outputDelta:
		return strconv.AppendUint(dst, t.since(s.ev.TsNanos), 10), true
	case g.jsonNum != nil:
		n, ok := g.jsonNum(s)
		return strconv.AppendUint(dst, n, 10), ok
	case g.num != nil && g.fmt == event.Dec:
		n, ok := g.num(s)
		return appendValue(dst, n, t.typ, g.fmt), ok
	case g.real != nil:
		v, ok := g.real(s)
		return strconv.AppendFloat(dst, v, 'g', -1, 64), ok
	case g.strs != nil && g.many == list:
		return f.appendJSONList(dst, g)
	}
	var ok bool
	if f.tmp, ok = f.appendField(f.tmp[:0], t); !ok {
		return dst, false
	}
	return appendJSONString(dst, view(f.tmp)), true
}

func (f *Format) appendJSONList(dst []byte, g *getter) ([]byte, bool) {
	s := &f.scope
	s.strs = g.strs(s, s.strs[:0])
	dst = append(dst, '[')
	for i, v := range s.strs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, v)
	}
	return append(dst, ']'), len(s.strs) > 0
}

// appendJSONString appends a text in quotes. What is no UTF-8 becomes the replacement
// character, so that the output is JSON whatever the capture holds.
func appendJSONString(b []byte, v string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(v); {
		c := v[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' && c != 0x7f {
			i++
			continue
		}
		n := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, n = utf8.DecodeRuneInString(v[i:]); (r != utf8.RuneError || n > 1) && r >= 0xa0 && !steers(r) {
				i += n
				continue
			}
		}
		b = append(b, v[from:i]...)
		b = appendEscape(b, v[i:i+n])
		i += n
		from = i
	}
	b = append(b, v[from:]...)
	return append(b, '"')
}

func appendEscape(b []byte, v string) []byte {
	switch c := v[0]; {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case c == '\n':
		return append(b, `\n`...)
	case c == '\r':
		return append(b, `\r`...)
	case c == '\t':
		return append(b, `\t`...)
	case c == '\b':
		return append(b, `\b`...)
	case c == '\f':
		return append(b, `\f`...)
	case c < utf8.RuneSelf:
		return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
	r, n := utf8.DecodeRuneInString(v)
	if r == utf8.RuneError && n == 1 {
		return append(b, `\ufffd`...)
	}
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

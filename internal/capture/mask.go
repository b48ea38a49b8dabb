package capture

import (
	"strings"
	"unsafe"

	"github.com/unloop-dev/unloop/event"
)

// hidden stands for an argument that is a credential.
const hidden = "[redacted]"

// Masker takes what looks like a credential out of what is shown of a capture, and
// leaves the rest as it is: for a capture to give away, Redact takes out more. The zero
// value masks nothing. It is not for concurrent use.
type Masker struct {
	// Mask finds credentials in a text, which it must not keep; nil stands for none.
	Mask       func(string) string
	lens, data []byte
	out        event.Event
}

// payloadParam describes the parameters of an event that nobody knows.
var payloadParam = event.Param{Type: event.ByteBuf}

// Event returns ev where it holds no credential, else a copy without, which is valid until
// the next call. What was read and written keeps its length.
func (m *Masker) Event(ev *event.Event) *event.Event {
	if m == nil || m.Mask == nil {
		return ev
	}
	m.lens, m.data = m.lens[:0], m.data[:0]
	changed := false
	for i := range ev.NParams {
		p := &payloadParam
		if ev.Kind != nil && i < len(ev.Kind.Params) {
			p = &ev.Kind.Params[i]
		}
		b, _ := ev.Param(i)
		text, ok := m.param(p, b)
		n := len(b)
		if ok {
			n = len(text)
		}
		if ok && !ev.Large && n >= 1<<16 {
			text, n = text[:1<<16-1], 1<<16-1
		}
		changed = changed || ok
		if ok {
			m.data = append(m.data, text...)
		} else {
			m.data = append(m.data, b...)
		}
		m.lens = append(m.lens, byte(n), byte(n>>8))
		if ev.Large {
			m.lens = append(m.lens, byte(n>>16), byte(n>>24))
		}
	}
	if !changed {
		return ev
	}
	m.out = *ev
	m.out.Lens, m.out.Data = m.lens, m.data
	return &m.out
}

// param returns the bytes of a parameter without credentials; false where nothing
// changes.
func (m *Masker) param(p *event.Param, b []byte) (string, bool) {
	if len(b) < 4 {
		return "", false
	}
	s := unsafe.String(unsafe.SliceData(b), len(b)) // gone with the event: what is returned is s only where nothing changed
	out := s
	switch {
	case p.Name == "args" && p.Type == event.ByteBuf, p.Name == "env" && p.Type == event.ByteBuf, p.Type == event.CharBufArray, p.Type == event.CharBufPairArray:
		out = m.List(s)
	case p.Type == event.ByteBuf:
		if out = m.Mask(s); out != s {
			out = fit(out, len(s))
		}
	case p.Type == event.CharBuf, p.Type == event.FSPath, p.Type == event.FSRelPath:
		text := s[:len(event.CString(b))]
		if masked := m.Mask(text); masked != text {
			out = strings.ReplaceAll(masked, "\x00", "") + "\x00"
		}
	}
	return out, out != s
}

// List masks strings that each end in a NUL: arguments, or an environment. A credential may
// stand behind its flag, in an argument of its own.
func (m *Masker) List(s string) string {
	if m == nil || m.Mask == nil || s == "" {
		return s
	}
	body, ended := strings.CutSuffix(s, "\x00")
	list := strings.Split(body, "\x00")
	before := ""
	for i, a := range list {
		list[i] = strings.ReplaceAll(m.Mask(a), "\x00", "")
		if strings.HasPrefix(before, "-") && !strings.Contains(before, "=") && !strings.HasPrefix(a, "-") && a != "" {
			if pair := strings.TrimLeft(before, "-") + "=" + a; m.Mask(pair) != pair {
				list[i] = hidden
			}
		}
		before = a
	}
	out := strings.Join(list, "\x00")
	if ended {
		out += "\x00"
	}
	return out
}

// Text masks one text.
func (m *Masker) Text(s string) string {
	if m == nil || m.Mask == nil {
		return s
	}
	return m.Mask(s)
}

// fit makes s n bytes long: what it says about sizes stays true.
func fit(s string, n int) string {
	if len(s) >= n {
		return s[:n]
	}
	return s + strings.Repeat("*", n-len(s))
}

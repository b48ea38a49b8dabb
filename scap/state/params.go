package state

import (
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// params walks through the parameters of an event that is not large.
type params struct {
	lens, data []byte
}

func all(ev *event.Event) params {
	if ev.Large {
		return params{}
	}
	return params{ev.Lens, ev.Data}
}

func ofEnter(e *event.Enter) params {
	if e == nil || e.Large {
		return params{}
	}
	return params{e.Lens, e.Data}
}

// next returns the next parameter, nil at the end. The reader has checked the lengths.
func (p *params) next() []byte {
	if len(p.lens) < 2 {
		return nil
	}
	n := int(binary.LittleEndian.Uint16(p.lens))
	if n > len(p.data) {
		p.lens = nil
		return nil
	}
	b := p.data[:n:n]
	p.lens, p.data = p.lens[2:], p.data[n:]
	return b
}

func (p *params) skip(n int) {
	for range n {
		p.next()
	}
}

// i64, u64 and u32 return zero where the parameter is missing or of another width;
// what it means to be missing is the caller's business.
func (p *params) i64() int64 { return int64(p.u64()) }

func (p *params) u64() uint64 {
	if b := p.next(); len(b) == 8 {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (p *params) u32() uint32 {
	if b := p.next(); len(b) == 4 {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// text is a string without its NUL.
func (p *params) text() []byte { return event.CString(p.next()) }

// more reports whether there is another parameter.
func (p *params) more() bool { return len(p.lens) >= 2 }

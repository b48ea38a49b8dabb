package scap

import (
	"encoding/binary"
)

// Private is what a capture says about itself in a metadata block that other readers
// skip.
type Private struct {
	// Facts are pairs such as pod, namespace, container, trigger, node, in the order of
	// the file.
	Facts []Fact
}

// Fact is one pair.
type Fact struct{ Name, Value string }

// Get returns the value of the first fact with the name, or "".
func (p *Private) Get(name string) string {
	if p == nil {
		return ""
	}
	for _, f := range p.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Bounds of the private block.
const (
	privateVersion = 1
	maxFacts       = 1024
	maxFactBytes   = 64 << 10
)

// append encodes the body: u32 version, then for each fact a u16 length and the name,
// a u32 length and the value.
func (p *Private) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, privateVersion)
	for i, f := range p.Facts {
		if i == maxFacts {
			break
		}
		name, value := f.Name[:min(len(f.Name), 255)], f.Value[:min(len(f.Value), maxFactBytes)]
		b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
		b = append(b, name...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(value)))
		b = append(b, value...)
	}
	return b
}

// private decodes the body of a private block; a version that is not ours is left alone.
func (r *Reader) private(b []byte) {
	f := fields{b: b}
	if f.u32("version") != privateVersion || f.bad != "" {
		return
	}
	p := &Private{}
	for f.left() >= 6 && len(p.Facts) < maxFacts {
		name := string(f.take(int(f.u16("name")), "name"))
		n := f.u32("value")
		if int64(n) > int64(f.left()) {
			break
		}
		value := string(f.take(int(n), "value"))
		if f.bad != "" || name == "" {
			break
		}
		p.Facts = append(p.Facts, Fact{name, value})
	}
	r.facts = p
}

// Private returns what the capture says about itself, nil where it has no such block or
// the block was not reached yet. It stands before the first event.
func (r *Reader) Private() *Private { return r.facts }

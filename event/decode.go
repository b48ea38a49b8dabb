package event

import (
	"bytes"
	"encoding/binary"
)

// FlagInitial marks container events in front of all others. They describe what there
// was when the capture began, and sysdig does not show them. It is no flag of files.
const FlagInitial uint32 = 1 << 31

// Hidden reports whether the event only updates the state: its block says so (fat
// files), or it is a container event in front of all others.
func (e *Event) Hidden() bool { return e.Flags&(1|FlagInitial) != 0 }

// Name is what evt.type shows for the event, "NA" for a code beyond the table.
func (e *Event) Name() string {
	if e.Kind == nil {
		return "NA"
	}
	return e.Kind.Name
}

// Index returns the index of the first parameter with the name that the event holds, or
// with that other name, or -1.
func (e *Event) Index(name string) int {
	if e.Kind == nil {
		return -1
	}
	return e.Kind.index(name, e.NParams)
}

func (k *Kind) index(name string, n int) int {
	alt := -1
	for i := range k.Params[:min(n, len(k.Params))] {
		switch {
		case k.Params[i].Name == name:
			return i
		case alt < 0 && k.Params[i].Alt == name && name != "":
			alt = i
		}
	}
	return alt
}

// Named returns the bytes of the first parameter with the name, and false where the
// event holds none.
func (e *Event) Named(name string) ([]byte, bool) { return e.Param(e.Index(name)) }

// Int returns parameter i as a signed number of the width the file holds; false
// where it is missing, empty or of no number's width.
func (e *Event) Int(i int) (int64, bool) {
	b, ok := e.Param(i)
	if !ok {
		return 0, false
	}
	return Signed(b)
}

// Uint returns parameter i as an unsigned number of the width the file holds.
func (e *Event) Uint(i int) (uint64, bool) {
	b, ok := e.Param(i)
	if !ok {
		return 0, false
	}
	return Unsigned(b)
}

// Text returns parameter i up to its first NUL. It aliases the event's bytes.
func (e *Event) Text(i int) ([]byte, bool) {
	b, ok := e.Param(i)
	if !ok {
		return nil, false
	}
	return CString(b), true
}

// CString cuts b at its first NUL.
func CString(b []byte) []byte {
	if n := bytes.IndexByte(b, 0); n >= 0 {
		return b[:n]
	}
	return b
}

// Signed reads a little-endian signed number of 1, 2, 4 or 8 bytes.
func Signed(b []byte) (int64, bool) {
	switch len(b) {
	case 8:
		return int64(binary.LittleEndian.Uint64(b)), true
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b))), true
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b))), true
	case 1:
		return int64(int8(b[0])), true
	}
	return 0, false
}

// Unsigned reads a little-endian unsigned number of 1, 2, 4 or 8 bytes.
func Unsigned(b []byte) (uint64, bool) {
	switch len(b) {
	case 8:
		return binary.LittleEndian.Uint64(b), true
	case 4:
		return uint64(binary.LittleEndian.Uint32(b)), true
	case 2:
		return uint64(binary.LittleEndian.Uint16(b)), true
	case 1:
		return uint64(b[0]), true
	}
	return 0, false
}

// Result returns what the call gave back: the first parameter of an exit where it
// is an errno, a descriptor or a process number.
func (e *Event) Result() (int64, bool) {
	if e.IsEnter() || e.Kind == nil || len(e.Kind.Params) == 0 {
		return 0, false
	}
	switch e.Kind.Params[0].Name {
	case "res", "fd":
		return e.Int(0)
	}
	return 0, false
}

// Failed reports whether the event is the exit of a call that gave an error.
func (e *Event) Failed() bool {
	r, ok := e.Result()
	return ok && r < 0 && r > -4096
}

// Enter is the enter event of a call, kept until the exit that ends it. It is valid
// as long as the Event that points to it.
type Enter struct {
	Kind    *Kind
	TsNanos uint64
	// Num is the number of the enter's block.
	Num     uint64
	NParams int
	Large   bool
	// Lens and Data are as in Event.
	Lens, Data []byte
}

// Param returns the bytes of parameter i of the enter.
func (e *Enter) Param(i int) ([]byte, bool) {
	if e == nil {
		return nil, false
	}
	v := Event{NParams: e.NParams, Large: e.Large, Lens: e.Lens, Data: e.Data}
	return v.Param(i)
}

// Named returns the bytes of the first parameter with the name.
func (e *Enter) Named(name string) ([]byte, bool) {
	if e == nil || e.Kind == nil {
		return nil, false
	}
	return e.Param(e.Kind.index(name, e.NParams))
}

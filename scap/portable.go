package scap

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/unloop-dev/unloop/event"
)

// ErrNotPortable: an event that this package reads and others do not.
var ErrNotPortable = errors.New("not portable")

// Portable tells why other readers would refuse the event, or read it wrong; nil where
// they take it. Current libs are the strict ones: they stop the reading of a file at a
// number of parameters they do not list, at a number of another width, at a text
// without its NUL or with one inside.
func Portable(ev *event.Event) error {
	if err := addsUp(ev); err != nil {
		return err
	}
	k := event.KindOf(ev.Type)
	if k == nil {
		return nil // skipped by all
	}
	if k.Accepted != 0 && (ev.NParams > 63 || k.Accepted>>ev.NParams&1 == 0) {
		return fmt.Errorf("%w: %s with %d parameters, which stops libs", ErrNotPortable, k.Name, ev.NParams)
	}
	if k.Portable > 0 && ev.NParams > int(k.Portable) {
		return fmt.Errorf("%w: %s with %d parameters, which stops libs older than 2026", ErrNotPortable, k.Name, ev.NParams)
	}
	for i := range min(ev.NParams, len(k.Params)) {
		b, _ := ev.Param(i)
		p := &k.Params[i]
		if len(b) == 0 {
			continue // not available
		}
		if width := Width(p.Type); width > 0 && len(b) != width {
			return fmt.Errorf("%w: %s.%s has %d bytes instead of %d", ErrNotPortable, k.Name, p.Name, len(b), width)
		}
		if isText(p.Type) && bytes.IndexByte(b, 0) != len(b)-1 {
			return fmt.Errorf("%w: %s.%s does not end in its one NUL", ErrNotPortable, k.Name, p.Name)
		}
		if short := shortest(p.Type, b); len(b) < short {
			return fmt.Errorf("%w: %s.%s has %d bytes of at least %d", ErrNotPortable, k.Name, p.Name, len(b), short)
		}
	}
	return nil
}

// shortest is how many bytes an address must have for its family.
func shortest(t event.ParamType, b []byte) int {
	switch t {
	case event.SockAddr:
		switch b[0] {
		case 1:
			return 2
		case 2:
			return 7
		case 10:
			return 19
		}
	case event.SockTuple:
		switch b[0] {
		case 1:
			return 18
		case 2:
			return 13
		case 10:
			return 37
		}
	}
	return 0
}

package flight

import (
	"bytes"
	"encoding/binary"

	"github.com/unloop-dev/unloop/event"
)

// repeated gives, for the code of an exit, where its parameters repeat those of its enter:
// the index in the exit for each of the enter; nil where one is not repeated.
var repeated = buildRepeated()

func buildRepeated() [][]int8 {
	kinds := event.Kinds()
	out := make([][]int8, len(kinds))
	for i := range kinds {
		exit := &kinds[i]
		if exit.Flags&event.HasExit == 0 || exit.Type&1 == 0 || exit.Flags&event.LargePayload != 0 {
			continue
		}
		enter := &kinds[i-1]
		list := make([]int8, 0, enter.Portable)
		for p := range int(enter.Portable) {
			at := int8(-1)
			for q := range int(exit.Portable) {
				// The first parameter is the result, even where it is called fd.
				if q > 0 && exit.Params[q].Name == enter.Params[p].Name {
					at = int8(q)
				}
			}
			if at < 0 {
				list = nil
				break
			}
			list = append(list, at)
		}
		out[i] = list
	}
	return out
}

// repeats reports whether an exit says all that its enter says, so that rebuild gives the
// enter.
func repeats(in *call, ev *event.Event) bool {
	if in.typ != ev.Type-1 || in.large || ev.Large || in.flags != 0 || in.cpu != ev.CPU || int(ev.Type) >= len(repeated) {
		return false
	}
	list := repeated[ev.Type]
	if list == nil || len(list) != in.nparams {
		return false
	}
	lens, data := in.buf[:in.nlens], in.buf[in.nlens:]
	// The parameters come in the same order in nearly all exits, so that one walk finds them.
	next, off := 0, 0
	for i, at := range list {
		n := int(binary.LittleEndian.Uint16(lens[2*i:]))
		if int(at) >= ev.NParams {
			return false
		}
		if int(at) < next {
			next, off = 0, 0
		}
		for ; next < int(at); next++ {
			off += int(binary.LittleEndian.Uint16(ev.Lens[2*next:]))
		}
		if int(binary.LittleEndian.Uint16(ev.Lens[2*at:])) != n || !bytes.Equal(ev.Data[off:off+n], data[:n]) {
			return false
		}
		data = data[n:]
	}
	return true
}

// rebuild makes the enter of which repeats said so.
func rebuild(in *record, exit *record) {
	if int(exit.typ) >= len(repeated) {
		return
	}
	list := repeated[exit.typ]
	ev := event.Event{NParams: exit.nparams, Lens: exit.lens, Data: exit.data}
	size := 2 * len(list)
	for _, at := range list {
		b, _ := ev.Param(int(at))
		size += len(b)
	}
	buf := make([]byte, 0, size)
	for _, at := range list {
		b, _ := ev.Param(int(at))
		buf = binary.LittleEndian.AppendUint16(buf, uint16(len(b)))
	}
	in.nparams, in.lens = len(list), buf[:2*len(list):2*len(list)]
	for _, at := range list {
		b, _ := ev.Param(int(at))
		buf = append(buf, b...)
	}
	in.data = buf[2*len(list):]
}

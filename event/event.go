package event

import "encoding/binary"

// Type is an event code as files hold it; see Kinds. Exits have odd codes,
// enters and single-direction events even ones.
type Type uint16

// Event is one event of a capture, as read and after the state was applied to it.
//
// An Event and all its bytes belong to the reader and are valid until the next
// one is read; copy what is kept. Thread, FD and Container point into the state
// and change as it goes on.
type Event struct {
	// Num counts event blocks from 1, hidden and skipped ones included.
	Num uint64
	// TsNanos is the time, in nanoseconds since the Unix epoch.
	TsNanos uint64
	// Tid is the thread that the event is about, as the host numbers it.
	Tid int64
	// CPU is the number of the processor.
	CPU uint16
	// Type is the event code.
	Type Type
	// Large says that parameter lengths are 32 bits wide.
	Large bool
	// Flags are those of the block (EVF): bit 0 hides the event. The reader adds FlagInitial.
	Flags uint32
	// NParams is how many parameters the file holds, which may be fewer or more
	// than the kind lists.
	NParams int
	// Lens and Data are the lengths and the bytes of the parameters, undecoded.
	Lens, Data []byte
	// Kind is the table's entry for Type; nil for a code that it does not know.
	Kind *Kind

	// What the state adds; nil or zero where it is not known.

	// Thread is the thread of Tid.
	Thread *Thread
	// FDNum is the descriptor the event works on, -1 for none. For the exit of a
	// call it comes from its enter where the exit does not repeat it.
	FDNum int64
	// FD is what FDNum stands for after the event (for close: before it).
	FD *FD
	// Enter is the enter event that this exit ends; nil where the file holds none,
	// or where its kind has nothing to keep.
	Enter *Enter
	// EnterTsNanos is the time of the enter that this exit ends; 0 where the file
	// holds none.
	EnterTsNanos uint64
	// PrevTsNanos is the time of the event before this one in the file, hidden
	// ones not counted; 0 for the first.
	PrevTsNanos uint64
	// PrevThreadTsNanos is the same within the thread.
	PrevThreadTsNanos uint64
}

// Param returns the bytes of parameter i, and false where the event holds none.
// A length that runs over the data was refused by the reader already.
func (e *Event) Param(i int) ([]byte, bool) {
	if i < 0 || i >= e.NParams {
		return nil, false
	}
	off := 0
	if e.Large {
		for k := range i {
			off += int(binary.LittleEndian.Uint32(e.Lens[4*k:]))
		}
		return e.Data[off : off+int(binary.LittleEndian.Uint32(e.Lens[4*i:]))], true
	}
	for k := range i {
		off += int(binary.LittleEndian.Uint16(e.Lens[2*k:]))
	}
	return e.Data[off : off+int(binary.LittleEndian.Uint16(e.Lens[2*i:]))], true
}

// IsEnter reports whether the event is the enter of a call. Single-direction
// events are neither enter nor exit; sysdig prints them as enters.
func (e *Event) IsEnter() bool { return e.Type&1 == 0 }

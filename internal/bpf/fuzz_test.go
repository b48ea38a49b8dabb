//go:build linux && (amd64 || arm64)

package bpf

import (
	"encoding/binary"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
)

// judge is a handler that refuses events that readers would.
type judge struct {
	t      testing.TB
	events int
}

func (*judge) Open(flight.Slot, flight.Opening)           {}
func (*judge) Lost(flight.Slot, flight.LossCause, uint64) {}
func (*judge) Died(flight.Slot, flight.Death)             {}
func (*judge) Gone(flight.Slot)                           {}
func (j *judge) Event(_ flight.Slot, ev *event.Event) {
	j.events++
	if err := scap.Portable(ev); err != nil {
		j.t.Fatalf("%s: %v", ev.Name(), err)
	}
}

// blank makes a record of a type with all fields zero.
func blank(k recType, size int) record {
	r := make(record, size)
	binary.LittleEndian.PutUint32(r, uint32(size))
	r[4] = byte(k)
	binary.LittleEndian.PutUint64(r[16:], 1)
	binary.LittleEndian.PutUint32(r[24:], 100)
	binary.LittleEndian.PutUint32(r[28:], 100)
	return r
}

// sizes of the records of each type; calls have payload behind.
var sizesOf = map[recType]int{
	recFork: forkBytes, recJoin: joinBytes, recExec: execBytes, recExit: exitBytes, recSent: sigBytes,
	recDelivered: sigBytes, recOOM: sigBytes, recRmdir: groupBytes, recEmpty: groupBytes,
}

// Every call of the table gives events that readers take, with and without payload.
func TestDecode_everyCall(t *testing.T) {
	seen := 0
	for nr, c := range byNumber {
		if c == nil {
			continue
		}
		for _, ret := range []int64{0, 5, -2, -512} {
			for _, filled := range []bool{false, true} {
				r := blank(recCall, callBytes+roomSock+1024)
				binary.LittleEndian.PutUint64(r[32:], uint64(ret))
				binary.LittleEndian.PutUint16(r[40:], uint16(nr))
				if filled {
					binary.LittleEndian.PutUint16(r[42:], 24)
					binary.LittleEndian.PutUint16(r[44:], 16)
					for i := 48; i < len(r); i++ {
						r[i] = byte(i%250 + 1)
					}
					binary.LittleEndian.PutUint16(r[callBytes:], afInet)
					binary.LittleEndian.PutUint16(r[callBytes+sockBytes:], afInet6)
					if c.kind >= shapeTo && c.kind <= shapeAccept {
						r[5] = flagSock
					}
				}
				j := &judge{t: t}
				d := decoder{h: j}
				if !d.record(&slot{id: 1, cgroups: []byte("memory=/x\x00")}, r) {
					t.Errorf("%s is not understood", c.name)
				}
				seen += j.events
			}
		}
	}
	if seen < 1000 {
		t.Errorf("%d events only", seen)
	}
}

func FuzzDecode(f *testing.F) {
	for k, n := range sizesOf {
		f.Add([]byte(blank(k, n)))
	}
	for nr, c := range byNumber {
		if c != nil {
			r := blank(recCall, callBytes+roomSock+512)
			binary.LittleEndian.PutUint16(r[40:], uint16(nr))
			binary.LittleEndian.PutUint16(r[42:], 40)
			r[5] = flagSock
			f.Add([]byte(r))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < headBytes {
			return
		}
		r := record(append([]byte(nil), data...))
		binary.LittleEndian.PutUint32(r, uint32(len(r)))
		if !r.whole() {
			return
		}
		j := &judge{t: t}
		d := decoder{h: j}
		s := &slot{id: 1, cgroups: []byte("memory=/x\x00")}
		// Twice: the second meets what the first has left.
		d.record(s, r)
		d.record(s, r)
	})
}

//go:build linux && (amd64 || arm64)

package bpf

import (
	"testing"

	"github.com/unloop-dev/unloop/internal/flight"
)

// script gives one reading after another, the last for ever.
func script(rs ...reading) func() reading {
	return func() reading {
		r := rs[0]
		if len(rs) > 1 {
			rs = rs[1:]
		}
		return r
	}
}

func TestClock(t *testing.T) {
	const ms = 1_000_000
	at := func(boot, wall, wait uint64) reading { return reading{boot, wall, boot + wait} }
	sharp := at(1000*ms, 5000*ms, 300)
	for _, tt := range []struct {
		name string
		next []reading
		want uint64 // the distance in ms
	}{
		{"goes on", []reading{at(2000*ms, 6000*ms, 300)}, 4000},
		{"waits between the readings, then not", []reading{at(2000*ms, 6000*ms, 80*ms), at(2100*ms, 6100*ms, 300)}, 4000},
		{"waits each time", []reading{at(2000*ms, 6000*ms, 80*ms)}, 4000},
		{"is set back", []reading{at(2000*ms, 3000*ms, 300)}, 1000},
		{"is set forward", []reading{at(2000*ms, 9000*ms, 300)}, 7000},
		{"drifts", []reading{at(2000*ms, 6003*ms, 300)}, 4000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var c clock
			c.sync(script(sharp))
			c.sync(script(tt.next...))
			if got := (c.unix(0) + ms/2) / ms; got != tt.want {
				t.Errorf("distance %d ms, want %d", got, tt.want)
			}
		})
	}
}

// A clock that is set does not turn the order of what a container did around: time goes
// on for it as it began.
func TestClockOfContainer(t *testing.T) {
	s := &Source{slots: map[uint64]*slot{}}
	s.clock.sync(script(reading{1000, 9_000_000_000, 1100}))
	old := s.meet(1, "/a", true)
	before := old.clock.unix(2000)
	s.clock.sync(script(reading{3000, 1_000_000_000, 3100}))
	if after := old.clock.unix(4000); after != before+2000 {
		t.Errorf("a container's time went from %d to %d within 2000 ns", before, after)
	}
	if fresh := s.meet(2, "/b", true); fresh.clock.unix(4000) >= before || fresh.id != flight.Slot(2) {
		t.Error("a container that came later has the old time")
	}
}

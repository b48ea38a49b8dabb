//go:build linux && (amd64 || arm64)

package bpf

import (
	"sync/atomic"
	"time"

	prog "github.com/unloop-dev/unloop/internal/bpf/flight"
	"github.com/unloop-dev/unloop/internal/flight"
)

// causes are what the kernel's side counts, in its order, and behind that what the kernel
// itself counts.
var causes = [lostKinds + 1]flight.LossCause{flight.LostRing, flight.LostRate, flight.LostUser, flight.LostForeign, flight.LostSkipped}

// counters are written by Run and read by all.
type counters struct {
	records, events, bytes, bad, wakeups atomic.Uint64
	containers, groups                   atomic.Int64
	lost                                 [lostKinds + 1]atomic.Uint64
}

// Stats tells what was done so far. It is safe for concurrent use.
func (s *Source) Stats() Stats {
	c := &s.stats
	out := Stats{
		Records: c.records.Load(), Events: c.events.Load(), Bytes: c.bytes.Load(), Bad: c.bad.Load(),
		Containers: int(c.containers.Load()), Groups: int(c.groups.Load()), Wakeups: c.wakeups.Load(),
		Lost: map[flight.LossCause]uint64{},
	}
	for i := range c.lost {
		if n := c.lost[i].Load(); n > 0 {
			out.Lost[causes[i]] = n
		}
	}
	return out
}

// sweep is how often the map of groups is read for what records did not tell.
const sweep = time.Second

// tidy does what is not done for each record: counters of lost records, groups that were
// waited for, containers that are gone.
func (s *Source) tidy(last bool) {
	if s.again {
		s.again = false
		s.look()
	}
	for _, id := range s.over {
		if sl := s.slots[id]; sl != nil && sl.gone {
			s.remove(id, sl)
		}
	}
	s.over = s.over[:0]
	if now := time.Now(); last || now.Sub(s.swept) >= sweep {
		s.swept = now
		s.clock.sync(readClocks)
		s.sweep()
	}
}

// look puts groups into the map that were waited for.
func (s *Source) look() {
	// What cannot be read now is tried again with the next group that is made.
	if err := s.groups.watch(); err != nil {
		s.again = len(s.groups.wanted) > 0
	}
	found, err := s.snapshot()
	if err != nil {
		return // their processes are met one by one
	}
	s.introduce(found)
}

// sweep reads all groups.
func (s *Source) sweep() {
	var id uint64
	var g prog.FlightGroup
	n := 0
	it := s.groups.m.Iterate()
	for it.Next(&id, &g) {
		n++
		if g.Kind != groupContainer {
			continue
		}
		s.check(id, &g)
	}
	s.stats.groups.Store(int64(n))
	s.skipped()
	for i := range lostKinds {
		var now uint64
		if s.coll.Maps["nobodys"].Lookup(uint32(i), &now) == nil && now > s.nobodys[i] {
			s.lost(0, i, now-s.nobodys[i])
			s.nobodys[i] = now
		}
	}
}

// check looks at a container for what no record has told of, because the ring was full.
func (s *Source) check(id uint64, g *prog.FlightGroup) {
	sl := s.slots[id]
	if sl == nil {
		late := max(g.EmptyAt, g.EndAt) >= s.horizon // records may be on their way
		if late || g.EndAt == 0 || g.EmptyAt == 0 {
			if g.Gone != 0 && !late {
				_ = s.groups.m.Delete(id)
			}
			return
		}
		// All of it was lost; its end shall not be.
		path := ""
		if g.Gone == 0 {
			path = s.groups.pathOf(id)
		}
		sl = s.meet(id, path, false)
	}
	s.settle(sl, g)
	if g.Gone != 0 && sl.missing {
		s.remove(id, sl)
		return
	}
	sl.missing = g.Gone != 0
}

// settle tells of the container's losses up to now, and of an end that was one of them.
func (s *Source) settle(sl *slot, g *prog.FlightGroup) {
	if over := max(g.EmptyAt, g.EndAt); !sl.opened && g.EmptyAt != 0 && g.EndAt != 0 && over < s.horizon {
		sl.whole = false
		s.opening(sl, &before{machine: s.machine, interfaces: s.interfaces})
	}
	if sl.opened {
		s.count(sl, g)
		s.dec.missed(sl, g, s.horizon)
	}
}

// skipped counts the runs that the kernel left out (kernel/trace/bpf_trace.c, __bpf_trace_run).
func (s *Source) skipped() {
	var now uint64
	for _, name := range hooks {
		if st, err := s.coll.Programs[name].Stats(); err == nil { // 5.12; before that nothing is told
			now += st.RecursionMisses
		}
	}
	if now > s.missed {
		s.lost(0, lostKinds, now-s.missed)
		s.missed = now
	}
}

// count tells the handler of what was lost since it was told last.
func (s *Source) count(sl *slot, g *prog.FlightGroup) {
	for i, now := range g.Lost {
		if now > sl.told[i] {
			s.lost(sl.id, i, now-sl.told[i])
			sl.told[i] = now
		}
	}
}

func (s *Source) lost(id flight.Slot, cause int, n uint64) {
	s.stats.lost[cause].Add(n)
	s.dec.h.Lost(id, causes[cause], n)
}

// remove ends a container whose group is gone, with its losses up to now, and its end where
// nobody has told of that.
func (s *Source) remove(id uint64, sl *slot) {
	var g prog.FlightGroup
	if s.groups.m.Lookup(id, &g) == nil {
		s.settle(sl, &g)
	}
	_ = s.groups.m.Delete(id)
	delete(s.slots, id)
	s.latest = nil
	if sl.opened {
		s.stats.containers.Add(-1)
		s.dec.h.Gone(sl.id)
	}
}

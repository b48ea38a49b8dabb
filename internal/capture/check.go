package capture

import (
	"context"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// Report is what a check found. Counts are of the whole file.
type Report struct {
	Compression string `json:"compression,omitempty"`
	Members     int    `json:"members,omitempty"`
	Sections    int    `json:"sections"`
	Version     string `json:"version"`
	// Bytes are those after unpacking.
	Bytes  int64  `json:"bytes"`
	Events uint64 `json:"events"`
	Hidden uint64 `json:"hidden,omitempty"`
	// FirstNanos and LastNanos are the earliest and the latest time of a system call.
	FirstNanos uint64 `json:"firstNanos"`
	LastNanos  uint64 `json:"lastNanos"`
	Threads    int    `json:"threads"`
	Containers int    `json:"containers"`
	Host       string `json:"host,omitempty"`

	// Faults are what is damaged; any makes the capture not whole.
	Faults []Fault `json:"faults,omitempty"`
	// FaultCount counts all of them; Faults lists the first 64.
	FaultCount uint64 `json:"faultCount"`
	// BadEvents and BadEntries were skipped; LostBytes lay where no block could be found.
	BadEvents  uint64 `json:"badEvents"`
	BadEntries uint64 `json:"badEntries"`
	LostBytes  int64  `json:"lostBytes"`
	Truncated  bool   `json:"truncated"`

	// What is not damage of the file: what the recorder lost, and what readers of other
	// makes stumble over.
	Drops          uint64 `json:"drops"`
	Backwards      uint64 `json:"backwards"`
	UnknownTypes   uint64 `json:"unknownTypes"`
	UnknownBlocks  uint64 `json:"unknownBlocks"`
	Unmatched      uint64 `json:"unmatched"`
	WithoutEnter   uint64 `json:"withoutEnter"`
	UnknownThreads uint64 `json:"unknownThreads"`
	BadParams      uint64 `json:"badParameters"`
}

// Fault is one place where the file is damaged.
type Fault struct {
	// Offset is the position after unpacking.
	Offset int64  `json:"offset"`
	Block  string `json:"block,omitempty"`
	What   string `json:"what"`
}

// Damaged reports whether anything of the file cannot be read.
func (r *Report) Damaged() bool {
	return r.FaultCount > 0 || r.BadEvents > 0 || r.BadEntries > 0 || r.LostBytes > 0 || r.Truncated || r.Events == 0
}

// Check reads a capture to its end and reports what is in it, and what is wrong. tr
// must be the reader's sink.
func Check(ctx context.Context, r *scap.Reader, tr *state.Tracker) (*Report, error) {
	rep := &Report{}
	var ev event.Event
	last, threads := uint64(0), 0
	for n := 1; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		err := r.Next(&ev)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if n == 1 {
			threads = tr.Stats().Threads
		}
		tr.Apply(&ev)
		if ev.Kind == nil {
			continue
		}
		if ev.Kind.Flags&event.HasExit != 0 {
			if rep.FirstNanos == 0 || ev.TsNanos < rep.FirstNanos {
				rep.FirstNanos = ev.TsNanos
			}
			rep.LastNanos = max(rep.LastNanos, ev.TsNanos)
			if ev.TsNanos < last {
				rep.Backwards++
			}
			last = ev.TsNanos
		}
		if ev.Name() == "drop" && ev.IsEnter() {
			rep.Drops++
		}
	}
	st := r.Stats()
	rep.Compression, rep.Members, rep.Sections, rep.Bytes, rep.Events, rep.Hidden = st.Compression, st.Members, st.Sections, st.Bytes, st.Events, st.Hidden
	rep.Version = fmt.Sprintf("%d.%d", st.Major, st.Minor)
	rep.BadEvents, rep.BadEntries, rep.LostBytes, rep.Truncated = st.BadEvents, st.BadMeta, st.SkippedBytes, st.Truncated
	rep.UnknownTypes, rep.UnknownBlocks, rep.FaultCount = st.UnknownTypes, st.UnknownBlocks, st.DamageCount
	for _, d := range st.Damage {
		f := Fault{Offset: d.Offset, What: d.Field + ": " + d.Err.Error()}
		if d.Block != 0 {
			f.Block = scap.BlockName(d.Block)
		}
		rep.Faults = append(rep.Faults, f)
	}
	ts := tr.Stats()
	rep.Unmatched, rep.WithoutEnter, rep.UnknownThreads, rep.BadParams = ts.Orphans, ts.Headless, ts.UnknownThreads, ts.BadParams
	rep.Threads, rep.Containers, rep.Host = threads, len(tr.Containers()), tr.Machine().Hostname
	return rep, nil
}

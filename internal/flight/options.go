package flight

import (
	"github.com/unloop-dev/unloop/event"
)

// Options bound what a Recorder keeps. The zero value is good: each field that is zero
// has the default that is given with it.
type Options struct {
	// BudgetBytes is the memory for all containers together, ended ones and what Moments
	// hold included; 256 MiB. It is a hard bound: whatever would exceed it pushes out the
	// oldest segment of the largest bulk ring, then of the largest landmark ring, and that
	// is counted as LostBudget.
	BudgetBytes int64
	// HeadBytes is how much of a container's beginning is kept, from the exec of its program
	// on and before compression; 256 KiB. It is never overwritten. Negative keeps none.
	HeadBytes int
	// LandmarkBytes and BulkBytes bound the two rings of a container, after compression;
	// 1 MiB and 2 MiB.
	LandmarkBytes, BulkBytes int
	// LandmarkNanos and BulkNanos bound the age of what they keep, by the time of events; an
	// hour and five minutes. Negative keeps any age.
	LandmarkNanos, BulkNanos int64
	// SegmentBytes is the unit in which rings are compressed and forgotten, before
	// compression; 64 KiB.
	SegmentBytes int
	// Deaths is how many ended containers of one key are kept until they are written or
	// pushed out; 3. Negative keeps none.
	Deaths int
	// Key tells which containers are instances of the same one; nil is WorkloadKey.
	Key func(*event.Container) string
	// Node is the name of the node, for the captures; it may be empty.
	Node string
	// Level is the level of compression of captures, 1..9; 0 is 6.
	Level int
}

// Defaults of Options: the volume that capture of a busy node was measured to need.
const (
	defaultBudget    = 256 << 20
	defaultHead      = 256 << 10
	defaultLandmarks = 1 << 20
	defaultBulk      = 2 << 20
	defaultSegment   = 64 << 10
	defaultDeaths    = 3

	defaultLandmarkNanos = 3600_000_000_000
	defaultBulkNanos     = 300_000_000_000
)

// filled gives o with its defaults, and with what would not work made to work.
func (o Options) filled() Options {
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
		*v = max(*v, 0)
	}
	or(&o.HeadBytes, defaultHead)
	or(&o.LandmarkBytes, defaultLandmarks)
	or(&o.BulkBytes, defaultBulk)
	or(&o.SegmentBytes, defaultSegment)
	or(&o.Deaths, defaultDeaths)
	o.SegmentBytes = min(max(o.SegmentBytes, minSegment), maxSegment)
	if o.BudgetBytes <= 0 {
		o.BudgetBytes = defaultBudget
	}
	if o.LandmarkNanos == 0 {
		o.LandmarkNanos = defaultLandmarkNanos
	}
	if o.BulkNanos == 0 {
		o.BulkNanos = defaultBulkNanos
	}
	if o.Key == nil {
		o.Key = WorkloadKey
	}
	return o
}

// Bounds of a segment: below, its header costs more than it holds; above, one eviction
// forgets too much at once.
const (
	minSegment = 256
	maxSegment = 4 << 20
)

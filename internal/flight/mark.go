package flight

import "github.com/unloop-dev/unloop/scap"

// Mark says why a capture is made; it is written into it.
type Mark struct {
	// Cause is one of the names of package trigger, such as "death" or "filter"; "" for none.
	Cause string
	// Text says it in words: the alert, the filter, the death.
	Text string
	// TsNanos is when, in nanoseconds since the Unix epoch; 0 where that means nothing.
	TsNanos uint64
	// Event is the event that did it, rendered; "" for none.
	Event string
	// AfterNanos is how long was waited for what came after it.
	AfterNanos uint64
	// Facts are more of the caller's own.
	Facts []scap.Fact
}

// Info tells what was written.
type Info struct {
	// Events are those shown, Hidden ones only carry the state over a gap.
	Events, Hidden uint64
	// FirstNanos and LastNanos are the times of the first and last event shown.
	FirstNanos, LastNanos uint64
	// Head says that the container's beginning is there, HeadEvents how many events it has.
	Head       bool
	HeadEvents uint64
	// Left counts events that no reader would take.
	Left uint64
	// Gap says that calls behind the head are missing. LandmarksNanos is from when on
	// landmarks are complete and BulkNanos from when on everything is; 0 where that is
	// from the beginning.
	Gap                       bool
	LandmarksNanos, BulkNanos uint64
	// Bridged counts the hidden events that lead over the gap, which Hidden includes.
	Bridged uint64
	// Unbridged counts what the state after the gap has and no event could say.
	Unbridged int
	// Lost are records that are missing, by cause.
	Lost map[LossCause]uint64
	// Threads is how many are in the process list.
	Threads int
	// Facts are what the capture says about itself.
	Facts []scap.Fact
}

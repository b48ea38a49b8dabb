package filter

import "github.com/unloop-dev/unloop/event"

// Visible reports whether sysdig 0.29.3 shows the event in its output: it hides events
// that serve the capture itself (procinfo, drops, containers), those that the block
// marks as state only, and codes that its table does not have. Hidden events count
// for evt.num all the same, which makes the gaps.
func Visible(ev *event.Event) bool {
	k := ev.Kind
	return k != nil && !ev.Hidden() && k.Flags&event.Internal == 0
}

// VisibleOld is Visible for what the event table of March 2022 has.
func VisibleOld(ev *event.Event) bool { return Visible(ev) && ev.Type < oldKinds }

// oldKinds is how many codes sysdig 0.29.3 knows.
const oldKinds = 336

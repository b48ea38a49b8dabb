package state

// Stats counts what the tracker had to put up with.
type Stats struct {
	// Threads and FDs are how many there are now.
	Threads, FDs int
	// Orphans counts enters that were dropped because the next event of their thread was
	// the exit of another call, or another enter.
	Orphans uint64
	// Headless counts exits of calls whose enter the file does not hold, of kinds
	// whose exit repeats no argument.
	Headless uint64
	// UnknownThreads counts events of threads that the capture never introduced.
	UnknownThreads uint64
	// Refused counts threads, descriptors and containers beyond the bounds.
	Refused uint64
	// BadParams counts events whose parameters had sizes that their types do not allow.
	BadParams uint64
}

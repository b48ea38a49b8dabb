package flight

import "golang.org/x/sys/unix"

// threadNanos is the processor time of the thread, which other programs on the machine do
// not lengthen as they do the time on the wall.
func threadNanos() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		return 0
	}
	return ts.Nano()
}

//go:build linux && (amd64 || arm64)

package bpf

import "golang.org/x/sys/unix"

// clock turns the kernel's time since boot into time since the epoch. Both run at the
// same speed; the distance changes only when somebody sets the clock.
type clock struct {
	offset uint64
}

const (
	// stepNanos is from when on a changed distance is a clock that was set, not one that was
	// read a moment later.
	stepNanos = 10_000_000
	// sharpNanos is within what both clocks have to be read for the distance to be known well
	// enough; readings take well under a microsecond, unless the thread has to wait meanwhile.
	sharpNanos = 100_000
	readings   = 16
)

func bootNow() uint64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) // cannot fail with a clock that exists
	return uint64(ts.Nano())
}

// reading is the wall clock with the time since boot before and after it.
type reading struct{ before, wall, after uint64 }

func (r reading) width() uint64 { return r.after - r.before }

func readClocks() reading {
	var ts unix.Timespec
	r := reading{before: bootNow()}
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &ts)
	r.wall, r.after = uint64(ts.Nano()), bootNow()
	return r
}

// sync takes over a clock that was set. A thread that waits for the processor between
// two readings would see a clock set that was not: the narrowest of some readings counts, and
// none that is wider than the step to be told.
func (c *clock) sync(read func() reading) {
	best := read()
	for n := 1; n < readings && best.width() > sharpNanos; n++ {
		if r := read(); r.width() < best.width() {
			best = r
		}
	}
	if c.offset != 0 && best.width() > stepNanos/2 {
		return // the next time
	}
	offset := best.wall - (best.before + best.width()/2)
	if d := int64(offset - c.offset); c.offset == 0 || d > stepNanos || d < -stepNanos {
		c.offset = offset
	}
}

func (c *clock) unix(boot uint64) uint64 { return boot + c.offset }

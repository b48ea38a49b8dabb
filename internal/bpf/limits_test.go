//go:build linux && (amd64 || arm64)

package bpf

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/kernelbits"
)

// copying is a container that reads and writes so many times.
func (w *world) copying(n string) (lines []string, s flight.Slot) {
	return w.run("/bin/dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count="+n)
}

func reads(lines []string) (n uint64) {
	for _, l := range lines {
		if strings.HasPrefix(l, "< read res=1 ") || strings.HasPrefix(l, "< write res=1 ") {
			n++
		}
	}
	return n
}

// Beyond the rate reads and writes are counted, and nothing else is lost.
func TestLimits_rate(t *testing.T) {
	const burst = 500
	w := newWorld(t, Options{Rate: 1000, Burst: burst})
	lines, s := w.copying("20000")
	w.rmdirAndGone(s)
	got, lost := reads(lines), w.tape.now().lost[flight.LostRate]
	// Descriptor 1 is exempt: /dev/null there takes all 20,000 writes. The rest of
	// the program's bulk calls are mmaps and the like, some dozens, which come first
	// and take their part of the burst; a fast machine adds next to nothing to that.
	const others = 200
	if got < 20000+burst-others || got > 39000 || lost == 0 {
		t.Errorf("%d recorded, %d over the rate", got, lost)
	}
	if sum := got + lost; sum < 40000 || sum > 40000+others {
		t.Errorf("%d recorded and %d over the rate are not the 40,000 calls", got, lost)
	}
	inOrder(t, lines, `< execve res=0 exe=/bin/dd`, `write .*20000\+0 records in`, `procexit status=0`)
	if n := w.tape.now().lost[flight.LostRing]; n != 0 {
		t.Errorf("%d lost in the ring", n)
	}
}

// rmdirAndGone removes the newest container and waits until its end was told, with it the
// last of its counters.
func (w *world) rmdirAndGone(s flight.Slot) {
	w.t.Helper()
	rmdir(w.t, w.h.Dir(w.newest))
	w.tape.until(w.t, "the end of the container", func() bool { return w.tape.gone[s] })
}

// What a full ring loses is counted, to the last record.
func TestLimits_ring(t *testing.T) {
	w := newWorld(t, Options{RingBytes: 1, Poll: 500 * time.Millisecond, Rate: -1})
	lines, s := w.copying("20000")
	w.rmdirAndGone(s)
	got, lost := reads(lines), w.tape.now().lost[flight.LostRing]
	if lost == 0 || got == 0 {
		t.Errorf("%d recorded, %d lost", got, lost)
	}
	// Start and end of the program are some hundred records more.
	if sum := got + lost; sum < 40000 || sum > 40400 {
		t.Errorf("%d recorded and %d lost are not the 40,000 calls", got, lost)
	}
	if n := w.src.Stats().Lost[flight.LostRing]; n != lost {
		t.Errorf("Stats says %d, the handler was told %d", n, lost)
	}
}

// Nothing is lost at the ordinary size.
func TestLimits_none(t *testing.T) {
	// They fit into the ring, however late it is read.
	w := newWorld(t, Options{Rate: -1, RingBytes: ringPerPair})
	lines, s := w.copying("10000")
	w.rmdirAndGone(s)
	if got := reads(lines); got < 20000 || got > 20010 || w.tape.now().lost[flight.LostRing]+w.tape.now().lost[flight.LostRate] != 0 {
		t.Errorf("%d recorded, lost %v", got, w.tape.now().lost)
	}
}

// With a ring for each processor the records of a thread stay in order.
func TestLimits_manyRings(t *testing.T) {
	if kernelbits.Processors() < 2 {
		t.Skip("skipped: one processor has one ring")
	}
	w := newWorld(t, Options{split: true})
	_, s := w.run("/bin/sh", "-c", `i=0; while [ $i -lt 300 ]; do /bin/echo $i | /bin/cat; i=$((i+1)); done >/dev/null; exit 6`)
	evs := w.tape.now().events[s]
	last, cpus, ends := map[int64]uint64{}, map[uint16]int{}, 0
	alive := map[int64]bool{}
	for i := range evs {
		ev := &evs[i].ev
		if ev.TsNanos < last[ev.Tid] {
			t.Fatalf("event %d (%s) of thread %d is %d ns too early", i, ev.Name(), ev.Tid, last[ev.Tid]-ev.TsNanos)
		}
		last[ev.Tid] = ev.TsNanos
		cpus[ev.CPU]++
		if ev.Type == 186 {
			ends++
			alive[ev.Tid] = false
		} else if was, known := alive[ev.Tid]; known && !was && ev.Type != 223 && ev.Type != 225 && ev.Type != 227 {
			t.Fatalf("event %d (%s) of thread %d after its end", i, ev.Name(), ev.Tid)
		} else {
			alive[ev.Tid] = true
		}
	}
	if len(cpus) < 2 {
		t.Skipf("skipped: all ran on one processor: %v", cpus)
	}
	if ends < 601 {
		t.Errorf("%d ends", ends)
	}
}

// The unified hierarchy, with the test for what is below a group.
func TestSource_version2(t *testing.T) {
	root := ""
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		var st unix.Statfs_t
		if unix.Statfs(dir, &st) == nil && st.Type == unix.CGROUP2_SUPER_MAGIC {
			root = dir
		}
	}
	if root == "" {
		t.Skip("skipped: no cgroup2 is mounted at /sys/fs/cgroup or /sys/fs/cgroup/unified")
	}
	w := newWorld(t, Options{Hierarchy: Hierarchy{Mode: ModeV2, Root: root}})
	side := w.parent + "-beside"
	w.mkdir(side)
	_ = w.start(side, "/bin/echo", "not ours").Wait()
	lines, s := w.run("/bin/sh", "-c", "/bin/echo inside; exit 9")
	inOrder(t, lines, `< execve res=0 exe=/bin/sh`, `write res=7 data=inside`, `procexit status=2304 ret=9`)
	never(t, lines, `not ours`)
	w.rmdirAndGone(s)
	if len(w.tape.now().opened) != 1 {
		t.Errorf("%d containers", len(w.tape.now().opened))
	}
}

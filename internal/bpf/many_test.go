//go:build linux && (amd64 || arm64)

package bpf

import (
	"os"
	"testing"

	"github.com/unloop-dev/unloop/internal/flight"
)

// A thousand containers that live for some milliseconds, one after the other: each end is
// told once, and nothing is kept of any: not here, not in the kernel's maps, no descriptor.
func TestSource_manyDeaths(t *testing.T) {
	const many = 1000
	w := newWorld(t, Options{})
	w.tape.locked(func() { w.tape.light = true })
	one := func() flight.Slot {
		path, s := w.container()
		_ = w.start(path, "/bin/false").Wait()
		rmdir(t, w.h.Dir(path))
		w.tape.until(t, "the end of a container", func() bool { return w.tape.gone[s] })
		return s
	}
	one() // what is made once is made now
	groups, files := w.groups(), descriptors(t)
	var slots []flight.Slot
	for range many {
		slots = append(slots, one())
	}
	now := w.tape.now()
	for _, s := range slots {
		if d := now.died[s]; len(d) != 1 || d[0].Code != 1 {
			t.Fatalf("deaths of a container: %+v, want one with status 1", d)
		}
	}
	if st := w.src.Stats(); st.Containers != 0 || st.Lost[flight.LostRing] != 0 {
		t.Errorf("%d containers are kept, %d records were lost", st.Containers, st.Lost[flight.LostRing])
	}
	if n := w.groups(); n != groups {
		t.Errorf("the kernel's map has %d groups, before there were %d", n, groups)
	}
	if n := descriptors(t); n != files {
		t.Errorf("%d descriptors are open, before there were %d", n, files)
	}
}

// groups counts the entries of the kernel's map of groups.
func (w *world) groups() (n int) {
	w.t.Helper()
	var key uint64
	value := make([]byte, w.src.groups.m.ValueSize())
	it := w.src.groups.m.Iterate()
	for it.Next(&key, &value) {
		n++
	}
	if err := it.Err(); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/flight"
)

// floodTime is how long a flood lasts.
const floodTime = 10 * time.Second

// flood writes 256 bytes at a time, so many times a second, or with 0 as often as it goes; it
// prints how often that was.
func flood(perSecond int) {
	opened()
	buffer[0] = 1 // memory that nobody touched cannot be read from a program of the kernel
	made := 0
	begin := time.Now()
	for age := time.Duration(0); age < floodTime; age = time.Since(begin) {
		until := int(age.Seconds() * float64(perSecond))
		if perSecond == 0 {
			until = made + 1000
		}
		for ; made < until; made++ {
			_, _, _ = unix.RawSyscall(unix.SYS_WRITE, null, at(), 256)
		}
		if perSecond > 0 {
			time.Sleep(time.Millisecond)
		}
	}
	fmt.Println(made)
}

// witness counts the writes that arrive and those that were lost, and keeps all.
type witness struct {
	keeper
	writes, lost atomic.Uint64
}

func (w *witness) Event(s flight.Slot, ev *event.Event) {
	if !ev.IsEnter() && ev.Name() == "write" {
		w.writes.Add(1)
	}
	w.keeper.Event(s, ev)
}

func (w *witness) Call(s flight.Slot, c *flight.Call) bool {
	if !w.keeper.Call(s, c) {
		return false
	}
	if event.KindOf(c.Exit).Name == "write" {
		w.writes.Add(1)
	}
	return true
}

func (w *witness) Lost(s flight.Slot, cause flight.LossCause, n uint64) {
	if cause != flight.LostUser { // that one arrives, without its payload
		w.lost.Add(n)
	}
	w.keeper.Lost(s, cause, n)
}

// measureDrops counts what does not arrive of floods, without a cap on calls.
func measureDrops(h bpf.Hierarchy, parent string) error {
	for _, m := range []struct {
		name      string
		perSecond int
		rings     int
	}{
		{"200,000 writes/s", 200_000, 0},
		{"as many writes as it can", 0, 0},
		{"as many writes as it can, rings of 64 KiB", 0, 64 << 10},
	} {
		if err := measureFlood(m.name, m.perSecond, m.rings, h, parent); err != nil {
			return err
		}
	}
	return nil
}

func measureFlood(name string, perSecond, rings int, h bpf.Hierarchy, parent string) error {
	src, err := bpf.New(bpf.Options{Parents: []string{parent}, Hierarchy: h, Rate: -1, RingBytes: rings})
	if err != nil {
		return err
	}
	w := &witness{keeper: keeper{rec: flight.New(flight.Options{})}}
	stop := start(src, w)
	group := h.Dir(parent + "/flood")
	if err := os.Mkdir(group, 0o755); err != nil {
		return errors.Join(err, stop())
	}
	out, err := work1(group+"/cgroup.procs", "flood:"+strconv.Itoa(perSecond))
	if err = errors.Join(err, src.Caught(time.Minute), os.Remove(group), stop()); err != nil {
		return err
	}
	made, err := strconv.ParseUint(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return err
	}
	made += 2 // of the shell, by which it joins the group, and of the number
	seen, lost := w.writes.Load(), w.lost.Load()
	fmt.Printf("%s for %v: %d made, %d arrived, %d counted as lost (%.2f %%), %d not accounted for\n",
		name, floodTime, made, seen, lost, 100*float64(lost)/float64(made), max(int64(made)-int64(seen)-int64(lost), 0))
	return nil
}

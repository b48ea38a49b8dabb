//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/flight"
)

// A short life: so many failed opens of a path that nothing else opens, spread over the time
// from the program's beginning.
const (
	shortLife  = 12 * time.Millisecond
	shortCalls = 50
	shortPath  = "/nowhere/short"
)

// short is the program of a container that lives for shortLife.
func short() {
	begin := time.Now()
	for i := range shortCalls {
		time.Sleep(time.Until(begin.Add(shortLife * time.Duration(i+1) / (shortCalls + 1))))
		_, _ = unix.Open(shortPath, unix.O_RDONLY, 0)
	}
}

// life is what was seen of one container.
type life struct {
	execs, calls, ends int
	from, to           uint64
	died               bool
}

// lives notes what is seen of each container.
type lives struct {
	counter
	mu   sync.Mutex
	seen map[flight.Slot]*life
	died int
}

func (l *lives) of(s flight.Slot) *life {
	if l.seen[s] == nil {
		l.seen[s] = &life{}
	}
	return l.seen[s]
}

// Call takes none: lives reads events.
func (l *lives) Call(flight.Slot, *flight.Call) bool { return false }

func (l *lives) Event(s flight.Slot, ev *event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.of(s)
	switch name := ev.Name(); {
	case name == "execve" && !ev.IsEnter():
		// The shell that joined the group becomes the program.
		if res, ok := ev.Result(); ok && res == 0 {
			one.execs++
			one.from = ev.TsNanos
		}
	case name == "openat" && !ev.IsEnter():
		if path, ok := ev.Named("name"); ok && bytes.HasPrefix(path, []byte(shortPath)) {
			one.calls++
		}
	case name == "procexit":
		one.ends++
		one.to = ev.TsNanos
	}
}

func (l *lives) Died(s flight.Slot, _ flight.Death) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(s).died = true
	l.died++
}

// measureShort counts what is seen of containers that live for shortLife, from the exec of
// their program to its end: one after the other, and eight at a time.
func measureShort(h bpf.Hierarchy, parent string) error {
	const each = 200
	for _, beside := range []int{1, 8} {
		src, err := bpf.New(bpf.Options{Parents: []string{parent}, Hierarchy: h})
		if err != nil {
			return err
		}
		l := &lives{seen: map[flight.Slot]*life{}}
		stop := start(src, l)
		var wg sync.WaitGroup
		var mu sync.Mutex
		slots := make(chan struct{}, beside)
		for i := range each {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if e := shortContainer(h.Dir(parent + "/short-" + strconv.Itoa(i))); e != nil {
					mu.Lock()
					err = errors.Join(err, e)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if err = errors.Join(err, stop()); err != nil {
			return err
		}
		l.print(each, beside)
	}
	return nil
}

func shortContainer(group string) error {
	if err := os.Mkdir(group, 0o755); err != nil {
		return err
	}
	_, err := work1(group+"/cgroup.procs", "short")
	for range 100 { // a group is busy a moment longer than its processes
		if e := os.Remove(group); e == nil || !errors.Is(e, unix.EBUSY) {
			return errors.Join(err, e)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.Join(err, fmt.Errorf("group %s is not given back", group))
}

func (l *lives) print(each, beside int) {
	whole, execs, calls, ends := 0, 0, 0, 0
	var lived []float64
	for _, one := range l.seen {
		if one.execs > 0 && one.calls == shortCalls && one.ends > 0 && one.died {
			whole++
		}
		execs += min(one.execs, 1)
		calls += one.calls
		ends += min(one.ends, 1)
		lived = append(lived, float64(one.to-one.from)/1e6)
	}
	fmt.Printf("%d containers, %d at a time, median life %.1f ms: whole %d, with their exec %d, calls %d of %d, with their end %d, deaths told %d\n",
		each, beside, median(lived), whole, execs, calls, each*shortCalls, ends, l.died)
}

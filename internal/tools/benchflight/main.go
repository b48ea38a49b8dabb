//go:build linux && (amd64 || arm64)

// Command benchflight measures what the flight recorder costs: processor time per call
// of a program that is not recorded, and of one that is, beside the same without any
// recorder, in the same run, in random order, several rounds, medians.
//
//	go build -o /tmp/benchflight ./internal/tools/benchflight && sudo /tmp/benchflight -rounds 7
//
// It also gives what the consumer spends for each event, with a handler that does nothing.
// Figures are nanoseconds of the thread that calls; on a machine with other work the
// differences are what to carry over.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/flight"
)

// work are the calls that are measured; each does n of them.
var work = []struct {
	name string
	do   func(n int)
}{
	{"getppid (not recorded)", func(n int) {
		for range n {
			_, _, _ = unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
		}
	}},
	{"lseek (no payload)", func(n int) {
		for range n {
			_, _, _ = unix.RawSyscall(unix.SYS_LSEEK, null, 0, 1)
		}
	}},
	{"read 1", func(n int) {
		for range n {
			_, _, _ = unix.RawSyscall(unix.SYS_READ, zero, at(), 1)
		}
	}},
	{"write 256", func(n int) {
		for range n {
			_, _, _ = unix.RawSyscall(unix.SYS_WRITE, null, at(), 256)
		}
	}},
	{"open+close", func(n int) {
		for range n / 2 {
			fd, _ := unix.Open("/dev/null", unix.O_RDONLY, 0)
			_ = unix.Close(fd)
		}
	}},
}

const (
	burst  = 10_000
	bursts = 12
)

// counter is a handler that counts, and keeps what it is given where rec is not nil.
type counter struct {
	events, lost atomic.Uint64
	rec          *flight.Recorder
}

func (c *counter) Lost(_ flight.Slot, _ flight.LossCause, n uint64) { c.lost.Add(n) }
func (*counter) Died(flight.Slot, flight.Death)                     {}
func (*counter) Gone(flight.Slot)                                   {}

func (c *counter) Open(s flight.Slot, o flight.Opening) {
	if c.rec != nil {
		c.rec.Open(s, o)
	}
}

func (c *counter) Event(s flight.Slot, ev *event.Event) {
	c.events.Add(1)
	if c.rec != nil {
		c.rec.Event(s, ev)
	}
}

func (c *counter) Call(s flight.Slot, k *flight.Call) bool {
	if c.rec != nil && !c.rec.Call(s, k) {
		return false
	}
	c.events.Add(2)
	return true
}

func main() {
	switch work := os.Getenv("UNLOOP_BENCH_WORKER"); work {
	case "":
	case "all":
		worker()
		return
	case "short":
		short()
		return
	default:
		if rate, ok := strings.CutPrefix(work, "flood:"); ok {
			n, _ := strconv.Atoi(rate)
			flood(n)
			return
		}
		calls, _ := strconv.Atoi(work)
		steady(calls)
	}
	rounds := flag.Int("rounds", 7, "how often each variant is measured")
	v2 := flag.String("v2", "", "use the unified hierarchy that is mounted there")
	what := flag.String("what", "calls", "calls: per system call; drops: what is lost of floods; short: what is seen of containers that live for 12 ms; servers: redis and nginx under load, beside other tracers; node: the recorder of a node with many pods")
	unloop := flag.String("unloop", "bin/unloop", "the program to measure as the recorder of a node")
	flag.Parse()
	if err := measure(*what, *unloop, *rounds, *v2); err != nil {
		fmt.Fprintln(os.Stderr, "benchflight:", err)
		os.Exit(1)
	}
}

// worker does all the work and prints the nanoseconds per call, in bursts with pauses, so
// that the consumer keeps up.
func worker() {
	runtime.LockOSThread()
	opened()
	out := make([]float64, len(work))
	for i, w := range work {
		w.do(burst)
		var each []float64
		for range bursts {
			time.Sleep(25 * time.Millisecond)
			before := threadNanos()
			w.do(burst)
			each = append(each, float64(threadNanos()-before)/burst)
		}
		out[i] = median(each)
	}
	_ = json.NewEncoder(os.Stdout).Encode(out)
}

func threadNanos() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return ts.Nano()
}

func ownNanos() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts)
	return ts.Nano()
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// variants are how the worker is watched: not at all, from outside of its group, with a consumer
// that drops what it gets, and with one that keeps it in the rings.
var variants = []string{"none", "outside", "recorded", "kept"}

func measure(what, unloop string, rounds int, v2 string) error {
	h, err := bpf.FindHierarchy()
	if err != nil {
		return err
	}
	if v2 != "" {
		h = bpf.Hierarchy{Mode: bpf.ModeV2, Root: v2}
	}
	parent := fmt.Sprintf("/unloop-bench-%d", os.Getpid())
	if err := os.Mkdir(h.Dir(parent), 0o755); err != nil {
		return err
	}
	defer os.Remove(h.Dir(parent))
	switch what {
	case "calls":
		return measureCalls(rounds, h, parent)
	case "drops":
		return measureDrops(h, parent)
	case "short":
		return measureShort(h, parent)
	case "servers":
		return measureServers(rounds, h, parent)
	case "node":
		return measureNode(unloop, h, parent)
	}
	return fmt.Errorf("-what %s: calls, drops, short, servers or node", what)
}

func measureCalls(rounds int, h bpf.Hierarchy, parent string) error {
	results, consumer := map[string][][]float64{}, map[string][]float64{}
	var start []float64
	var lost uint64
	for range rounds {
		for _, i := range rand.Perm(len(variants)) {
			v := variants[i]
			r, c, err := one(h, parent, v)
			if err != nil {
				return err
			}
			results[v] = append(results[v], r)
			if c != nil {
				start = append(start, c.startMillis)
				lost += c.lost
				if c.events > 1000 {
					consumer[v] = append(consumer[v], c.perEvent)
				}
			}
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "ns per call, %d rounds, hierarchy %s\t%s\n", rounds, h.Root, strings.Join(variants, "\t"))
	for i, x := range work {
		fmt.Fprintf(w, "%s", x.name)
		base := column(results["none"], i)
		for _, v := range variants {
			if n := column(results[v], i); v == "none" {
				fmt.Fprintf(w, "\t%.0f", n)
			} else {
				fmt.Fprintf(w, "\t%+.0f", n-base)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "consumer, ns per event\t\t\t%.0f\t%.0f\n", median(consumer["recorded"]), median(consumer["kept"]))
	fmt.Fprintf(w, "load and attach, ms\t\t%.0f\n", median(start))
	fmt.Fprintf(w, "records lost\t\t\t%d\n", lost)
	return w.Flush()
}

func column(rounds [][]float64, i int) float64 {
	var v []float64
	for _, r := range rounds {
		v = append(v, r[i])
	}
	return median(v)
}

// cost is what the recorder itself has done.
type cost struct {
	startMillis, perEvent float64
	events, lost          uint64
}

// one measures one variant once.
func one(h bpf.Hierarchy, parent, variant string) ([]float64, *cost, error) {
	if variant == "none" {
		r, err := callCosts("")
		return r, nil, err
	}
	begin := time.Now()
	src, err := bpf.New(bpf.Options{Parents: []string{parent}, Hierarchy: h, Rate: -1})
	if err != nil {
		return nil, nil, err
	}
	c := &cost{startMillis: float64(time.Since(begin)) / 1e6}
	count := &counter{}
	if variant == "kept" {
		count.rec = flight.New(flight.Options{})
	}
	stop := start(src, count)
	procs := ""
	group := h.Dir(parent + "/c")
	if variant != "outside" {
		if err := os.Mkdir(group, 0o755); err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		procs = group + "/cgroup.procs"
	}
	before := ownNanos()
	r, err := callCosts(procs)
	spent := ownNanos() - before
	err = errors.Join(err, stop())
	if variant != "outside" {
		_ = os.Remove(group)
	}
	c.events, c.lost = count.events.Load(), count.lost.Load()
	if c.events > 0 {
		c.perEvent = float64(spent) / float64(c.events)
	}
	return r, c, err
}

// start runs a source; what it returns ends it.
func start(src *bpf.Source, h flight.Handler) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- src.Run(ctx, h) }()
	return func() error {
		cancel()
		return <-done
	}
}

// callCosts gives nanoseconds per call of each work, by a worker in a group.
func callCosts(procs string) (r []float64, err error) {
	out, err := work1(procs, "all")
	if err != nil {
		return nil, err
	}
	return r, json.Unmarshal(out, &r)
}

// work1 runs a worker, in the group whose list of processes is given, and returns what it
// prints.
func work1(procs, what string) ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	script := `exec "$1"`
	if procs != "" {
		script = `echo $$ > "$0" && exec "$1"`
	}
	cmd := exec.Command("/bin/sh", "-c", script, procs, self)
	cmd.Env = append(os.Environ(), "UNLOOP_BENCH_WORKER="+what, "GOMAXPROCS=1", "GOGC=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	return out, nil
}

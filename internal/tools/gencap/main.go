// Command gencap writes a made-up capture of system calls, to measure readers at scale.
//
//	go run ./internal/tools/gencap -o big.scap                 2 GiB and 30 M events at least
//	go run ./internal/tools/gencap -events 100000 -o small.scap
//	go run ./internal/tools/gencap -gzip -o big.scap.gz
//
// It is a node with a web shop on it: nginx, redis, postgres, python, java with a
// thread pool, a shell that forks, and a worker that dies in many ways; with container
// labels, DNS, HTTP and log lines. Calls are written as recorders of 2022 wrote them, enter
// and exit, so that sysdig 0.29.3 reads all of it. The same flags and seed give the same
// events. It must not be used as a source of test cases for rules: its failures are
// shaped for size, not for truth.
package main

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	path := flag.String("o", "big.scap", "file to write")
	events := flag.Uint64("events", 0, "stop after so many events; 0 stops at the size")
	size := flag.Int64("bytes", 2<<30+4<<20, "stop at this size, before compression, and 30 M events")
	seed := flag.Uint64("seed", 1, "seed")
	packed := flag.Bool("gzip", false, "write gzip members that can be unpacked side by side")
	single := flag.Bool("single", false, "write one gzip member")
	level := flag.Int("level", 6, "level of compression, 1 to 9")
	member := flag.Int("member", 1<<20, "bytes of a member before compression")
	flag.Parse()
	if *level < gzip.BestSpeed || *level > gzip.BestCompression || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*path, *events, *size, *seed, *packed, *single, *level, *member); err != nil {
		fmt.Fprintln(os.Stderr, "gencap:", err)
		os.Exit(1)
	}
}

func run(path string, events uint64, size int64, seed uint64, packed, single bool, level, member int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var w io.Writer = f
	finish := func() error { return nil }
	switch {
	case packed:
		m := newMembers(f, level, member)
		w, finish = m, m.Close
	case single:
		b := bufio.NewWriterSize(f, 1<<20)
		z, _ := gzip.NewWriterLevel(b, level) // checked
		w = z
		finish = func() error {
			if err := z.Close(); err != nil {
				return err
			}
			return b.Flush()
		}
	}
	o := &out{w: w}
	g := newGen(o, seed)
	g.capture(events, size)
	o.flush()
	if o.err != nil {
		return o.err
	}
	if err := finish(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "gencap: %d events, %d bytes before compression\n", o.events, o.bytes)
	return f.Close()
}

// minEvents is what a capture holds at least where no number of events is asked for.
const minEvents = 30_000_000

// capture writes the whole capture.
func (g *gen) capture(events uint64, size int64) {
	g.build()
	g.metadata()
	for g.err == nil {
		if events > 0 && g.events >= events || events == 0 && g.events >= minEvents && g.bytes+int64(len(g.buf)) >= size {
			return
		}
		g.step()
	}
}

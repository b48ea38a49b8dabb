//go:build unix

// Command benchcap measures reading a capture beside sysdig: the same file, in the
// same run, one after the other, several rounds, medians.
//
//	go run ./internal/tools/gencap -o big.scap
//	go run ./internal/tools/gencap -gzip -o big.scap.gz
//	go run ./internal/tools/benchcap -unloop bin/unloop -rounds 5 big.scap big.scap.gz
//
// It prints processor time (user and system), wall time and peak memory of both, and
// how many times less ours is. On a machine with other work the processor time is the
// figure to believe. Read the files once before, so that they are cached.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// crashFilter is the question of somebody whose nginx does not start.
const crashFilter = "proc.name=nginx and evt.type=open and evt.failed=true"

func main() {
	unloop := flag.String("unloop", "bin/unloop", "the program to measure")
	sysdig := flag.String("sysdig", "sysdig", "the program to compare with")
	rounds := flag.Int("rounds", 3, "rounds")
	only := flag.String("only", "", "only jobs whose name holds this")
	work := flag.String("work", "", "internal: quiet or filter")
	flag.Parse()
	var err error
	switch {
	case *work != "" && flag.NArg() == 1:
		err = read(flag.Arg(0), *work)
	case flag.NArg() == 2 && *rounds > 0:
		err = compare(*unloop, *sysdig, flag.Arg(0), flag.Arg(1), *rounds, *only)
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchcap:", err)
		os.Exit(1)
	}
}

// read scans a capture with its full state, and matches a filter where asked.
func read(path, work string) error {
	debug.SetGCPercent(200)
	tr := state.New()
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
	if err != nil {
		return err
	}
	defer r.Close()
	sess := &filter.Session{State: tr}
	var match *filter.Filter
	if work == "filter" {
		if match, err = filter.Compile(crashFilter, sess); err != nil {
			return err
		}
	}
	var ev event.Event
	events, hits := 0, 0
	for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
		tr.Apply(&ev)
		events++
		if match != nil {
			sess.See(&ev)
			if match.Match(&ev) {
				hits++
			}
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	fmt.Println(events, hits)
	return nil
}

// job is one question, as both programs are asked it.
type job struct {
	name       string
	ours, them []string
}

// cost is what one run took.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes
}

func compare(unloop, sysdig, plain, packed string, rounds int, only string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	jobs := []job{
		{"quiet, full state", []string{self, "-work", "quiet", plain}, []string{sysdig, "-q", "-r", plain}},
		{"crash filter", []string{self, "-work", "filter", plain}, []string{sysdig, "-q", "-r", plain, crashFilter}},
		{"print proc.name=nginx", []string{unloop, "inspect", plain, "--no-index", "--events", "--filter", "proc.name=nginx"}, []string{sysdig, "-r", plain, "proc.name=nginx"}},
		{"gzip, quiet", []string{self, "-work", "quiet", packed}, []string{sysdig, "-q", "-r", packed}},
		{"overview (sysdig: quiet)", []string{unloop, "inspect", plain, "--no-index"}, []string{sysdig, "-q", "-r", plain}},
	}
	if only != "" {
		jobs = slices.DeleteFunc(jobs, func(j job) bool { return !strings.Contains(j.name, only) })
	}
	ours, them := make([][]cost, len(jobs)), make([][]cost, len(jobs))
	for round := range rounds {
		for i, j := range jobs {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, rounds, j.name)
			for _, side := range []struct {
				args []string
				to   *[]cost
			}{{j.them, &them[i]}, {j.ours, &ours[i]}} {
				c, err := run(side.args)
				if err != nil {
					return fmt.Errorf("%s: %w", strings.Join(side.args, " "), err)
				}
				*side.to = append(*side.to, c)
			}
		}
	}
	fmt.Printf("%s, %s, %d processors, medians of %d rounds\n\n", runtime.Version(), version(sysdig), runtime.NumCPU(), rounds)
	w := tabwriter.NewWriter(os.Stdout, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "job\tsysdig CPU s\tours CPU s\ttimes less\tsysdig wall s\tours wall s\ttimes less\tsysdig MiB\tours MiB\t")
	for i, j := range jobs {
		a, b := median(them[i]), median(ours[i])
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.1f\t%.2f\t%.2f\t%.1f\t%d\t%d\t\n", j.name, a.cpu.Seconds(), b.cpu.Seconds(), a.cpu.Seconds()/b.cpu.Seconds(),
			a.wall.Seconds(), b.wall.Seconds(), a.wall.Seconds()/b.wall.Seconds(), a.peak>>20, b.peak>>20)
	}
	return w.Flush()
}

// run runs a program with its output thrown away.
func run(args []string) (cost, error) {
	cmd := exec.Command(args[0], args[1:]...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return cost{}, err
	}
	defer null.Close()
	cmd.Stdout = null
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	c := cost{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = int64(u.Maxrss) //nolint:unconvert // 32 bits wide on 32-bit systems
		// Darwin counts bytes, the others KiB (getrusage(2)).
		if runtime.GOOS != "darwin" {
			c.peak <<= 10
		}
	}
	return c, nil
}

// median takes the middle of each figure.
func median(all []cost) cost {
	mid := func(get func(cost) int64) int64 {
		v := make([]int64, 0, len(all))
		for _, c := range all {
			v = append(v, get(c))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return cost{
		cpu:  time.Duration(mid(func(c cost) int64 { return int64(c.cpu) })),
		wall: time.Duration(mid(func(c cost) int64 { return int64(c.wall) })),
		peak: mid(func(c cost) int64 { return c.peak }),
	}
}

func version(sysdig string) string {
	out, err := exec.Command(sysdig, "--version").Output()
	if err != nil {
		return sysdig
	}
	return strings.TrimSpace(string(out))
}

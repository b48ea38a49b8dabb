// Command agree runs sysdig and this repository's engine on every capture of a folder,
// with every filter of filters.txt and every output form of formats.txt, and compares
// what they print, line by line.
//
//	go run ./internal/tools/agree -captures DIR [-only REGEXP] [-show N]
//
// It prints a table: file, filter or form, lines, differences. Differences that
// known.txt explains are counted apart, with their reason below the table. Others make
// it exit with 1. sysdig must be version 0.29.3.
package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
)

//go:embed filters.txt
var filterList string

//go:embed formats.txt
var formatList string

//go:embed known.txt
var knownList string

// lightTemplate is what filters are run with: which events pass is all that counts.
const lightTemplate = "*%evt.num %evt.type %evt.dir"

// job is one comparison on one file: the options and the filter of sysdig.
type job struct {
	name   string
	args   []string
	filter string
	// prefixed says that lines begin with number, type and direction; columns are the
	// fields behind that, separated by bars.
	prefixed bool
	columns  []string
}

func main() {
	captures := flag.String("captures", os.Getenv("UNLOOP_CAPTURES"), "folder with captures")
	only := flag.String("only", "", "compare only where FILE:NAME matches the expression")
	show := flag.Int("show", 3, "print this many unexplained differences of each comparison")
	all := flag.Bool("all", false, "print lines of the table without differences too")
	flag.Parse()
	bad, err := run(*captures, *only, *show, *all)
	if err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		os.Exit(2)
	}
	if bad > 0 {
		os.Exit(1)
	}
}

func run(dir, only string, show int, all bool) (bad int, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.scap"))
	if err != nil || len(files) == 0 {
		return 0, fmt.Errorf("no captures in %q: give -captures DIR", dir)
	}
	pick, err := regexp.Compile(only)
	if err != nil {
		return 0, err
	}
	known, err := parseKnown(knownList)
	if err != nil {
		return 0, err
	}
	jobs := append(formatJobs(), filterJobs()...)
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "file\tcompared\tlines\tdifferences\texplained")
	total := result{}
	runs := 0
	for _, path := range files {
		file := strings.TrimSuffix(filepath.Base(path), ".scap")
		for _, j := range jobs {
			if !pick.MatchString(file + ":" + j.name) {
				continue
			}
			runs++
			r, err := compare(path, file, j, known, show)
			if err != nil {
				return 0, fmt.Errorf("%s: %s: %w", file, j.name, err)
			}
			total.add(r)
			if all || r.differ > 0 || r.explained > 0 {
				fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\n", file, j.name, r.lines, r.differ, r.explained)
				if r.differ > 0 {
					table.Flush()
					os.Stdout.WriteString(r.sample)
				}
			}
		}
	}
	fmt.Fprintf(table, "%d files\t%d comparisons\t%d\t%d\t%d\n", len(files), runs, total.lines, total.differ, total.explained)
	table.Flush()
	for _, k := range known {
		if k.hits > 0 {
			fmt.Printf("%6d  %s\n", k.hits, k.reason)
		}
	}
	return total.differ, nil
}

// result is the outcome of one comparison.
type result struct {
	lines, differ, explained int
	sample                   string
}

func (r *result) add(o result) {
	r.lines += o.lines
	r.differ += o.differ
	r.explained += o.explained
}

func compare(path, file string, j job, known []*entry, show int) (result, error) {
	theirs, err := sysdig(path, j)
	if err != nil {
		return result{}, err
	}
	ours, err := engine(path, j)
	if err != nil {
		return result{}, err
	}
	var r result
	var sample strings.Builder
	r.lines = len(ours)
	diff(ours, theirs, func(our, their string, hasOur, hasTheir bool) {
		if explain(known, file, j, our, their, hasOur, hasTheir) {
			r.explained++
			return
		}
		if r.differ++; r.differ <= show {
			fmt.Fprintf(&sample, "  ours:   %s\n  sysdig: %s\n", quote(our, hasOur), quote(their, hasTheir))
		}
	})
	r.sample = sample.String()
	return r, nil
}

func quote(line string, has bool) string {
	if !has {
		return "(no line)"
	}
	if len(line) > 1000 {
		line = line[:1000] + "..."
	}
	return fmt.Sprintf("%q", line)
}

// sysdig runs the reference reader. A file that it refuses gives no lines.
func sysdig(path string, j job) ([]string, error) {
	args := append([]string{"-r", path}, j.args...)
	if j.filter != "" {
		// -d asks the filter after the event reached the state, as we always do. Without it
		// sysdig asks before: a read has no descriptor then, an mmap the memory of before.
		args = append(args, "-d", j.filter)
	}
	cmd := exec.Command("sysdig", args...)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if err != nil && strings.Contains(stderr.String(), "filter") {
		return nil, fmt.Errorf("sysdig: %s", strings.TrimSpace(stderr.String()))
	}
	return lines(out), nil
}

func lines(out []byte) []string {
	var all []string
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		all = append(all, sc.Text())
	}
	return all
}

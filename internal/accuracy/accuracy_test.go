// Package accuracy measures the diagnosis on real artefacts with established
// causes. They lie outside the repository (../shared/cases beside the checkout,
// or the folder in UNLOOP_CASES); without them the test says so and is skipped.
package accuracy

import (
	"bufio"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/rules"
)

// The goals that the project has set itself for these cases.
const (
	wantTop1 = 0.92
	wantHard = 0.80
)

var verbose = flag.Bool("show", false, "print every case, not the misses only")

type label struct {
	id, kind, established, difficulty string
	accept                            []string
}

type outcome struct {
	label
	family string
	causes []string
	proven bool
}

func (o outcome) top(n int) bool {
	if len(o.causes) == 0 {
		return slices.Contains(o.accept, "healthy")
	}
	return slices.ContainsFunc(o.causes[:min(n, len(o.causes))], func(c string) bool { return slices.Contains(o.accept, c) })
}

func TestAccuracy(t *testing.T) {
	for _, mode := range []struct {
		name   string
		events bool
	}{{"as published", true}, {"without events", false}} {
		t.Run(mode.name, func(t *testing.T) {
			labels, dir := readLabels(t)
			var out []outcome
			for _, l := range labels {
				out = append(out, judge(t, dir, l, mode.events))
			}
			report(t, out, mode.events)
		})
	}
}

func readLabels(t *testing.T) ([]label, string) {
	t.Helper()
	dir := os.Getenv("UNLOOP_CASES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "cases")
	}
	f, err := os.Open(filepath.Join(dir, "labels.tsv"))
	if err != nil {
		t.Skipf("skipped: no real cases to measure on (%v); set UNLOOP_CASES to a folder that has them", err)
	}
	defer f.Close()
	var out []label
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		col := strings.Split(sc.Text(), "\t")
		if len(col) < 7 || col[0] == "id" {
			continue
		}
		out = append(out, label{id: col[0], kind: col[1], accept: strings.Split(col[2], "|"), established: col[5], difficulty: col[6]})
	}
	if len(out) == 0 {
		t.Fatalf("no labels in %s", dir)
	}
	return out, dir
}

func judge(t *testing.T, dir string, l label, events bool) outcome {
	t.Helper()
	o := outcome{label: l, family: "healthy"}
	for _, r := range rules.All() {
		if r.ID == l.accept[0] {
			o.family = string(r.Family)
		}
	}
	s, err := collect.Read(context.Background(), []string{filepath.Join(dir, l.id+".txt")}, nil, collect.Options{})
	if err != nil {
		t.Errorf("%s: %v", l.id, err)
		return o
	}
	if !events {
		s.Events = nil
		for _, p := range s.Pods {
			p.SaidNoEvents = false
		}
	}
	all := diagnose.All(facts.Join(s), rules.All())
	if len(all) == 0 {
		return o
	}
	for _, f := range all[0].Findings {
		o.causes = append(o.causes, f.Cause)
	}
	o.proven = len(all[0].Findings) > 0 && all[0].Findings[0].Confidence == unloop.Proven
	return o
}

func report(t *testing.T, all []outcome, events bool) {
	t.Helper()
	type score struct{ n, top1, top3 int }
	rows := map[string]*score{}
	count := func(key string, o outcome) {
		s := rows[key]
		if s == nil {
			s = &score{}
			rows[key] = s
		}
		s.n++
		if o.top(1) {
			s.top1++
		}
		if o.top(3) {
			s.top3++
		}
	}
	falseAlarms, wrongProven := 0, 0
	for _, o := range all {
		count("all", o)
		count("difficulty "+o.difficulty, o)
		count("family "+o.family, o)
		count("kind "+o.kind, o)
		if o.accept[0] == "healthy" && !o.top(1) {
			falseAlarms++
		}
		if o.proven && !o.top(1) {
			wrongProven++
			t.Errorf("%s: wrong and stated as proven: %s, want %s", o.id, o.causes[0], strings.Join(o.accept, " or "))
		}
		if !o.top(1) || *verbose {
			mark := "miss"
			if o.top(1) {
				mark = "ok  "
			}
			t.Logf("%s %-45s got %-40s want %s (%s)", mark, o.id, strings.Join(o.causes[:min(3, len(o.causes))], " "), strings.Join(o.accept, "|"), o.difficulty)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-24s %5s %7s %7s\n", "", "cases", "top-1", "top-3")
	for _, k := range slices.SortedFunc(maps.Keys(rows), func(a, b string) int { return cmp.Compare(a, b) }) {
		s := rows[k]
		fmt.Fprintf(&b, "%-24s %5d %6.1f%% %6.1f%%\n", k, s.n, share(s.top1, s.n), share(s.top3, s.n))
	}
	fmt.Fprintf(&b, "false alarms on healthy: %d; wrong and proven: %d\n", falseAlarms, wrongProven)
	t.Log(b.String())
	if !events {
		return // what stays right without events is measured, not demanded
	}
	if got := share(rows["all"].top1, rows["all"].n); got < wantTop1*100 {
		t.Errorf("top-1 is %.1f%%, want at least %.0f%%", got, wantTop1*100)
	}
	if hard := rows["difficulty hard"]; hard != nil && share(hard.top1, hard.n) < wantHard*100 {
		t.Errorf("top-1 on hard cases is %.1f%%, want at least %.0f%%", share(hard.top1, hard.n), wantHard*100)
	}
	if falseAlarms > 0 {
		t.Errorf("%d false alarms on healthy pods, want none", falseAlarms)
	}
}

func share(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }

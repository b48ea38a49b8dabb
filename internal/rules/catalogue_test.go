package rules_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/rules"
	"github.com/unloop-dev/unloop/internal/testkit"
)

var (
	update = flag.Bool("update", false, "rewrite the catalogue golden")
	only   = flag.String("rule", "", "run the cases of these rule directories only, comma-separated")
)

// TestCatalogue runs every case of every rule against all rules.
func TestCatalogue(t *testing.T) {
	files, err := filepath.Glob("*/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases found: %v", err)
	}
	var golden strings.Builder
	for _, file := range files {
		dir := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if *only != "" && !slices.Contains(strings.Split(*only, ","), dir) {
			continue
		}
		t.Run(dir+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			c, err := testkit.ParseCase(file)
			if err != nil {
				t.Fatal(err)
			}
			d := c.Diagnose(t, rules.All())
			c.Check(t, d)
			id := ruleID(dir)
			hit := slices.ContainsFunc(c.Want, func(w testkit.Want) bool { return w.Cause == id })
			switch {
			case strings.HasPrefix(c.Name, "hit-") && !hit:
				t.Errorf("%s is a hit, and its want does not name %s", c.Name, id)
			case strings.HasPrefix(c.Name, "miss-") && hit:
				t.Errorf("%s is a miss, and its want names %s", c.Name, id)
			}
			if strings.HasPrefix(c.Name, "miss-") {
				for _, f := range d.Findings {
					if f.Cause == id {
						t.Errorf("%s: the rule spoke where it must be silent:\n%s", c.Name, testkit.Describe(d))
					}
				}
			}
			fmt.Fprintf(&golden, "%s/%s:", dir, c.Name)
			for _, f := range d.Findings {
				fmt.Fprintf(&golden, " %s %s;", f.Cause, f.Confidence)
			}
			golden.WriteString("\n")
		})
	}
	if *only != "" {
		return
	}
	if *update {
		if err := os.WriteFile("catalogue.golden", []byte(golden.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("catalogue.golden")
	if err != nil || string(want) != golden.String() {
		t.Errorf("catalogue.golden is stale; look at the difference, then: go test ./internal/rules -update")
	}
}

func ruleID(dir string) string {
	for _, r := range rules.All() {
		if strings.ReplaceAll(r.ID, "-", "") == dir {
			return r.ID
		}
	}
	return "?" + dir
}

package rules_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/rules"
	"github.com/unloop-dev/unloop/internal/testkit"
)

// TestCatalogue_withoutEvents takes all events away from every case: events live
// for an hour. What is left may be less sure; nothing wrong may be proven.
func TestCatalogue_withoutEvents(t *testing.T) {
	files, err := filepath.Glob("*/testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases found: %v", err)
	}
	right, likely, silent := 0, 0, 0
	for _, file := range files {
		c, err := testkit.ParseCase(file)
		if err != nil {
			t.Fatal(err)
		}
		s := c.Snapshot(t)
		s.Events = nil
		for k := range s.Listed {
			if k.Kind == "Event" {
				delete(s.Listed, k)
			}
		}
		all := diagnose.All(facts.Join(s), rules.All())
		if len(all) == 0 || len(all[0].Findings) == 0 {
			silent++
			continue
		}
		f := all[0].Findings[0]
		wanted := slices.ContainsFunc(c.Want, func(w testkit.Want) bool { return w.Cause == f.Cause })
		switch {
		case wanted && f.Confidence == unloop.Proven:
			right++
		case wanted:
			right++
			likely++
		case f.Confidence == unloop.Proven && c.Subject == "":
			t.Errorf("%s: without its events the case is proven to be %s:\n%s", file, f.Cause, testkit.Describe(all[0]))
		}
	}
	t.Logf("%d cases without their events: %d right (%d of them not proven), %d without an answer", len(files), right, likely, silent)
}

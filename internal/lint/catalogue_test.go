package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/know"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/rules"
)

// leftOut are the causes without a rule, each with its reason. "healthy" is the
// answer that there is none.
var leftOut = map[string]string{
	"healthy": "not a cause: a healthy subject has no findings",
}

func TestCatalogueComplete(t *testing.T) {
	have := map[string]*diagnose.Rule{}
	for _, r := range rules.All() {
		if have[r.ID] != nil {
			t.Errorf("%s: two rules", r.ID)
		}
		have[r.ID] = r
	}
	for _, c := range know.Causes {
		r, why := have[c.ID], leftOut[c.ID]
		switch {
		case r == nil && why == "":
			t.Errorf("cause %s has no rule: go run ./internal/tools/new rule %s", c.ID, c.ID)
		case r != nil && why != "":
			t.Errorf("cause %s has a rule and stands among those left out", c.ID)
		case r != nil && string(r.Family) != c.Family:
			t.Errorf("%s: family %s, want %s", c.ID, r.Family, c.Family)
		}
	}
	for id := range have {
		if !slices.ContainsFunc(know.Causes, func(c know.Cause) bool { return c.ID == id }) {
			t.Errorf("rule %s is no cause of know.Causes", id)
		}
	}
}

func TestRulesDocumented(t *testing.T) {
	ids := map[string]bool{}
	for _, c := range know.Causes {
		ids[c.ID] = true
	}
	for _, r := range rules.All() {
		d := r.Doc
		if r.Title == "" || r.Since == "" || len(d.Means) < 60 || len(d.Why) == 0 || len(d.Confirm) == 0 || len(d.Remedy) == 0 || len(d.NotThis) == 0 || len(d.Refs) == 0 {
			t.Errorf("%s: a field of its documentation is missing or too thin", r.ID)
		}
		for _, n := range d.NotThis {
			if !ids[n.ID] || n.Apart == "" || n.ID == r.ID {
				t.Errorf("%s: neighbour %q: unknown, without a difference, or itself", r.ID, n.ID)
			}
		}
		for _, e := range r.Explains {
			if fam, ok := strings.CutSuffix(e, "/*"); ok && fam != "" {
				continue
			}
			if !ids[e] {
				t.Errorf("%s explains %q, which is no cause", r.ID, e)
			}
		}
		for _, ref := range d.Refs {
			if !strings.HasPrefix(ref, "https://") {
				t.Errorf("%s: reference %q is no https address", r.ID, ref)
			}
		}
	}
}

func TestRulesHaveCases(t *testing.T) {
	for _, r := range rules.All() {
		dir := filepath.Join(root, "internal", "rules", strings.ReplaceAll(r.ID, "-", ""), "testdata")
		hits, _ := filepath.Glob(filepath.Join(dir, "hit-*.txtar"))
		misses, _ := filepath.Glob(filepath.Join(dir, "miss-*.txtar"))
		if len(hits) == 0 || len(misses) == 0 {
			t.Errorf("%s: %d hits and %d misses, want at least one of each in %s", r.ID, len(hits), len(misses), dir)
		}
	}
}

func TestSignaturesNameCauses(t *testing.T) {
	for _, s := range logsig.All() {
		if !slices.ContainsFunc(know.Causes, func(c know.Cause) bool { return c.ID == s.Cause }) {
			t.Errorf("signature %q of %s: cause %q is unknown", s.Has, s.Of, s.Cause)
		}
	}
}

// TestListFresh: internal/rules/all.go names exactly the directories there are.
func TestListFresh(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(root, "internal", "rules", "*", "rule.go"))
	if err != nil || len(dirs) == 0 {
		t.Fatal("no rules found", err)
	}
	list, err := os.ReadFile(filepath.Join(root, "internal", "rules", "all.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirs {
		if pkg := filepath.Base(filepath.Dir(d)); !strings.Contains(string(list), "\t"+pkg+".Rule,\n") {
			t.Errorf("all.go is stale: it lacks %s; renew it with: go generate ./internal/rules", pkg)
		}
	}
}

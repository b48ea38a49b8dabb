package know

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// eachHint calls f with every hint of every table and where it stands.
func eachHint(f func(where string, h Hint)) {
	all := func(where string, hs []Hint) {
		for _, h := range hs {
			f(where, h)
		}
	}
	for _, rows := range [][]exitRow{exitRows, windowsRows} {
		for _, r := range rows {
			all("exit "+r.name, r.causes)
		}
	}
	for _, r := range reasonRows {
		all("exit with reason "+r.reason, r.causes)
	}
	eachProgram(func(p *program) bool {
		for _, c := range p.codes {
			all(p.name, c.causes)
		}
		return true
	})
	for _, e := range errnos {
		if e.cause != "" {
			f("errno "+e.name, Hint{Cause: e.cause})
		}
	}
	for _, s := range signals {
		all(s.Name, s.Causes)
	}
	for _, r := range Reasons() {
		all("reason "+r.Name, r.Causes)
	}
	for _, m := range Messages() {
		all("message "+m.Pattern, m.Causes)
	}
}

func TestHints_nameCausesOfTheCatalogue(t *testing.T) {
	used := map[string]bool{}
	n := 0
	eachHint(func(where string, h Hint) {
		n++
		used[h.Cause] = true
		if _, ok := CauseByID(h.Cause); !ok {
			t.Errorf("%s: no cause %q", where, h.Cause)
		}
		if strings.HasSuffix(h.When, ".") {
			t.Errorf("%s: %s: when %q ends like a sentence", where, h.Cause, h.When)
		}
	})
	if n < 1000 {
		t.Errorf("only %d hints were seen", n)
	}
	// Causes that show in the comparison of pods, nodes or times, not in any one
	// code, reason or message.
	only := map[string]bool{
		"config-change-crash": true, "stale-tag": true, "entrypoint-overridden": true, "token-missing": true,
		"sidecar-not-ready": true,
	}
	for _, c := range Causes {
		if !used[c.ID] && !only[c.ID] {
			t.Errorf("no table leads to %s", c.ID)
		}
		if used[c.ID] && only[c.ID] {
			t.Errorf("%s is in a table: take it off this test's list", c.ID)
		}
	}
}

func TestCauses_golden(t *testing.T) {
	var b strings.Builder
	b.WriteString("id\tfamily\tmeaning\n")
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for _, c := range Causes {
		if !kebab.MatchString(c.ID) || seen[c.ID] {
			t.Errorf("id %q is not in kebab-case or not unique", c.ID)
		}
		seen[c.ID] = true
		if _, ok := FamilyByID(c.Family); !ok && c.Family != "none" {
			t.Errorf("%s: no family %q", c.ID, c.Family)
		}
		b.WriteString(c.ID + "\t" + c.Family + "\t" + c.Means + "\n")
	}
	golden(t, "causes.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs: the ids are an interface; if the change is meant, run the test with -update", path)
	}
}

func TestFamilies_complete(t *testing.T) {
	count := map[string]int{}
	for _, c := range Causes {
		count[c.Family]++
	}
	if len(Families) != 13 {
		t.Errorf("%d families, want 13", len(Families))
	}
	for _, f := range Families {
		if f.Title == "" || f.Means == "" || len(f.Look) == 0 {
			t.Errorf("family %s: title, means or look is missing", f.ID)
		}
		if count[f.ID] == 0 {
			t.Errorf("family %s has no cause", f.ID)
		}
	}
}

func TestReasons_rowsAreComplete(t *testing.T) {
	type key struct {
		name, by, typ string
		in            Place
	}
	seen := map[key]bool{}
	for _, r := range Reasons() {
		k := key{r.Name, r.By, r.Type, r.In}
		if seen[k] {
			t.Errorf("%s: the same row twice", r.Name)
		}
		seen[k] = true
		switch {
		case r.Name == "" || len(r.Name) > maxName || r.In == 0 || r.By == "" || r.Source == "":
			t.Errorf("%q: name, place, author or source is missing", r.Name)
		case r.Role != Root && r.Role != Symptom && r.Role != Noise:
			t.Errorf("%s: role %q", r.Name, r.Role)
		case !strings.HasSuffix(r.Means, "."):
			t.Errorf("%s: means %q is no sentence", r.Name, r.Means)
		case len(r.Next) == 0:
			t.Errorf("%s: nothing to look at next", r.Name)
		case r.Type != "" && r.Type != "Normal" && r.Type != "Warning":
			t.Errorf("%s: type %q", r.Name, r.Type)
		case r.Type != "" && r.In&(Event) == 0:
			t.Errorf("%s: an event type, but no event", r.Name)
		case r.Until != "" && r.Now == "":
			t.Errorf("%s is gone, but nothing says what stands in its place", r.Name)
		}
		if strings.ContainsAny(r.Name, "<>") {
			continue
		}
		for _, form := range []string{r.Name, strings.ToLower(r.Name), strings.ToUpper(r.Name)} {
			if len(LookupReason(form)) == 0 {
				t.Errorf("LookupReason(%q) finds nothing", form)
			}
		}
	}
}

func TestMessages_rowsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Messages() {
		if seen[m.Pattern] {
			t.Errorf("%q: the same pattern twice", m.Pattern)
		}
		seen[m.Pattern] = true
		if m.Pattern == "" || m.Where == "" || m.Source == "" || !strings.HasSuffix(m.Means, ".") {
			t.Errorf("%q: where, means or source is missing", m.Pattern)
		}
		if strings.HasPrefix(m.Pattern, "*") || strings.HasSuffix(m.Pattern, "*") || strings.Contains(m.Pattern, "**") || strings.Contains(m.Pattern, "%") {
			t.Errorf("%q: a star at the end, or a verb", m.Pattern)
		}
		for _, r := range m.Reasons {
			if len(LookupReason(strings.NewReplacer("<resource>", "cpu").Replace(r))) == 0 {
				t.Errorf("%q: no reason %q", m.Pattern, r)
			}
		}
		if got := MatchMessages(strings.ReplaceAll(m.Pattern, "*", `"x"`), 40); !hasPattern(got, m.Pattern) {
			t.Errorf("%q does not match itself", m.Pattern)
		}
	}
}

func hasPattern(ms []Message, pattern string) bool {
	for _, m := range ms {
		if m.Pattern == pattern {
			return true
		}
	}
	return false
}

// TestPlaces_areNamed: every bit has a word, and the words are those of JSON.
func TestPlaces_areNamed(t *testing.T) {
	for p := Waiting; p <= Inside; p <<= 1 {
		if len(p.Names()) != 1 {
			t.Errorf("place %d has names %v", p, p.Names())
		}
	}
	got, err := (Waiting | StatusWord).MarshalJSON()
	if err != nil || string(got) != `["waiting reason","STATUS word"]` {
		t.Errorf("MarshalJSON = %s, %v", got, err)
	}
}

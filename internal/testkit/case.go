// Package testkit holds what tests of several packages share: cases as txtar
// files, and a scripted API server (fakeapi). It is imported by tests only.
package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Case is one txtar file: the story as its comment, the inputs as files, and a
// file "want".
//
// Want holds one line per expected finding, in order:
//
//	CAUSE CONFIDENCE [CONTAINER]
//
// or the single word "none" for a subject without findings. Lines that follow
// and start with a space belong to the finding above:
//
//	summary: TEXT        the whole summary
//	chain: TEXT          one link of the chain that must be there
//	evidence: KIND REF   an evidence of that kind whose ref holds REF
//	fix: TEXT            a fix whose title or command holds TEXT
//
// A line "not: CAUSE" says that no finding of that cause may be there at all.
// A file "listed" holds lines "KIND NAMESPACE": lists that are known to be
// complete, as they are after a live collection or in a whole dump.
//
// Only the first subject with findings counts, unless a line
// "subject: KIND/NAME" stands first.
type Case struct {
	// Name is the file's name without ending: hit-..., miss-... or err-....
	Name, File string
	Story      string
	Files      []txtar.File
	Want       []Want
	Not        []string
	Subject    string
	// None: the want is "none".
	None bool
}

// Want is one expected finding.
type Want struct {
	Cause, Confidence, Container string
	Summary                      string
	Chain, Fix                   []string
	Evidence                     [][2]string
}

// ParseCase reads one case file.
func ParseCase(file string) (*Case, error) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		return nil, err
	}
	c := &Case{File: file, Name: strings.TrimSuffix(filepath.Base(file), ".txtar"), Story: strings.TrimSpace(string(a.Comment))}
	for _, f := range a.Files {
		if f.Name == "want" {
			if err := c.parseWant(string(f.Data)); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			continue
		}
		c.Files = append(c.Files, f)
	}
	if len(c.Want) == 0 && !c.None {
		return nil, fmt.Errorf("%s: no want", file)
	}
	if c.Story == "" || len(c.Files) == 0 {
		return nil, fmt.Errorf("%s: a case needs a story and at least one input", file)
	}
	return c, nil
}

func (c *Case) parseWant(text string) error {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		key, val, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, " "):
			if len(c.Want) == 0 {
				return fmt.Errorf("want: %q belongs to no finding", line)
			}
			w := &c.Want[len(c.Want)-1]
			switch key {
			case "summary":
				w.Summary = val
			case "chain":
				w.Chain = append(w.Chain, val)
			case "fix":
				w.Fix = append(w.Fix, val)
			case "evidence":
				kind, ref, _ := strings.Cut(val, " ")
				w.Evidence = append(w.Evidence, [2]string{kind, ref})
			default:
				return fmt.Errorf("want: unknown key %q", key)
			}
		case key == "not":
			c.Not = append(c.Not, val)
		case key == "subject":
			c.Subject = val
		case line == "none":
			c.None = true
		default:
			f := strings.Fields(line)
			if len(f) < 2 || len(f) > 3 {
				return fmt.Errorf("want: %q is not CAUSE CONFIDENCE [CONTAINER]", line)
			}
			w := Want{Cause: f[0], Confidence: f[1]}
			if len(f) == 3 {
				w.Container = f[2]
			}
			c.Want = append(c.Want, w)
		}
	}
	return nil
}

// Snapshot collects the case's inputs as the command would, from a folder.
func (c *Case) Snapshot(t testing.TB) *facts.Snapshot {
	t.Helper()
	dir := t.TempDir()
	listed := ""
	for _, f := range c.Files {
		if f.Name == "listed" {
			listed = string(f.Data)
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := collect.Read(context.Background(), []string{dir}, nil, collect.Options{})
	if err != nil {
		t.Fatalf("%s: %v", c.File, err)
	}
	for line := range strings.Lines(listed) {
		if kind, ns, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			s.MarkListed(kind, ns)
		}
	}
	return s
}

// Diagnose runs the rules over the case and returns the diagnosis that the want
// is about.
func (c *Case) Diagnose(t testing.TB, rules []*diagnose.Rule) unloop.Diagnosis {
	t.Helper()
	all := diagnose.All(facts.Join(c.Snapshot(t)), rules)
	for _, d := range all {
		if c.Subject != "" && d.Subject.Kind+"/"+d.Subject.Name == c.Subject {
			return d
		}
	}
	if len(all) == 0 {
		return unloop.Diagnosis{}
	}
	return all[0]
}

// Check compares a diagnosis with the want and reports what differs.
func (c *Case) Check(t testing.TB, d unloop.Diagnosis) {
	t.Helper()
	for _, not := range c.Not {
		for _, f := range d.Findings {
			if f.Cause == not {
				t.Errorf("%s: %s is among the findings and must not be", c.Name, not)
			}
		}
	}
	if c.None {
		if len(d.Findings) > 0 {
			t.Errorf("%s: want no finding, got:\n%s", c.Name, Describe(d))
		}
		return
	}
	if len(d.Findings) < len(c.Want) {
		t.Errorf("%s: want %d findings, got:\n%s", c.Name, len(c.Want), Describe(d))
		return
	}
	for i, w := range c.Want {
		f := d.Findings[i]
		if f.Cause != w.Cause || f.Confidence.String() != w.Confidence || w.Container != "" && f.Container != w.Container {
			t.Errorf("%s: finding %d: want %s %s %s, got:\n%s", c.Name, i+1, w.Cause, w.Confidence, w.Container, Describe(d))
			continue
		}
		w.check(t, c.Name, f)
	}
}

func (w Want) check(t testing.TB, name string, f unloop.Finding) {
	t.Helper()
	if w.Summary != "" && f.Summary.String() != w.Summary {
		t.Errorf("%s: %s: summary\n got: %s\nwant: %s", name, f.Cause, f.Summary, w.Summary)
	}
	for _, want := range w.Chain {
		if !containsFunc(f.Chain, func(m unloop.Message) bool { return strings.Contains(m.String(), want) }) {
			t.Errorf("%s: %s: no link %q in the chain %v", name, f.Cause, want, f.Chain)
		}
	}
	for _, want := range w.Fix {
		if !containsFunc(f.Fixes, func(x unloop.Fix) bool {
			return strings.Contains(x.Title.String(), want) || strings.Contains(x.Command, want)
		}) {
			t.Errorf("%s: %s: no fix with %q in %v", name, f.Cause, want, f.Fixes)
		}
	}
	for _, want := range w.Evidence {
		if !containsFunc(f.Evidence, func(e unloop.Evidence) bool { return e.Kind == want[0] && strings.Contains(e.Ref, want[1]) }) {
			t.Errorf("%s: %s: no evidence %s %s in %v", name, f.Cause, want[0], want[1], f.Evidence)
		}
	}
}

func containsFunc[T any](list []T, ok func(T) bool) bool {
	for _, x := range list {
		if ok(x) {
			return true
		}
	}
	return false
}

// Describe prints a diagnosis in a few lines, for goldens and failures.
func Describe(d unloop.Diagnosis) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s/%s %q healthy=%v\n", d.Subject.Kind, d.Subject.Name, d.Status, d.Healthy)
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "  %s %s %s: %s\n", f.Cause, f.Confidence, f.Container, f.Summary)
		for _, m := range f.Chain {
			fmt.Fprintf(&b, "    <- %s\n", m)
		}
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "    %s %s: %s\n", e.Kind, e.Ref, e.Text)
		}
	}
	return b.String()
}

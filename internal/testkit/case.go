// Package testkit holds what tests of several packages share: cases as txtar
// files, and a scripted API server (fakeapi). It is imported by tests only.
package testkit

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/scap"
)

// Case is one txtar file: the story as its comment, the inputs as files, and a
// file "want".
//
// Want holds one line per expected finding, in order:
//
//	CAUSE CONFIDENCE [CONTAINER]
//
// (proven|likely where the clock of a recording decides) or the single word "none" for a subject without findings. Lines that follow
// and start with a space belong to the finding above:
//
//	summary: TEXT        the whole summary
//	chain: TEXT          one link of the chain that must be there
//	evidence: KIND REF   an evidence of that kind whose ref holds REF
//	fix: TEXT            a fix whose title or command holds TEXT
//
// A file "NAME.scaptext" is a recording of system calls in the form of
// internal/captext; the case reads it as "NAME.scap".
//
// A line "not: CAUSE" says that no finding of that cause may be there at all.
// A file "listed" holds lines "KIND NAMESPACE": lists that are known to be
// complete, as they are after a live collection or in a whole dump.
//
// Only the first subject with findings counts, unless a line
// "subject: KIND/NAME" stands first; the name may be a pattern such as web-*.
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
		if text, ok := strings.CutSuffix(name, ".scaptext"); ok {
			var b bytes.Buffer
			if err := captext.Compile(&b, string(f.Data), scap.WriteOptions{}); err != nil {
				t.Fatalf("%s: %s: %v", c.File, f.Name, err)
			}
			name, f.Data = text+".scap", b.Bytes()
		}
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
	return c.Choose(diagnose.All(facts.Join(c.Snapshot(t)), rules))
}

// Choose returns the diagnosis that the want is about: of the subject it names,
// else the first.
func (c *Case) Choose(all []unloop.Diagnosis) unloop.Diagnosis {
	for _, d := range all {
		if ok, err := path.Match(c.Subject, d.Subject.Kind+"/"+d.Subject.Name); ok && err == nil {
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
	for _, problem := range c.Compare(d) {
		t.Error(problem)
	}
}

// Compare returns how a diagnosis differs from the want; nothing where it does not.
func (c *Case) Compare(d unloop.Diagnosis) (problems []string) {
	say := func(format string, args ...any) {
		problems = append(problems, c.Name+": "+fmt.Sprintf(format, args...))
	}
	for _, not := range c.Not {
		for _, f := range d.Findings {
			if f.Cause == not {
				say("%s is among the findings and must not be", not)
			}
		}
	}
	if c.None {
		if len(d.Findings) > 0 {
			say("want no finding, got:\n%s", Describe(d))
		}
		return problems
	}
	if len(d.Findings) < len(c.Want) {
		say("want %d findings, got:\n%s", len(c.Want), Describe(d))
		return problems
	}
	for i, w := range c.Want {
		f := d.Findings[i]
		if f.Cause != w.Cause || !slices.Contains(strings.Split(w.Confidence, "|"), f.Confidence.String()) || w.Container != "" && f.Container != w.Container {
			say("finding %d: want %s %s %s, got:\n%s", i+1, w.Cause, w.Confidence, w.Container, Describe(d))
			continue
		}
		w.compare(f, say)
	}
	return problems
}

func (w Want) compare(f unloop.Finding, say func(format string, args ...any)) {
	if w.Summary != "" && f.Summary.String() != w.Summary {
		say("%s: summary\n got: %s\nwant: %s", f.Cause, f.Summary, w.Summary)
	}
	for _, want := range w.Chain {
		if !containsFunc(f.Chain, func(m unloop.Message) bool { return strings.Contains(m.String(), want) }) {
			say("%s: no link %q in the chain %v", f.Cause, want, f.Chain)
		}
	}
	for _, want := range w.Fix {
		if !containsFunc(f.Fixes, func(x unloop.Fix) bool {
			return strings.Contains(x.Title.String(), want) || strings.Contains(x.Command, want)
		}) {
			say("%s: no fix with %q in %v", f.Cause, want, f.Fixes)
		}
	}
	for _, want := range w.Evidence {
		if !containsFunc(f.Evidence, func(e unloop.Evidence) bool { return e.Kind == want[0] && strings.Contains(e.Ref, want[1]) }) {
			say("%s: no evidence %s %s in %v", f.Cause, want[0], want[1], f.Evidence)
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

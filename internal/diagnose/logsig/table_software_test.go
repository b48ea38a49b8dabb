package logsig

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/diagnose/know"
)

// softwareGroups are the group names that Signature.Re may use.
var softwareGroups = map[string]bool{
	"host": true, "port": true, "addr": true, "file": true, "path": true, "name": true, "var": true, "module": true,
	"table": true, "user": true, "key": true, "code": true, "lib": true, "arg": true, "ns": true, "resource": true,
	"verb": true, "image": true, "version": true, "line": true, "url": true, "message": true,
}

// plainRow is a row read literally, without the engine: the oracle of these tests.
type plainRow struct {
	sig     *Signature
	re, not *regexp.Regexp
}

func plainSoftware(t *testing.T) []plainRow {
	t.Helper()
	var rows []plainRow
	for _, table := range softwareTables {
		for i := range table {
			r := plainRow{sig: &table[i]}
			var err error
			if r.re, err = regexp.Compile("(?i)" + table[i].Re); err != nil {
				t.Fatalf("%s %s: %v", table[i].Of, table[i].Cause, err)
			}
			if table[i].Not != "" {
				if r.not, err = regexp.Compile("(?i)" + table[i].Not); err != nil {
					t.Fatalf("%s %s: %v", table[i].Of, table[i].Cause, err)
				}
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func (r plainRow) holds(line string) bool {
	// The automaton does not see backslashes.
	lower := strings.ToLower(strings.ReplaceAll(line, `\`, ""))
	for _, h := range r.sig.Has {
		if strings.Contains(lower, h) {
			return true
		}
	}
	return false
}

func (r plainRow) matches(line string) bool {
	return slices.ContainsFunc(unescape(line), func(l string) bool {
		return r.holds(l) && r.re.MatchString(l) && (r.not == nil || !r.not.MatchString(l))
	})
}

func (r plainRow) String() string { return fmt.Sprintf("%s %s %q", r.sig.Of, r.sig.Cause, r.sig.Has) }

func TestSoftware_rowsAreWellFormed(t *testing.T) {
	for _, r := range plainSoftware(t) {
		if _, ok := know.CauseByID(r.sig.Cause); !ok {
			t.Errorf("%s: cause is not in the catalogue", r)
		}
		if r.sig.Level < Hint || r.sig.Level > Fatal {
			t.Errorf("%s: level %d", r, r.sig.Level)
		}
		if r.sig.Of == "" || r.sig.Of != strings.ToLower(r.sig.Of) || IsRuntime(r.sig.Of) {
			t.Errorf("%s: Of must name a program, in lower case", r)
		}
		if len(r.sig.Has) == 0 || len(r.sig.Eg) == 0 {
			t.Errorf("%s: needs literals and examples", r)
		}
		for _, h := range r.sig.Has {
			if len(h) < 4 || h != strings.ToLower(h) || strings.Contains(h, `\`) || strings.ContainsFunc(h, func(c rune) bool { return c < ' ' || c > '~' }) {
				t.Errorf("%s: literal %q", r, h)
			}
		}
		for _, g := range r.re.SubexpNames() {
			if g := strings.TrimRight(g, "0123456789"); g != "" && !softwareGroups[g] {
				t.Errorf("%s: group %q has no meaning", r, g)
			}
		}
	}
}

func TestSoftware_examples(t *testing.T) {
	for _, r := range plainSoftware(t) {
		used := map[string]bool{}
		for _, eg := range r.sig.Eg {
			if !r.holds(eg) {
				t.Errorf("%s: no literal in %q", r, eg)
			} else if !r.matches(eg) {
				t.Errorf("%s: does not match %q", r, eg)
			}
			for _, h := range r.sig.Has {
				if strings.Contains(strings.ToLower(strings.ReplaceAll(eg, `\`, "")), h) {
					used[h] = true
				}
			}
		}
		for _, h := range r.sig.Has {
			if !used[h] {
				t.Errorf("%s: no example for literal %q", r, h)
			}
		}
		for _, miss := range r.sig.Miss {
			if r.matches(miss) {
				t.Errorf("%s: matches %q", r, miss)
			}
		}
	}
}

// A line means one thing: the example of a row must not be claimed with another
// cause by a row that stands before it.
func TestSoftware_examplesAreUnambiguous(t *testing.T) {
	rows := plainSoftware(t)
	for i, r := range rows {
		for _, eg := range r.sig.Eg {
			for j, o := range rows {
				if i == j || o.sig.Cause == r.sig.Cause || !o.matches(eg) {
					continue
				}
				if o.sig.Level > r.sig.Level || o.sig.Level == r.sig.Level && j < i || o.sig.Of != r.sig.Of {
					t.Errorf("%s\n  is also %s\n  line %q", r, o, eg)
				}
			}
		}
	}
}

// The whole table, read as a log of one line: what an example means must come
// first, whichever other rows match it.
func TestSoftware_examplesWinTheScan(t *testing.T) {
	for _, r := range plainSoftware(t) {
		if r.sig.Level == Hint {
			continue // a hint is never a cause alone
		}
		for _, eg := range r.sig.Eg {
			hits := Scan(eg).Hits
			if len(hits) == 0 {
				t.Errorf("%s: no hit in %q", r, eg)
			} else if h := hits[0]; h.Sig.Cause != r.sig.Cause {
				t.Errorf("%s\n  gives %s %s %q\n  line %q", r, h.Sig.Of, h.Sig.Cause, h.Sig.Has, eg)
			}
		}
	}
}

// What a Not keeps out is shown by a Miss that everything else would match.
func TestSoftware_notIsExercised(t *testing.T) {
	for _, r := range plainSoftware(t) {
		if r.not == nil {
			continue
		}
		stops := func(line string) bool {
			return slices.ContainsFunc(unescape(line), func(l string) bool {
				return r.holds(l) && r.re.MatchString(l) && r.not.MatchString(l)
			})
		}
		if !slices.ContainsFunc(r.sig.Miss, stops) {
			t.Errorf("%s: no Miss needs Not %q", r, r.sig.Not)
		}
	}
}

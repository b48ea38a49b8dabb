package logsig

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/diagnose/know"
)

// names are the group names that rules may ask a hit for; see Signature.Re.
var names = []string{
	"host", "port", "addr", "file", "path", "name", "var", "module", "table", "user", "key", "code", "lib", "arg", "ns", "resource",
	"verb", "image", "version", "line", "url", "message",
}

func eachRuntimeRow(f func(n int, s *Signature)) {
	n := 0
	for _, t := range softwareTables {
		n += len(t)
	}
	for _, t := range runtimeTables {
		for i := range t {
			f(n, &t[i])
			n++
		}
	}
	for i := range signTable {
		f(n, &signTable[i])
		n++
	}
}

func label(s *Signature) string { return s.Of + " " + s.Cause + " " + strings.Join(s.Has, "|") }

func TestRuntimeTable_rowsAreWellFormed(t *testing.T) {
	eachRuntimeRow(func(n int, s *Signature) {
		if _, ok := know.CauseByID(s.Cause); !ok && s.Cause != isUp && s.Cause != isConnected {
			t.Errorf("%s: cause is not in the catalogue", label(s))
		}
		if s.Level < Hint || s.Level > Fatal || !IsRuntime(s.Of) || len(s.Has) == 0 || len(s.Eg) == 0 {
			t.Errorf("%s: level, Of, Has or Eg", label(s))
		}
		for _, h := range s.Has {
			if len(h) < minLiteral || h != strings.ToLower(h) || strings.ContainsAny(h, "\\\n\x00") || strings.ContainsFunc(h, func(r rune) bool { return r > 126 }) {
				t.Errorf("%s: literal %q", label(s), h)
			}
		}
		for _, expr := range []string{s.Re, s.Not} {
			re, err := regexp.Compile("(?i)" + expr)
			if err != nil {
				t.Errorf("%s: %v", label(s), err)
				continue
			}
			for _, g := range re.SubexpNames() {
				if g := strings.TrimRight(g, "0123456789"); g != "" && !slices.Contains(names, g) {
					t.Errorf("%s: group %q", label(s), g)
				}
			}
			tree, _ := syntax.Parse("(?i)"+expr, syntax.Perl)
			if nested(tree, false) {
				t.Errorf("%s: nested repetition in %q", label(s), expr)
			}
		}
	})
}

// nested reports whether an unbounded repetition of something that is itself
// unbounded stands in the tree. A repetition with something fixed around it, as
// (\w+\.)*, is one walk.
func nested(re *syntax.Regexp, inside bool) bool {
	unbounded := re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max < 0
	if unbounded && inside {
		return true
	}
	for _, sub := range re.Sub {
		alone := sub.Op == syntax.OpCapture || sub.Op == syntax.OpStar || sub.Op == syntax.OpPlus
		if nested(sub, unbounded && alone || inside && re.Op == syntax.OpCapture) {
			return true
		}
	}
	return false
}

func matches(n int, line string) bool {
	s := ready().rows[n].Signature
	lines := unescape(line)
	if windows(strings.Join(lines, "\n"), s.Has) == nil {
		return false
	}
	_, _, ok := ready().match(n, lines)
	return ok
}

func TestRuntimeTable_examples(t *testing.T) {
	eachRuntimeRow(func(n int, s *Signature) {
		if ready().rows[n].Signature != s {
			t.Fatalf("row %d is not %s", n, label(s))
		}
		used := map[string]bool{}
		for _, eg := range s.Eg {
			if !matches(n, eg) {
				t.Errorf("%s: does not match %q", label(s), eg)
			}
			for _, h := range s.Has {
				used[h] = used[h] || strings.Contains(strings.ToLower(strings.ReplaceAll(eg, `\`, "")), h)
			}
		}
		for _, h := range s.Has {
			if !used[h] {
				t.Errorf("%s: no example for %q", label(s), h)
			}
		}
		for _, miss := range s.Miss {
			if matches(n, miss) {
				t.Errorf("%s: matches %q", label(s), miss)
			}
		}
	})
}

// overlaps are pairs of causes that one line may speak for at once; the second
// may come first.
var overlaps = map[[2]string]string{
	{"oom-node", "unhandled-exception"}: "a hint, inside an exception",
}

// An example alone must give its own cause first.
func TestRuntimeTable_examplesAreUnambiguous(t *testing.T) {
	used := map[[2]string]bool{}
	eachRuntimeRow(func(n int, s *Signature) {
		if s.Cause == isUp || s.Cause == isConnected {
			return
		}
		for _, eg := range s.Eg {
			hits := Scan(eg).Hits
			if len(hits) == 0 {
				t.Errorf("%s: no hit in %q", label(s), eg)
				continue
			}
			pair := [2]string{s.Cause, hits[0].Sig.Cause}
			if pair[0] == pair[1] {
				continue
			}
			if overlaps[pair] == "" {
				t.Errorf("%s: %q gives first\n\t%s", label(s), eg, label(hits[0].Sig))
			}
			used[pair] = true
		}
	})
	for pair := range overlaps {
		if !used[pair] {
			t.Errorf("overlap %v is not needed", pair)
		}
	}
}

func TestNested(t *testing.T) {
	for expr, want := range map[string]bool{`(?:a+)+`: true, `(?:a*)*b`: true, `((a+))*`: true, `(?:\w+\.)*\w+`: false, `a+b*`: false, `(?:a{2})+`: false, `(?:(?:a+){2,})*`: true} {
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if nested(tree, false) != want {
			t.Errorf("nested(%q) = %v", expr, !want)
		}
	}
}

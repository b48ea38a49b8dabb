package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLiteralsOf(t *testing.T) {
	for expr, want := range map[string][]string{
		`pull QPS exceeded`:                          {"pull qps exceeded"},
		`configmaps? \\*"(?P<name>[^"]+)" not found`: {"\" not found"},
		`(?:abc|defg)hij`:                            {"hij"},
		`(?:abc|defg)?hijk`:                          {"hijk"},
		`x509:|tls: `:                                {"x509:", "tls: "},
		`abc|\d+`:                                    nil,
		`ab`:                                         nil,
		`no space+ left`:                             {"no space"},
		`a{2}bcd`:                                    {"bcd"},
		`avc: +denied +\{ *(?P<what>[^}]*?) *\}`:     {"denied "},
		`[[:alpha:]\]]xyz[^]a]`:                      {"xyz"},
		`(?i)abc`:                                    nil,
		`\x41bcd`:                                    nil,
		`abc\bdef\.`:                                 {"def."},
		`{x}abc`:                                     {"{x}abc"},
		`(?P<a>abcd(?P<b>efg|hijkl))`:                {"abcd"},
		`can.t find`:                                 {"t find"},
		``:                                           nil,
	} {
		if got := literalsOf(expr); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", expr, got, want)
		}
	}
}

// The words never keep out a text that the expression matches.
func FuzzLiteralsOf(f *testing.F) {
	for _, c := range pullTexts {
		for _, row := range pullRows {
			if row.cause == c.cause {
				f.Add(row.pat.expr, c.text)
			}
		}
	}
	f.Add(`a+b{2,}c?[x-z]{0,2}(de|fgh)*i`, "aabbi")
	f.Add(`(?:ab{,2}c|d)`, "ab{,2}c")
	f.Fuzz(func(t *testing.T, expr, text string) {
		words := literalsOf(expr)
		if words == nil || len(expr) > 500 || strings.IndexFunc(text+expr, func(r rune) bool { return r >= 0x80 }) >= 0 {
			return
		}
		re, err := regexp.Compile(`(?is)` + expr)
		if err != nil {
			return
		}
		if re.MatchString(text) && !holdsAny(strings.ToLower(text), words) {
			t.Errorf("%q matches %q, and none of %q is in it", expr, text, words)
		}
	})
}

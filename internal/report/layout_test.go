package report

import (
	"reflect"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		in   string
		cols int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 100, []string{"one two three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"x abcdefghij y", 4, []string{"x", "abcd", "efgh", "ij y"}},
		{"起動に 失敗しました", 6, []string{"起動に", "失敗し", "ました"}},
		{"e\u0301e\u0301e\u0301", 2, []string{"e\u0301e\u0301", "e\u0301"}},
	} {
		if got := wrap(tc.in, tc.cols); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("wrap(%q, %d) = %q, want %q", tc.in, tc.cols, got, tc.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{cutEnd("abcdef", 6, "…"), "abcdef"},
		{cutEnd("abcdef", 5, "…"), "abcd…"},
		{cutEnd("abcdef", 5, "..."), "ab..."},
		{cutEnd("起動に失敗", 5, "…"), "起動…"},
		{cutMiddle("web-7d9c5b8f6c-x2x9k", 11, "…"), "web-7…x2x9k"},
		{cutMiddle("short", 11, "…"), "short"},
		{pad("起", 4), "起  "},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}

func TestCells(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "起": 2, "←…": 2, strings.Repeat("起a", 3): 9} {
		if got := Cells(s); got != want {
			t.Errorf("Cells(%q) = %d, want %d", s, got, want)
		}
	}
}

package spelling

import (
	"slices"
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 0, 0},
		{"name", "name", 3, 0},
		{"name", "naem", 3, 1},
		{"name", "mane", 3, 2},
		{"name", "names", 3, 1},
		{"name", "ame", 3, 1},
		{"kitten", "sitting", 3, 3},
		{"kitten", "sitting", 2, 3},
		{"a", "abcdef", 3, 4},
		{"a", "a", -1, 0},
		{strings.Repeat("x", MaxWord), strings.Repeat("x", MaxWord), 1, 0},
		{strings.Repeat("x", MaxWord+1), strings.Repeat("x", MaxWord+1), 1, 2},
	} {
		if got := Distance(c.a, c.b, c.limit); got != c.want {
			t.Errorf("%q to %q within %d: %d, want %d", c.a, c.b, c.limit, got, c.want)
		}
		if got := Distance(c.b, c.a, c.limit); got != c.want {
			t.Errorf("%q to %q within %d: %d, want %d", c.b, c.a, c.limit, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"proc.name", "proc.pname", "fd.name", "evt.type"}
	for word, want := range map[string]string{"proc.nmae": "proc.name", "proc.pnam": "proc.pname", "evt.typo": "evt.type", "zzz": "", "proc.name": "proc.name"} {
		if got := Nearest(word, 2, slices.Values(words)); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

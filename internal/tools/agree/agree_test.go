package main

import (
	"strings"
	"testing"
)

func TestLists_areLongEnough(t *testing.T) {
	if n := len(filterJobs()); n < 60 {
		t.Errorf("%d filters, want 60 at least", n)
	}
	if n := len(formatJobs()); n < 20 {
		t.Errorf("%d output forms, want 20 at least", n)
	}
	for _, j := range append(formatJobs(), filterJobs()...) {
		if _, _, err := options(j.args); err != nil {
			t.Errorf("%s: %v", j.name, err)
		}
	}
	known, err := parseKnown(knownList)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range known {
		if len(k.reason) < 20 {
			t.Errorf("no reason: %q", k.reason)
		}
	}
}

func TestDiff_alignsByNumber(t *testing.T) {
	for _, c := range []struct{ ours, theirs, want string }{
		{"1 a,2 b,3 c", "1 a,2 b,3 c", ""},
		{"1 a,2 b,3 c", "1 a,3 c", "2 b/-"},
		{"1 a,3 c", "1 a,2 b,3 c", "-/2 b"},
		{"1 a,2 x,3 c", "1 a,2 b,3 c", "2 x/2 b"},
		{"1 a", "1 a,9 z", "-/9 z"},
		{"1 a,2 b,5 e", "1 a,3 c,4 d,5 e", "2 b/- -/3 c -/4 d"},
	} {
		var got []string
		diff(strings.Split(c.ours, ","), strings.Split(c.theirs, ","), func(a, b string, hasA, hasB bool) {
			if !hasA {
				a = "-"
			}
			if !hasB {
				b = "-"
			}
			got = append(got, a+"/"+b)
		})
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s against %s: %s, want %s", c.ours, c.theirs, s, c.want)
		}
	}
}

func TestExplain_needsEveryColumn(t *testing.T) {
	known, err := parseKnown("*\tform x\tread <\tfd.dev\t0\t[0-9A-F]+\twhat is no file has no device\n")
	if err != nil {
		t.Fatal(err)
	}
	j := job{name: "form x", prefixed: true, columns: []string{"fd.name", "fd.dev"}}
	for _, c := range []struct {
		our, their string
		want       bool
	}{
		{"1 read < a|0", "1 read < a|55", true},
		{"1 read < a|0", "1 read < b|55", false},
		{"1 write < a|0", "1 write < a|55", false},
		{"1 read < a|1", "1 read < a|55", false},
	} {
		if got := explain(known, "f", j, c.our, c.their, true, true); got != c.want {
			t.Errorf("%s against %s: %v", c.our, c.their, got)
		}
	}
	if explain(known, "f", j, "1 read < a|0", "", true, false) {
		t.Error("a missing line was explained by a column")
	}
	for _, bad := range []string{"a\tb", "a\tb\t(\td\te\tf\tg"} {
		if _, err := parseKnown(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestExplain_relations(t *testing.T) {
	known, err := parseKnown("*\tform x\t.*\tproc.env\t.*\t=dots\treason\n*\tform x\t.*\tgroup.gid\t.*\t=low32\treason\n*\tform x\t.*\tproc.pname\t.*\t=proc.name\treason\n")
	if err != nil {
		t.Fatal(err)
	}
	j := job{name: "form x", prefixed: true, columns: []string{"proc.name", "proc.pname", "proc.env", "group.gid"}}
	for _, c := range []struct {
		our, their string
		want       bool
	}{
		{"a|b|A=1.2|7", "a|b|A=1\t2|7", true},
		{"a|b|A=1.2|7", "a|b|A=1|7", true},
		{"a|b|A=1.2|7", "a|b|A=3\t2|7", false},
		{"a|b|A=12|7", "a|b|A=1|7", false},
		{"a|b||7", "a|b||12884901895", true},
		{"a|b||7", "a|b||12884901896", false},
		{"a|b||7", "a|b||8", false},
		{"a|b||7", "a|a||7", true},
		{"a|b||7", "a|c||7", false},
	} {
		if got := explain(known, "f", j, "1 read < "+c.our, "1 read < "+c.their, true, true); got != c.want {
			t.Errorf("%q against %q: %v", c.our, c.their, got)
		}
	}
}

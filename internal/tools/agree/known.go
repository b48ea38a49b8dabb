package main

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// entry is a known difference: a line of known.txt. Patterns of files, comparisons and
// columns are those of path.Match; the others are regular expressions that must match
// all of the text. "none" stands for no line. In the place of sysdig's value may stand
// a relation to ours, see relations.
type entry struct {
	file, name, column  string
	event, ours, theirs *regexp.Regexp
	relation            func(our, their string, theirs row) bool
	reason              string
	hits                int
}

// relations say how sysdig's value follows from ours, where that can be said; "=COLUMN"
// is one more: sysdig shows the value of another column of its line.
var relations = map[string]func(our, their string, theirs row) bool{
	// "=dots": our value has dots for control characters; behind a line break sysdig's
	// line is at its end.
	"=dots": func(our, their string, _ row) bool {
		dotted := []byte(their)
		for i, c := range dotted {
			if c < ' ' || c == 0x7f {
				dotted[i] = '.'
			}
		}
		return our == string(dotted) || strings.HasPrefix(our, string(dotted)+".")
	},
	// "=low32": our value is the lower half of sysdig's.
	"=low32": func(our, their string, _ row) bool {
		n, err := strconv.ParseUint(their, 10, 64)
		return err == nil && n>>32 != 0 && our == strconv.FormatUint(n&(1<<32-1), 10)
	},
}

// parseKnown reads known.txt. Its columns are separated by tabs: file, comparison,
// event as "type dir", column (a field, or "line" for outputs without columns), our
// value, sysdig's value, reason.
func parseKnown(text string) ([]*entry, error) {
	var all []*entry
	for n, l := range strings.Split(text, "\n") {
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		cols := strings.Split(l, "\t")
		if len(cols) != 7 {
			return nil, fmt.Errorf("known.txt:%d: want seven columns, have %d", n+1, len(cols))
		}
		e := &entry{file: cols[0], name: cols[1], column: cols[3], reason: cols[6]}
		for _, x := range []struct {
			to   **regexp.Regexp
			text string
		}{{&e.event, cols[2]}, {&e.ours, cols[4]}, {&e.theirs, cols[5]}} {
			if x.text == "none" {
				continue
			}
			if x.to == &e.theirs && strings.HasPrefix(x.text, "=") {
				if e.relation = relations[x.text]; e.relation == nil {
					e.relation = func(_, their string, theirs row) bool { return their != "" && their == theirs.cols[x.text[1:]] }
				}
				continue
			}
			re, err := regexp.Compile("^(?s:" + x.text + ")$")
			if err != nil {
				return nil, fmt.Errorf("known.txt:%d: %w", n+1, err)
			}
			*x.to = re
		}
		all = append(all, e)
	}
	return all, nil
}

// row is a line of output taken apart.
type row struct {
	event string
	cols  map[string]string
}

// takeApart splits a line by the columns of the job's template. A line without columns
// is one column called "line".
func takeApart(j job, line string) row {
	if strings.HasPrefix(line, "{") {
		var fields map[string]any
		if json.Unmarshal([]byte(line), &fields) == nil {
			r := row{cols: map[string]string{}}
			for k, v := range fields {
				r.cols[k] = fmt.Sprint(v)
			}
			r.event = fmt.Sprint(fields["evt.type"]) + " " + fmt.Sprint(fields["evt.dir"])
			return r
		}
	}
	words := strings.SplitN(line, " ", 4)
	if len(j.columns) == 0 || len(words) < 4 {
		r := row{cols: map[string]string{"line": line}}
		if len(words) >= 3 && j.prefixed {
			r.event = words[1] + " " + words[2]
		}
		return r
	}
	r := row{event: words[1] + " " + words[2], cols: map[string]string{}}
	vals := []string{words[3]}
	if len(j.columns) > 1 {
		vals = strings.Split(words[3], "|")
	}
	if len(vals) != len(j.columns) {
		return row{event: r.event, cols: map[string]string{"line": line}}
	}
	for i, c := range j.columns {
		r.cols[c] = vals[i]
	}
	return r
}

// explain reports whether entries explain every column that differs.
func explain(known []*entry, file string, j job, our, their string, hasOur, hasTheir bool) bool {
	if !hasOur || !hasTheir {
		line := our + their
		return explained(known, file, j.name, takeApart(j, line).event, "line", our, their, row{}, hasOur, hasTheir)
	}
	a, b := takeApart(j, our), takeApart(j, their)
	if len(a.cols) != len(b.cols) {
		a.cols, b.cols = map[string]string{"line": our}, map[string]string{"line": their}
	}
	for c, v := range a.cols {
		w, ok := b.cols[c]
		if ok && v == w {
			continue
		}
		if !ok || !explained(known, file, j.name, a.event, c, v, w, b, true, true) {
			return false
		}
	}
	return true
}

func explained(known []*entry, file, name, event, column, our, their string, theirs row, hasOur, hasTheir bool) bool {
	for _, e := range known {
		if match(e.file, file) && match(e.name, name) && match(e.column, column) &&
			e.event.MatchString(event) && fits(e.ours, our, hasOur) && e.fitsTheirs(our, their, theirs, hasTheir) {
			e.hits++
			return true
		}
	}
	return false
}

func match(pattern, text string) bool {
	ok, _ := path.Match(pattern, strings.ReplaceAll(text, "/", ":"))
	return ok || pattern == "*"
}

func fits(e *regexp.Regexp, text string, has bool) bool {
	if e == nil {
		return !has
	}
	return has && e.MatchString(text)
}

func (e *entry) fitsTheirs(our, their string, theirs row, has bool) bool {
	if e.relation != nil {
		return has && e.relation(our, their, theirs)
	}
	return fits(e.theirs, their, has)
}

package paste

import (
	"strings"
)

// columns are the headings of `kubectl get` tables that have blanks inside.
var wideHeadings = []string{"NOMINATED NODE", "READINESS GATES", "NODE SELECTOR", "ACCESS MODES", "RECLAIM POLICY", "LAST SCHEDULE", "LAST SEEN",
	"FIRST SEEN", "CPU REQUESTS", "CPU LIMITS"}

// table is a header line taken apart.
type table struct {
	kind    string
	columns []token
}

// tableKinds tell what a table lists by the headings it must have.
var tableKinds = []struct {
	kind string
	need []string
}{
	{"Pod", []string{"NAME", "READY", "STATUS", "RESTARTS"}},
	{"Node", []string{"NAME", "STATUS", "VERSION"}},
	{"Node", []string{"NAME", "STATUS", "ROLES"}},
	{"PersistentVolume", []string{"NAME", "CAPACITY", "RECLAIM POLICY", "STATUS"}},
	{"PersistentVolume", []string{"NAME", "CAPACITY", "RECLAIMPOLICY", "STATUS"}},
	{"PersistentVolumeClaim", []string{"NAME", "STATUS", "VOLUME"}},
	{"Service", []string{"NAME", "CLUSTER-IP"}},
	{"Service", []string{"NAME", "CLUSTER_IP"}},
	{"Endpoints", []string{"NAME", "ENDPOINTS"}},
	{"CronJob", []string{"NAME", "SCHEDULE", "SUSPEND"}},
	{"Job", []string{"NAME", "COMPLETIONS"}},
	{"Job", []string{"NAME", "DESIRED", "SUCCESSFUL"}},
	{"DaemonSet", []string{"NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE"}},
	{"DaemonSet", []string{"NAME", "DESIRED", "CURRENT", "NODE-SELECTOR"}},
	{"Deployment", []string{"NAME", "UP-TO-DATE", "AVAILABLE"}},
	{"ReplicaSet", []string{"NAME", "DESIRED", "CURRENT"}},
	{"StatefulSet", []string{"NAME", "READY", "AGE"}},
	{"Other", []string{"NAME", "AGE"}},
	{"Other", []string{"NAME", "CPU(CORES)"}},
	{"Other", []string{"NAME", "PROVISIONER"}},
}

// tableHeader reads a header line of `kubectl get`. All words of it are in
// capitals, or all are not, in a text that lost them.
func tableHeader(t string) (*table, bool) {
	t2 := strings.TrimLeft(t, " \t")
	if len(t) > 600 || len(t2) < 8 || t2[0]|0x20 != 'n' && t2[0]|0x20 != 'l' {
		return nil, false
	}
	upper := strings.ToUpper(t)
	if !strings.HasPrefix(strings.TrimLeft(upper, " \t"), "NAME") && !strings.HasPrefix(strings.TrimLeft(upper, " \t"), "LAST") {
		return nil, false
	}
	if upper != t && strings.ToLower(t) != t {
		return nil, false
	}
	for _, w := range wideHeadings {
		if i := strings.Index(upper, w); i >= 0 {
			upper = upper[:i] + strings.ReplaceAll(w, " ", "\x00") + upper[i+len(w):]
		}
	}
	h := &table{columns: tokens(upper, 40)}
	for i := range h.columns {
		c := &h.columns[i]
		c.text = strings.ReplaceAll(c.text, "\x00", " ")
		if !isHeading(c.text) {
			return nil, false
		}
	}
	for _, k := range tableKinds {
		if h.hasAll(k.need) {
			h.kind = k.kind
			return h, len(h.columns) >= 2
		}
	}
	return nil, false
}

func isHeading(s string) bool {
	for i := range len(s) {
		if !isUpper(s[i]) && !isDigit(s[i]) && !strings.ContainsRune("-_()% /%", rune(s[i])) {
			return false
		}
	}
	return true
}

func (h *table) hasAll(names []string) bool {
	for _, n := range names {
		if h.index(n) < 0 {
			return false
		}
	}
	return true
}

func (h *table) index(name string) int {
	for i, c := range h.columns {
		if c.text == name {
			return i
		}
	}
	return -1
}

// startsTable reports whether line i is the header of a table other than events.
func (p *parser) startsTable(i int) bool {
	_, ok := tableHeader(p.lines[i].text)
	return ok
}

// cells gives the values of a row by heading. kubectl aligns columns, so that a
// cell stands under its heading; where it does not (copying), words are counted
// instead, and an empty cell shifts the rest.
func (h *table) row(t string) map[string]string {
	out := make(map[string]string, len(h.columns))
	if h.aligned(t) {
		for i, c := range h.columns {
			to := len(t)
			if i+1 < len(h.columns) {
				to = min(to, h.columns[i+1].from)
			}
			if c.from < to {
				out[c.text] = strings.TrimSpace(t[c.from:to])
			}
		}
		return out
	}
	words := tokens(t, len(h.columns)+8)
	j := 0
	for i := 0; i < len(h.columns) && j < len(words); i++ {
		w := words[j].text
		j++
		// A cell of the form "4 (63s ago)" has three words.
		if j+1 < len(words) && strings.HasPrefix(words[j].text, "(") && strings.HasSuffix(words[j+1].text, ")") {
			w += " " + words[j].text + " " + words[j+1].text
			j += 2
		}
		out[h.columns[i].text] = w
	}
	return out
}

// aligned reports whether each word under the headings starts a column or has one
// word in front of it in the same column.
func (h *table) aligned(t string) bool {
	if strings.IndexByte(t, '\t') >= 0 || len(t) <= h.columns[len(h.columns)-1].from && len(h.columns) > 2 {
		return false
	}
	for _, c := range h.columns[1:] {
		if c.from < len(t) && (c.from == 0 || !isBlank(t[c.from-1])) {
			return false
		}
	}
	first := tokens(t, 1)
	return len(first) == 1 && first[0].from >= h.columns[0].from && first[0].to <= h.columns[1].from
}

// takeTable reads the table whose header is the current line.
func (p *parser) takeTable() {
	h, _ := tableHeader(p.lines[p.i].text)
	p.i++
	rows := 0
	for ; p.i < len(p.lines); p.i++ {
		t := p.lines[p.i].text
		if t == "" {
			// `get all` and copying put blank lines between rows and tables.
			j := p.next(p.i)
			if j == len(p.lines) || rows == 0 || h.kind != "Pod" || !isPodRow(p.lines[j].text) {
				return
			}
			p.i = j - 1
			continue
		}
		if isGap(t) {
			continue
		}
		if isFence(t) || p.startsTable(p.i) {
			return
		}
		if _, ok := parseCommand(t); ok {
			return
		}
		if !p.takeRow(h, t) {
			return
		}
		rows++
	}
}

// takeRow reads a row; false where the line is none.
func (p *parser) takeRow(h *table, t string) bool {
	if h.kind == "Pod" {
		return p.podRow(t, h)
	}
	cells := h.row(t)
	name := cells["NAME"]
	kind := h.kind
	if k, rest, ok := strings.Cut(name, "/"); ok {
		name = rest
		if full, known := kindOf(k); known && kind != "Other" {
			kind = full
		}
	}
	if !isName(name) || len(tokens(t, 2)) < 2 && len(h.columns) > 1 {
		return false
	}
	ns := cells["NAMESPACE"]
	if ns == "" {
		ns = p.listedIn()
	}
	return p.addRow(kind, ns, name, cells, p.source(p.i))
}

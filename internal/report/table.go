package report

import "strings"

// row is one line of the table of many subjects.
type row struct{ ns, name, status, cause, confidence, summary string }

// gap is what stands between two columns.
const gap = "  "

// Least widths: a summary of fewer columns says nothing, a name cut to fewer
// cannot be recognised.
const (
	leastSummary = 36
	leastName    = 20
)

// table writes one line per group where the width allows, else two: what it is,
// then why.
func (t *text) table(groups []*group) {
	head := row{"NAMESPACE", "NAME", "STATUS", "CAUSE", "CONFIDENCE", "SUMMARY"}
	rows := []row{head}
	for _, g := range groups {
		r := row{ns: g.first().Subject.Namespace, name: g.name(), status: g.status()}
		r.cause, r.confidence, r.summary = g.cause()
		rows = append(rows, r)
	}
	var w [5]int
	for _, r := range rows {
		for i, s := range []string{r.ns, r.name, r.status, r.cause, r.confidence} {
			w[i] = max(w[i], Cells(s))
		}
	}
	natural := w[0] + w[1] + w[2] + w[3] + w[4] + 5*len(gap)
	if natural+leastSummary <= t.Width {
		t.wideTable(rows, w, t.Width-natural)
		return
	}
	t.narrowTable(rows, w)
}

func (t *text) wideTable(rows []row, w [5]int, room int) {
	for i, r := range rows {
		if i == 0 {
			t.line(t.paint(strings.Join([]string{pad(r.ns, w[0]), pad(r.name, w[1]), pad(r.status, w[2]), pad(r.cause, w[3]), pad(r.confidence, w[4]), r.summary}, gap), dim))
			continue
		}
		t.line(
			pad(r.ns, w[0]), gap, t.paint(pad(r.name, w[1]), bold), gap, t.paint(pad(r.status, w[2]), red), gap,
			pad(r.cause, w[3]), gap, t.paint(pad(r.confidence, w[4]), confidenceStyle(r.confidence)), gap, cutEnd(r.summary, room, t.sym.more),
		)
	}
}

func (t *text) narrowTable(rows []row, w [5]int) {
	// The name gives way first: cut in its middle it is still known.
	ns := min(w[0], max(len("NAMESPACE"), t.Width/6))
	room := t.Width - ns - 2*len(gap)
	name := max(leastName, min(w[1], room-w[2]))
	status := min(w[2], room-name)
	indent := "    "
	for i, r := range rows {
		first := []string{pad(cutMiddle(r.ns, ns, t.sym.more), ns), pad(cutMiddle(r.name, name, t.sym.more), name), cutEnd(r.status, status, t.sym.more)}
		if i == 0 {
			t.line(t.paint(strings.TrimRight(strings.Join(first, gap), " "), dim))
			t.line(t.paint(indent+"CAUSE (CONFIDENCE): SUMMARY", dim))
			continue
		}
		t.line(first[0], gap, t.paint(first[1], bold), gap, t.paint(first[2], red))
		why := r.cause
		if r.confidence != "" {
			why += " (" + r.confidence + ")"
		}
		t.line(indent, cutEnd(why+": "+r.summary, t.Width-len(indent), t.sym.more))
	}
}

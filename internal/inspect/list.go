package inspect

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// listNotes answers a view whose rows are single events.
func (ix *Index) listNotes(t *Table, sel *selection, q Query, by int, desc bool) {
	rows := ix.notesOf(t, sel, q)
	t.Total = len(rows)
	values := make([]Value, len(rows))
	for i := range rows {
		values[i] = ix.noteValue(&t.Columns[by], &rows[i])
	}
	for _, i := range page(len(rows), q, func(a, b int) int {
		c := values[a].compare(values[b])
		if desc {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(rows[a].num, rows[b].num))
	}) {
		n := &rows[i]
		row := Row{Values: make([]Value, len(t.Columns)), Num: n.num}
		for k := range t.Columns {
			row.Values[k] = ix.noteValue(&t.Columns[k], n)
		}
		if a, ok := attrs[t.View.SelectKey]; ok && a.dim == dimTask {
			row.Key = a.show(ix, n.task)
		}
		t.Rows = append(t.Rows, row)
	}
}

// listCores answers the view of processors.
func (ix *Index) listCores(t *Table, q Query, by int, desc bool) {
	t.Total = len(ix.Info.Cores)
	t.FromNanos, t.ToNanos = ix.Info.FirstNanos, ix.Info.LastNanos
	value := func(i, col int) Value { return t.Columns[col].core(ix, &ix.Info.Cores[i]) }
	for _, i := range page(t.Total, q, func(a, b int) int {
		c := value(a, by).compare(value(b, by))
		if desc {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a, b))
	}) {
		row := Row{Values: make([]Value, len(t.Columns))}
		for k := range t.Columns {
			row.Values[k] = value(i, k)
		}
		t.Rows = append(t.Rows, row)
	}
	if len(q.Select) > 0 || q.FromNanos != 0 || q.ToNanos != 0 {
		t.Remarks = append(t.Remarks, "processors are counted over the whole capture")
	}
}

// notesOf collects the kept notes of a view, in the order of the file.
func (ix *Index) notesOf(t *Table, sel *selection, q Query) []note {
	var rows []note
	var lost uint64
	for _, class := range t.View.classes {
		kept, n := ix.notes[class].all()
		lost += n
		for i := range kept {
			n := &kept[i]
			if n.ts < q.FromNanos || q.ToNanos != 0 && n.ts > q.ToNanos || !ix.validNote(n) || !sel.has(n.task, n.name, n.what) {
				continue
			}
			if t.View.keep == nil || t.View.keep(ix, n) {
				rows = append(rows, *n)
			}
		}
	}
	if lost > 0 {
		t.Remarks = append(t.Remarks, fmt.Sprintf("%d events in the middle have no row in the index; unloop inspect --events lists them all", lost))
	}
	if len(t.View.classes) > 1 {
		slices.SortStableFunc(rows, func(a, b note) int { return cmp.Compare(a.num, b.num) })
	}
	return rows
}

// validNote guards against the numbers of a forged index file.
func (ix *Index) validNote(n *note) bool {
	return int(n.task) < len(ix.d.tasks) && int(n.name) < len(ix.d.names) && int(n.what) < len(ix.d.what.list)
}

func (ix *Index) noteValue(c *Column, n *note) Value {
	if c.note != nil {
		return c.note(ix, n)
	}
	a, ok := attrs[c.attr]
	if !ok {
		return Value{}
	}
	switch a.dim {
	case dimName:
		return a.show(ix, n.name)
	case dimWhat:
		return a.show(ix, n.what)
	}
	return a.show(ix, n.task)
}

// duration shows a width of slots.
func duration(nanos uint64) string {
	if bits.Len64(nanos) > 62 {
		return "centuries"
	}
	d := time.Duration(nanos)
	for unit := time.Hour; unit > 1; unit /= 10 {
		if d > unit*100 {
			d = d.Round(unit)
			break
		}
	}
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

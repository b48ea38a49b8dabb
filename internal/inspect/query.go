package inspect

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/spelling"
)

// Query asks for the rows of a view.
type Query struct {
	View string
	// Select restricts to cells and events with these properties, all of them.
	Select []Selector
	// FromNanos and ToNanos are the window, times since the Unix epoch; 0 leaves an end
	// open. It is widened to whole slots where the index alone answers.
	FromNanos, ToNanos uint64
	// Sort is the name of a column, with a leading "-" for the opposite order; "" is
	// the view's own.
	Sort string
	// Offset and Limit page through the rows; a Limit of 0 gives all.
	Offset, Limit int
}

// Selector is one KEY=VALUE.
type Selector struct{ Key, Value string }

// String is the selector as it is typed.
func (s Selector) String() string { return s.Key + "=" + s.Value }

// Table is the answer to a query.
type Table struct {
	View    *View
	Columns []Column
	Rows    []Row
	// Total is how many rows there are in all; Offset is the number of the first of Rows.
	Total, Offset int
	// FromNanos and ToNanos are the window that was counted.
	FromNanos, ToNanos uint64
	// Remarks say where the answer is not the full truth.
	Remarks []string
}

// Row is one row.
type Row struct {
	Values []Value
	// Key is the value for --select that restricts to this row; nothing where rows
	// are not grouped.
	Key Value
	// Num is the number of the event of the row; 0 for groups.
	Num uint64
}

// QueryError is a question that cannot be asked.
type QueryError struct {
	What string
	// Near is what was perhaps meant; "" for nothing.
	Near string
}

// Error implements error.
func (e *QueryError) Error() string { return e.What }

// Keys lists the keys that Select takes, short names first.
func Keys() []string {
	var out []string
	for k := range aliases {
		out = append(out, k)
	}
	slices.Sort(out)
	n := len(out)
	for k := range attrs {
		if k != "proc" {
			out = append(out, k)
		}
	}
	slices.Sort(out[n:])
	return out
}

// Run answers a query.
func (ix *Index) Run(q Query) (*Table, error) {
	v := ViewByID(q.View)
	if v == nil {
		return nil, &QueryError{What: fmt.Sprintf("unknown view %q", q.View), Near: nearest(q.View, func(yield func(string) bool) {
			for _, v := range views {
				if !yield(v.ID) {
					return
				}
			}
		})}
	}
	sel, err := ix.selection(q.Select)
	if err != nil {
		return nil, err
	}
	if ix.folded(&q) {
		ix.selectPrograms(sel)
	}
	t := &Table{View: v, Columns: ix.columns(v), Offset: q.Offset}
	by, desc, err := order(t.Columns, v, q.Sort)
	if err != nil {
		return nil, err
	}
	w := ix.window(q.FromNanos, q.ToNanos)
	t.FromNanos, t.ToNanos = w.from, w.to
	switch {
	case v.cores:
		ix.listCores(t, q, by, desc)
	case v.ListsEvents():
		ix.listNotes(t, sel, q, by, desc)
	default:
		t.Remarks = append(t.Remarks, w.remark...)
		if s := ix.foldedRemark(&q); s != "" {
			t.Remarks = append(t.Remarks, s)
		}
		ix.group(t, sel, w, q, by, desc)
	}
	return t, nil
}

// columns leaves out the columns that this capture cannot fill.
func (ix *Index) columns(v *View) []Column {
	var out []Column
	for _, c := range v.Columns {
		switch c.If {
		case "cpu":
			if ix.Info.CPUTimes == "" {
				continue
			}
		case "procinfo":
			if ix.Info.CPUTimes != "procinfo" {
				continue
			}
		case "containers":
			if len(ix.d.containers) <= othersID+1 {
				continue
			}
		case "pods":
			if !slices.ContainsFunc(ix.d.containers, func(c containerRec) bool { return c.pod != 0 }) {
				continue
			}
		case "enters":
			if !ix.Info.HasEnters {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// order finds the column to sort by. Numbers come largest first unless they are
// times, event numbers or names in disguise.
func order(cols []Column, v *View, want string) (by int, desc bool, err error) {
	name, back := strings.CutPrefix(want, "-")
	if name == "" {
		name = v.Columns[min(v.Sort, len(v.Columns)-1)].Name
		if by = slices.IndexFunc(cols, func(c Column) bool { return c.Name == name }); by < 0 {
			by = max(0, slices.IndexFunc(cols, func(c Column) bool { return c.measure != "" || c.gauge != nil }))
		}
	} else if by = slices.IndexFunc(cols, func(c Column) bool { return strings.EqualFold(c.Name, name) }); by < 0 {
		return 0, false, &QueryError{What: fmt.Sprintf("view %s has no column %q", v.ID, name), Near: nearest(strings.ToUpper(name), func(yield func(string) bool) {
			for i := range cols {
				if !yield(cols[i].Name) {
					return
				}
			}
		})}
	}
	c := &cols[by]
	desc = c.measure != "" || c.gauge != nil || c.unique != "" || c.Format == Nanos || c.Name == "BAD"
	return by, desc != back, nil
}

// window is a range of slots.
type window struct {
	first, last int // slots, inclusive
	from, to    uint64
	remark      []string
}

func (w window) seconds() float64 { return max(float64(w.to-w.from)/1e9, 1e-9) }

// window widens times to slots.
func (ix *Index) window(from, to uint64) window {
	in := &ix.Info
	w := window{first: 0, last: len(ix.slots) - 1, from: in.FirstNanos, to: in.LastNanos}
	end := in.FirstNanos + uint64(len(ix.slots))*in.SlotNanos
	if from > in.FirstNanos && in.SlotNanos > 0 {
		w.first = int(min((from-in.FirstNanos)/in.SlotNanos, uint64(len(ix.slots))))
		w.from = in.FirstNanos + uint64(w.first)*in.SlotNanos
	}
	if to != 0 && to < end && in.SlotNanos > 0 {
		if to < in.FirstNanos {
			w.last = -1
		} else {
			w.last = int((to - in.FirstNanos) / in.SlotNanos)
			w.to = in.FirstNanos + uint64(w.last+1)*in.SlotNanos
		}
	}
	w.to = max(w.to, w.from)
	if from > w.from || to != 0 && to < w.to && to >= in.FirstNanos && to < in.LastNanos {
		w.remark = append(w.remark, "the window was widened to whole slots of "+duration(in.SlotNanos))
	}
	return w
}

// selection is what Select leaves of the dimensions.
type selection struct {
	task, name, what []bool // nil: everything
}

func (ix *Index) selection(list []Selector) (*selection, error) {
	s := &selection{}
	for _, one := range list {
		key := one.Key
		if full, ok := aliases[key]; ok {
			key = full
		}
		a, ok := attrs[key]
		if !ok {
			return nil, &QueryError{What: fmt.Sprintf("unknown key %q", one.Key), Near: nearest(one.Key, slices.Values(Keys()))}
		}
		match := a.match
		if match == nil {
			match = func(ix *Index, id uint32, want string) bool { return a.show(ix, id).String() == want }
		}
		into, n := &s.task, len(ix.d.tasks)
		switch a.dim {
		case dimName:
			into, n = &s.name, len(ix.d.names)
		case dimWhat:
			into, n = &s.what, len(ix.d.what.list)
		}
		fresh := *into == nil
		if fresh {
			*into = make([]bool, n)
		}
		memo := map[uint64]bool{}
		for id := range *into {
			if !fresh && !(*into)[id] {
				continue
			}
			k, has := a.key(ix, uint32(id))
			if a.match != nil || !has {
				(*into)[id] = match(ix, uint32(id), one.Value)
				continue
			}
			hit, known := memo[k]
			if !known {
				hit = match(ix, uint32(id), one.Value)
				memo[k] = hit
			}
			(*into)[id] = hit
		}
	}
	return s, nil
}

func (s *selection) has(task, name, what uint32) bool {
	return (s.task == nil || int(task) < len(s.task) && s.task[task]) &&
		(s.name == nil || int(name) < len(s.name) && s.name[name]) &&
		(s.what == nil || int(what) < len(s.what) && s.what[what])
}

// page sorts the order of rows and cuts the page out of it.
func page(total int, q Query, less func(a, b int) int) []int {
	idx := make([]int, total)
	for i := range idx {
		idx[i] = i
	}
	slices.SortStableFunc(idx, less)
	from := min(max(q.Offset, 0), total)
	to := total
	if q.Limit > 0 {
		to = min(from+q.Limit, total)
	}
	return idx[from:to]
}

// nearest is the word that is closest to what was typed, else the first that it is a part of;
// "" where none is close.
func nearest(word string, all iter.Seq[string]) string {
	best := spelling.Nearest(word, len(word)/2, all)
	if best == "" && len(word) > 1 {
		for w := range all {
			if strings.Contains(w, word) {
				return w
			}
		}
	}
	return best
}

package inspect

import (
	"cmp"
	"sort"
)

// group answers a view whose rows are groups of cells.
func (ix *Index) group(t *Table, sel *selection, w window, q Query, by int, desc bool) {
	a := attrs[t.View.Key]
	g := newGrouping(ix, t, a, sel)
	for s := w.first; s <= w.last && s < len(ix.slots); s++ {
		cells := ix.slots[s]
		for i := range cells {
			c := &cells[i]
			bits := g.plan.in(c)
			if bits&g.base == 0 || !sel.has(c.task, c.name, c.what) {
				continue
			}
			g.add(c, bits)
		}
	}
	g.finish(w)
	t.Total = len(g.rows)
	values := make([]Value, len(g.rows)) // of the column that is sorted by
	for i := range g.rows {
		values[i] = g.value(i, by)
	}
	for _, i := range page(len(g.rows), q, func(x, y int) int {
		c := values[x].compare(values[y])
		if desc {
			c = -c
		}
		return cmp.Or(c, -cmp.Compare(g.rows[x].events, g.rows[y].events), cmp.Compare(g.rows[x].first, g.rows[y].first))
	}) {
		row := Row{Values: make([]Value, len(t.Columns)), Key: g.keyOf(i)}
		for k := range t.Columns {
			row.Values[k] = g.value(i, k)
		}
		t.Rows = append(t.Rows, row)
	}
}

// grouping collects rows while the cells go by.
type grouping struct {
	ix   *Index
	t    *Table
	attr attr
	plan *plan
	base uint64
	// bits of the terms of each measured column, and of the column it is divided by.
	cols    []columnPlan
	groupOf []uint32 // row+1 by id of the attribute's dimension; 0 unknown, none for no value
	byKey   map[uint64]uint32
	rows    []groupRow
	acc     []uint64 // rows x columns x 2
	tasks   [][]uint32
	seen    []uint32 // by task: row+1 that has it already
	seconds float64
	needs   bool // tasks of rows are needed
}

type columnPlan struct {
	field, perField field
	bits, perBits   uint64
}

// groupRow is one row: the cells that stand for it.
type groupRow struct {
	first            uint32 // id of the attribute's dimension that it was met with first
	task, name, what uint32
	events           uint64 // breaks ties
}

const noGroup = ^uint32(0)

func newGrouping(ix *Index, t *Table, a attr, sel *selection) *grouping {
	g := &grouping{ix: ix, t: t, attr: a, plan: ix.newPlan(), byKey: map[uint64]uint32{}, cols: make([]columnPlan, len(t.Columns))}
	byName := a.dim == dimName || sel.name != nil
	if len(t.View.base) == 0 {
		g.base = g.plan.add(ix, &term{any: tEnter | tExit | tProcinfo, byName: byName})
	}
	for _, one := range t.View.base {
		one.byName = byName
		g.base |= g.plan.add(ix, &one)
	}
	memo := map[string]uint64{}
	bitsOf := func(name string) (field, uint64) {
		m, _ := ix.measure(name)
		bits, ok := memo[name]
		if !ok {
			for _, one := range m.terms {
				one.byName = byName
				bits |= g.plan.add(ix, &one)
			}
			memo[name] = bits
		}
		return m.field, bits
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.measure != "" {
			g.cols[i].field, g.cols[i].bits = bitsOf(c.measure)
		}
		if c.per != "" && c.per != "s" {
			g.cols[i].perField, g.cols[i].perBits = bitsOf(c.per)
		}
		g.needs = g.needs || c.gauge != nil || c.queue || c.unique != ""
	}
	n := len(ix.d.tasks)
	switch a.dim {
	case dimName:
		n = len(ix.d.names)
	case dimWhat:
		n = len(ix.d.what.list)
	}
	g.groupOf = make([]uint32, n)
	if g.needs {
		g.seen = make([]uint32, len(ix.d.tasks))
	}
	return g
}

func (g *grouping) add(c *cell, bits uint64) {
	id := c.task
	switch g.attr.dim {
	case dimName:
		id = c.name
	case dimWhat:
		id = c.what
	}
	row := g.groupOf[id]
	if row == 0 {
		row = g.newRow(id, c)
	}
	if row == noGroup {
		return
	}
	row--
	r := &g.rows[row]
	r.task, r.name, r.what = c.task, c.name, c.what
	r.events += uint64(c.n)
	acc := g.acc[int(row)*2*len(g.cols):]
	for i := range g.cols {
		p := &g.cols[i]
		if p.bits&bits != 0 {
			acc[2*i] += c.value(p.field)
		}
		if p.perBits&bits != 0 {
			acc[2*i+1] += c.value(p.perField)
		}
	}
	if g.needs && g.seen[c.task] != row+1 {
		g.seen[c.task] = row + 1
		g.tasks[row] = append(g.tasks[row], c.task)
	}
}

func (g *grouping) newRow(id uint32, c *cell) uint32 {
	k, ok := g.attr.key(g.ix, id)
	if !ok {
		g.groupOf[id] = noGroup
		return noGroup
	}
	row, ok := g.byKey[k]
	if !ok {
		g.rows = append(g.rows, groupRow{first: id})
		g.acc = append(g.acc, make([]uint64, 2*len(g.cols))...)
		if g.needs {
			g.tasks = append(g.tasks, nil)
		}
		row = uint32(len(g.rows))
		g.byKey[k] = row
	}
	g.groupOf[id] = row
	return row
}

func (g *grouping) finish(w window) {
	g.seconds = w.seconds()
	for i := range g.tasks {
		sort.Slice(g.tasks[i], func(a, b int) bool { return g.tasks[i][a] < g.tasks[i][b] })
	}
}

func (g *grouping) keyOf(row int) Value {
	key := g.t.View.SelectKey
	if key == "" {
		key = g.t.View.Key
	}
	return g.show(row, key)
}

func (g *grouping) show(row int, name string) Value {
	a, r := attrs[name], &g.rows[row]
	switch a.dim {
	case dimName:
		return a.show(g.ix, r.name)
	case dimWhat:
		return a.show(g.ix, r.what)
	}
	return a.show(g.ix, r.task)
}

// value computes one value of a row.
func (g *grouping) value(row, col int) Value {
	c := &g.t.Columns[col]
	switch {
	case c.queue:
		return g.queued(row, col, c)
	case c.measure != "":
		return g.measured(row, col, c)
	case c.gauge != nil:
		return g.gauged(row, c)
	case c.unique != "":
		return g.distinct(row, c)
	}
	return g.show(row, c.attr)
}

func (g *grouping) measured(row, col int, c *Column) Value {
	at := 2 * (row*len(g.cols) + col)
	sum := float64(g.acc[at])
	switch {
	case c.per == "s" && c.Format == Percent:
		return real(sum / g.seconds / 1e7)
	case c.per == "s":
		return real(sum / g.seconds)
	case c.per != "":
		if g.acc[at+1] == 0 {
			return Value{}
		}
		return real(sum / float64(g.acc[at+1]))
	}
	return number(int64(g.acc[at]))
}

// gauged goes over the processes of a row; its tasks are in the order of the dimension.
func (g *grouping) gauged(row int, c *Column) Value {
	var out float64
	any := false
	seen := map[uint32]bool{}
	for _, task := range g.tasks[row] {
		p := g.ix.d.tasks[task].proc
		if seen[p] {
			continue
		}
		seen[p] = true
		if x, ok := c.gauge(&g.ix.d.procs[p]); ok {
			any = true
			if c.sum {
				out += x
			} else {
				out = max(out, x)
			}
		}
	}
	if !any {
		return Value{}
	}
	return real(out)
}

// queued looks up the queues of the processes of a row on its port.
func (g *grouping) queued(row, col int, c *Column) Value {
	port := g.ix.d.names[g.rows[row].name].serverPort
	most := uint32(0)
	for _, task := range g.tasks[row] {
		t := &g.ix.d.tasks[task]
		key := queueKey{t.proc, port}
		if t.collective {
			key.proc = noneID
		}
		most = max(most, g.ix.queues[key])
	}
	switch v := g.measured(row, col, c); {
	case most == 0, c.measure != "" && v.Kind == Nothing:
		return Value{}
	case c.measure != "":
		return real(100 * v.Num / float64(most))
	}
	return number(int64(most))
}

func (g *grouping) distinct(row int, c *Column) Value {
	seen := map[uint64]bool{}
	for _, task := range g.tasks[row] {
		k := uint64(g.ix.d.tasks[task].proc)
		if c.unique == "threads" {
			k = k<<32 | uint64(uint32(g.ix.d.tasks[task].tid))
		}
		seen[k] = true
	}
	return number(int64(len(seen)))
}

package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/report"
)

// screenRows is how many rows a table shows where nobody asked for a number.
const screenRows = 25

// printView answers --view.
func (o *inspectOptions) printView(_ context.Context, ix *inspect.Index, q inspect.Query) error {
	if q.Limit == 0 && o.output == "table" && !o.cmd.Flags().Changed("limit") {
		q.Limit = screenRows
	}
	t, err := ix.Run(q)
	if err != nil {
		return err
	}
	switch o.output {
	case "json":
		return o.tableJSON(t)
	case "csv":
		return o.tableCSV(t)
	}
	for _, s := range t.Remarks {
		fmt.Fprintln(o.env.Err, "unloop: "+report.Line(s))
	}
	return o.tableText(t)
}

// viewDoc is the document of a view with -o json.
type viewDoc struct {
	View      string           `json:"view"`
	FromNanos uint64           `json:"fromNanos"`
	ToNanos   uint64           `json:"toNanos"`
	Total     int              `json:"total"`
	Offset    int              `json:"offset"`
	Next      string           `json:"next,omitempty"`
	SelectKey string           `json:"selectKey,omitempty"`
	Columns   []columnDoc      `json:"columns"`
	Rows      []map[string]any `json:"rows"`
	Remarks   []string         `json:"remarks"`
}

type columnDoc struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Unit  string `json:"unit,omitempty"`
}

var units = map[inspect.Format]string{
	inspect.Bytes: "bytes", inspect.PerSec: "1/s", inspect.BytesSec: "bytes/s", inspect.Nanos: "ns", inspect.Percent: "%",
	inspect.Time: "ns since 1970", inspect.EventNum: "event number",
}

func (o *inspectOptions) tableJSON(t *inspect.Table) error {
	d := viewDoc{
		View: t.View.ID, FromNanos: t.FromNanos, ToNanos: t.ToNanos, Total: t.Total, Offset: t.Offset, Next: t.View.Next,
		Rows: []map[string]any{}, Columns: []columnDoc{}, Remarks: append([]string{}, t.Remarks...),
	}
	if d.SelectKey = t.View.SelectKey; d.SelectKey == "" {
		d.SelectKey = t.View.Key
	}
	for _, c := range t.Columns {
		d.Columns = append(d.Columns, columnDoc{c.Name, c.About, units[c.Format]})
	}
	for _, r := range t.Rows {
		row := map[string]any{}
		for i, v := range r.Values {
			row[t.Columns[i].Name] = jsonValue(v)
		}
		if r.Key.Kind != inspect.Nothing {
			row["key"] = r.Key.String()
		}
		d.Rows = append(d.Rows, row)
	}
	return writeJSON(o.env.Out, d)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func jsonValue(v inspect.Value) any {
	switch v.Kind {
	case inspect.Text:
		return report.Line(v.Text)
	case inspect.Number:
		return json.Number(v.String())
	}
	return nil
}

func (o *inspectOptions) tableCSV(t *inspect.Table) error {
	w := csv.NewWriter(o.env.Out)
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = c.Name
	}
	if err := w.Write(line); err != nil {
		return err
	}
	for _, r := range t.Rows {
		for i, v := range r.Values {
			line[i] = csvCell(v)
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// csvCell keeps a spreadsheet from taking a text of the capture for a formula.
func csvCell(v inspect.Value) string {
	s := report.Line(v.String())
	if v.Kind == inspect.Text && s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (o *inspectOptions) tableText(t *inspect.Table) error {
	g := newGrid(o.env)
	for _, c := range t.Columns {
		g.head(c.Name, rightAligned(c), c.Format == inspect.Time)
	}
	for _, r := range t.Rows {
		for i, v := range r.Values {
			g.cell(o.show(&t.Columns[i], v))
		}
	}
	if err := g.write(o.env.Out); err != nil {
		return err
	}
	return o.footer(t, g.left)
}

// footer says what is not on the screen, and where to go from here.
func (o *inspectOptions) footer(t *inspect.Table, left []string) error {
	var lines []string
	end := t.Offset + len(t.Rows)
	switch {
	case t.Total == 0:
		lines = append(lines, "nothing to show")
	case len(t.Rows) < t.Total:
		s := fmt.Sprintf("rows %d to %d of %d", t.Offset+1, end, t.Total)
		if len(t.Rows) == 0 {
			s = fmt.Sprintf("no rows from %d on, of %d", t.Offset+1, t.Total)
		} else if end < t.Total {
			s += fmt.Sprintf("; --offset %d goes on, --limit %d shows all", end, t.Total)
		}
		lines = append(lines, s)
	}
	if len(left) > 0 {
		lines = append(lines, "columns left out for want of room: "+strings.Join(left, ", "))
	}
	if t.View.Next != "" && len(t.Rows) > 0 && (t.View.Story || !t.View.ListsEvents()) {
		if key := t.Rows[0].Key; key.Kind != inspect.Nothing {
			name := t.View.SelectKey
			if name == "" {
				name = t.View.Key
			}
			to := "--view " + t.View.Next
			if t.View.Story {
				to = "--story"
			}
			lines = append(lines, fmt.Sprintf("next: %s --select %s", to, shellQuote(name+"="+report.Line(key.String()))))
		}
	}
	for _, s := range lines {
		if _, err := fmt.Fprintln(o.env.Out, paintIf(o.env, s, dimStyle)); err != nil {
			return err
		}
	}
	return nil
}

// shellQuote quotes a word for a POSIX shell where it needs to be.
func shellQuote(s string) string {
	for _, c := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+", c) {
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}

func rightAligned(c inspect.Column) bool {
	switch c.Format {
	case inspect.Bytes, inspect.PerSec, inspect.BytesSec, inspect.Nanos, inspect.Percent, inspect.EventNum:
		return true
	}
	return c.Counts()
}

// show is the form of a value for people.
func (o *inspectOptions) show(c *inspect.Column, v inspect.Value) string {
	if v.Kind != inspect.Number {
		return report.Line(v.Text)
	}
	switch c.Format {
	case inspect.Bytes, inspect.BytesSec:
		return bytesText(v.Num)
	case inspect.PerSec:
		return trimZeros(v.Num)
	case inspect.Percent:
		return trimZeros(v.Num) + "%"
	case inspect.Nanos:
		return ago(uint64(max(v.Num, 0)))
	case inspect.Time:
		return clock(uint64(v.Int()))
	}
	return v.String()
}

// bytesText shows a size with a binary prefix: 812, 1.2K, 34M.
func bytesText(n float64) string {
	if n < 1024 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	for _, u := range "KMGTPE" {
		n /= 1024
		if n < 1000 {
			return trimZeros(n) + string(u)
		}
	}
	return trimZeros(n) + "E"
}

// printViews lists the views.
func (o *inspectOptions) printViews() error {
	if o.output == "json" {
		type doc struct {
			ID      string      `json:"id"`
			Name    string      `json:"name"`
			About   string      `json:"about"`
			Next    string      `json:"next,omitempty"`
			Columns []columnDoc `json:"columns"`
		}
		out := []doc{}
		for _, v := range inspect.Views() {
			d := doc{ID: v.ID, Name: v.Name, About: v.About, Next: v.Next, Columns: []columnDoc{}}
			for _, c := range v.Columns {
				d.Columns = append(d.Columns, columnDoc{c.Name, c.About, units[c.Format]})
			}
			out = append(out, d)
		}
		return writeJSON(o.env.Out, out)
	}
	g := newGrid(o.env)
	g.head("VIEW", false, false)
	g.head("ROWS", false, false)
	g.head("LEADS TO", false, false)
	for _, v := range inspect.Views() {
		g.cell(v.ID)
		g.cell(v.About)
		g.cell(v.Next)
	}
	return g.write(o.env.Out)
}

package cli

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/report"
)

// overviewDoc is the document of the overview with -o json.
type overviewDoc struct {
	File       string        `json:"file"`
	Info       inspect.Info  `json:"info"`
	Incomplete []string      `json:"incomplete"`
	Tiles      []tileDoc     `json:"tiles"`
	Failed     []inspect.End `json:"failed"`
}

type tileDoc struct {
	ID       string   `json:"id"`
	Category string   `json:"category"`
	Title    string   `json:"title"`
	Total    uint64   `json:"total"`
	Unit     string   `json:"unit,omitempty"`
	Bad      bool     `json:"bad,omitempty"`
	View     string   `json:"view,omitempty"`
	Sort     string   `json:"sort,omitempty"`
	Filter   string   `json:"filter,omitempty"`
	Series   []uint64 `json:"series"`
}

func (o *inspectOptions) printOverview(ix *inspect.Index, q inspect.Query) error {
	tiles, err := ix.Overview(q)
	if err != nil {
		return err
	}
	failed, err := ix.Story(q, false)
	if err != nil {
		return err
	}
	switch o.output {
	case "json":
		d := overviewDoc{File: o.path, Info: ix.Info, Incomplete: append([]string{}, ix.Incomplete()...), Tiles: []tileDoc{}, Failed: cleanEnds(failed)}
		for _, t := range tiles {
			d.Tiles = append(d.Tiles, tileDoc{t.ID, t.Category, t.Title, t.Total, units[t.Format], t.Bad, t.View, t.Sort, t.Filter, t.Series})
		}
		return writeJSON(o.env.Out, d)
	case "csv":
		w := bufio.NewWriter(o.env.Out)
		fmt.Fprintln(w, "id,category,title,total,unit")
		for _, t := range tiles {
			fmt.Fprintf(w, "%s,%s,%q,%d,%s\n", t.ID, t.Category, t.Title, t.Total, units[t.Format])
		}
		return w.Flush()
	}
	w := bufio.NewWriter(o.env.Out)
	fmt.Fprintln(w, o.headline(ix))
	o.tiles(w, tiles)
	if n := ix.Info.CutData; n > 0 {
		fmt.Fprintf(w, "\n%s\n", paintIf(o.env, "of the data of "+plural(int(n), "call")+" the capture holds only the beginning", dimStyle))
	}
	o.failedEnds(w, failed, ix)
	return w.Flush()
}

// headline says what the capture is.
func (o *inspectOptions) headline(ix *inspect.Index) string {
	in := &ix.Info
	parts := []string{report.Line(o.path)}
	if in.Host != "" {
		parts = append(parts, "host "+report.Line(in.Host))
	}
	if in.FirstNanos == 0 {
		return strings.Join(append(parts, "no events"), ", ")
	}
	parts = append(parts, fmt.Sprintf("%s from %s", ago(in.LastNanos-in.FirstNanos), dateClock(in.FirstNanos)), groups(in.Events)+" events")
	return strings.Join(parts, ", ")
}

// tiles prints the tiles by category, side by side where there is room.
func (o *inspectOptions) tiles(w *bufio.Writer, tiles []inspect.Tile) {
	width := o.env.columns()
	if width <= 0 {
		width = 100
	}
	abreast := max(1, min(3, width/80))
	each := (width - gridGap*(abreast-1)) / abreast
	for i := 0; i < len(tiles); {
		end := i
		for end < len(tiles) && tiles[end].Category == tiles[i].Category {
			end++
		}
		fmt.Fprintf(w, "\n%s\n", paintIf(o.env, strings.ToUpper(tiles[i].Category), boldStyle))
		rows := (end - i + abreast - 1) / abreast
		for r := range rows {
			var line []string
			for c := range abreast {
				if k := i + c*rows + r; k < end && c*rows+r < end-i {
					line = append(line, o.tile(&tiles[k], each))
				}
			}
			fmt.Fprintln(w, strings.TrimRight(strings.Join(line, strings.Repeat(" ", gridGap)), " "))
		}
		i = end
	}
}

const (
	tileTitle = 36
	tileTotal = 9
)

// tile is one line: the title, the number, the time line.
func (o *inspectOptions) tile(t *inspect.Tile, width int) string {
	total := groups(t.Total)
	if t.Format == inspect.Bytes {
		total = bytesText(float64(t.Total))
	}
	title := cutCells(t.Title, tileTitle, o.env.unicode())
	total = strings.Repeat(" ", max(0, tileTotal-len(total))) + total
	if t.Bad && t.Total > 0 {
		total = paintIf(o.env, total, redStyle)
	}
	line := "  " + title + strings.Repeat(" ", max(0, tileTitle-report.Cells(title))) + total
	room := min(width-2-tileTitle-tileTotal-2, 60)
	return line + "  " + sparkline(t.Series, room, o.env.unicode())
}

var (
	sparks      = []rune("▁▂▃▄▅▆▇█")
	sparksASCII = []rune("_.:-=+*#")
)

// sparkline draws a series in n columns; a column shows the largest of the values under
// it. Nothing is a blank, so that something is told from nothing.
func sparkline(series []uint64, n int, uni bool) string {
	if n <= 0 || len(series) == 0 {
		return ""
	}
	levels := sparksASCII
	if uni {
		levels = sparks
	}
	top := uint64(0)
	for _, v := range series {
		top = max(top, v)
	}
	out := make([]rune, n)
	for i := range out {
		lo, hi := i*len(series)/n, (i+1)*len(series)/n
		v := uint64(0)
		for _, x := range series[lo:max(hi, min(lo+1, len(series)))] {
			v = max(v, x)
		}
		out[i] = ' '
		if v > 0 {
			out[i] = levels[min(int(float64(v)/float64(top)*float64(len(levels))), len(levels)-1)]
		}
	}
	return string(out)
}

// failedEnds names the processes that ended badly, and where to read on.
func (o *inspectOptions) failedEnds(w *bufio.Writer, failed []inspect.End, ix *inspect.Index) {
	const shown = 5
	if len(failed) > 0 {
		fmt.Fprintf(w, "\n%s\n", paintIf(o.env, "ENDED BADLY", boldStyle))
	}
	for i, e := range failed {
		if i == shown {
			fmt.Fprintf(w, "  and %d more: %s inspect %s --view deaths\n", len(failed)-shown, o.env.name(), shellQuote(o.path))
			break
		}
		who := nameOfEnd(&e) + inContainer(e.Container)
		if width := o.env.columns(); width > 0 {
			who = cutCells(who, max(20, width-len("  15:04:05.000000    ")-len(e.How())), o.env.unicode())
		}
		fmt.Fprintf(w, "  %s  %s  %s\n", clock(e.TimeNanos), paintIf(o.env, e.How(), redStyle), who)
	}
	name := shellQuote(report.Line(o.path))
	if len(ix.Summary().Ends) > 0 {
		fmt.Fprintf(w, "\n%s\n", paintIf(o.env, fmt.Sprintf("next: %s inspect %s --story, or --view procs", o.env.name(), name), dimStyle))
	} else {
		fmt.Fprintf(w, "\n%s\n", paintIf(o.env, fmt.Sprintf("next: %s inspect %s --view procs", o.env.name(), name), dimStyle))
	}
}

func nameOfEnd(e *inspect.End) string {
	s := e.Process.Command
	if s == "" {
		s = e.Process.Name
	}
	return fmt.Sprintf("%s (%d)", cutCells(report.Line(s), 60, true), e.Process.Pid)
}

func inContainer(c *inspect.Container) string {
	if c == nil {
		return ""
	}
	name := c.Name
	if name == "" {
		name = c.ID
	}
	s := " in container " + report.Line(name)
	if c.Pod != "" {
		s += " of pod " + report.Line(c.Namespace) + "/" + report.Line(c.Pod)
	}
	return s
}

// groups writes a number with blanks between groups of three digits where it is long.
func groups(n uint64) string {
	s := strconv.FormatUint(n, 10)
	if len(s) < 5 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

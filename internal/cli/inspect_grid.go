package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/unloop-dev/unloop/internal/report"
)

// Styles of a terminal, as SGR parameters.
const (
	dimStyle  = "2"
	boldStyle = "1"
	redStyle  = "31"
)

func paintIf(env *Env, s, style string) string {
	if !env.color() || s == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// grid lays out a table of cleaned texts in the width of the terminal.
type grid struct {
	env   *Env
	heads []string
	right []bool
	fixed []bool   // never narrowed
	cells []string // row by row
	left  []string // columns that found no room
}

func newGrid(env *Env) *grid { return &grid{env: env} }

func (g *grid) head(name string, right, fixed bool) {
	g.heads = append(g.heads, name)
	g.right = append(g.right, right)
	g.fixed = append(g.fixed, right || fixed)
}

func (g *grid) cell(s string) { g.cells = append(g.cells, s) }

const (
	gridGap   = 2
	leastText = 10 // to which a text column shrinks
	leastLast = 24 // the same for the last one, which says most
)

// spare are the columns that give way first, in this order.
var spare = []string{"VPID", "PPID", "TH", "USER", "L4", "CPORT", "EVENT", "VIRT", "ENGINE", "CONTAINER", "IMAGE", "ERRORS", "NET", "FILE", "POD"}

// layout chooses the columns and their widths.
func (g *grid) layout() (cols, widths []int) {
	n := len(g.heads)
	natural := make([]int, n)
	for i, h := range g.heads {
		natural[i] = report.Cells(h)
	}
	for i, c := range g.cells {
		natural[i%n] = max(natural[i%n], report.Cells(c))
	}
	for i := range g.heads {
		cols = append(cols, i)
	}
	total := g.env.columns()
	if total <= 0 {
		return cols, natural
	}
	for {
		widths = append([]int(nil), natural...)
		if g.shrink(cols, widths, total) {
			return cols, widths
		}
		gone := g.giveUp(cols)
		if gone < 0 {
			return cols, widths
		}
		g.left = append(g.left, g.heads[cols[gone]])
		cols = append(cols[:gone:gone], cols[gone+1:]...)
	}
}

// shrink narrows the widest text columns until the line fits.
func (g *grid) shrink(cols, widths []int, total int) bool {
	last := cols[len(cols)-1]
	for {
		sum := gridGap * (len(cols) - 1)
		widest := -1
		for _, c := range cols {
			sum += widths[c]
			least := leastText
			if c == last {
				least = leastLast
			}
			if !g.fixed[c] && widths[c] > max(least, report.Cells(g.heads[c])) && (widest < 0 || widths[c] > widths[widest]) {
				widest = c
			}
		}
		if sum <= total {
			return true
		}
		if widest < 0 {
			return false
		}
		widths[widest] -= max(1, min(sum-total, widths[widest]/8))
	}
}

func (g *grid) giveUp(cols []int) int {
	for _, name := range spare {
		for i, c := range cols[:len(cols)-1] {
			if g.heads[c] == name {
				return i
			}
		}
	}
	return -1
}

// write prints the table; without rows, nothing.
func (g *grid) write(to io.Writer) error {
	if len(g.cells) == 0 {
		return nil
	}
	w := bufio.NewWriter(to)
	cols, widths := g.layout()
	line := func(row []string, style string) {
		var b strings.Builder
		for k, c := range cols {
			s := cutCells(row[c], widths[c], g.env.unicode())
			pad := strings.Repeat(" ", max(0, widths[c]-report.Cells(s)))
			if k > 0 {
				b.WriteString(strings.Repeat(" ", gridGap))
			}
			if g.right[c] {
				b.WriteString(pad + s)
			} else {
				b.WriteString(s + pad)
			}
		}
		s := strings.TrimRight(b.String(), " ")
		if style != "" {
			s = paintIf(g.env, s, style)
		}
		fmt.Fprintln(w, s)
	}
	line(g.heads, dimStyle)
	for i := 0; i < len(g.cells); i += len(g.heads) {
		line(g.cells[i:i+len(g.heads)], "")
	}
	return w.Flush()
}

// cutCells cuts a text to a width and marks the cut.
func cutCells(s string, cols int, uni bool) string {
	if len(s) <= cols || report.Cells(s) <= cols {
		return s
	}
	mark := "~"
	if uni {
		mark = "…"
	}
	used := 0
	for i, r := range s {
		if used+report.RuneCells(r) > cols-1 {
			return s[:i] + mark
		}
		used += report.RuneCells(r)
	}
	return s
}

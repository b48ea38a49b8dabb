package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop"
)

// text writes lines for a terminal. Its writer is buffered and keeps the first
// error, which Flush returns.
type text struct {
	*bufio.Writer
	Options
	sym symbols
	// prose is the width that sentences are wrapped to.
	prose int
}

// symbols are the signs that are not letters.
type symbols struct{ why, more, sep string }

var (
	utf8Symbols  = symbols{why: "←", more: "…", sep: "·"}
	asciiSymbols = symbols{why: "<-", more: "...", sep: "-"}
)

func newText(b *bufio.Writer, o Options) *text {
	if o.Width <= 0 {
		o.Width = defaultWidth
	}
	o.Width = max(o.Width, minWidth)
	if o.Program == "" {
		o.Program = "unloop"
	}
	t := &text{Writer: b, Options: o, sym: utf8Symbols, prose: min(o.Width, proseWidth)}
	if o.ASCII {
		t.sym = asciiSymbols
	}
	return t
}

// style is a set of SGR parameters (ECMA-48, 8.3.117).
type style string

const (
	plainStyle style = ""
	bold       style = "1"
	dim        style = "2"
	red        style = "31"
	green      style = "32"
	yellow     style = "33"
	cyan       style = "36"
	boldRed    style = "1;31"
)

func (t *text) paint(s string, st style) string {
	if !t.Color || st == plainStyle || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

func (t *text) line(parts ...string) {
	fmt.Fprintln(t, strings.Join(parts, ""))
}

// say wraps a sentence over the whole width.
func (t *text) say(s string, st style) {
	for _, l := range wrap(s, t.prose) {
		t.line(t.paint(l, st))
	}
}

// gutter is the width of the column of labels.
const gutter = 10

// block writes lines beside a label. The label stands once, before the first line.
type block struct {
	*text
	label string
	empty bool
}

// section starts a block after a blank line.
func (t *text) section(label string) *block {
	t.line()
	return &block{t, label, true}
}

// put writes one line that is ready as it is.
func (b *block) put(s string) {
	label := ""
	if b.empty {
		label = b.label
	}
	b.empty = false
	if s == "" {
		b.line()
		return
	}
	b.line(b.paint(label, dim), strings.Repeat(" ", gutter-len(label)), s)
}

// say wraps a sentence behind a prefix; later lines hang under its text.
func (b *block) say(prefix, s string, st style) {
	hang := Cells(prefix)
	for i, l := range wrap(s, b.prose-gutter-hang) {
		if i > 0 {
			prefix = strings.Repeat(" ", hang)
		}
		b.put(prefix + b.paint(l, st))
	}
}

// copyable writes a command on a line of its own, never broken: what a terminal
// wraps itself is still copied as one line.
func (b *block) copyable(indent int, command string) {
	if room := b.Width - gutter - Cells(command); room >= 0 {
		indent = min(indent, room)
	}
	b.put(strings.Repeat(" ", indent) + b.paint(command, cyan))
}

// list writes the whole answer.
func (t *text) list(c cleaned) {
	groups := groupsOf(c.Items)
	shown := groups
	switch len(groups) {
	case 0:
		t.healthy(c.Items)
		return
	case 1:
		t.detail(groups[0])
	default:
		t.table(groups)
		shown = t.inFull(groups)
		for _, g := range shown {
			t.line()
			t.rule()
			t.detail(g)
		}
	}
	if len(c.Items) > 1 {
		t.totals(c.Items, len(shown), len(groups))
	}
}

// detailed is how many of many stories are told in full.
const detailed = 3

// inFull chooses the groups to show in full: with Verbose all, else the first of
// each cause, for the others are the same story again.
func (t *text) inFull(groups []*group) []*group {
	if t.Verbose {
		return groups
	}
	var out []*group
	seen := map[string]bool{}
	for _, g := range groups {
		if id, _, _ := g.cause(); !seen[id] && len(out) < detailed {
			seen[id] = true
			out = append(out, g)
		}
	}
	return out
}

func (t *text) rule() {
	sign := "─"
	if t.ASCII {
		sign = "-"
	}
	t.line(t.paint(strings.Repeat(sign, t.prose), dim))
}

func (t *text) healthy(items []unloop.Diagnosis) {
	switch len(items) {
	case 0:
		t.line("Nothing to look at.")
	case 1:
		t.line(t.paint(healthyOne(items[0]), green))
	default:
		t.line(t.paint(fmt.Sprintf("Nothing is wrong: %s looked at, all healthy.", count(len(items), subjectWord(items))), green))
	}
}

// healthyOne says no more than is known: a log or a bare spec cannot show that all
// is well.
func healthyOne(d unloop.Diagnosis) string {
	name := strings.TrimSpace(strings.ToLower(d.Subject.Kind) + " " + fullName(d.Subject))
	switch {
	case d.Subject.Kind == "Log":
		return fmt.Sprintf("No sign of a known cause in %s.", name)
	case d.Status == "":
		return fmt.Sprintf("Nothing wrong is seen of %s; its status is not in the input.", name)
	}
	return fmt.Sprintf("Nothing is wrong with %s (%s).", name, d.Status)
}

func (t *text) totals(items []unloop.Diagnosis, shown, groups int) {
	t.line()
	t.say(totals(items), bold)
	if shown < groups {
		t.say(fmt.Sprintf("In full: %d of %d. For the others add --verbose, or name one: %s diagnose TYPE/NAME", shown, groups, t.Program), dim)
	}
}

// totals counts: "12 pods looked at: 3 with findings, 1 unexplained, 8 healthy."
func totals(items []unloop.Diagnosis) string {
	var found, unexplained, well int
	for _, d := range items {
		switch {
		case len(d.Findings) > 0:
			found++
		case d.Healthy:
			well++
		default:
			unexplained++
		}
	}
	parts := []string{fmt.Sprintf("%d with findings", found)}
	if unexplained > 0 {
		parts = append(parts, fmt.Sprintf("%d unexplained", unexplained))
	}
	parts = append(parts, fmt.Sprintf("%d healthy", well))
	return fmt.Sprintf("%s looked at: %s.", count(len(items), subjectWord(items)), strings.Join(parts, ", "))
}

// subjectWord is what the items have in common.
func subjectWord(items []unloop.Diagnosis) string {
	for _, d := range items {
		if d.Subject.Kind != items[0].Subject.Kind {
			return "subject"
		}
	}
	return strings.ToLower(items[0].Subject.Kind)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// fullName is NAMESPACE/NAME.
func fullName(s unloop.Subject) string {
	if s.Namespace == "" {
		return s.Name
	}
	return s.Namespace + "/" + s.Name
}

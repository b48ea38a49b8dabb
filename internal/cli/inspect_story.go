package cli

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/report"
)

// screenStories is how many stories are told where nobody asked for a number.
const screenStories = 5

// printStory answers --story.
func (o *inspectOptions) printStory(ix *inspect.Index, q inspect.Query) error {
	ends, err := ix.Story(q, o.all)
	if err != nil {
		return err
	}
	total := len(ends)
	limit := o.limit
	if limit == 0 && o.output == "table" && !o.cmd.Flags().Changed("limit") {
		limit = screenStories
	}
	ends = ends[min(o.offset, total):]
	if limit > 0 {
		ends = ends[:min(limit, len(ends))]
	}
	switch o.output {
	case "json":
		return writeJSON(o.env.Out, struct {
			Total  int           `json:"total"`
			Offset int           `json:"offset"`
			Ends   []inspect.End `json:"ends"`
		}{total, o.offset, cleanEnds(ends)})
	case "csv":
		return bad(o.cmd, "stories have no csv form; --view deaths has")
	}
	w := bufio.NewWriter(o.env.Out)
	for i := range ends {
		if i > 0 {
			fmt.Fprintln(w)
		}
		o.tell(w, &ends[i])
	}
	switch {
	case total == 0 && !o.all:
		fmt.Fprintln(w, "no process ended badly in this capture; --all tells of all that ended")
	case total == 0:
		fmt.Fprintln(w, "no process ended in this capture")
	case o.offset+len(ends) < total:
		fmt.Fprintf(w, "\n%s\n", paintIf(o.env, fmt.Sprintf("%d to %d of %d; --offset %d goes on", o.offset+1, o.offset+len(ends), total, o.offset+len(ends)), dimStyle))
	}
	return w.Flush()
}

// storyLines is how many lines each part of a story takes at most.
const storyLines = 8

// tell tells one end: what happened, then what led to it, latest last.
func (o *inspectOptions) tell(w *bufio.Writer, e *inspect.End) {
	fmt.Fprintf(w, "%s  %s  %s%s\n", clock(e.TimeNanos), paintIf(o.env, e.How(), redStyle), paintIf(o.env, nameOfEnd(e), boldStyle), inContainer(e.Container))
	about := []string{fmt.Sprintf("event %d", e.Event), fmt.Sprintf("parent %s (%d)", orUnknown(report.Line(e.Process.Parent)), e.Process.Ppid)}
	if e.Main {
		about = append(about, "main process of its container")
	}
	if e.Nth > 1 {
		about = append(about, fmt.Sprintf("end %d of the container in this capture", e.Nth))
	}
	if e.LivedNanos > 0 {
		about = append(about, "lived "+ago(e.LivedNanos))
	}
	if u := e.Process.User; u != "" {
		about = append(about, "user "+report.Line(u))
	}
	o.part(w, "", []string{strings.Join(about, ", ")})
	o.part(w, "limits", limits(&e.Process))
	if e.Slim {
		o.part(w, "", []string{"the capture has too many ends to keep the last moments of each; --events shows them"})
		return
	}
	var lines []string
	for _, s := range e.Signals {
		from := "the kernel"
		if s.Sender != 0 {
			from = fmt.Sprintf("%s (%d)", orUnknown(report.Line(s.SenderName)), s.Sender)
		}
		lines = append(lines, before(s.At)+fmt.Sprintf("%s from %s", s.Name, from))
	}
	o.part(w, "signals", lines)
	o.part(w, "failed calls", o.failedCalls(e))
	lines = nil
	for _, d := range e.DNS {
		lines = append(lines, before(d.At)+report.Line(d.Text)+" from "+orUnknown(d.Server))
	}
	o.part(w, "DNS answers", lines)
	lines = nil
	for _, c := range e.Connections {
		s := c.State
		if c.Error != "" {
			s += " " + c.Error
		}
		if c.Open {
			s += ", open"
		}
		lines = append(lines, before(c.At)+report.Line(orUnknown(c.Name))+" "+c.L4+" "+s)
	}
	o.part(w, "connections", lines)
	lines = nil
	for _, f := range e.Files {
		lines = append(lines, before(f.At)+report.Line(f.Path))
	}
	o.part(w, "files opened", lines)
	if e.Config != nil {
		o.part(w, "configuration", []string{before(e.Config.At) + report.Line(e.Config.Path)})
	}
	lines = nil
	for _, l := range e.Output {
		to := "out"
		if l.Stderr {
			to = "err"
		}
		lines = append(lines, before(l.At)+to+"  "+report.Line(l.Text))
	}
	o.part(w, "last output", lines)
}

// failedCalls shows the failures that may be causes first, the recovered ones as a count.
func (o *inspectOptions) failedCalls(e *inspect.End) []string {
	var lines []string
	recovered := 0
	for _, f := range e.Failed {
		if f.Recovered {
			recovered++
			continue
		}
		s := before(f.At) + f.Call + " " + f.Error
		if f.On != "" {
			s += " on " + report.Line(f.On)
		}
		if f.Times > 1 {
			s += fmt.Sprintf(", %d times since event %d", f.Times, f.FirstEvent)
		}
		lines = append(lines, s)
	}
	if len(lines) > storyLines {
		lines = append([]string{fmt.Sprintf("(%d earlier)", len(lines)-storyLines+1)}, lines[len(lines)-storyLines+1:]...)
	}
	if recovered > 0 {
		lines = append(lines, fmt.Sprintf("(and %s that it recovered from)", plural(recovered, "failure")))
	}
	return lines
}

func limits(p *inspect.Process) []string {
	var out []string
	if p.FDLimit > 0 {
		out = append(out, fmt.Sprintf("%d of %d descriptors open, %d at most", p.FDs, p.FDLimit, p.MaxFDs))
	}
	if p.RSSKiB > 0 {
		out = append(out, "resident "+bytesText(float64(p.RSSKiB)*1024)+", virtual "+bytesText(float64(p.VMKiB)*1024))
	}
	if p.Threads > 1 {
		out = append(out, fmt.Sprintf("%d threads", p.Threads))
	}
	if len(out) == 0 {
		return nil
	}
	return []string{strings.Join(out, "; ")}
}

// part prints the lines of one heading; the latest of them where there are too many.
func (o *inspectOptions) part(w *bufio.Writer, head string, lines []string) {
	if len(lines) > storyLines+1 {
		lines = append([]string{fmt.Sprintf("(%d earlier)", len(lines)-storyLines)}, lines[len(lines)-storyLines:]...)
	}
	width := o.env.columns()
	for i, s := range lines {
		name := ""
		if i == 0 {
			name = head
		}
		line := "  " + name + strings.Repeat(" ", max(1, 15-len(name)))
		if width > 0 {
			s = cutCells(s, max(20, width-len(line)), o.env.unicode())
		}
		fmt.Fprintln(w, line+s)
	}
}

// before is how long before the end, in a column of its own.
func before(at inspect.At) string {
	s := ""
	if at.Event > 0 {
		s = "-" + ago(at.BeforeNanos)
	}
	return strings.Repeat(" ", max(0, 9-len(s))) + s + "  "
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// cleanEnds makes the texts of ends fit to be shown.
func cleanEnds(ends []inspect.End) []inspect.End {
	out := slices.Clone(ends)
	for i := range out {
		e := &out[i]
		p := &e.Process
		for _, s := range []*string{&p.Parent, &p.Name, &p.Exe, &p.Command, &p.Cwd, &p.User} {
			*s = report.Line(*s)
		}
		if e.Container != nil {
			c := *e.Container
			for _, s := range []*string{&c.ID, &c.FullID, &c.Name, &c.Image, &c.Pod, &c.Namespace, &c.PodUID, &c.PodContainer} {
				*s = report.Line(*s)
			}
			e.Container = &c
		}
		if e.Config != nil {
			f := *e.Config
			f.Path = report.Line(f.Path)
			e.Config = &f
		}
		if e.Exec != nil {
			x := *e.Exec
			x.Command = report.Line(x.Command)
			e.Exec = &x
		}
		for k := range e.Signals {
			e.Signals[k].SenderName = report.Line(e.Signals[k].SenderName)
		}
		for k := range e.Failed {
			e.Failed[k].On = report.Line(e.Failed[k].On)
		}
		for k := range e.Files {
			e.Files[k].Path = report.Line(e.Files[k].Path)
		}
		for k := range e.Connections {
			e.Connections[k].Name = report.Line(e.Connections[k].Name)
		}
		for k := range e.DNS {
			e.DNS[k].Text = report.Line(e.DNS[k].Text)
		}
		for k := range e.Output {
			e.Output[k].Text = report.Line(e.Output[k].Text)
		}
	}
	if out == nil {
		out = []inspect.End{}
	}
	return out
}

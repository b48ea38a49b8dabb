package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/unloop-dev/unloop"
)

// Markdown writes the diagnoses for an issue, a chat or a runbook, in GitHub's
// flavour. Texts from input neither break the layout nor mention, link or embed
// anything.
func Markdown(w io.Writer, list unloop.DiagnosisList, o Options) error {
	m := &markdown{newText(bufio.NewWriter(w), o)}
	m.list(clean(list))
	return m.Flush()
}

type markdown struct{ *text }

func (m *markdown) list(c cleaned) {
	groups := groupsOf(c.Items)
	switch len(groups) {
	case 0:
		m.healthyText(c.Items)
		return
	case 1:
	default:
		m.table(groups)
	}
	for i, g := range m.inFull(groups) {
		if i > 0 || len(groups) > 1 {
			m.line()
		}
		m.detail(g)
	}
	if len(c.Items) > 1 {
		m.line()
		m.line(mdText(totals(c.Items)))
	}
}

func (m *markdown) healthyText(items []unloop.Diagnosis) {
	switch len(items) {
	case 0:
		m.line("Nothing to look at.")
	case 1:
		m.line(mdText(healthyOne(items[0])))
	default:
		m.line(fmt.Sprintf("Nothing is wrong: %s looked at, all healthy.", count(len(items), mdText(subjectWord(items)))))
	}
}

func (m *markdown) table(groups []*group) {
	m.line("| Namespace | Name | Status | Cause | Confidence | Summary |")
	m.line("|---|---|---|---|---|---|")
	for _, g := range groups {
		id, confidence, summary := g.cause()
		cols := []string{mdCode(g.first().Subject.Namespace), mdCode(g.name()), mdText(g.status()), mdCode(id), confidence, mdText(summary)}
		for i := range cols {
			cols[i] = strings.ReplaceAll(strings.ReplaceAll(cols[i], `\|`, "|"), "|", `\|`)
		}
		m.line("| " + strings.Join(cols, " | ") + " |")
	}
}

func (m *markdown) detail(g *group) {
	d := g.first()
	m.line("## ", mdText(d.Subject.Kind), " ", mdCode(fullName(d.Subject)), ": ", mdText(d.Status))
	var about []string
	if len(g.members) > 1 {
		about = append(about, "one of "+mdText(g.name())+" with this cause")
	} else if d.Subject.Workload != "" {
		about = append(about, "of "+mdCode(d.Subject.Workload))
	}
	if d.Subject.Node != "" {
		about = append(about, "on node "+mdCode(d.Subject.Node))
	}
	if len(about) > 0 {
		m.line()
		m.line(strings.Join(about, ", "))
	}
	m.line()
	if len(d.Findings) == 0 {
		m.line("**Cause not found:** ", unexplained, ".")
	} else {
		m.finding(d.Findings[0], d)
	}
	m.states(d)
	if len(d.Findings) > 1 {
		m.heading("Also found")
		for _, f := range d.Findings[1:] {
			m.line("- ", mdCode(f.Cause), " (", f.Confidence.String(), "): ", mdText(f.Summary.String()))
		}
	}
	if len(d.NotEvaluated) > 0 && (len(d.Findings) == 0 || d.Findings[0].Confidence != unloop.Proven || m.Verbose) {
		m.heading("Not evaluated")
		for _, n := range d.NotEvaluated {
			m.line("- needs ", mdText(n.Needs), " (", mdText(n.Reason), "): ", count(len(n.Causes), "cause"))
		}
	}
}

func (m *markdown) heading(s string) {
	m.line()
	m.line("### ", s)
	m.line()
}

func (m *markdown) finding(f unloop.Finding, d unloop.Diagnosis) {
	m.line("**", mdText(f.Title), "**: ", mdText(f.Summary.String()))
	m.line()
	in := ""
	if f.Container != "" {
		in = ", container " + mdCode(f.Container)
	}
	m.line("**", f.Confidence.String(), "** (", meanings[f.Confidence], ")", in, ", ", mdCode(f.Cause))
	if len(f.Chain) > 0 {
		m.heading("Why")
		for i, l := range f.Chain {
			m.line(fmt.Sprintf("%d. ", i+1), mdText(l.String()))
		}
	}
	if len(f.Evidence) > 0 {
		m.heading("Evidence")
		for _, e := range f.Evidence {
			source := ""
			if e.Source != "" {
				source = " (" + mdCode(e.Source) + ")"
			}
			m.line("- ", mdText(e.Kind), " ", mdCode(e.Ref), source, ": ", mdCode(e.Text))
		}
	}
	if len(f.Changed) > 0 {
		m.heading("What changed")
		for _, c := range f.Changed {
			m.line("- ", mdCode(c))
		}
	}
	if len(f.Fixes) > 0 {
		m.heading("Fix")
		for i, x := range f.Fixes {
			m.line(fmt.Sprintf("%d. ", i+1), mdText(x.Title.String()), " (", riskWords(x.Risk), ")")
			if c := commandOf(x, d.Subject); c != "" {
				m.line()
				m.line("   ", mdFence(c), "sh")
				m.line("   ", c)
				m.line("   ", mdFence(c))
			}
		}
	}
}

func (m *markdown) states(d unloop.Diagnosis) {
	first := true
	for _, c := range d.Containers {
		if c.Restarts == 0 && c.LastExit == nil && c.NextRestart == nil && !m.Verbose {
			continue
		}
		if first {
			m.heading("Containers")
			first = false
		}
		s := restarts(c)
		if c.LastExit != nil {
			s += "; " + m.exitWords(c.LastExit)
		}
		if c.NextRestart != nil && c.NextRestart.Text != "" {
			s += "; next restart: " + c.NextRestart.Text
		}
		m.line("- ", mdCode(containerName(c)), ": ", mdText(s))
	}
}

// mdCode makes a code span: inside it nothing is a link, a mention or markup.
func mdCode(s string) string {
	if s == "" {
		return ""
	}
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if len(ticks) > 1 || s[0] == ' ' || s[len(s)-1] == ' ' {
		return ticks + " " + s + " " + ticks
	}
	return ticks + s + ticks
}

// mdFence is a code fence that s cannot close.
func mdFence(s string) string { return strings.Repeat("`", max(3, longestRun(s, '`')+1)) }

func longestRun(s string, c byte) int {
	best, run := 0, 0
	for i := range len(s) {
		if s[i] != c {
			run = 0
			continue
		}
		run++
		best = max(best, run)
	}
	return best
}

// mdText makes prose of a text from input: what is markup is escaped, and words
// that a renderer makes links or mentions of become code.
func mdText(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		if mdActive(w) {
			words[i] = mdCode(w)
			continue
		}
		words[i] = mdEscape(w)
	}
	out := strings.Join(words, " ")
	// At the start of a line these would begin a heading, a list or a rule.
	if out != "" && (strings.IndexByte("#+-=:", out[0]) >= 0 || out[0] >= '0' && out[0] <= '9' && len(words) > 0 && strings.ContainsAny(words[0], ".)")) {
		return mdLineStart(out)
	}
	return out
}

func mdLineStart(s string) string {
	if strings.IndexByte("#+-=:", s[0]) >= 0 {
		return `\` + s
	}
	i := strings.IndexAny(s, ".)")
	return s[:i] + `\` + s[i:]
}

// mdActive: GitHub and its like turn mentions, addresses, links and issue numbers
// into links, backslash or not.
func mdActive(w string) bool {
	lower := strings.ToLower(w)
	return strings.Contains(w, "@") || strings.Contains(w, "://") || strings.Contains(lower, "www.") || strings.Contains(lower, "mailto:") ||
		strings.Contains(lower, "gh-") || hasIssueNumber(w)
}

func hasIssueNumber(w string) bool {
	for i := 0; i+1 < len(w); i++ {
		if (w[i] == '#' || w[i] == '!') && w[i+1] >= '0' && w[i+1] <= '9' {
			return true
		}
	}
	return false
}

// mdEscape puts a backslash before ASCII punctuation that is markup somewhere in a
// line (CommonMark 0.31, 2.4).
func mdEscape(w string) string {
	if !strings.ContainsAny(w, "\\`*_[]<>|~&$") {
		return w
	}
	var b strings.Builder
	for i := range len(w) {
		if strings.IndexByte("\\`*_[]<>|~&$", w[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(w[i])
	}
	return b.String()
}

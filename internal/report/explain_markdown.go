package report

import (
	"bufio"
	"io"
	"strings"

	"github.com/unloop-dev/unloop/internal/diagnose/know"
)

// ExplainMarkdown writes topics as markdown, one second-level heading each.
func ExplainMarkdown(w io.Writer, t []know.Topic) error {
	b := bufio.NewWriter(w)
	m := explainMarkdown{newText(b, Options{})}
	for i := range t {
		if i > 0 {
			m.line()
		}
		m.topic(&t[i])
	}
	return b.Flush()
}

type explainMarkdown struct{ *text }

func (m explainMarkdown) topic(t *know.Topic) {
	m.line("## ", mdQuoted(t.Title))
	for _, s := range t.Means {
		m.line()
		m.line(mdQuoted(s))
	}
	if facts := explainFacts(t); len(facts) > 0 {
		m.line()
		for _, f := range facts {
			m.line("- **", f.name, ":** ", mdQuoted(f.text))
		}
	}
	m.list("Messages", t.Messages, func(string) bool { return true })
	if len(t.Causes) > 0 {
		m.heading("Common causes")
		m.line("| cause | when |")
		m.line("|---|---|")
		for _, h := range t.Causes {
			m.line("| ", mdCode(h.Cause), " | ", mdQuoted(h.When), " |")
		}
	}
	if len(t.Readings) > 0 {
		m.heading("What software means by it")
		m.line("| software | meaning |")
		m.line("|---|---|")
		for i := range t.Readings {
			m.line("| ", mdQuoted(t.Readings[i].By), " | ", mdQuoted(readingText(&t.Readings[i])), " |")
		}
	}
	m.list("Tell apart", t.TellApart, isCommand)
	m.list("Check", t.Check, isCommand)
	m.list("See also", t.SeeAlso, func(string) bool { return false })
	m.list("Source", t.Sources, func(string) bool { return false })
}

func (m explainMarkdown) heading(s string) {
	m.line()
	m.line("### ", s)
	m.line()
}

func (m explainMarkdown) list(name string, lines []string, code func(string) bool) {
	if len(lines) == 0 {
		return
	}
	m.heading(name)
	for _, l := range lines {
		if code(l) {
			m.line("- ", mdCode(l))
		} else {
			m.line("- ", mdQuoted(l))
		}
	}
}

// mdQuoted escapes a text of the tables and makes its quotations, which stand
// between backquotes, code. Inside a table a bar would end the cell even in code.
func mdQuoted(s string) string {
	parts := strings.Split(s, "`")
	var b strings.Builder
	for i, p := range parts {
		switch {
		case i%2 == 0:
			b.WriteString(mdEscape(p))
		case i == len(parts)-1:
			// No closing backquote: an ordinary character.
			b.WriteString(mdEscape("`" + p))
		default:
			b.WriteString(strings.ReplaceAll(mdCode(p), "|", `\|`))
		}
	}
	return b.String()
}

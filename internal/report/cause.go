package report

import (
	"bufio"
	"encoding/json"
	"io"
)

// CauseDoc is what is written about one cause: the Doc of its rule. Lists that are
// nil are printed as empty ones.
type CauseDoc struct {
	ID     string `json:"cause"`
	Family string `json:"family"`
	Title  string `json:"title"`
	// Since is the release that brought the rule.
	Since   string      `json:"since"`
	Means   string      `json:"means"`
	Why     []string    `json:"why"`
	Confirm []string    `json:"confirm"`
	Remedy  []string    `json:"remedy"`
	NotThis []Neighbour `json:"notThis"`
	Refs    []string    `json:"refs"`
}

// Neighbour is a cause that looks alike, and how to tell it apart.
type Neighbour struct {
	ID    string `json:"cause"`
	Apart string `json:"apart"`
}

// Answer is the document of `unloop explain -o json`: what is known of the topics
// that were asked for, and the causes among them.
type Answer struct {
	Explanation
	Causes []CauseDoc `json:"causes"`
}

// AnswerJSON writes the document.
func AnswerJSON(w io.Writer, a Answer) error {
	a.Explanation = NewExplanation(a.Items, a.Suggestions)
	a.Causes = mapSlice(a.Causes, func(c CauseDoc) CauseDoc {
		c.Why, c.Confirm, c.Remedy, c.Refs = notNil(c.Why), notNil(c.Confirm), notNil(c.Remedy), notNil(c.Refs)
		c.NotThis = notNil(c.NotThis)
		return c
	})
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(a)
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// AnswerText writes causes, then topics, for a terminal.
func AnswerText(w io.Writer, a Answer, o Options) error {
	b := bufio.NewWriter(w)
	e := explainer{newText(b, o)}
	for i := range a.Causes {
		if i > 0 {
			e.line()
		}
		e.cause(&a.Causes[i])
	}
	if len(a.Causes) > 0 && len(a.Items) > 0 {
		e.line()
	}
	ExplainText(b, a.Items, o.Width, o.Color)
	return b.Flush()
}

func (e explainer) cause(c *CauseDoc) {
	for _, l := range wrap(c.ID+": "+c.Title, e.prose) {
		e.line(e.paint(l, bold))
	}
	e.hang("", c.Means)
	e.hang("", "Family: "+c.Family)
	never := func(string) bool { return false }
	e.items("Why it happens", c.Why, never)
	e.items("Confirm", c.Confirm, isCommand)
	e.items("What to do", c.Remedy, isCommand)
	if len(c.NotThis) > 0 {
		e.heading("Not to be mixed up with")
		for _, n := range c.NotThis {
			e.pair(n.ID, n.Apart)
		}
	}
	e.items("Read on", c.Refs, func(string) bool { return true })
}

// AnswerMarkdown writes the same as Markdown, one second-level heading each.
func AnswerMarkdown(w io.Writer, a Answer) error {
	b := bufio.NewWriter(w)
	m := explainMarkdown{newText(b, Options{})}
	for i := range a.Causes {
		if i > 0 {
			m.line()
		}
		m.cause(&a.Causes[i])
	}
	if len(a.Causes) > 0 && len(a.Items) > 0 {
		m.line()
	}
	if err := ExplainMarkdown(b, a.Items); err != nil {
		return err
	}
	return b.Flush()
}

func (m explainMarkdown) cause(c *CauseDoc) {
	m.line("## ", mdCode(c.ID), ": ", mdQuoted(c.Title))
	m.line()
	m.line(mdQuoted(c.Means))
	m.line()
	m.line("- **Family:** ", mdQuoted(c.Family))
	never := func(string) bool { return false }
	m.list("Why it happens", c.Why, never)
	m.list("Confirm", c.Confirm, isCommand)
	m.list("What to do", c.Remedy, isCommand)
	if len(c.NotThis) > 0 {
		m.heading("Not to be mixed up with")
		for _, n := range c.NotThis {
			m.line("- ", mdCode(n.ID), ": ", mdQuoted(n.Apart))
		}
	}
	if len(c.Refs) > 0 {
		m.heading("Read on")
		for _, r := range c.Refs {
			m.line("- <", r, ">")
		}
	}
}

// CauseTable lists causes, one line each.
func CauseTable(w io.Writer, causes []CauseDoc, o Options) error {
	b := bufio.NewWriter(w)
	t := newText(b, o)
	id, family := len("CAUSE"), len("FAMILY")
	for _, c := range causes {
		id, family = max(id, Cells(c.ID)), max(family, Cells(c.Family))
	}
	t.line(t.paint(pad("CAUSE", id)+gap+pad("FAMILY", family)+gap+"TITLE", dim))
	room := max(leastSummary, t.Width-id-family-2*len(gap))
	for _, c := range causes {
		t.line(t.paint(pad(c.ID, id), bold), gap, pad(c.Family, family), gap, cutEnd(c.Title, room, t.sym.more))
	}
	return b.Flush()
}

package report

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/diagnose/know"
)

// ExplanationKind is the kind of the document that ExplainJSON prints.
const ExplanationKind = "ExplanationList"

// Explanation is the document of `unloop explain -o json`.
type Explanation struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Items      []know.Topic `json:"items"`
	// Suggestions are names spelt alike, for a miss.
	Suggestions []string `json:"suggestions,omitempty"`
}

// NewExplanation makes the document. Items is never null in JSON.
func NewExplanation(t []know.Topic, suggestions []string) Explanation {
	if t == nil {
		t = []know.Topic{}
	}
	return Explanation{APIVersion: unloop.APIVersion, Kind: ExplanationKind, Items: t, Suggestions: suggestions}
}

// ExplainJSON writes the document, indented.
func ExplainJSON(w io.Writer, e Explanation) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

// ExplainYAML writes the same document as ExplainJSON, keys in order of the alphabet.
func ExplainYAML(w io.Writer, e Explanation) error {
	b, err := yaml.Marshal(e)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// ExplainText writes topics for a terminal; width is as in Options. Commands and
// message formats are never broken, so that they can be copied. An error of the
// writer is not told: a terminal that is gone has nobody to read it.
func ExplainText(w io.Writer, t []know.Topic, width int, color bool) {
	b := bufio.NewWriter(w)
	e := explainer{newText(b, Options{Width: width, Color: color})}
	for i := range t {
		if i > 0 {
			e.line()
		}
		e.topic(&t[i])
	}
	_ = b.Flush()
}

const (
	explainIndent = 2
	// causeColumn is where the text beside a name begins: ids of causes have up to
	// 27 characters.
	causeColumn = 30
)

type explainer struct{ *text }

func (e explainer) topic(t *know.Topic) {
	for _, l := range wrap(t.Title, e.prose) {
		e.line(e.paint(l, bold))
	}
	for _, s := range t.Means {
		e.hang("", s)
	}
	for _, f := range explainFacts(t) {
		e.hang("", f.name+": "+f.text)
	}
	e.items("Messages", t.Messages, func(string) bool { return true })
	if len(t.Causes) > 0 {
		e.heading("Common causes")
		for _, h := range t.Causes {
			e.pair(h.Cause, h.When)
		}
	}
	if len(t.Readings) > 0 {
		e.heading("What software means by it")
		for i := range t.Readings {
			e.pair(t.Readings[i].By, readingText(&t.Readings[i]))
		}
	}
	e.items("Tell apart", t.TellApart, isCommand)
	e.items("Check", t.Check, isCommand)
	if len(t.SeeAlso) > 0 {
		e.heading("See also")
		e.hang("", strings.Join(t.SeeAlso, ", "))
	}
	e.heading("Source")
	for _, s := range t.Sources {
		e.hang("", s)
	}
}

func (e explainer) heading(s string) {
	e.line()
	e.line(e.paint(s, bold))
}

// hang wraps a text behind a mark; later lines stand under its text.
func (e explainer) hang(mark, s string) {
	indent := strings.Repeat(" ", explainIndent)
	for _, l := range wrap(s, e.prose-explainIndent-Cells(mark)) {
		e.line(indent, mark, l)
		mark = strings.Repeat(" ", Cells(mark))
	}
}

func (e explainer) items(name string, lines []string, unbroken func(string) bool) {
	if len(lines) == 0 {
		return
	}
	e.heading(name)
	for _, l := range lines {
		if unbroken(l) {
			e.line(strings.Repeat(" ", explainIndent), "- ", l)
		} else {
			e.hang("- ", l)
		}
	}
}

// pair writes a name with its text beside it, below it where the name is long.
func (e explainer) pair(name, text string) {
	indent := strings.Repeat(" ", explainIndent)
	if text == "" || explainIndent+Cells(name) >= causeColumn {
		e.line(indent, e.paint(name, cyan))
		name = ""
	}
	if text == "" {
		return
	}
	room := causeColumn - explainIndent
	for _, l := range wrap(text, e.prose-causeColumn) {
		e.line(indent, e.paint(name, cyan), strings.Repeat(" ", room-Cells(name)), l)
		name = ""
	}
}

type explainFact struct{ name, text string }

// explainFacts are the short facts of a topic, in the order they are shown.
func explainFacts(t *know.Topic) []explainFact {
	who := "Set by"
	switch t.Kind {
	case know.SignalTopic:
		who = "Sent by"
	case know.MessageTopic:
		who = "Seen in"
	case know.DefaultTopic:
		who = "Set in"
	}
	var out []explainFact
	for _, f := range []explainFact{{who, t.SetBy}, {"Role", roleText(t.Role)}, {"Since", t.Since}, {"Until", t.Until}, {"Today", t.Now}} {
		if f.text != "" {
			out = append(out, f)
		}
	}
	return out
}

func roleText(r know.Role) string {
	switch r {
	case know.Root:
		return "cause: it names what is wrong, or nearly"
	case know.Symptom:
		return "symptom: the cause is elsewhere"
	case know.Noise:
		return "noise: the normal course, or harmless"
	}
	return ""
}

func readingText(r *know.Reading) string {
	s := r.Means
	if r.Name != "" {
		s = r.Name + ": " + s
	}
	var ids []string
	for _, h := range r.Causes {
		ids = append(ids, h.Cause)
	}
	if len(ids) > 0 {
		s += " (" + strings.Join(ids, ", ") + ")"
	}
	return s
}

// isCommand reports whether a line can be run once its words in capitals are
// replaced.
func isCommand(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	switch strings.TrimSuffix(word, ";") {
	case "kubectl", "crictl", "journalctl", "dmesg", "unloop", "df", "du", "cat", "ls", "sysctl", "chronyc", "curl", "stat", "lscpu", "smartctl", "uname", "swapon", "ps":
		return true
	}
	return false
}

package paste

import (
	"regexp"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

// startsEvents reports whether line i is the header or a row of events.
func (p *parser) startsEvents(i int) bool {
	if i >= len(p.lines) {
		return false
	}
	t := p.lines[i].text
	if _, ok := eventHeader(t); ok {
		return true
	}
	_, ok := eventRow(t, nil)
	return ok
}

// header is what the first line of an event table says about its rows.
type header struct {
	// columns are the names, in lower case without blanks, and where they start.
	columns []token
}

func (h *header) has(name string) bool { return h != nil && h.at(name) >= 0 }

func (h *header) at(name string) int {
	for _, c := range h.columns {
		if c.text == name {
			return c.from
		}
	}
	return -1
}

// eventHeader reads a header line: "Type Reason Age From Message" and its
// forms since 1.2, and those of `get events`.
func eventHeader(t string) (*header, bool) {
	if len(t) > 400 || !strings.Contains(t, "eason") && !strings.Contains(t, "REASON") {
		return nil, false
	}
	lower := strings.ToLower(t)
	h := &header{}
	words := tokens(lower, 20)
	for i := 0; i < len(words); i++ {
		w := words[i]
		if (w.text == "last" || w.text == "first") && i+1 < len(words) && words[i+1].text == "seen" {
			w.text += "seen"
			i++
		}
		if !eventColumns[w.text] {
			return nil, false
		}
		h.columns = append(h.columns, w)
	}
	ok := h.has("reason") && h.at("message") > h.at("reason") && (h.has("type") || h.has("firstseen") || h.has("age"))
	return h, ok
}

var eventColumns = map[string]bool{"namespace": true, "type": true, "reason": true, "age": true, "from": true, "message": true,
	"firstseen": true, "lastseen": true, "count": true, "subobjectpath": true, "subobject": true, "name": true, "kind": true,
	"object": true, "source": true, "involvedobject": true}

// takeEvents reads the header, rows and continuations from line i on and returns
// the first line it did not take. object is what rows belong to that do not name
// their object.
func (p *parser) takeEvents(i int, object facts.ObjectRef) int {
	first := len(p.out.Events)
	i = p.eventTable(i, object)
	nameBySchedule(p.out.Events[first:])
	return i
}

func (p *parser) eventTable(i int, object facts.ObjectRef) int {
	var h *header
	var last *facts.Event
	extra := 0 // lines of the last message behind its row
	for ; i < len(p.lines); i++ {
		t := p.lines[i].text
		switch {
		case t == "":
			if !p.eventsGoOn(i, last, extra) {
				return i
			}
			i = p.next(i) - 1
			continue
		case isFence(t):
			return i
		case isGap(t):
			if last != nil && strings.Trim(t, "- ") == "" && len(strings.TrimSpace(t)) > 10 {
				extend(last, strings.TrimSpace(t))
			}
			continue
		}
		if head, ok := eventHeader(t); ok {
			h = head
			continue
		}
		if e, ok := eventRow(t, h); ok {
			p.placeEvent(e, object, i)
			if last, extra = e, 0; h == nil {
				h = &header{}
			}
			continue
		}
		if last == nil || p.endsEvents(i) {
			return i
		}
		extend(last, t)
		extra++
	}
	return i
}

// assigned reads the scheduler's message, with the namespace since 1.11.
var assigned = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^Successfully assigned (?:([a-z0-9.-]+)/)?([a-z0-9.-]+) to \S+$`)
})

// nameBySchedule names the object of events that stand together and name none,
// where the scheduler's event among them says which pod they are about.
func nameBySchedule(events []*facts.Event) {
	ns, name := "", ""
	for _, e := range events {
		if e.Object.Name != "" || e.Object.Kind != "" && e.Object.Kind != "Pod" {
			return
		}
		if e.Reason != "Scheduled" {
			continue
		}
		m := assigned().FindStringSubmatch(e.Message)
		if m == nil || name != "" && name != m[2] {
			return
		}
		ns, name = m[1], m[2]
	}
	for _, e := range events {
		if name != "" {
			e.Object.Kind, e.Object.Name = "Pod", name
			if ns != "" {
				e.Object.Namespace = ns
			}
		}
	}
}

// placeEvent gives an event its object and source and keeps it.
func (p *parser) placeEvent(e *facts.Event, object facts.ObjectRef, i int) {
	e.Source = p.source(i)
	path := e.Object.FieldPath
	if e.Object.Name == "" {
		e.Object = object
		e.Object.FieldPath = path
	}
	if e.Object.Namespace == "" && e.Object.Kind != "Node" {
		e.Object.Namespace = p.listedIn()
	}
	p.out.Events = append(p.out.Events, e)
}

// extend adds a line to the message of an event. A line that stands under the
// message column was broken by layout, others by the message itself.
func extend(e *facts.Event, t string) {
	if len(e.Message) >= longest {
		return
	}
	const column = 40 // no message column stands further left in a table with ages and sources
	sep := "\n"
	if indentOf(t) >= column {
		sep = " "
	}
	e.Message = clip(e.Message + sep + unescapeQuotes(plainQuotes(strings.TrimSpace(t))))
}

// longest bounds a message: the API server keeps 1024 bytes of an event's text,
// and a termination message has at most 4096 (k8s.io/api core/v1); what is longer
// is text that got in between.
const longest = 16 << 10

func clip(s string) string { return s[:min(len(s), longest)] }

// grow joins a line to a value that goes over several, within bounds.
func grow(s, sep, t string) string {
	if len(s) >= longest {
		return s
	}
	return clip(s + sep + t)
}

// eventsGoOn reports whether the table, or the message of its last row, goes on
// behind the blank line i.
func (p *parser) eventsGoOn(i int, last *facts.Event, extra int) bool {
	j := p.next(i)
	if j == len(p.lines) {
		return false
	}
	t := p.lines[j].text
	if _, ok := eventRow(t, nil); ok {
		return true
	}
	if _, ok := eventHeader(t); ok {
		return last == nil
	}
	if last == nil {
		return true
	}
	// A message that has lines already may have a blank one.
	return extra > 0 && j == i+1 && !p.endsEvents(j) && !isProse(t) && !isStamped(t)
}

// endsEvents reports whether line i, which is no row, cannot be the rest of a
// message.
func (p *parser) endsEvents(i int) bool {
	t := p.lines[i].text
	if _, ok := parseCommand(t); ok || p.startsTable(i) || p.startsDocumentAt(i) || stampedOrigin(strings.TrimLeft(t, " \t")) != notHost {
		return true
	}
	k, value, ok := lookKey(t)
	if !ok {
		return false
	}
	if k.name == "Name" {
		j := p.next(i + 1)
		if j == len(p.lines) {
			return false
		}
		k2, _, ok := lookKey(p.lines[j].text)
		return ok && k2.at&atTop != 0
	}
	return k.weight == 3 && (value == "" || indentOf(t) == 0)
}

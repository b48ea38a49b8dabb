package diagnose

import (
	"fmt"
	"strings"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/detect"
	"github.com/unloop-dev/unloop/internal/diagnose/logsig"
	"github.com/unloop-dev/unloop/internal/facts"
)

// Pass is what a rule sees: the facts of one subject, its state, the texts that
// Kubernetes wrote about it, and the signatures found in its logs. Texts and
// hits are worked out once and shared by all rules.
type Pass struct {
	*facts.Facts
	State detect.State

	rule  *Rule
	found []*found
	texts []*Text
	hits  map[*facts.Container][]*Hit
	// rollout, pulls and scheduling are worked out at the first question.
	rollout         *Rollout
	pulls           []Pull
	scheduling      *Unschedulable
	schedulingAsked bool
}

func newPass(f *facts.Facts, st detect.State) *Pass {
	p := &Pass{Facts: f, State: st, hits: map[*facts.Container][]*Hit{}}
	p.texts = collectTexts(p)
	return p
}

// Report records a finding of the running rule.
func (p *Pass) Report(f Finding) {
	p.found = append(p.found, &found{Finding: f, rule: p.rule, seq: len(p.found)})
}

// Troubled returns the containers with something to explain, init containers
// first.
func (p *Pass) Troubled() []*facts.Container { return p.State.Troubled() }

// Hit is a log signature found in the log of a container's dead (or failing)
// instance, or in its termination message; or a recorded call that tells the same.
type Hit struct {
	*logsig.Hit
	Container *facts.Container
	// Log is nil for a termination message.
	Log *facts.Log
	// Sure is true where the text is known to be of the instance that ended.
	Sure bool
	// Final is true where the line stands in the last burst of the log: what the
	// program said before it ended, or what it repeats now.
	Final bool
	// Call is set where no text but a recorded call tells it; grade is how sure that is.
	Call  *facts.Moment
	grade unloop.Confidence
}

// Evidence points at the line, or at the call.
func (h *Hit) Evidence() unloop.Evidence {
	if h.Call != nil {
		text := h.Text
		if !h.Sure {
			text += ", at an end that may be another one"
		}
		return unloop.Evidence{
			Kind: "capture", Ref: fmt.Sprintf("capture/%d %s", h.Call.Event, h.Names["call"]),
			Text: cut(text), Source: h.Container.Death.Source.Input,
		}
	}
	ev := unloop.Evidence{Kind: "log", Text: cut(h.Text)}
	if h.Log == nil {
		ev.Ref = fmt.Sprintf("containers/%s.terminated.message", h.Container.Name)
		ev.Kind = "status"
		return ev
	}
	which := "current"
	if h.Log.Previous {
		which = "previous"
	}
	name := h.Container.Name
	if name == "" {
		name = "log"
	}
	ev.Ref = fmt.Sprintf("logs/%s/%s:%d", name, which, h.Line)
	ev.Source = source(facts.Source{Input: h.Log.Source.Input, Line: lineIn(h.Log, h.Line)})
	return ev
}

// Late orders hits by where they stand: larger is later.
func (h *Hit) Late() int { return h.Line }

func lineIn(l *facts.Log, line int) int {
	if l.Source.Line == 0 {
		return 0
	}
	return l.Source.Line + line - max(l.FirstLine, 1)
}

// Hits returns the signatures of one cause found for one container, the most
// telling first. An empty cause means all.
func (p *Pass) Hits(c *facts.Container, cause string) []*Hit {
	all, ok := p.hits[c]
	if !ok {
		all = scanLogs(p, c)
		p.hits[c] = all
	}
	if cause == "" {
		return all
	}
	var out []*Hit
	for _, h := range all {
		if h.Sig.Cause == cause {
			out = append(out, h)
		}
	}
	return out
}

func scanLogs(p *Pass, c *facts.Container) []*Hit {
	var out []*Hit
	calls := callHits(c)
	add := func(text string, first int, l *facts.Log, sure bool) {
		scan := logsig.Scan(text)
		for _, h := range scan.Hits {
			h.Line += max(first, 1) - 1
			out = append(out, &Hit{Hit: h, Container: c, Log: l, Sure: sure, Final: h.Final})
		}
	}
	if t, _ := c.Exit(); t != nil && t.Message != "" && !wroteByRuntime(t) {
		add(t.Message, 1, nil, true)
	}
	if l, sure := c.DeadLog(); l != nil {
		add(l.Text, l.FirstLine, l, sure)
	}
	for _, l := range p.Logs {
		// Loose text beside a pod is used only where there is no log of its own.
		if l.Origin == facts.FromUnknown && len(out) == 0 && (l.Container == c.Name || l.Container == "") {
			add(l.Text, l.FirstLine, l, false)
		}
	}
	if c.DeathSure {
		return append(calls, out...)
	}
	return append(out, calls...) // of another end, maybe: what this one said comes first
}

// Grade says how sure a log line makes a cause. Proven needs all of: the
// program itself says that it ends with this, the line is of the instance that
// ended, in its last words, and the end was the program's own.
func (p *Pass) Grade(h *Hit) unloop.Confidence {
	if h.Call != nil {
		return h.grade
	}
	t, _ := h.Container.Exit()
	ended := t != nil && t.ExitCode != 0 && t.Reason != "OOMKilled"
	switch {
	case h.Final && h.Sure && ended && p.lastWord(h) && !p.KilledByKubelet(h.Container):
		return unloop.Proven
	case h.Final && h.Level >= logsig.Error:
		return unloop.Likely
	}
	return unloop.Possible
}

// lastWord reports whether the program says with this line that it ends: the
// signature is fatal, the line calls itself so, or a fatal signature (a panic, the
// last line of a trace) stands in the same line.
func (p *Pass) lastWord(h *Hit) bool {
	if h.Level == logsig.Fatal || h.Level == logsig.Error && callsItselfFatal.Match(h.Text) {
		return true
	}
	for _, o := range p.Hits(h.Container, "") {
		if o.Level == logsig.Fatal && o.Final && o.Line == h.Line && o.Log == h.Log && h.Level == logsig.Error {
			return true
		}
	}
	return false
}

// callsItselfFatal: the highest level of the usual loggers, klog's F lines among them.
var callsItselfFatal = Re(`(?:^|[\s\["=<(])(?:fatal|panic|emerg|emergency)(?:[\s\]"|:>)]|$)|^F\d{4} \d\d:\d\d`)

// ReportHits reports the rule's own signatures, best hit per container, with the
// sentence that say makes of it. It is the whole Run of causes that only a log
// can show.
func (p *Pass) ReportHits(say func(h *Hit) Finding) {
	for _, c := range p.Logged() {
		hits := p.Hits(c, p.rule.ID)
		if len(hits) == 0 {
			continue
		}
		h := hits[0]
		f := say(h)
		if f.Summary.IsZero() {
			continue
		}
		f.Container = c
		if f.Confidence == 0 {
			f.Confidence = p.Grade(h)
		}
		f.Late = h.Late()
		f.Evidence = append([]unloop.Evidence{h.Evidence()}, f.Evidence...)
		for _, o := range hits[1:] {
			if h.Call != nil && o.Call == nil && o.Final || h.Call == nil && o.Call != nil && sameThing(h, o) {
				f.Evidence = append(f.Evidence, o.Evidence()) // the program says so itself, or the call shows it
				break
			}
		}
		if t, where := c.Exit(); t != nil {
			f.Evidence = append(f.Evidence, p.ExitEvidence(c, t, where))
		}
		p.Report(f)
	}
}

// Logged returns the containers whose logs are worth reading: the troubled ones;
// where the subject is a log alone, that one.
func (p *Pass) Logged() []*facts.Container {
	if p.Pod == nil {
		return p.Containers
	}
	return p.Troubled()
}

// Program returns what to call the program that wrote the hit's log, or made the call.
func (h *Hit) Program() string {
	if h.Call != nil {
		return h.Sig.Of
	}
	if h.Sig.Of != "" && h.Sig.Of != "any" && !logsig.IsRuntime(h.Sig.Of) {
		return h.Sig.Of
	}
	if h.Container.Name != "" {
		return h.Container.Name
	}
	return "the program"
}

// cut makes a text fit for one line of evidence.
func cut(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const limit = 400 // a line of evidence wraps to at most a few screen lines
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

func source(s facts.Source) string {
	if s.Input == "" || s.Line == 0 {
		return s.Input
	}
	return fmt.Sprintf("%s:%d", s.Input, s.Line)
}

// sameThing reports whether a line of a log and a call are about the same name.
func sameThing(line, call *Hit) bool {
	for _, key := range []string{"host", "path", "addr", "lib"} {
		if a, b := line.Names[key], call.Names[key]; a != "" && (a == b || b != "" && strings.HasPrefix(a, b+":")) {
			return true
		}
	}
	return false
}

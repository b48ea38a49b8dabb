package diagnose

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/facts"

	corev1 "k8s.io/api/core/v1"
)

// Where is a set of places where Kubernetes writes about a pod.
type Where uint16

// The places.
const (
	// Waiting is state.waiting of a container.
	Waiting Where = 1 << iota
	// Terminated is state.terminated or lastState.terminated where the runtime
	// wrote the message (StartError, ContainerCannotRun), not the program.
	Terminated
	// PodStatus is status.reason and status.message.
	PodStatus
	// Conditions are the pod's or workload's conditions.
	Conditions
	// PodEvent is an event of the subject.
	PodEvent
	// OwnerEvent is an event of an owner or claim.
	OwnerEvent
	// NodeText is a condition or event of the pod's node.
	NodeText
	// HostText is a kubelet, runtime or kernel log line, or a log of an unknown writer.
	HostText

	// Anywhere is all of them.
	Anywhere = Waiting | Terminated | PodStatus | Conditions | PodEvent | OwnerEvent | NodeText | HostText
	// AboutStart is where the kubelet says why a container does not start.
	AboutStart = Waiting | Terminated | PodEvent | HostText
)

// Text is one thing Kubernetes wrote about the subject.
type Text struct {
	Where  Where
	Reason string
	Body   string
	// Container is nil where the text is about the pod.
	Container *facts.Container
	// Event is set for PodEvent, OwnerEvent and node events.
	Event *facts.Event
	// Stale is true where the pod is known to have come past the step that the
	// text complains about.
	Stale bool
	ref   string
	kind  string
	src   facts.Source
	low   string
}

// lower returns the body in lower case.
func (t *Text) lower() string {
	if t.low == "" {
		t.low = strings.ToLower(t.Body)
	}
	return t.low
}

// Evidence points at the text.
func (t *Text) Evidence() unloop.Evidence {
	body := t.Body
	if t.Event != nil && t.Event.Count > 1 {
		body = fmt.Sprintf("%s (x%d)", body, t.Event.Count)
	}
	if t.Reason != "" && t.Event == nil {
		body = strings.TrimSuffix(t.Reason+": "+body, ": ")
	}
	return unloop.Evidence{Kind: t.kind, Ref: t.ref, Text: cut(body), Source: source(t.src)}
}

// Pattern is a case-insensitive expression, compiled at its first use: pastes
// lower-case texts, and most patterns are never needed in one run.
type Pattern struct {
	expr  string
	get   func() *regexp.Regexp
	words func() []string
	seen  *memo
}

// memo remembers what a pattern found in a text: the pods of a large cluster
// that fail alike are written about in the same words. It changes no result, only
// the time. Safe for concurrent use.
type memo struct {
	mu sync.Mutex
	m  map[string]map[string]string
}

// memoSize bounds a memo; texts are at most some KiB, and mostly shared with the
// snapshot.
const memoSize = 128

func (c *memo) get(s string) (names map[string]string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	names, known = c.m[s]
	return names, known
}

func (c *memo) put(s string, names map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil || len(c.m) >= memoSize {
		c.m = make(map[string]map[string]string, 8)
	}
	c.m[s] = names
}

// Re makes a Pattern. Named groups are returned by Find.
func Re(expr string) Pattern {
	return Pattern{
		expr:  expr,
		get:   sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)` + expr) }),
		words: sync.OnceValue(func() []string { return literalsOf(expr) }),
		seen:  &memo{},
	}
}

// Match reports whether s holds the pattern.
func (p Pattern) Match(s string) bool {
	return holdsAny(strings.ToLower(s), p.words()) && p.get().MatchString(s)
}

// Find returns the named groups of the first match. The map is shared and must
// not be changed.
func (p Pattern) Find(s string) (map[string]string, bool) { return p.find(s, strings.ToLower(s)) }

// find is Find for a text whose form in lower case is at hand.
func (p Pattern) find(s, low string) (map[string]string, bool) {
	if !holdsAny(low, p.words()) {
		return nil, false
	}
	names, known := p.seen.get(s)
	if !known {
		names = p.names(s)
		p.seen.put(s, names)
	}
	return names, names != nil
}

// names returns the named groups of the first match, nil where there is none.
func (p Pattern) names(s string) map[string]string {
	re := p.get()
	m := re.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	out := map[string]string{}
	for i, n := range re.SubexpNames() {
		if n != "" && m[i] != "" {
			out[n] = m[i]
		}
	}
	return out
}

// Match is a text that holds a pattern, with the pattern's named groups.
type Match struct {
	*Text
	Names map[string]string
}

// Find returns the texts of the given places that hold the pattern and are not
// stale, newest first.
func (p *Pass) Find(where Where, pat Pattern) []Match {
	var out []Match
	for _, t := range p.texts {
		if t.Where&where == 0 || t.Stale || t.Event != nil && goodNews(t.Event) {
			continue
		}
		if names, ok := pat.find(t.Body, t.lower()); ok {
			out = append(out, Match{t, names})
		}
	}
	return out
}

// goodNews reports whether an event only says that a step was done: no rule looks
// for its cause in such a text.
func goodNews(e *facts.Event) bool {
	if e.Type != "Normal" {
		return false
	}
	switch e.Reason {
	case "Scheduled", "Pulling", "Pulled", "Created", "Started", "SuccessfulAttachVolume", "SuccessfulMountVolume", "SuccessfulCreate", "ScalingReplicaSet", "AddedInterface":
		return true
	}
	return false
}

// FindReason returns the texts of the given places with one of the reasons
// (compared without case), stale ones left out, newest first.
func (p *Pass) FindReason(where Where, reasons ...string) []*Text {
	var out []*Text
	for _, t := range p.texts {
		if t.Where&where == 0 || t.Stale {
			continue
		}
		for _, r := range reasons {
			if strings.EqualFold(t.Reason, r) {
				out = append(out, t)
				break
			}
		}
	}
	return out
}

func collectTexts(p *Pass) []*Text {
	var out []*Text
	add := func(t *Text) {
		if t.Body != "" || t.Reason != "" {
			out = append(out, t)
		}
	}
	for _, c := range p.Containers {
		if w := c.Waiting(); w != nil {
			add(&Text{Where: Waiting, Reason: w.Reason, Body: w.Message, Container: c, kind: "status", ref: "containers/" + c.Name + ".state.waiting"})
		}
		if t, where := c.Exit(); t != nil && wroteByRuntime(t) {
			add(&Text{Where: Terminated, Reason: t.Reason, Body: t.Message, Container: c, kind: "status", ref: "containers/" + c.Name + "." + where})
		}
	}
	if p.Pod != nil {
		add(&Text{Where: PodStatus, Reason: p.Pod.Status.Reason, Body: p.Pod.Status.Message, kind: "status", ref: "status", src: p.Pod.Source})
		for _, c := range p.Pod.Status.Conditions {
			add(&Text{Where: Conditions, Reason: c.Reason, Body: c.Message, kind: "status", ref: "conditions/" + string(c.Type)})
		}
	}
	for _, w := range p.Owners {
		for _, c := range w.Conditions {
			add(&Text{Where: Conditions, Reason: c.Reason, Body: c.Message, kind: "object", ref: w.Kind + "/" + w.Name + " conditions/" + c.Type, src: w.Source})
		}
	}
	for i := len(p.Events) - 1; i >= 0; i-- {
		add(eventText(p, p.Events[i], PodEvent))
	}
	for i := len(p.OwnerEvents) - 1; i >= 0; i-- {
		add(eventText(p, p.OwnerEvents[i], OwnerEvent))
	}
	for _, c := range p.Claims {
		for _, e := range c.Events {
			add(eventText(p, e, OwnerEvent))
		}
	}
	if n := p.Node; n != nil {
		for _, c := range n.Status.Conditions {
			add(&Text{Where: NodeText, Reason: c.Reason, Body: c.Message, kind: "node", ref: "node/" + n.Name + " conditions/" + string(c.Type), src: n.Source})
		}
		for _, e := range n.Events {
			add(eventText(p, e, NodeText))
		}
	}
	for _, l := range append(p.HostLogs, unknownLogs(p)...) {
		add2 := hostLines(l)
		out = append(out, add2...)
	}
	return out
}

func unknownLogs(p *Pass) []*facts.Log {
	var out []*facts.Log
	for _, l := range p.Logs {
		if l.Origin == facts.FromUnknown {
			out = append(out, l)
		}
	}
	return out
}

// hostLines makes texts of the lines of a host log, newest first. Lines are
// joined where a paste wrapped one message over several.
func hostLines(l *facts.Log) []*Text {
	lines := strings.Split(l.Text, "\n")
	const most = 400 // the newest lines of a host log are about what is wrong now
	var out []*Text
	for i := len(lines) - 1; i >= 0 && len(out) < most; i-- {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		body := lines[i]
		if i+1 < len(lines) {
			body += "\n" + strings.Join(lines[i+1:min(i+4, len(lines))], "\n")
		}
		n := l.FirstLine + i
		if l.FirstLine == 0 {
			n++
		}
		out = append(out, &Text{Where: HostText, Body: body, kind: "host", ref: fmt.Sprintf("host:%d", n), src: facts.Source{Input: l.Source.Input, Line: lineIn(l, n)}})
	}
	return out
}

func eventText(p *Pass, e *facts.Event, w Where) *Text {
	t := &Text{Where: w, Reason: e.Reason, Body: e.Message, Event: e, kind: "event", src: e.Source}
	t.ref = strings.TrimSuffix(fmt.Sprintf("events:%d %s", e.Seq, e.Reason), " ")
	for _, c := range p.Containers {
		for _, x := range c.Events {
			if x == e {
				t.Container = c
			}
		}
	}
	t.Stale = w == PodEvent && stale(p, t) || createdSince(p, e)
	return t
}

// wroteByRuntime: for these reasons the termination message is the runtime's or
// the kubelet's, for all others the program's. A text that was cut may have lost
// the reason; the runtime's first words then tell.
func wroteByRuntime(t *corev1.ContainerStateTerminated) bool {
	switch t.Reason {
	case "StartError", "ContainerCannotRun", "ContainerStatusUnknown", "RestartingAllContainers", "seccomp killed":
		return true
	case "":
		return runtimeWords.Match(t.Message)
	}
	return false
}

// runtimeWords open the start errors of containerd, CRI-O and Docker.
var runtimeWords = Re(`^\W*(?:failed to (?:create|start) (?:containerd task|shim|container)|oci runtime|container_linux\.go|rpc error: code)`)

// ReportTexts reports the running rule for texts that hold the pattern: the
// newest per container, with the sentence that say makes of it. A finding
// without a confidence is Proven: the kubelet, the scheduler or a controller
// states the cause itself. An empty summary reports nothing.
func (p *Pass) ReportTexts(where Where, pat Pattern, say func(m Match) Finding) {
	p.reportMatches(p.Find(where, pat), say)
}

// reportMatches reports the running rule for texts, newest first, as ReportTexts does.
func (p *Pass) reportMatches(matches []Match, say func(m Match) Finding) {
	done := map[*facts.Container]*found{}
	for _, m := range matches {
		if old, ok := done[m.Container]; ok {
			// More of the same is more evidence, up to a few.
			if old != nil && len(old.Evidence) < 3 {
				old.Evidence = append(old.Evidence, m.Evidence())
			}
			continue
		}
		f := say(m)
		if f.Summary.IsZero() {
			continue
		}
		if f.Confidence == 0 {
			f.Confidence = unloop.Proven
		}
		if f.Container == nil {
			f.Container = m.Container
		}
		f.Evidence = append([]unloop.Evidence{m.Evidence()}, f.Evidence...)
		p.Report(f)
		done[m.Container] = p.found[len(p.found)-1]
	}
}

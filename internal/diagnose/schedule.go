package diagnose

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Unschedulable is one of the scheduler's texts taken apart.
type Unschedulable struct {
	// Total is the number of nodes looked at; -1 where the text has no count.
	Total int
	// Reasons are the counted reasons in order, without the preemption tail.
	Reasons []NodeReason
	Text    *Text
}

// NodeReason is "3 Insufficient cpu": so many nodes were left out for this.
// Count is 0 for a reason that concerns the pod as a whole.
type NodeReason struct {
	Count  int
	Reason string
}

var (
	schedHead = sync.OnceValue(func() *regexp.Regexp {
		// kubernetes 1.9 to 1.36 pkg/scheduler/framework FitError.Error; 1.5 to 1.8 wrote
		// "No nodes are available that match all of the predicates: Insufficient cpu (3)."
		return regexp.MustCompile(`(?is)(?:(\d+)/(\d+) nodes are available:|no nodes are available that match all of the (?:following )?predicates::?|fit failure (?:on node|summary on nodes)[^:]*:)\s*(.*)`)
	})
	schedPart  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d+) (.*)$`) })
	schedTail  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)\.?\s*preemption:.*$`) })
	schedCount = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.*) \((\d+)\)$`) })
)

// schedulerWords open the scheduler's answer where it stands without its event.
var schedulerWords = Re(`\d+/\d+ nodes are available: |no nodes are available that match all of the `)

// Scheduling returns the newest text of the scheduler, taken apart; nil where there is none.
// The condition is preferred to the event: the event is cut at 1024 characters.
func (p *Pass) Scheduling() *Unschedulable {
	if p.scheduling != nil || p.schedulingAsked {
		return p.scheduling
	}
	p.schedulingAsked = true
	texts := p.FindReason(Conditions, "Unschedulable", "SchedulerError")
	texts = append(texts, p.FindReason(PodEvent, "FailedScheduling")...)
	for _, m := range p.Find(HostText, schedulerWords) {
		texts = append(texts, m.Text)
	}
	for _, t := range texts {
		if t.Body == "" || strings.HasPrefix(t.Body, "skip schedule deleting pod") {
			continue
		}
		p.scheduling = parseScheduling(t)
		return p.scheduling
	}
	return nil
}

func parseScheduling(t *Text) *Unschedulable {
	u := &Unschedulable{Total: -1, Text: t}
	body := t.Body
	if m := schedHead().FindStringSubmatch(body); m != nil {
		if n, err := strconv.Atoi(m[2]); err == nil {
			u.Total = n
		}
		body = m[3]
	}
	body = strings.TrimRight(schedTail().ReplaceAllString(body, ""), ". \n")
	for _, part := range splitReasons(body) {
		part = strings.TrimRight(strings.TrimSpace(part), ".")
		switch m, c := schedPart().FindStringSubmatch(part), schedCount().FindStringSubmatch(part); {
		case m != nil:
			n, _ := strconv.Atoi(m[1])
			u.Reasons = append(u.Reasons, NodeReason{n, m[2]})
		case c != nil:
			n, _ := strconv.Atoi(c[2])
			u.Reasons = append(u.Reasons, NodeReason{n, c[1]})
		case part != "":
			u.Reasons = append(u.Reasons, NodeReason{0, part})
		}
	}
	return u
}

// splitReasons splits at commas that are followed by a count, or at all commas
// outside braces where there are none: reasons hold commas themselves ("had taint
// {k: v}, that the pod didn't tolerate").
func splitReasons(s string) []string {
	var out []string
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '{', '[', '(':
			depth++
		case '}', ']', ')':
			depth = max(0, depth-1)
		case ',':
			rest := strings.TrimLeft(s[i+1:], " ")
			if depth == 0 && !strings.HasPrefix(rest, "that the pod") {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

// Find returns the reasons that hold the pattern, with its names.
func (u *Unschedulable) Find(pat Pattern) (NodeReason, map[string]string, bool) {
	if u == nil {
		return NodeReason{}, nil, false
	}
	for _, r := range u.Reasons {
		if names, ok := pat.Find(r.Reason); ok {
			return r, names, true
		}
	}
	return NodeReason{}, nil, false
}

// Deciding reports whether r alone keeps the pod from every node that the other
// reasons would leave: it is the only reason, or the one with the most nodes. A
// reason that only names nodes which are out of the question for other pods too
// (control-plane taints, a DaemonSet's other nodes) decides nothing beside another.
func (u *Unschedulable) Deciding(r NodeReason) bool {
	most := 0
	for _, o := range u.Reasons {
		if o.Count > most {
			most = o.Count
		}
	}
	return r.Count == 0 || r.Count >= most
}

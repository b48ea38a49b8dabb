package know

import (
	"fmt"
	"slices"
	"strings"
)

// TopicKind says what a Topic is about.
type TopicKind string

// The kinds of topics.
const (
	ExitTopic    TopicKind = "exit code"
	SignalTopic  TopicKind = "signal"
	ReasonTopic  TopicKind = "reason"
	MessageTopic TopicKind = "message"
	FamilyTopic  TopicKind = "cause family"
	DefaultTopic TopicKind = "default"
)

// Topic is the answer to one question of `unloop explain`, as plain texts.
// Empty parts have nothing to say. Texts between backquotes are quotations.
type Topic struct {
	Title string    `json:"title"`
	Kind  TopicKind `json:"kind"`
	// Means says what it is; one paragraph each.
	Means []string `json:"means"`
	SetBy string   `json:"setBy,omitempty"`
	// Role is "cause", "symptom" or "noise" for reasons.
	Role Role `json:"role,omitempty"`
	// Messages are the formats it comes with.
	Messages []string `json:"messages,omitempty"`
	// Causes are the common causes, most likely first.
	Causes []Hint `json:"causes,omitempty"`
	// Readings are what particular software means by an exit code.
	Readings  []Reading `json:"readings,omitempty"`
	TellApart []string  `json:"tellApart,omitempty"`
	// Check is what to look at first; lines that begin with kubectl, crictl and
	// the like can be run once the words in capitals are replaced.
	Check   []string `json:"check,omitempty"`
	SeeAlso []string `json:"seeAlso,omitempty"`
	Since   string   `json:"since,omitempty"`
	Until   string   `json:"until,omitempty"`
	// Now says what stands in the place of something gone.
	Now     string   `json:"now,omitempty"`
	Sources []string `json:"sources"`
}

func exitTopic(code int32) Topic {
	e := Exit(code, ExitOptions{})
	title := fmt.Sprintf("exit code %d", code)
	if e.Hex != "" {
		title += " (" + e.Hex + ")"
	}
	if e.Name != "" {
		title += ": " + e.Name
	}
	t := Topic{
		Title: title, Kind: ExitTopic, Means: []string{sentence(e.Meaning)}, SetBy: e.SetBy,
		Causes: e.Causes, Readings: e.Readings, TellApart: e.Apart, Check: e.Check, Sources: e.Sources,
	}
	if e.CoreDump != "" {
		t.Means = append(t.Means, sentence("Core dump: "+e.CoreDump))
	}
	for i := range reasonRows {
		if r := &reasonRows[i]; slices.Contains(r.codes, code) {
			t.Means = append(t.Means, fmt.Sprintf("With reason %s: %s.", r.reason, r.say(code)))
			t.SeeAlso = append(t.SeeAlso, r.reason)
		}
	}
	if e.Signal != "" {
		t.SeeAlso = append(t.SeeAlso, e.Signal)
	}
	return t
}

func signalTopic(s *SignalInfo) Topic {
	t := Topic{
		Title: fmt.Sprintf("%s (signal %d)", s.Name, s.Number), Kind: SignalTopic,
		Means: []string{s.Means}, SetBy: s.Sender, Causes: s.Causes, TellApart: s.Apart, Check: s.Check, Sources: []string{s.Source},
	}
	code, ends := s.ExitCode()
	action := "Without a handler: " + string(s.Action) + "."
	switch {
	case !s.Catchable:
		action += " No program can catch, block or ignore it."
	case ends:
		action += " Process 1 of a container ignores it if it has no handler, unless the kernel sends it for a fault."
	}
	t.Means = append(t.Means, action)
	if ends {
		t.Means = append(t.Means, fmt.Sprintf("A process that it ends shows as exit code %d (128 + %d).", code, s.Number))
		t.SeeAlso = append(t.SeeAlso, fmt.Sprintf("exit %d", code))
	} else {
		t.Means = append(t.Means, "It does not end a process, so it has no exit code.")
	}
	if len(s.Aliases) > 0 {
		t.Means = append(t.Means, "Also called "+strings.Join(s.Aliases, ", ")+".")
	}
	return t
}

func reasonTopic(r *Reason, shown string) Topic {
	title := r.Name
	if shown != "" && strings.ContainsAny(r.Name, "<") {
		title = shown
	}
	title += " (" + r.In.String()
	if r.On != "" {
		title += " of " + r.On
	}
	if r.Type != "" {
		title += ", " + r.Type
	}
	title += ")"
	t := Topic{
		Title: title, Kind: ReasonTopic, Means: []string{r.Means}, SetBy: r.By, Role: r.Role, Messages: r.Formats,
		Causes: r.Causes, Check: r.Next, Since: r.Since, Until: r.Until, Now: r.Now, Sources: []string{r.Source},
	}
	for _, c := range Consequences {
		if c.Reason == r.Name && c.Text == "" && r.Role != Root {
			t.TellApart = append(t.TellApart, "never the cause by itself; look for "+c.LookFor)
		}
	}
	return t
}

func messageTopic(m *Message) Topic {
	t := Topic{
		Title: strings.ReplaceAll(m.Pattern, "*", "…"), Kind: MessageTopic, Means: []string{m.Means}, SetBy: m.Where,
		Causes: m.Causes, TellApart: m.Apart, Since: m.Since, Until: m.Until, Sources: []string{m.Source},
	}
	t.SeeAlso = slices.Clone(m.Reasons)
	return t
}

func familyTopic(f *Family) Topic {
	t := Topic{
		Title: f.Title + " (family " + f.ID + ")", Kind: FamilyTopic, Means: []string{f.Means}, Check: f.Look,
		Sources: []string{"unloop's catalogue of causes"},
	}
	for _, c := range Causes {
		if c.Family == f.ID {
			t.Causes = append(t.Causes, Hint{c.ID, strings.TrimSuffix(c.Means, ".")})
		}
	}
	return t
}

func defaultTopic(d *Default) Topic {
	return Topic{
		Title: d.Name + " = " + d.Value, Kind: DefaultTopic, Means: []string{d.Means}, SetBy: d.Where, Since: d.Since, Sources: []string{d.Source},
	}
}

// sentence makes a sentence of a phrase.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

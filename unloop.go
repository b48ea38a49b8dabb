// Package unloop holds the words every other package speaks: findings, the
// evidence they rest on, remedies, and the diagnosis document that the command
// line prints.
//
// It imports the standard library only, decides nothing and reads nothing: the
// rules (internal/rules) make findings, internal/report prints them.
package unloop

import (
	"encoding/json"
	"fmt"
	"time"
)

// Message is a text kept as format and arguments, so that it can be translated
// later without touching the rule that wrote it. It marshals as the rendered
// English string.
type Message struct {
	Format string
	Args   []any
}

// Msg makes a Message; it takes what fmt.Sprintf takes.
func Msg(format string, args ...any) Message { return Message{Format: format, Args: args} }

// String renders the message in English.
func (m Message) String() string {
	if len(m.Args) == 0 {
		return m.Format
	}
	return fmt.Sprintf(m.Format, m.Args...)
}

// IsZero reports whether nothing was written.
func (m Message) IsZero() bool { return m.Format == "" }

// MarshalJSON writes the rendered text.
func (m Message) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// UnmarshalJSON reads a rendered text back; the format is lost.
func (m *Message) UnmarshalJSON(b []byte) error {
	*m = Message{}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	// A rendered text is an argument, never a format: it may hold a percent sign.
	*m = Message{Format: "%s", Args: []any{s}}
	return nil
}

// Confidence says how sure a finding is. The order is meant: larger is surer.
type Confidence int

const (
	// Possible: the evidence fits this cause, and at least one other cause fits it as well.
	Possible Confidence = iota + 1
	// Likely: the evidence fits this cause best, but the fact that would decide is not there.
	Likely
	// Proven: a fact at hand states this cause itself, and nothing known speaks against it.
	Proven
)

var confidenceNames = map[Confidence]string{Possible: "possible", Likely: "likely", Proven: "proven"}

// String returns "possible", "likely" or "proven".
func (c Confidence) String() string { return confidenceNames[c] }

// MarshalText makes JSON and YAML carry the word.
func (c Confidence) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the word back.
func (c *Confidence) UnmarshalText(b []byte) error {
	for k, v := range confidenceNames {
		if v == string(b) {
			*c = k
			return nil
		}
	}
	return fmt.Errorf("confidence %q: want possible, likely or proven", b)
}

// Evidence points at one fact.
type Evidence struct {
	// Kind is status, spec, event, log, node, object, row, host or capture.
	Kind string `json:"kind"`
	// Ref names the fact inside its kind: "containers/app.lastState.terminated",
	// "pod/web-1 BackOff", "logs/app/previous:12".
	Ref string `json:"ref"`
	// Text is the fact as it was written, cut to one line and redacted.
	Text string `json:"text"`
	// Source is the input it came from and the line there ("describe.txt:41"),
	// or "live".
	Source string `json:"source,omitempty"`
}

// Risk says what applying a fix may cost.
type Risk string

const (
	// RiskNone: reads only, or changes nothing that runs.
	RiskNone Risk = "none"
	// RiskRestart: pods of the workload are replaced.
	RiskRestart Risk = "restart"
	// RiskData: data may be lost or changed; read before applying.
	RiskData Risk = "data"
	// RiskCluster: changes something other workloads use as well.
	RiskCluster Risk = "cluster"
)

// Fix is one alternative remedy. Exactly what it does is in Command or Patch;
// a fix with neither is advice.
type Fix struct {
	Title   Message `json:"title"`
	Risk    Risk    `json:"risk"`
	Command string  `json:"command,omitempty"`
	// Patch is a strategic merge patch in JSON for the object named in Target.
	Patch json.RawMessage `json:"patch,omitempty"`
	// Target is "kind/name" of the object the patch is for.
	Target string `json:"target,omitempty"`
}

// Finding is one cause with what speaks for it.
type Finding struct {
	// Cause is a rule's id, in kebab-case; `unloop explain CAUSE` documents it.
	Cause      string     `json:"cause"`
	Confidence Confidence `json:"confidence"`
	// Container is the container it is about; empty for the whole pod.
	Container string `json:"container,omitempty"`
	Title     string `json:"title"`
	// Summary says it with the names of this case, in one sentence.
	Summary Message `json:"summary"`
	// Chain leads from the symptom to the root, each link the why of the one before.
	Chain    []Message  `json:"chain"`
	Evidence []Evidence `json:"evidence"`
	Fixes    []Fix      `json:"fixes"`
	// Docs is the page that explains the cause.
	Docs string `json:"docs,omitempty"`
	// Changed lists what the newest revision of the workload changed, where the
	// crash came with it.
	Changed []string `json:"changed,omitempty"`
}

// Subject names what a diagnosis is about.
type Subject struct {
	// Kind is Pod, a workload kind, Node, Log for text that belongs to no known pod, or
	// Container or Process for what only a recording of system calls shows.
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Workload is "Kind/name" of the topmost known owner.
	Workload string `json:"workload,omitempty"`
	Node     string `json:"node,omitempty"`
}

// Exit is how a container's process ended.
type Exit struct {
	Code int32 `json:"code"`
	// Signal is the name of the signal that a code above 128 stands for, such as SIGKILL.
	Signal string `json:"signal,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Meaning is the code in words.
	Meaning    string     `json:"meaning,omitempty"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
}

// NextRestart says when the kubelet starts the container again.
type NextRestart struct {
	// At is the earliest moment; nil where the facts do not give one.
	At *time.Time `json:"at,omitempty"`
	// BackoffSeconds is the wait that runs now.
	BackoffSeconds int64 `json:"backoffSeconds"`
	// Step is the number of this wait in the doubling sequence, from 0.
	Step int `json:"step"`
	// CapSeconds is the longest wait of this kubelet.
	CapSeconds int64 `json:"capSeconds"`
	// Exact is false where the wait was estimated, not read from the kubelet's message.
	Exact bool   `json:"exact"`
	Text  string `json:"text"`
}

// Container is the state of one container as the diagnosis saw it.
type Container struct {
	Name     string `json:"name"`
	Restarts int32  `json:"restarts"`
	// RestartsUnknown: it is known from recordings alone, which do not count restarts.
	RestartsUnknown bool         `json:"restartsUnknown,omitempty"`
	LastExit        *Exit        `json:"lastExit,omitempty"`
	NextRestart     *NextRestart `json:"nextRestart,omitempty"`
}

// NotEvaluated says which causes could not be judged for want of a kind of fact.
type NotEvaluated struct {
	// Needs is the missing kind: status, spec, events, logs, node, owner, references, services, capture.
	Needs string `json:"needs"`
	// Reason says why it is missing: "not in the input", "forbidden: ...".
	Reason string   `json:"reason"`
	Causes []string `json:"causes"`
}

// Diagnosis is the answer for one subject.
type Diagnosis struct {
	Subject Subject `json:"subject"`
	// Status is the word `kubectl get` shows, with what it hides where that matters.
	Status       string         `json:"status"`
	Healthy      bool           `json:"healthy"`
	Containers   []Container    `json:"containers"`
	Findings     []Finding      `json:"findings"`
	NotEvaluated []NotEvaluated `json:"notEvaluated"`
}

// APIVersion and ListKind identify the document `-o json` prints.
const (
	APIVersion = "unloop.dev/v1alpha1"
	ListKind   = "DiagnosisList"
)

// DiagnosisList is the document of `unloop diagnose -o json`.
type DiagnosisList struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Items      []Diagnosis `json:"items"`
	// Skipped lists inputs that could not be read, one line each.
	Skipped []string `json:"skipped,omitempty"`
}

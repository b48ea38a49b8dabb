package know

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Message is a text that Kubernetes, a runtime, the kernel or a storage or
// network driver writes, with what it means.
type Message struct {
	// Pattern is the constant part of the text in its usual case; * stands for
	// anything. Parts must come in order.
	Pattern string `json:"pattern"`
	// Lead is true for a text that only leads in: what comes with it decides.
	Lead bool `json:"lead,omitempty"`
	// Where says where it is seen.
	Where  string `json:"where"`
	Means  string `json:"means"`
	Causes []Hint `json:"causes,omitempty"`
	// Apart says how to tell the causes apart beyond their hints.
	Apart []string `json:"apart,omitempty"`
	Since string   `json:"since,omitempty"`
	Until string   `json:"until,omitempty"`
	// Reasons are the reasons it comes with.
	Reasons []string `json:"reasons,omitempty"`
	Source  string   `json:"source"`
}

// messageTables are walked in this order; of two patterns of one weight the
// first wins.
var messageTables = [...]*[]Message{
	&symptomMessages, &startMessages, &createMessages, &imageMessages, &volumeMessages, &sandboxMessages,
	&scheduleMessages, &admissionMessages, &evictionMessages, &probeMessages, &stopMessages, &nodeMessages, &kernelMessages,
}

// Messages returns every known message, table by table.
func Messages() []Message {
	var out []Message
	for _, t := range messageTables {
		out = append(out, *t...)
	}
	return out
}

type foldedMessage struct {
	*Message
	low string
	// rank is 0 for a text of its own, 1 for a short error text that has many
	// causes, 2 for one that leads in or has no cause.
	rank int
	// weight is the number of constant bytes: a longer match says more.
	weight int
}

var messageIndex = sync.OnceValue(func() []foldedMessage {
	var out []foldedMessage
	for _, t := range messageTables {
		for i := range *t {
			m := &(*t)[i]
			f := foldedMessage{Message: m, low: fold(m.Pattern)}
			f.weight = len(f.low) - strings.Count(f.low, "*")
			switch {
			case m.Lead || len(m.Causes) == 0:
				f.rank = 2
			case t == &symptomMessages:
				f.rank = 1
			}
			out = append(out, f)
		}
	}
	return out
})

const (
	// maxText bounds the texts that are searched: more than any single message of
	// Kubernetes (an event note has 1024 bytes, a termination message 4096).
	maxText = 8 << 10
	// minFragment is the shortest text that is taken for a part of a message.
	minFragment = 8
)

// MatchMessages returns the messages that text contains, or that contain text,
// at most limit: those that say most first, texts that only lead in last. Case
// and runs of blanks do not matter. Time is linear in text for each pattern.
func MatchMessages(text string, limit int) []Message {
	low := fold(text)
	if low == "" {
		return nil
	}
	var hits []foldedMessage
	for _, m := range messageIndex() {
		if matchPattern(m.low, low) || len(low) >= minFragment && strings.ContainsAny(low, " -_/:") && strings.Contains(m.low, low) {
			hits = append(hits, m)
		}
	}
	slices.SortStableFunc(hits, func(a, b foldedMessage) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.weight, a.weight))
	})
	var out []Message
	for _, m := range hits[:min(len(hits), limit)] {
		out = append(out, *m.Message)
	}
	return out
}

// fold lower-cases a text, cuts it to maxText and makes every run of blanks one.
func fold(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// matchPattern reports whether the parts of pattern, which * separates, stand in
// text in order. Both are folded.
func matchPattern(pattern, text string) bool {
	for pattern != "" {
		part, rest, _ := strings.Cut(pattern, "*")
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text, pattern = text[i+len(part):], rest
	}
	return true
}

package know

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// maxTopics bounds an answer: more is not read.
const maxTopics = 8

// Lookup answers `unloop explain QUERY`: an exit code (137, exit 137,
// exitCode: 137, 0xC0000005, -1), a signal (SIGTERM, term, signal 15; a bare
// small number is both), a reason or STATUS word, a setting, a family of causes,
// or a pasted message or part of one. It returns nil for a miss; Suggest then
// offers names that are spelt alike. Causes are not looked up here: their rules
// document them. Query may be hostile and of any length.
func Lookup(query string) []Topic {
	query = strings.TrimSpace(strings.Trim(strings.TrimSpace(clip(query)), "\"'`"))
	if query == "" {
		return nil
	}
	var a answer
	a.codes(query)
	a.names(query)
	if len(a.topics) == 0 || strings.ContainsAny(query, " \t\n") {
		a.text(query)
	}
	return a.topics
}

// answer collects topics without repeats.
type answer struct{ topics []Topic }

func (a *answer) add(t Topic) {
	if len(a.topics) < maxTopics && !slices.ContainsFunc(a.topics, func(o Topic) bool { return o.Kind == t.Kind && o.Title == t.Title }) {
		a.topics = append(a.topics, t)
	}
}

// codes adds exit codes and signals.
func (a *answer) codes(query string) {
	low := strings.ToLower(query)
	if n, ok := afterWord(low, exitWords); ok {
		a.add(exitTopic(n))
		return
	}
	if n, ok := afterWord(low, signalWords); ok {
		if s, ok := signalByNumber(int(n)); ok {
			a.add(signalTopic(&s))
		}
		return
	}
	if n, ok := parseCode(low); ok {
		a.add(exitTopic(n))
		if s, ok := signalByNumber(int(n)); ok {
			a.add(signalTopic(&s))
		}
		return
	}
	for _, w := range [...]string{"signal: ", "signal ", "kill -s ", "kill -"} {
		if rest, ok := strings.CutPrefix(low, w); ok {
			low = strings.TrimSpace(rest)
			break
		}
	}
	if s, ok := Signal(low); ok {
		a.add(signalTopic(&s))
		return
	}
	for i := range signals {
		if strings.EqualFold(signals[i].Text, low) || strings.EqualFold(signals[i].Text+" (core dumped)", low) {
			a.add(signalTopic(&signals[i]))
		}
	}
}

// exitWords and signalWords come before a number. The longest come first.
var (
	exitWords   = []string{"command terminated with exit code", "process exited with code", "exited with code", "exit status", "exit code", "exitcode", "exit", "status", "code", "rc"}
	signalWords = []string{"terminated by signal", "killed by signal", "signal", "sig", "kill -"}
)

// afterWord parses "word 7", "word: 7", "word=7" and "word7".
func afterWord(s string, words []string) (int32, bool) {
	for _, w := range words {
		if rest, ok := strings.CutPrefix(s, w); ok {
			n, ok := parseCode(strings.Trim(rest, " \t:=()"))
			return n, ok
		}
	}
	return 0, false
}

// parseCode parses a code in decimal or, with 0x, in hexadecimal; unsigned
// 32-bit values become the negative numbers that the API shows.
func parseCode(s string) (int32, bool) {
	if len(s) > len("-2147483648") || s == "" || s[0] == '+' || strings.Contains(s, "_") {
		return 0, false
	}
	if hex, ok := strings.CutPrefix(s, "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 32)
		return int32(uint32(n)), err == nil // two's complement is what is meant
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < math.MinInt32 || n > math.MaxUint32 {
		return 0, false
	}
	return int32(uint32(n)), true // two's complement is what is meant
}

// names adds reasons, settings and families of exactly this name.
func (a *answer) names(query string) {
	a.reasons(query)
	if compact := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(query); compact != query && len(a.topics) == 0 {
		a.reasons(compact)
	}
	if d, ok := DefaultByName(query); ok {
		a.add(defaultTopic(&d))
	}
	if f, ok := FamilyByID(strings.ToLower(query)); ok {
		a.add(familyTopic(&f))
	}
}

func (a *answer) reasons(name string) {
	for _, r := range LookupReason(name) {
		a.add(reasonTopic(&r, name))
	}
	low := strings.TrimPrefix(strings.ToLower(name), "init:")
	for _, f := range [...]struct {
		prefix string
		topic  func(int32)
	}{
		{"exitcode:", func(n int32) { a.add(exitTopic(n)) }},
		{"signal:", func(n int32) {
			if s, ok := signalByNumber(int(n)); ok {
				a.add(signalTopic(&s))
			}
		}},
	} {
		if rest, ok := strings.CutPrefix(low, f.prefix); ok {
			if n, ok := parseCode(rest); ok {
				f.topic(n)
			}
		}
	}
}

// text adds what a pasted text speaks of: its messages, then the reasons and
// exit codes that stand in it as words.
func (a *answer) text(query string) {
	for _, m := range MatchMessages(query, 4) {
		a.add(messageTopic(&m))
	}
	words := strings.FieldsFunc(query, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == ':' || r == '/' || r == '-')
	})
	for i, w := range words {
		w = strings.Trim(w, ":/-")
		if isCamel(w) {
			a.reasons(w)
		}
		if strings.EqualFold(w, "exitcode") || strings.EqualFold(w, "code") && i > 0 && strings.EqualFold(words[i-1], "exit") {
			if i+1 < len(words) {
				if n, ok := parseCode(words[i+1]); ok {
					a.add(exitTopic(n))
				}
			}
		}
	}
}

// isCamel reports whether w looks like a reason: an upper-case letter at the
// start and another one behind a lower-case letter.
func isCamel(w string) bool {
	if len(w) < 5 || len(w) > maxName || w[0] < 'A' || w[0] > 'Z' {
		return false
	}
	for i := 1; i < len(w); i++ {
		if w[i] >= 'A' && w[i] <= 'Z' {
			return true
		}
	}
	return false
}

// clip bounds what is looked at.
func clip(s string) string {
	if len(s) > maxText {
		return s[:maxText]
	}
	return s
}

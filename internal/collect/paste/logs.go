package paste

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/unloop-dev/unloop/internal/facts"
)

// breaksLog reports whether line i, in the output of a logs command, cannot be
// output any more. Only shapes that no program's log has count.
func (p *parser) breaksLog(i int) bool {
	t := p.lines[i].text
	if isFence(t) || p.startsTable(i) {
		return true
	}
	if _, ok := eventHeader(t); ok {
		return true
	}
	k, value, ok := lookKey(t)
	if !ok || indentOf(t) > 0 {
		return false
	}
	j := p.next(i + 1)
	if j == len(p.lines) {
		return false
	}
	if k.name == "Events" && value == "" {
		_, ok := eventHeader(p.lines[j].text)
		return ok
	}
	k2, _, ok := lookKey(p.lines[j].text)
	return ok && k.name == "Name" && k2.name == "Namespace"
}

// takeLog reads the output of a logs command up to the next prompt.
func (p *parser) takeLog() {
	from := p.i
	to := from
	for ; p.i < len(p.lines); p.i++ {
		t := p.lines[p.i].text
		if t == "" {
			continue
		}
		if p.i > from && p.breaksLog(p.i) || isFence(t) {
			break
		}
		if c, ok := parseCommand(t); ok && p.i > from && (c.kube || endsLog(t)) {
			break
		}
		to = p.i + 1
	}
	p.i = max(p.i, from+1)
	l := p.log(region{from: from, to: to}, facts.FromContainer)
	if l == nil {
		return
	}
	l.Namespace, l.Pod, l.Container, l.Previous = p.cmd.namespace, p.cmd.name, p.cmd.container, p.cmd.previous
	if m := defaultedRule().FindStringSubmatch(l.Text[:min(len(l.Text), 200)]); m != nil && l.Container == "" {
		l.Container = m[1] + m[2]
	}
	refused(l)
	p.out.Logs = append(p.out.Logs, l)
}

// defaultedRule reads which of several containers kubectl chose: "Defaulted
// container" since 1.21, "Defaulting container name to" before.
var defaultedRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*Default(?:ed container "([a-z0-9-]+)" out of: |ing container name to ([a-z0-9-]+)\.)`)
})

// log makes a log of a region; nil where it has no text.
func (p *parser) log(r region, origin facts.Origin) *facts.Log {
	if r.from >= r.to {
		return nil
	}
	var b strings.Builder
	for i := r.from; i < r.to; i++ {
		b.WriteString(p.lines[i].text)
		b.WriteByte('\n')
	}
	l := &facts.Log{Origin: origin, Text: b.String(), FirstLine: 1, Source: p.source(r.from)}
	for len(l.Text) > maxLog {
		_, rest, ok := strings.Cut(l.Text[len(l.Text)-maxLog:], "\n")
		if !ok {
			rest = l.Text[len(l.Text)-maxLog:]
		}
		l.FirstLine += strings.Count(l.Text[:len(l.Text)-len(rest)], "\n")
		l.Text = rest
	}
	if strings.TrimSpace(l.Text) == "" {
		return nil
	}
	return l
}

// refusals say that logs cannot be had. kubernetes v1.36.3
// pkg/kubelet/kubelet_pods.go validateContainerLogStatus, kuberuntime
// GetContainerLogs; older texts among them.
var refusals = []string{"unable to retrieve container logs for ", "Error from server", "error: a container name must be specified",
	"failed to open log file", "Error from server (BadRequest): previous terminated container", "error: timed out waiting for the condition",
	"Unable to connect to the server", "error: You must be logged in", "Defaulted container "}

// refused turns a log that only says that there is none into its Err.
func refused(l *facts.Log) {
	var why []string
	for t := range strings.SplitSeq(strings.TrimSpace(l.Text), "\n") {
		if t = strings.TrimSpace(t); t == "" || isGap(t) {
			continue
		}
		known := strings.Contains(t, " is waiting to start") || strings.Contains(t, "previous terminated container")
		for _, r := range refusals {
			known = known || strings.HasPrefix(t, r)
		}
		if !known || len(why) == 4 {
			return
		}
		if !strings.HasPrefix(t, "Defaulted container ") {
			why = append(why, t)
		}
	}
	if len(why) > 0 {
		l.Err, l.Text = strings.Join(why, "; "), ""
	}
}

// strayLogs makes logs of the lines that no reader wanted: the log of a container
// where the paste has nothing else, loose text beside other things.
func (p *parser) strayLogs() {
	structured := p.hasStructure() || len(p.out.Logs) > 0
	if !structured {
		if n := len(p.stray); n > 0 && p.looksLikeOutput(p.stray) {
			if l := p.log(region{from: p.stray[0].from, to: p.stray[n-1].to}, facts.FromContainer); l != nil {
				refused(l)
				p.out.Logs = append(p.out.Logs, l)
			}
		}
		return
	}
	for _, r := range p.stray {
		if r.output && p.looksLikeOutput([]region{r}) {
			p.out.Logs = append(p.out.Logs, p.log(r, facts.FromUnknown))
			continue
		}
		for from := r.from; from < r.to; from++ {
			if !p.isOutput(from) {
				continue
			}
			to := from + 1
			for i := to; i < r.to && (p.lines[i].text == "" || p.isOutput(i)); i++ {
				if p.lines[i].text != "" {
					to = i + 1
				}
			}
			if l := p.log(region{from: from, to: to}, facts.FromUnknown); l != nil {
				p.out.Logs = append(p.out.Logs, l)
			}
			from = to
		}
	}
}

func (p *parser) looksLikeOutput(regions []region) bool {
	for _, r := range regions {
		for i := r.from; i < r.to; i++ {
			if p.isOutput(i) {
				return true
			}
		}
	}
	return false
}

// doneRule reads what kubectl answers to a change: "pod/web created".
var doneRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-z.]+/\S+|[a-z.]+ "[^"]+") (?:created|configured|unchanged|deleted|tainted|labeled|` +
		`annotated|scaled|patched|edited|restarted|cordoned|uncordoned|evicted|exposed|replaced)\b`)
})

// isOutput reports whether a line looks like something a program wrote, rather
// than prose, a heading, or a sign of omission.
func (p *parser) isOutput(i int) bool {
	t := strings.TrimSpace(p.lines[i].text)
	if t == "" || isGap(t) || isProse(t) || strings.HasPrefix(t, "# ") || strings.HasPrefix(t, "## ") ||
		strings.HasPrefix(t, "No resources found") {
		return false
	}
	return !doneRule().MatchString(t)
}

// troubleRule finds the words by which a sentence that reads like prose is kept:
// programs put errors into sentences, too.
var troubleRule = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:error|fatal|panic|exception|fail(?:ed|ing|ure)?|denied|refused|timed? ?out|cannot|can't|unable|invalid|killed|` +
		`unauthorized|forbidden|unreachable|missing|exceeded|warn(?:ing)?|traceback|abort(?:ed)?|unexpected|corrupt(?:ed)?|` +
		`not (?:found|permitted|writable|exist|allowed|supported|available)|no (?:space|such|route|module|route)|n't exist|` +
		`out of (?:memory|range|disk)|too (?:many|large|long)|already (?:in use|exists|allocated|bound)|read-?only|` +
		`bad (?:option|interpreter|request|gateway|address)|left on device|core dumped)\b`)
})

// isProse reports whether a line is the sentence of a person: words only, and
// nothing that programs write.
func isProse(t string) bool {
	t = strings.TrimSpace(t[:min(len(t), 500)])
	if wideLetters(t)*3 > len([]rune(t)) {
		return true
	}
	words := strings.Fields(t)
	if len(words) == 0 || !isLetter(t[0]) {
		return false
	}
	plain := 0
	for _, w := range words {
		w = strings.Trim(w, ".,:;!?()'\"`")
		if w != "" && strings.TrimLeft(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'’-") == "" {
			plain++
		}
	}
	sentence := strings.ContainsRune(".:?!,", rune(t[len(t)-1]))
	prose := plain*10 >= len(words)*8
	switch {
	case len(words) < 3:
		prose = sentence && plain == len(words) && isUpper(t[0]) && !strings.ContainsAny(t, "'\"`")
	case len(words) < 8 && !sentence:
		prose = plain == len(words)
	}
	return prose && !troubleRule().MatchString(t)
}

// wideLetters counts letters of scripts that programs do not log in.
func wideLetters(t string) int {
	n := 0
	for _, r := range t {
		if r >= 0x2e80 && (unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r) || unicode.Is(unicode.Katakana, r) || unicode.Is(unicode.Hangul, r)) {
			n++
		}
	}
	return n
}

package paste

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/unloop-dev/unloop/internal/facts"
)

// A piece of a manifest that was cut out by grep, or whose indentation is gone,
// is not YAML any more. The keys of a status are telling enough to read it line
// by line.

// fragmentKeys are the keys of interest in lower case, with their weight: 2 for a
// name that little else has, 1 for an ordinary word.
var fragmentKeys = map[string]int{
	"containerstatuses": 2, "initcontainerstatuses": 2, "ephemeralcontainerstatuses": 2, "laststate": 2, "restartcount": 2, "exitcode": 2,
	"containerid": 2, "imageid": 2, "terminated": 2, "waiting": 2, "startedat": 2, "finishedat": 2, "lasttransitiontime": 2,
	"lastprobetime": 2, "lastupdatetime": 2, "podip": 2, "hostip": 2, "qosclass": 2, "observedgeneration": 2, "availablereplicas": 2,
	"unavailablereplicas": 2, "readyreplicas": 2, "updatedreplicas": 2, "creationtimestamp": 2, "ownerreferences": 2, "starttime": 2,
	"state": 1, "running": 1, "reason": 1, "message": 1, "name": 1, "ready": 1, "started": 1, "image": 1, "phase": 1, "status": 1,
	"type": 1, "conditions": 1, "signal": 1, "namespace": 1, "metadata": 1, "spec": 1, "replicas": 1, "kind": 1, "nodename": 1,
	"containers": 1, "initcontainers": 1, "limits": 1, "requests": 1, "memory": 1, "cpu": 1, "resources": 1, "apiversion": 1,
	"uid": 1, "controller": 1, "podips": 1, "labels": 1, "annotations": 1,
}

// pair is one "key: value" of a fragment, in YAML or JSON.
type pair struct {
	key, value string
	// item: a dash or brace starts a list element with this key.
	item   bool
	indent int
	line   int
}

// readPair takes a line of a fragment apart. known says that the key is one of
// fragmentKeys.
func readPair(t string) (q pair, known bool) {
	q.indent = indentOf(t)
	t = strings.TrimSpace(t)
	if rest, ok := strings.CutPrefix(t, "- "); ok {
		q.item = true
		q.indent += 2
		t = strings.TrimSpace(rest)
	}
	t = strings.TrimLeft(t, "{[ ")
	name, value, ok := strings.Cut(t, ":")
	if !ok || len(name) > 40 || value != "" && !isBlank(value[0]) && !strings.HasPrefix(name, `"`) {
		return q, false
	}
	q.key = strings.ToLower(strings.Trim(name, `" `))
	q.value = strings.TrimSpace(value)
	if strings.HasPrefix(name, `"`) || strings.HasPrefix(q.value, "{") {
		q.value = strings.TrimRight(strings.TrimSuffix(q.value, ","), "}] ")
		q.value = strings.TrimSuffix(q.value, ",")
	}
	switch q.value {
	case "{", "[", "{}", "[]", "null", "~":
		q.value = ""
	}
	_, known = fragmentKeys[q.key]
	return q, known
}

// startsFragment reports whether a piece of a status starts at line i.
func (p *parser) startsFragment(i int) bool {
	t := p.lines[i].text
	if countPairs(t) >= 3 {
		return true
	}
	weight, rows := 0, 0
	for end := min(len(p.lines), i+reach); i < end && rows < 6; i++ {
		t := p.lines[i].text
		if isGap(t) || t != "" && strings.Trim(t, " \t{}[],") == "" {
			continue
		}
		q, ok := readPair(t)
		if !ok {
			break
		}
		rows++
		weight += fragmentKeys[q.key]
	}
	return weight >= 4 && rows >= 2 || p.cmd.verb == verbManifest && weight >= 2
}

// countPairs counts the telling keys in a line that lost its line ends.
func countPairs(t string) int {
	if len(t) < 40 || strings.Count(t, ":") < 3 {
		return 0
	}
	n := 0
	for _, q := range splitPairs(t) {
		if fragmentKeys[q.key] == 2 {
			n++
		}
	}
	return n
}

// splitPairs cuts a long line into the pairs that start with a known key.
func splitPairs(t string) []pair {
	var out []pair
	end := 0 // where the key of the last pair ended
	for at := 0; at < len(t); {
		i := strings.IndexByte(t[at:], ':')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		from := i
		for from > end && i-from < 40 && (isLetter(t[from-1]) || t[from-1] == '"') {
			from--
		}
		name := strings.ToLower(strings.Trim(t[from:i], `"`))
		if fragmentKeys[name] == 0 || from > 0 && !strings.ContainsRune(" \t{[,", rune(t[from-1])) || at < len(t) && !isBlank(t[at]) && t[i-1] != '"' {
			continue
		}
		if n := len(out); n > 0 {
			out[n-1].value = flatValue(t[end:from])
		}
		out = append(out, pair{key: name, item: strings.HasSuffix(strings.TrimRight(t[:from], " {"), "-")})
		end = at
	}
	if n := len(out); n > 0 {
		out[n-1].value = flatValue(t[end:])
	}
	return out
}

func flatValue(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "{}[],")
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "-"))
}

// takeFragment reads the piece at the current line.
func (p *parser) takeFragment() {
	from := p.i
	r := &fragmentReader{pod: &facts.Pod{Pod: &corev1.Pod{}, Source: p.source(from)}, work: facts.Workload{Ready: -1, Updated: -1, Existing: -1}}
	if t := p.lines[from].text; countPairs(t) >= 3 {
		for _, q := range splitPairs(t) {
			q.line = p.lines[from].no
			q.value = unquoteYAML(q.value)
			r.take(q)
		}
		p.i++
	} else {
		p.takePairs(r)
	}
	p.i = max(p.i, from+1)
	if !r.result(p) {
		p.stray = append(p.stray, region{from: from, to: p.i})
	}
}

// takePairs feeds the lines of a fragment to the reader.
func (p *parser) takePairs(r *fragmentReader) {
	for p.i < len(p.lines) {
		t := p.lines[p.i].text
		if t == "" {
			// The piece goes on only where its next line is part of one, too.
			j := p.next(p.i)
			if j == len(p.lines) {
				return
			}
			if _, ok := readPair(p.lines[j].text); !ok || p.startsDescribe(j) {
				return
			}
			p.i = j
			continue
		}
		if isGap(t) || strings.Trim(t, " \t{}[],") == "" {
			p.i++
			continue
		}
		if isFence(t) || p.startsTable(p.i) || p.startsEvents(p.i) {
			return
		}
		if _, ok := parseCommand(t); ok {
			return
		}
		q, known := readPair(t)
		if !known && !isPairShape(t) {
			return
		}
		q.line = p.lines[p.i].no
		p.i++
		q.value = p.wholeValue(q)
		if known {
			r.take(q)
		}
	}
}

// isPairShape reports whether a line is a key of a manifest that is not read.
func isPairShape(t string) bool {
	t = strings.TrimLeft(strings.TrimSpace(t), "- {[\"")
	name, value, ok := strings.Cut(t, ":")
	return ok && name != "" && len(name) < 64 && !strings.ContainsAny(name, " \t'=") && (value == "" || isBlank(value[0]) || strings.HasSuffix(name, `"`))
}

// wholeValue reads a value that goes on below: quoted and not closed, a block
// scalar, or a message whose lines have no key. p.i is behind the key's line.
func (p *parser) wholeValue(q pair) string {
	const most = 200 // lines of a termination message
	v := q.value
	quote := byte(0)
	block := strings.HasPrefix(v, "|") || strings.HasPrefix(v, ">")
	if v != "" && (v[0] == '\'' || v[0] == '"') && !closes(v) {
		quote = v[0]
	}
	if quote == 0 && !block && q.key != "message" || v == "" {
		return unquoteYAML(v)
	}
	if block {
		v = ""
	}
	sep := " "
	if block {
		sep = "\n"
	}
	// The lines of a block stand further right than its key, unless indentation is lost.
	deep := block && p.i < len(p.lines) && indentOf(p.lines[p.i].text) > q.indent
	for n := 0; p.i < len(p.lines) && n < most && len(v) < longest; n++ {
		t := p.lines[p.i].text
		next, known := readPair(t)
		if deep && t != "" {
			if indentOf(t) <= q.indent {
				break
			}
			known = false
		}
		if known && fragmentKeys[next.key] > 0 && (quote == 0 || fragmentKeys[next.key] == 2 || next.key == "reason" || next.key == "name" || next.key == "ready") {
			break
		}
		if _, ok := parseCommand(t); ok || isFence(t) || t == "" && quote == 0 && !deep {
			break
		}
		v = strings.TrimSpace(v + sep + strings.TrimSpace(t))
		p.i++
		if quote != 0 && strings.HasSuffix(strings.TrimRight(t, ", "), string(quote)) {
			break
		}
	}
	return clip(unquoteYAML(v))
}

// closes reports whether a quoted value ends on its own line.
func closes(v string) bool {
	v = strings.TrimRight(v, ", ")
	q := v[0]
	if len(v) < 2 || v[len(v)-1] != q {
		return false
	}
	return q == '\'' || v[len(v)-2] != '\\' || strings.HasSuffix(v, `\\"`)
}

var yamlEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t", `\r`, "")

// unquoteYAML removes the quotes of a scalar and what they escape.
func unquoteYAML(v string) string {
	v = strings.TrimSpace(v)
	switch {
	case len(v) > 0 && v[0] == '\'':
		return strings.ReplaceAll(strings.TrimSuffix(strings.TrimRight(v[1:], ", "), "'"), "''", "'")
	case len(v) > 0 && v[0] == '"':
		return yamlEscapes.Replace(strings.TrimSuffix(strings.TrimRight(v[1:], ", "), `"`))
	}
	return v
}

package paste

import (
	"regexp"
	"strings"
	"sync"

	"github.com/unloop-dev/unloop/internal/facts"
)

// Some web pages turn a describe output into one long line, in lower case. What
// is left are the known keys in their order; this file cuts the line at them and
// hands the pieces to the reader of describe.

// flatKey is a key inside a long line: its text goes from from to colon.
type flatKey struct {
	key
	from, colon int
}

// flatKeys finds the known keys in a line: words before a colon that a blank or
// the end follows, as many of them as make a key.
func flatKeys(s string) []flatKey {
	var out []flatKey
	limit := 0
	for at := 0; at < len(s); {
		i := strings.IndexByte(s[at:], ':')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		if at < len(s) && !isBlank(s[at]) {
			continue
		}
		if k, from, ok := keyBefore(s, max(limit, i-50), i); ok {
			out = append(out, flatKey{k, from, i})
			limit = at
			if k.name == "Events" {
				break
			}
		}
	}
	return out
}

// keyBefore finds the longest key that ends at colon and starts at a word not
// before from.
func keyBefore(s string, from, colon int) (key, int, bool) {
	var starts [7]int
	n := 0
	i := colon
	for i > from && !isBlank(s[i-1]) {
		i--
	}
	if !lastWords()[strings.ToLower(s[i:colon])] {
		return key{}, 0, false
	}
	for i := colon; i > from && n < len(starts); {
		for i > from && !isBlank(s[i-1]) {
			i--
		}
		if i > 0 && !isBlank(s[i-1]) {
			break
		}
		starts[n] = i
		n++
		for i > from && isBlank(s[i-1]) {
			i--
		}
	}
	for n--; n >= 0; n-- {
		if k, ok := lowerKeys()[strings.ToLower(strings.Join(strings.Fields(s[starts[n]:colon]), " "))]; ok {
			return k, starts[n], true
		}
	}
	return key{}, 0, false
}

var (
	flatTable  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)\bname\s+ready\s+status\s+restarts\s+age\s`) })
	flatHeader = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\btype\s+reason\s+age\s+from\s+message(?:\s+-{3,})*\s+`)
	})
	flatRow = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?:^|\s)(?:normal|warning)\s+[a-z]{3,40}\s+(?:\d[0-9smhdy]*|<unknown>|<invalid>)\s`)
	})
	flatKind = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(?:^|\s)kind:\s+([a-z]+)\b`) })
)

// startsFlat reports whether line i holds what should be many lines.
func (p *parser) startsFlat(i int) bool {
	t := p.lines[i].text
	if len(t) < 40 {
		return false
	}
	if isFlatTable(t) {
		return true
	}
	if strings.Count(t, ": ") < 3 || t[0] == '{' {
		return false
	}
	keys := flatKeys(t)
	if len(keys) < 3 {
		return false
	}
	seen := map[string]bool{}
	weight := 0
	for _, k := range keys {
		if !seen[k.name] {
			seen[k.name] = true
			weight += k.weight
		}
	}
	first := strings.TrimSpace(t[:keys[0].from]) == ""
	switch {
	case first && (keys[0].name == "Message" || keys[0].name == "Annotations" || keys[0].name == "Args" || keys[0].name == "Command"):
		return false
	case len(seen) >= 5 && weight >= 8:
		return true
	}
	return first && len(t) < 4096 && (seen["Status"] && seen["Reason"] && seen["Message"] || seen["State"] && seen["Reason"] && seen["Exit Code"] ||
		seen["Last State"] && seen["Reason"])
}

func isFlatTable(t string) bool {
	if !strings.Contains(t, "estart") && !strings.Contains(t, "ESTART") && !strings.Contains(t, "eason") {
		return false
	}
	if m := flatTable().FindStringIndex(t); m != nil && strings.ContainsAny(t[m[1]:], "/") {
		return true
	}
	m := flatHeader().FindStringIndex(t)
	return m != nil && flatRow().MatchString(t[m[1]-1:])
}

// takeFlat reads the long line at the current place.
func (p *parser) takeFlat() {
	l := p.lines[p.i]
	t := l.text
	if m := flatTable().FindStringIndex(t); m != nil {
		p.flatPods(t[m[1]:])
		p.i++
		return
	}
	keys := flatKeys(t)
	cut := len(t)
	if len(keys) > 0 && keys[len(keys)-1].name == "Events" {
		cut = keys[len(keys)-1].from
		keys = keys[:len(keys)-1]
	} else if m := flatHeader().FindStringIndex(t); m != nil {
		cut = m[0]
		for len(keys) > 0 && keys[len(keys)-1].from >= cut {
			keys = keys[:len(keys)-1]
		}
	}
	var last *block
	begin := 0
	for len(keys) > 0 {
		n := 1
		for n < len(keys) && !(keys[n].name == "Name" && n+1 < len(keys) && keys[n+1].name == "Namespace" && keys[n-1].name != "Optional") {
			n++
		}
		to := cut
		if n < len(keys) {
			to = keys[n].from
		}
		if last != nil {
			p.addBlock(last, nil)
		}
		last = p.flatBlock(t[:to], begin, keys[:n], l.no)
		keys, begin = keys[n:], to
	}
	object := p.cmd.object()
	if last != nil {
		object = last.object(p.cmd)
	}
	first := len(p.out.Events)
	p.flatEvents(t[cut:], object)
	if last != nil {
		p.addBlock(last, p.out.Events[first:])
	}
	p.i++
}

// flatBlock makes a block of the keys in s behind begin.
func (p *parser) flatBlock(s string, begin int, keys []flatKey, no int) *block {
	b := &block{line: no}
	r := &blockReader{block: b, p: p, sheet: &b.top}
	name, item := "", false
	for i, k := range keys {
		to := len(s)
		if i+1 < len(keys) {
			to = keys[i+1].from
		}
		value := strings.TrimSpace(s[k.colon+1 : to])
		if strings.HasSuffix(value, "..") {
			value = strings.TrimRight(value, ". \t")
		}
		if item && k.name == "Name" {
			r.addPart(value, no, 0)
			item = false
			continue
		}
		if name != "" && (strings.HasSuffix(r.section, "Containers") || r.section == "Volumes") {
			r.addPart(name, no, 0)
		}
		value, name = lastName(value, keys, i)
		if oneWord[k.name] {
			value, _, _ = strings.Cut(value, " ")
		}
		if v, ok := strings.CutSuffix(value, "-"); ok && (v == "" || isBlank(v[len(v)-1])) {
			// "containers: - name: app": a list of a manifest.
			value, item = strings.TrimSpace(v), k.name == "Containers" || r.part != nil
		}
		if !r.takeKey(k.key, value, no, 0) {
			continue
		}
		switch {
		case strings.HasSuffix(k.name, "Containers") || k.name == "Volumes":
		case k.name == "Conditions":
			b.top.conditions = append(b.top.conditions, flatConditions(value, no)...)
			r.section = ""
		case r.field != nil:
			flatRows(r.field)
		}
	}
	if m := flatKind().FindStringSubmatch(s[begin:]); m != nil && b.template == nil && !strings.EqualFold(m[1], "pod") && isReason(m[1]) {
		b.template = &sheet{containers: b.top.containers, volumes: b.top.volumes}
		b.top.containers, b.top.volumes = nil, nil
		b.known = canon(m[1])
	}
	return b
}

// oneWord are the fields whose value has no blanks; what follows in a long line
// is text that is no known key.
var oneWord = map[string]bool{"Name": true, "Namespace": true, "Node": true, "Image": true, "Image ID": true, "Container ID": true,
	"IP": true, "State": true, "Last State": true, "Reason": true, "Ready": true, "Restart Count": true, "Exit Code": true,
	"Priority": true, "Service Account": true, "QoS Class": true, "Controlled By": true, "Replicas": true, "SecretName": true, "ClaimName": true}

// lastName takes the name of the next container or volume off a value: the last
// word, with a colon, in front of a key that such a part begins with.
func lastName(value string, keys []flatKey, i int) (rest, name string) {
	if i+1 == len(keys) {
		return value, ""
	}
	switch keys[i+1].name {
	case "Container ID", "Image", "Type", "Port", "State":
	default:
		return value, ""
	}
	j := strings.LastIndexAny(value, " \t") + 1
	word, ok := strings.CutSuffix(value[j:], ":")
	if !ok || !isName(word) {
		return value, ""
	}
	return strings.TrimSpace(value[:j]), word
}

// flatRows cuts the value of a field that has lines into them.
func flatRows(f *field) {
	var starts func(w string) bool
	switch f.key {
	case "Labels", "Node-Selectors":
		starts = func(w string) bool { return strings.Contains(w, "=") }
	case "Tolerations":
		starts = func(w string) bool { return strings.ContainsAny(w, ":/") }
	case "Limits", "Requests", "Environment":
		starts = func(w string) bool { return strings.HasSuffix(w, ":") }
	case "Mounts":
		starts = func(w string) bool { return strings.HasPrefix(w, "/") }
	default:
		return
	}
	if none(f.value) {
		return
	}
	row := ""
	flush := func() {
		if row != "" {
			f.more = append(f.more, line{text: row, no: f.line})
		}
	}
	for w := range strings.FieldsSeq(f.value) {
		if starts(w) {
			flush()
			row = w
			continue
		}
		row = strings.TrimLeft(row+" "+w, " ")
	}
	flush()
	f.value = ""
}

// flatConditions reads "type status initialized true ready false".
func flatConditions(s string, no int) []line {
	w := strings.Fields(s)
	if len(w) >= 2 && strings.EqualFold(w[0], "type") && strings.EqualFold(w[1], "status") {
		w = w[2:]
	}
	var out []line
	for i := 0; i+1 < len(w); i += 2 {
		if !isCamel(w[i]) || !isConditionStatus(w[i+1]) {
			break
		}
		out = append(out, line{text: w[i] + " " + w[i+1], no: no})
	}
	return out
}

// flatEvents cuts a text at what looks like the start of an event row.
func (p *parser) flatEvents(s string, object facts.ObjectRef) {
	if m := flatHeader().FindStringIndex(s); m != nil && m[0] < 40 {
		s = s[m[1]-1:]
	}
	at := flatRow().FindAllStringIndex(s, -1)
	// The pattern takes the blank behind a row, so that a row of few words could
	// hide the next; messages make that impossible in practice.
	first := len(p.out.Events)
	for i, m := range at {
		to := len(s)
		if i+1 < len(at) {
			to = at[i+1][0]
		}
		if e, ok := eventRow(strings.TrimSpace(s[m[0]:to]), nil); ok {
			p.placeEvent(e, object, p.i)
		}
	}
	nameBySchedule(p.out.Events[first:])
}

// flatPods reads the rows of a pod table that lost its lines.
func (p *parser) flatPods(s string) {
	w := tokens(s, -1)
	for i := 1; i+2 < len(w); i++ {
		if _, _, ok := fraction(w[i].text); !ok {
			continue
		}
		to := min(i+3, len(w)-1)
		if to+1 < len(w) && strings.HasPrefix(w[to].text, "(") {
			to += 2
		}
		p.podRow(s[w[i-1].from:w[min(to, len(w)-1)].to], nil)
		i += 2
	}
}

// restoreKeys gives the field names of describe their capitals back in a text
// that has its lines but was put in lower case: two lines or more start with
// names of several words, such as "exit code:", that nothing else prints.
func restoreKeys(all []line) {
	sure := 0
	for _, l := range all {
		if t := strings.TrimLeft(l.text, " \t"); t == "" || isUpper(t[0]) {
			continue
		}
		if name, _, ok := splitKey(l.text); ok && strings.Contains(name, " ") && strings.ToLower(name) == name && lowerKeys()[name].weight == 3 {
			sure++
		}
	}
	if sure < 2 {
		return
	}
	for i, l := range all {
		name, _, ok := splitKey(l.text)
		if !ok || strings.ToLower(name) != name {
			continue
		}
		if k, ok := lowerKeys()[name]; ok {
			all[i].text = strings.Replace(l.text, name, k.name, 1)
		}
	}
}

package paste

import (
	"strings"
)

// A describe output is read in two steps. The reader here takes it apart into a
// block of sheets, fields and parts; it knows keys, not kinds. pod.go, node.go
// and workload.go then make objects of the block. flat.go fills the same block
// from a text that lost its lines.

// field is one key with its value and the lines below that belong to it.
type field struct {
	key, value string
	more       []line
	line       int
	indent     int
}

// part is a container or a volume.
type part struct {
	class  string
	name   string
	fields []*field
	line   int
	indent int
}

func (q *part) get(key string) *field { return find(q.fields, key) }

func find(fields []*field, key string) *field {
	for _, f := range fields {
		if f.key == key {
			return f
		}
	}
	return nil
}

// sheet is a described object, or the pod template inside one.
type sheet struct {
	fields              []*field
	containers, volumes []*part
	conditions, gates   []line
}

func (s *sheet) get(key string) *field { return find(s.fields, key) }

// value returns the value of a key, "" where it is not there or says none.
func (s *sheet) value(key string) string {
	if f := s.get(key); f != nil && !none(f.value) {
		return f.value
	}
	return ""
}

// block is one described object.
type block struct {
	line     int
	top      sheet
	template *sheet
	// events says that there was an Events field, be it empty.
	events bool
	// known is the kind where the text itself names it.
	known string
	// keys are those of a ConfigMap or Secret.
	keys []string
}

// reach is how many lines ahead are looked at to tell what starts at a line.
const reach = 20

// startsDescribe reports whether a block starts at line i: with a key that only
// describe prints, with several ordinary ones in a row, or with any behind a
// describe command.
func (p *parser) startsDescribe(i int) bool {
	t := p.lines[i].text
	if p.containerAhead(i) {
		return true
	}
	k, value, ok := lookKey(t)
	if !ok {
		return false
	}
	if k.name == "Events" {
		return none(value) && value != "" || p.startsEvents(p.next(i+1)) || p.cmd.verb == verbDescribe
	}
	if p.cmd.verb == verbDescribe {
		return true
	}
	switch k.name {
	case "Liveness", "Readiness", "Startup":
		return probe(value) != nil
	}
	weight, rows := 0, 0
	for end := min(len(p.lines), i+reach); i < end && rows < 6; i++ {
		t := p.lines[i].text
		if isGap(t) {
			continue
		}
		k, value, ok := lookKey(t)
		if !ok && !(rows > 0 && isLabel(t)) {
			break
		}
		rows++
		if weight += k.weight; k.weight == 3 && strings.HasPrefix(value, `"`) {
			return false
		}
	}
	return weight >= 3
}

// containerAhead reports whether line i is the name of a container: a name
// alone, with a field of a container below.
func (p *parser) containerAhead(i int) bool {
	t := strings.TrimSpace(p.lines[i].text)
	name, ok := strings.CutSuffix(t, ":")
	if !ok || !isName(name) {
		return false
	}
	j := p.next(i + 1)
	if j == len(p.lines) {
		return false
	}
	k, _, ok := lookKey(p.lines[j].text)
	return ok && k.at&atContainer != 0 && (k.name == "Container ID" || k.name == "Image" || k.name == "Port" || k.name == "State" || p.cmd.verb == verbDescribe)
}

// stateAhead reports whether line i is a reason or message of a container, not of
// a pod: a field of a container follows within a few lines.
func (p *parser) stateAhead(i int) bool {
	k, _, ok := lookKey(p.lines[i].text)
	if !ok || k.at&atState == 0 || k.at&atTop == 0 {
		return false
	}
	for range 3 {
		if i = p.next(i + 1); i == len(p.lines) {
			return false
		}
		if k, _, ok := lookKey(p.lines[i].text); ok && k.at&(atContainer|atState) != 0 && k.at&atTop == 0 {
			return true
		}
	}
	return false
}

// takeDescribe reads the block at the current line and adds what it describes.
func (p *parser) takeDescribe() {
	b := &block{line: p.lines[p.i].no}
	r := &blockReader{block: b, p: p, base: indentOf(p.lines[p.i].text), sheet: &b.top}
	if p.containerAhead(p.i) || p.stateAhead(p.i) {
		r.section = "Containers"
	}
	i := p.i
	events := -1
	for ; i < len(p.lines); i++ {
		t := p.lines[i].text
		if t == "" {
			if !r.goesOn(i) {
				break
			}
			i = p.next(i) - 1
			continue
		}
		if (t == "Data" || t == "BinaryData") && i+1 < len(p.lines) && strings.HasPrefix(p.lines[i+1].text, "===") {
			i = r.takeData(i + 1)
			continue
		}
		if k, value, ok := lookKey(t); ok && k.name == "Events" && !r.inMessage() {
			b.events = true
			if !none(value) || value == "" {
				events = i
			}
			i++
			break
		}
		if p.startsEvents(i) && !r.inRaw(t) {
			events = i - 1
			break
		}
		if p.startsTable(i) || isFence(t) || r.newObject(i) || !r.take(i) {
			break
		}
	}
	p.i = max(i, p.i+1)
	if events >= 0 {
		first := len(p.out.Events)
		p.i = p.takeEvents(events+1, b.object(p.cmd))
		p.addBlock(b, p.out.Events[first:])
		return
	}
	p.addBlock(b, nil)
}

// takeData reads over the data of a ConfigMap or Secret, of which only the keys
// are kept, and returns its last line. In front of i stands the heading.
func (r *blockReader) takeData(i int) int {
	for ; i+1 < len(r.p.lines); i++ {
		t := r.p.lines[i+1].text
		if _, ok := parseCommand(t); ok || isFence(t) || r.newObject(i+1) || r.p.startsTable(i+1) {
			return i
		}
		name, value, ok := strings.Cut(t, ":")
		switch {
		case name == "Events" && ok:
			return i
		case !ok || !isEnvName(name):
		case strings.HasSuffix(value, " bytes"), name == "token" && value != "":
			r.keys = append(r.keys, name)
		case value == "" && i+2 < len(r.p.lines) && r.p.lines[i+2].text == "----":
			r.keys = append(r.keys, name)
		}
	}
	return i
}

// goesOn reports whether the block goes on behind the blank line i.
func (r *blockReader) goesOn(i int) bool {
	j := r.p.next(i)
	if j == len(r.p.lines) {
		return false
	}
	if r.inMessage() && r.part != nil && r.closes(j) {
		return true
	}
	t := r.p.lines[j].text
	if k, _, ok := lookKey(t); ok {
		return !(k.name == "Name" && r.newObject(j))
	}
	if r.p.startsEvents(j) || j+1 < len(r.p.lines) && strings.HasPrefix(r.p.lines[j+1].text, "===") {
		return true
	}
	return r.field != nil && r.field.indent < indentOf(t) && !r.inMessage()
}

// closes reports whether a message of a container state that reaches line j goes
// on until a field that must follow it.
func (r *blockReader) closes(j int) bool {
	const most = 100 // lines; a termination message has at most 4096 bytes
	for n := 0; j < len(r.p.lines) && n < most; j, n = j+1, n+1 {
		t := r.p.lines[j].text
		if k, _, ok := lookKey(t); ok && (k.name == "Exit Code" || k.name == "Restart Count") {
			return true
		}
		if _, ok := parseCommand(t); ok || isFence(t) {
			return false
		}
	}
	return false
}

// inMessage reports whether the lines below belong to a Message field.
func (r *blockReader) inMessage() bool { return r.field != nil && r.field.key == "Message" }

// newObject reports whether a Name field starts another object: it stands where
// the first one stood, or a field follows that follows names of objects only.
func (r *blockReader) newObject(i int) bool {
	k, _, ok := lookKey(r.p.lines[i].text)
	if !ok || k.name != "Name" || len(r.top.fields)+len(r.top.containers)+len(r.top.volumes) == 0 {
		return false
	}
	j := r.p.next(i + 1)
	if j == len(r.p.lines) {
		return r.top.get("Name") != nil && indentOf(r.p.lines[i].text) == r.base
	}
	k, _, ok = lookKey(r.p.lines[j].text)
	if !ok {
		return isGap(r.p.lines[j].text) && indentOf(r.p.lines[i].text) <= r.base
	}
	switch k.name {
	case "Namespace", "Roles", "Priority", "Image(s)", "Node", "Service Account", "CreationTimestamp":
		return true
	case "Labels", "Annotations", "Selector", "Containers", "Status", "Controlled By":
		return r.section == "" && indentOf(r.p.lines[i].text) <= r.base
	}
	return false
}

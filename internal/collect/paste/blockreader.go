package paste

import "strings"

// blockReader is the state of reading one block.
type blockReader struct {
	*block
	p *parser
	// sheet is what keys of the top go to: top, or the template.
	sheet *sheet
	base  int
	// section is the key whose lines are being read, "" at the top.
	section string
	part    *part
	field   *field
	// selects: a Selector field was seen, so that a Port is a Service's.
	selects bool
}

// take reads line i into the block; false ends the block.
func (r *blockReader) take(i int) bool {
	l := r.p.lines[i]
	if isGap(l.text) {
		return true
	}
	if c, ok := parseCommand(l.text); ok && !r.inRaw(l.text) && (c.kube || !r.inMessage() || r.part == nil || !r.closes(i+1)) {
		return false
	}
	for _, piece := range splitJoined(l.text) {
		if !r.takeText(i, line{text: piece, no: l.no}) {
			return false
		}
	}
	return true
}

// inRaw reports whether t is one of the free lines of a command or its
// arguments: it stands further right than the key.
func (r *blockReader) inRaw(t string) bool {
	return r.field != nil && (r.field.key == "Command" || r.field.key == "Args") && indentOf(t) > r.field.indent
}

func (r *blockReader) takeText(i int, l line) bool {
	k, value, known := lookKey(l.text)
	indent := indentOf(l.text)
	switch {
	case r.inRaw(l.text):
		r.field.more = append(r.field.more, l)
		return true
	case r.inMessage() && !r.endsMessage(k, known):
		r.field.more = append(r.field.more, l)
		return true
	case r.section == "" && r.field != nil && r.field.key == "Resources" && (!known || k.name == "Limits" || k.name == "Requests"):
		r.field.more = append(r.field.more, l)
		return true
	case known && r.takeKey(k, value, l.no, indent):
		return true
	}
	return r.takeLoose(i, l, indent)
}

// endsMessage reports whether a line ends the message above it. A message may
// hold lines that look like fields, so only names of fields that can follow count.
func (r *blockReader) endsMessage(k key, known bool) bool {
	if !known {
		// The message of a pod is one line; that of a container ends with the exit code.
		return false
	}
	if r.part != nil {
		return k.weight == 3 || k.name == "Started" || k.name == "Finished" || k.name == "Ready" || k.name == "State" || k.name == "Signal"
	}
	return true
}

// takeKey puts a known key where it belongs.
func (r *blockReader) takeKey(k key, value string, no, indent int) bool {
	if word, _, _ := strings.Cut(value, ","); k.name == "Status" && (strings.EqualFold(word, "Waiting") || strings.EqualFold(word, "Terminated")) {
		// Graphical tools call the state of a container so.
		k, value = keyIndex()["State"], word
	}
	f := &field{key: k.name, value: value, line: no, indent: indent}
	switch k.name {
	case "Init Containers", "Containers", "Ephemeral Containers", "Conditions", "Volumes", "Readiness Gates":
		if k.name == "Conditions" && r.template != nil {
			r.sheet = &r.top
		}
		r.section, r.part, r.field = k.name, nil, f
		return true
	case "Pod Template":
		r.template = &sheet{}
		r.sheet, r.section, r.part, r.field = r.template, "", nil, nil
		return true
	}
	r.selects = r.selects || k.name == "Selector"
	if k.name == "Port" && r.section == "" && r.selects && r.template == nil {
		k.at = atTop // of a Service
	}
	inPart := r.part != nil || r.section == "Volumes" || strings.HasSuffix(r.section, "Containers")
	switch {
	case inPart && r.section == "Volumes" && k.at&atVolume != 0,
		inPart && strings.HasSuffix(r.section, "Containers") && k.at&(atContainer|atState) != 0,
		r.section == "" && k.at&atTop == 0 && k.at&(atContainer|atState) != 0:
		if r.section == "" {
			r.section = "Containers"
		}
		r.addToPart(f)
	case k.at&atTop != 0:
		if endsTemplate[k.name] {
			r.sheet = &r.top
		}
		r.section, r.part, r.field = "", nil, f
		r.sheet.fields = append(r.sheet.fields, f)
	default:
		return false
	}
	return true
}

// endsTemplate are the fields that follow a pod template.
var endsTemplate = map[string]bool{"OldReplicaSets": true, "NewReplicaSet": true, "Volume Claims": true, "Last Schedule Time": true,
	"Active Jobs": true, "Replicas": true, "Pods Status": true}

// addToPart puts a field into the container or volume that is being read. One
// without name is begun where the text shows none, and where a field comes twice
// that a container has once.
func (r *blockReader) addToPart(f *field) {
	again := f.key == "State" || f.key == "Last State" || f.key == "Container ID" || f.key == "Image"
	if r.part == nil || again && r.part.name == "" && r.part.get(f.key) != nil {
		r.addPart("", f.line, f.indent-2)
	}
	r.part.fields = append(r.part.fields, f)
	r.field = f
}

func (r *blockReader) addPart(name string, no, indent int) {
	q := &part{class: r.section, name: name, line: no, indent: indent}
	r.part, r.field = q, nil
	if r.section == "Volumes" {
		r.sheet.volumes = append(r.sheet.volumes, q)
	} else {
		r.sheet.containers = append(r.sheet.containers, q)
	}
}

// takeLoose reads a line that does not start with a known key, or with one of
// another place.
func (r *blockReader) takeLoose(i int, l line, indent int) bool {
	t := strings.TrimSpace(l.text)
	inParts := r.section == "Volumes" || strings.HasSuffix(r.section, "Containers")
	if name, ok := strings.CutSuffix(t, ":"); ok && inParts && r.isPartName(i, name, indent) {
		r.addPart(name, l.no, indent)
		return true
	}
	switch {
	case r.section == "Conditions" || r.section == "Readiness Gates":
		return r.takeCondition(l, indent)
	case r.field == nil:
		return r.part != nil && indent > r.part.indent || t == "<unknown>"
	case indent > r.field.indent || r.belongs(t):
		r.field.more = append(r.field.more, l)
		return true
	case (r.part == nil && !inParts || indent <= r.base) && r.takeUnknown(l, indent):
		return true
	}
	return r.takeWrapped(i, t)
}

// takeWrapped takes a line for the rest of the value above it, which a terminal
// broke: a field follows directly.
func (r *blockReader) takeWrapped(i int, t string) bool {
	if r.field == nil || r.field.value == "" || none(r.field.value) || i+1 >= len(r.p.lines) || isProse(t) || isStamped(t) {
		return false
	}
	if k, _, ok := lookKey(r.p.lines[i+1].text); !ok || k.name == "Name" {
		return false
	}
	r.field.value = grow(r.field.value, "", t)
	return true
}

// isPartName reports whether a line that is a name and a colon starts a container
// or volume, and is not the last line's text.
func (r *blockReader) isPartName(i int, name string, indent int) bool {
	if !isName(name) {
		return false
	}
	if r.field == nil || r.part == nil || indent < r.field.indent {
		return true
	}
	switch r.field.key {
	case "Environment", "Limits", "Requests", "Command", "Args":
		return indent <= r.field.indent && (r.p.containerAhead(i) || r.section == "Volumes")
	}
	return indent <= r.field.indent
}

// takeCondition reads a row of a condition table.
func (r *blockReader) takeCondition(l line, indent int) bool {
	rows := &r.sheet.conditions
	if r.section == "Readiness Gates" {
		rows = &r.sheet.gates
	}
	w := tokens(l.text, 2)
	switch {
	case len(w) == 2 && strings.EqualFold(w[0].text, "Type") && strings.EqualFold(w[1].text, "Status"), len(w) == 1 && strings.HasPrefix(w[0].text, "---"):
	case len(w) == 2 && isConditionStatus(w[1].text):
		*rows = append(*rows, l)
	case len(*rows) > 0 && indent > r.base+2:
		last := &(*rows)[len(*rows)-1]
		last.text = grow(last.text, " ", strings.TrimSpace(l.text))
	default:
		return false
	}
	return true
}

func isConditionStatus(s string) bool {
	switch strings.ToLower(s) {
	case "true", "false", "unknown", "<none>":
		return true
	}
	return false
}

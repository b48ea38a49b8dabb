package manifest

import (
	"encoding/json"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
)

// worker decodes batches, one at a time.
type worker struct {
	// scratch holds the compact copy of one object, yaml the JSON of one document.
	scratch, yaml []byte
	// slim holds the part of a well pod that is decoded.
	slim []byte
}

// object is one object on its way into a part.
type object struct {
	*part
	input string
	line  int
	raw   []byte
	// managed is the managedFields member, which raw lacks.
	managed []byte
	// kind and apiVersion are the object's own, else its list's.
	kind, apiVersion string
	// listed: it came in a list.
	listed bool
	slim   *[]byte
	// nest counts the lists around it.
	nest int
}

func (o *object) source() facts.Source { return facts.Source{Input: o.input, Line: o.line} }

func (w *worker) decode(b *batch) {
	for _, it := range b.list {
		text := b.buf[it.start:it.end]
		var err error
		if it.yaml {
			var mended []int
			w.yaml, mended, err = fromYAML(w.yaml[:0], text)
			if err == errNothing {
				continue
			}
			if err != nil {
				n, why := place(err, text)
				b.skip(b.input, it.line+n-1, "%s", why)
				continue
			}
			for _, n := range mended {
				b.skip(b.input, it.line+n-1, "is not YAML: the line was left out")
			}
			text = w.yaml
		}
		if it.cut {
			b.skip(b.input, it.line, "the input ends inside this object: it is read up to there")
			if text = closeCut(text); len(text) <= len("{}") {
				continue
			}
		}
		w.one(b, it.line, text)
	}
	w.scratch, w.yaml = keep(w.scratch), keep(w.yaml)
}

// keep gives back a buffer that one large object made large.
func keep(b []byte) []byte {
	if cap(b) > 4*batchBytes {
		return nil
	}
	return b
}

// one decodes the JSON of one object.
func (w *worker) one(b *batch, line int, text []byte) {
	if len(text) > 0 && text[0] == '[' {
		// A YAML sequence, or a piece of one.
		w.sequence(b, line, text)
		return
	}
	out, head, err := squeeze(w.scratch[:0], text, dropped)
	w.scratch = out
	if err != nil {
		b.skip(b.input, line, "is not a Kubernetes object: %v", err)
		return
	}
	o := &object{
		part: b.part, input: b.input, line: line, raw: out, managed: head.managed, listed: b.listed, slim: &w.slim,
		kind: either(word(head.kind), b.kind), apiVersion: either(string(head.apiVersion), b.apiVersion),
	}
	o.read()
}

func (w *worker) sequence(b *batch, line int, text []byte) {
	if wrapped := fragment(text); wrapped != nil {
		w.one(b, line, wrapped)
		return
	}
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		b.skip(b.input, line, "is not a Kubernetes object: %v", err)
		return
	}
	for _, raw := range list {
		if len(raw) > 0 && raw[0] == '{' {
			w.one(b, line, raw)
		}
	}
}

// maxNest is how deep lists may stand in lists.
const maxNest = 3

// read decodes the object by its kind.
func (o *object) read() {
	if o.kind == "" {
		o.guess()
	}
	k, ok := kinds[o.kind]
	switch {
	case ok && k.in(group(o.apiVersion)):
		o.items++
		o.known++
		if err := k.read(o); err != nil {
			o.skip(o.input, o.line, "%s cannot be read: %s", o.kind, oneLine(err))
		}
	case strings.HasSuffix(o.kind, "List") && o.nest < maxNest:
		o.nested("items")
	case o.kind == watchKind && o.nest < maxNest:
		o.nested("object")
	case o.kind == "":
		o.why = "no Kubernetes object found: it has no kind"
	default:
		o.items++
		o.unknown = append(o.unknown, o.kind)
	}
}

// nested reads the objects of a member: the items of a list that came as one
// object, inside another list or indented as a whole, or what a watch reports.
func (o *object) nested(name string) {
	var top map[string]json.RawMessage
	var list []json.RawMessage
	err := json.Unmarshal(o.raw, &top)
	if raw := top[name]; err == nil && len(raw) > 0 && raw[0] == '[' {
		err = json.Unmarshal(raw, &list)
	} else if err == nil {
		list = append(list, raw)
	}
	if err != nil {
		o.skip(o.input, o.line, "%s cannot be read: %s", o.kind, oneLine(err))
		return
	}
	for _, raw := range list {
		out, head, err := squeeze(nil, raw, dropped)
		if err != nil {
			continue // null, or a value that is no object
		}
		c := *o
		c.raw, c.managed, c.listed, c.nest = out, head.managed, true, o.nest+1
		c.kind = either(word(head.kind), strings.TrimSuffix(strings.TrimSuffix(o.kind, watchKind), "List"))
		c.apiVersion = either(string(head.apiVersion), o.apiVersion)
		c.read()
	}
}

// word returns the name of a kind, "" for what cannot be one.
func word(b []byte) string {
	for _, c := range b {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return ""
		}
	}
	return string(b[:min(len(b), maxName)])
}

func group(apiVersion string) string {
	g, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return g
}

func oneLine(err error) string {
	s, _, _ := strings.Cut(err.Error(), "\n")
	if len(s) > 200 {
		s = s[:200]
	}
	return s
}

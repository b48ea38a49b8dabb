package filter

import (
	"maps"
	"slices"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// CandidateKind says what a candidate is.
type CandidateKind string

// The kinds.
const (
	CandidateField       CandidateKind = "field"
	CandidateOperator    CandidateKind = "operator"
	CandidateValue       CandidateKind = "value"
	CandidateArgument    CandidateKind = "argument"
	CandidateKeyword     CandidateKind = "keyword"
	CandidateTransformer CandidateKind = "transformer"
)

// Candidate is one way to go on with a filter that is being written.
type Candidate struct {
	// Text replaces the bytes From..To of the filter.
	Text string
	Kind CandidateKind
	// Type is the type of a field, empty for others.
	Type string
	// Doc explains it in one sentence, Example shows a filter.
	Doc, Example string
}

// Completion are the candidates for a place in a filter.
type Completion struct {
	// From and To are the bytes of the word at the place, which a candidate replaces.
	From, To   int
	Candidates []Candidate
}

// Complete tells how a filter can go on at a place, given in bytes. What stands behind
// the place does not count. It works on filters that are not whole, and on wrong ones.
func Complete(text string, pos int) Completion {
	pos = max(0, min(pos, len(text)))
	before := text[:pos]
	c := Completion{From: pos, To: wordEnd(text, pos)}
	if len(before) > maxText {
		return c
	}
	w := walk(before)
	c.From = w.from
	switch w.want {
	case wantField:
		c.Candidates = fieldCandidates(before[w.from:])
		if f, arg, ok := dotted(before[w.from:]); ok {
			c.From = pos - len(arg)
			c.Candidates = append(argCandidates(f, arg, ""), c.Candidates...)
		}
	case wantArg:
		c.Candidates = argCandidates(w.field, before[w.from:], "]")
	case wantOperator:
		c.Candidates = operatorCandidates(w.field, before[w.from:])
	case wantValue:
		c.Candidates = valueCandidates(w.field, before[w.from:])
	case wantList:
		c.Candidates = []Candidate{{Text: "(", Kind: CandidateKeyword, Doc: "begins the list of values"}}
	case wantJoin:
		c.Candidates = joinCandidates(before[w.from:], w.depth)
	}
	return c
}

func wordEnd(text string, pos int) int {
	for pos < len(text) && isName(text[pos]) {
		pos++
	}
	return pos
}

type want uint8

const (
	wantNothing want = iota
	wantField
	wantArg
	wantOperator
	wantValue
	wantList // the bracket in front of a list
	wantJoin // and, or, )
)

// place is what a walk over the front of a filter found at its end.
type place struct {
	want  want
	from  int
	field *event.Field
	depth int
}

// walk follows the words of a filter as the parser would, without a tree, and tells
// what is expected where it ends.
func walk(text string) place {
	l := lexer{text: text}
	p := place{want: wantField}
	var op Op
	inList := false
	for {
		l.blanks()
		p.from = l.pos
		if l.end() {
			return p
		}
		switch p.want {
		case wantField:
			if l.take('(') {
				p.depth++
				continue
			}
			name := l.name()
			switch {
			case l.end():
				return p
			case name == "":
				return place{from: len(text)}
			case name == "not":
				continue
			}
			if _, ok := transformers[name]; ok && l.peek() == '(' {
				if p.field = skipCall(&l); l.end() {
					return place{want: wantField, from: lastWord(text)}
				}
				p.want = wantOperator
				continue
			}
			p.field, _ = splitField(name)
			if l.take('[') {
				start := l.pos
				if _, err := l.argument(start); err != nil {
					return place{want: wantArg, from: start, field: p.field}
				}
			}
			p.want = wantOperator
		case wantOperator:
			word := l.operator()
			if l.end() && isLetter(text[p.from]) {
				return p
			}
			if op = opOf(word); op == OpNone {
				return place{from: len(text)}
			}
			switch {
			case op == OpExists:
				p.want = wantJoin
			case op.takesList():
				p.want = wantList
			default:
				p.want = wantValue
			}
		case wantList:
			if !l.take('(') {
				return place{from: len(text)}
			}
			p.want, inList = wantValue, true
		case wantValue:
			if !l.skipValue() {
				return place{from: len(text)}
			}
			if l.end() {
				return p
			}
			p.want = wantJoin
			if inList {
				l.blanks()
				switch {
				case l.take(','):
					p.want = wantValue
				case l.take(')'):
					inList = false
				default:
					p.from = l.pos
					return place{from: l.pos}
				}
			}
		case wantJoin:
			if l.take(')') {
				p.depth--
				continue
			}
			word := l.name()
			if l.end() {
				return p
			}
			if word != "and" && word != "or" {
				return place{from: len(text)}
			}
			p.want, p.field = wantField, nil
		}
	}
}

// skipValue passes over a value, which may not be whole.
func (l *lexer) skipValue() bool {
	if c := l.peek(); c == '"' || c == '\'' {
		if _, err := l.quoted(); err != nil {
			l.pos = len(l.text)
		}
		return true
	}
	return l.bare() != ""
}

// skipCall passes over the arguments of a transformer and returns the first field in them.
func skipCall(l *lexer) *event.Field {
	var f *event.Field
	depth := 0
	for !l.end() {
		switch c := l.peek(); {
		case c == '(':
			depth++
			l.pos++
		case c == ')':
			l.pos++
			if depth--; depth == 0 {
				return f
			}
		case isLetter(c):
			if def, _ := splitField(l.name()); def != nil && f == nil {
				f = def
			}
		default:
			l.pos++
		}
	}
	return f
}

func lastWord(text string) int {
	i := len(text)
	for i > 0 && isName(text[i-1]) {
		i--
	}
	return i
}

func fieldCandidates(prefix string) []Candidate {
	var out []Candidate
	all := event.Fields()
	for i := range all {
		f := &all[i]
		if f.PrintOnly || !strings.Contains(f.Name, prefix) {
			continue
		}
		text := f.Name
		if f.Arg == event.RequiredArg {
			text += "["
		}
		out = append(out, Candidate{Text: text, Kind: CandidateField, Type: f.Type.String(), Doc: f.Doc, Example: f.Example})
	}
	// Names that begin with what was typed come first.
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return int(bit(!strings.HasPrefix(a.Text, prefix))) - int(bit(!strings.HasPrefix(b.Text, prefix)))
	})
	if strings.HasPrefix("not", prefix) {
		out = append(out, Candidate{Text: "not", Kind: CandidateKeyword, Doc: "turns the next condition round"})
	}
	for _, n := range transformerNames() {
		if strings.HasPrefix(n, prefix) {
			out = append(out, Candidate{Text: n + "(", Kind: CandidateTransformer, Doc: transformers[n].doc, Example: transformers[n].form})
		}
	}
	return out
}

// dotted splits a word into a field and the beginning of an argument behind a dot.
func dotted(word string) (f *event.Field, arg string, ok bool) {
	n := strings.LastIndexByte(word, '.')
	if n < 0 {
		return nil, "", false
	}
	f = event.FieldOf(word[:n])
	return f, word[n+1:], f != nil && f.Arg != event.NoArg
}

// argCandidates are the arguments of a field where they are known.
func argCandidates(f *event.Field, prefix, end string) []Candidate {
	if f == nil {
		return nil
	}
	var words []string
	switch f.Name {
	case "evt.arg", "evt.rawarg":
		words = slices.Sorted(maps.Keys(argNames))
	case "evt.abspath":
		words = []string{"src", "dst"}
	case "evt.type.is":
		words = eventNames()
	case "thread.cgroup":
		words = []string{"blkio", "cpu", "cpuacct", "cpuset", "devices", "freezer", "hugetlb", "memory", "net_cls", "perf_event", "pids"}
	}
	var out []Candidate
	for _, w := range words {
		if strings.HasPrefix(w, prefix) && len(out) < maxValues {
			out = append(out, Candidate{Text: w + end, Kind: CandidateArgument, Doc: "the argument of " + f.Name})
		}
	}
	return out
}

func operatorCandidates(f *event.Field, prefix string) []Candidate {
	var out []Candidate
	c := &checker{}
	for o := OpEqual; int(o) < len(ops); o++ {
		if !strings.HasPrefix(ops[o].word, prefix) {
			continue
		}
		if f != nil {
			left := operand{getter: getter{typ: f.Type}, x: &Field{Name: f.Name}, def: f}
			if f.List {
				left.many = list
			}
			if f.Type != event.Dynamic && c.applies(&Compare{Op: o}, &left) != nil {
				continue
			}
		}
		out = append(out, Candidate{Text: ops[o].word, Kind: CandidateOperator, Doc: ops[o].doc})
	}
	return out
}

// maxValues bounds how many values are offered.
const maxValues = 200

func valueCandidates(f *event.Field, prefix string) []Candidate {
	if f == nil {
		return nil
	}
	prefix = strings.TrimLeft(prefix, `"'`)
	words := f.Words
	switch {
	case f.Type == event.Boolean:
		words = []string{"true", "false"}
	case f.Name == "evt.type" || f.Name == "syscall.type":
		words = eventNames()
	case f.Name == "evt.res":
		words = append([]string{"SUCCESS"}, errnoWords()...)
	case f.Name == "proc.exit.signal" || f.Name == "evt.signal.name":
		words = signalWords()
	}
	var out []Candidate
	for _, w := range words {
		if strings.HasPrefix(w, prefix) && len(out) < maxValues {
			out = append(out, Candidate{Text: Quote(w), Kind: CandidateValue})
		}
	}
	return out
}

func errnoWords() []string {
	var out []string
	for n := int64(1); n < 134; n++ {
		if w := event.ErrnoName(n); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func signalWords() []string {
	var out []string
	for n := int64(1); n < 65; n++ {
		if w := event.SignalName(n); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func joinCandidates(prefix string, depth int) []Candidate {
	var out []Candidate
	for _, w := range []struct{ word, doc string }{{"and", "both conditions"}, {"or", "one of the conditions"}} {
		if strings.HasPrefix(w.word, prefix) {
			out = append(out, Candidate{Text: w.word, Kind: CandidateKeyword, Doc: w.doc})
		}
	}
	if depth > 0 && prefix == "" {
		out = append(out, Candidate{Text: ")", Kind: CandidateKeyword, Doc: "ends the bracket"})
	}
	return out
}

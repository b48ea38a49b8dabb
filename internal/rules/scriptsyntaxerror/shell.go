package scriptsyntaxerror

import (
	"fmt"
	"strings"
)

// maxScript bounds what is looked at; a longer script is taken for right.
const maxScript = 64 << 10

// Fault reads a script for a POSIX shell or bash and says what in its structure
// is not valid: compound commands, quotes and brackets that are not closed or
// never opened, and separators where a command must stand. It returns "" where
// nothing is seen, also where the script holds something it does not follow
// (here-documents). It is one pass over the text.
func Fault(script string) string {
	if len(script) > maxScript || strings.Contains(script, "<<") {
		return ""
	}
	r := &reader{s: script, frames: []frame{{}}, start: true}
	for r.fault == "" && !r.unsure && r.i < len(r.s) {
		r.step()
	}
	if r.fault == "" && !r.unsure {
		r.end()
	}
	if r.unsure {
		return ""
	}
	return r.fault
}

// frame is one level of brackets or double quotes.
type frame struct {
	// closer ends it: ')', '"', or 0 for the script itself.
	closer byte
	// open are the compound commands begun in it.
	open []block
	// part: it is a part of a word, as $( ) is.
	part bool
}

// block is a compound command: its first word, the word that must end it, and
// whether its middle (then, do, in) has been seen.
type block struct {
	word, end string
	middle    bool
}

type reader struct {
	s      string
	i      int
	frames []frame
	// start: a command may begin here, so that a word can be a reserved one.
	start bool
	// last is the separator or reserved word after which a command must follow; "" for none.
	last   string
	fault  string
	unsure bool
}

var blocks = map[string]block{
	"if": {"if", "fi", false}, "for": {"for", "done", false}, "while": {"while", "done", false}, "until": {"until", "done", false},
	"select": {"select", "done", false}, "case": {"case", "esac", true}, "{": {"{", "}", true},
}

// middles are the words inside a compound command, and which end it has.
var middles = map[string]string{"then": "fi", "elif": "fi", "else": "fi", "do": "done"}

func (r *reader) top() *frame { return &r.frames[len(r.frames)-1] }

func (r *reader) step() {
	c := r.s[r.i]
	if r.top().closer == '"' {
		r.quoted(c)
		return
	}
	switch c {
	case ' ', '\t', '\r':
		r.i++
	case '\n':
		r.i++
		r.start = true
	case '\\':
		r.i += 2
		r.word()
	case '#':
		if r.i == 0 || strings.IndexByte(" \t\n;&|(", r.s[r.i-1]) >= 0 {
			r.skipTo('\n')
			return
		}
		r.i++
	case '\'':
		r.i++
		if !r.skipPast('\'') {
			r.fault = "a single quote is not closed"
		}
		r.word()
	case '"':
		r.i++
		r.push('"', true)
	case '`':
		r.i++
		if !r.skipPast('`') {
			r.fault = "a backquote is not closed"
		}
		r.word()
	case '$':
		r.dollar()
	case '(':
		r.i++
		if r.i < len(r.s) && r.s[r.i] == '(' {
			// (( is arithmetic in bash: not followed.
			r.unsure = true
		}
		r.push(')', false)
		r.start, r.last = true, ""
	case ')':
		r.closeBracket()
	case ';', '&', '|':
		r.separator(c)
	default:
		r.plain()
	}
}

// quoted reads inside double quotes.
func (r *reader) quoted(c byte) {
	switch c {
	case '\\':
		r.i += 2
	case '"':
		r.i++
		r.pop()
		r.word()
	case '$':
		r.dollar()
	case '`':
		r.i++
		if !r.skipPast('`') {
			r.fault = "a backquote is not closed"
		}
	default:
		r.i++
	}
}

// dollar reads $(...), ${...} and $'...'.
func (r *reader) dollar() {
	r.i++
	if r.i >= len(r.s) {
		r.word()
		return
	}
	switch r.s[r.i] {
	case '(':
		if strings.HasPrefix(r.s[r.i:], "((") {
			r.arithmetic()
			return
		}
		r.i++
		r.push(')', true)
		r.start, r.last = true, ""
		return
	case '{':
		if strings.ContainsAny(r.upTo('}'), "\"'`$") {
			// A default with quotes or another expansion in it.
			r.unsure = true
			return
		}
		if !r.skipPast('}') {
			r.fault = "${ is not closed"
		}
	case '\'':
		if r.top().closer != '"' {
			r.unsure = true
			return
		}
	default:
		r.i++
	}
	r.word()
}

func (r *reader) arithmetic() {
	depth := 0
	for ; r.i < len(r.s); r.i++ {
		switch r.s[r.i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth == 0 {
			r.i++
			r.word()
			return
		}
	}
	r.fault = "$(( is not closed"
}

func (r *reader) upTo(c byte) string {
	if end := strings.IndexByte(r.s[r.i:], c); end >= 0 {
		return r.s[r.i : r.i+end]
	}
	return ""
}

func (r *reader) skipTo(c byte) {
	if end := strings.IndexByte(r.s[r.i:], c); end >= 0 {
		r.i += end
		return
	}
	r.i = len(r.s)
}

func (r *reader) skipPast(c byte) bool {
	end := strings.IndexByte(r.s[r.i:], c)
	if end < 0 {
		r.i = len(r.s)
		return false
	}
	r.i += end + 1
	return true
}

// deepest bounds nesting; real scripts stay far below.
const deepest = 200

func (r *reader) push(closer byte, part bool) {
	if len(r.frames) >= deepest {
		r.unsure = true
		return
	}
	r.frames = append(r.frames, frame{closer: closer, part: part})
}

func (r *reader) pop() { r.frames = r.frames[:len(r.frames)-1] }

// word notes that a word of a command stands here.
func (r *reader) word() { r.start, r.last = false, "" }

func (r *reader) closeBracket() {
	r.i++
	f := r.top()
	if n := len(f.open); n > 0 && f.open[n-1].end == "esac" {
		// The end of a pattern of case.
		r.start, r.last = true, ""
		return
	}
	if f.closer != ')' {
		r.fault = "a ) has no ( before it"
		return
	}
	if n := len(f.open); n > 0 {
		r.fault = fmt.Sprintf("%q is not ended with %q before a )", f.open[n-1].word, f.open[n-1].end)
		return
	}
	part := f.part
	r.pop()
	// After a subshell or the brackets of a function a reserved word may follow.
	r.start, r.last = !part, ""
}

func (r *reader) separator(c byte) {
	two := r.s[r.i:min(r.i+2, len(r.s))]
	if c == '&' && (two == "&>" || r.i > 0 && (r.s[r.i-1] == '>' || r.s[r.i-1] == '<')) || c == '|' && r.i > 0 && r.s[r.i-1] == '>' {
		// Redirections: >& <& &> >|.
		r.i++
		return
	}
	sep := string(c)
	switch two {
	case ";;", "&&", "||", "|&", ";&":
		sep = two
	}
	r.i += len(sep)
	if r.last != "" && sep != ";;" {
		r.fault = fmt.Sprintf("%q stands where a command must follow %q", sep, r.last)
		return
	}
	if sep == ";;" && !r.inCase() {
		r.fault = `";;" stands outside of case`
		return
	}
	r.start, r.last = true, sep
	if sep == ";;" || sep == ";&" {
		r.last = ""
	}
}

func (r *reader) inCase() bool {
	for _, f := range r.frames {
		for _, b := range f.open {
			if b.end == "esac" {
				return true
			}
		}
	}
	return false
}

// plain reads an unquoted word and acts on reserved ones.
func (r *reader) plain() {
	from := r.i
	for r.i < len(r.s) && strings.IndexByte(" \t\r\n;&|()<>\"'`$\\", r.s[r.i]) < 0 {
		r.i++
	}
	if r.i == from {
		r.i++ // a redirection's < or >
		return
	}
	w := r.s[from:r.i]
	whole := r.i == len(r.s) || strings.IndexByte(" \t\r\n;&|()", r.s[r.i]) >= 0
	if !r.start || !whole || from > 0 && strings.IndexByte("\"'`}", r.s[from-1]) >= 0 {
		r.word()
		return
	}
	r.reserved(w)
}

func (r *reader) reserved(w string) {
	f := r.top()
	n := len(f.open)
	if n > 0 && f.open[n-1].end == "esac" && w != "esac" && r.pattern() {
		r.word()
		return
	}
	if b, ok := blocks[w]; ok {
		if n >= deepest {
			r.unsure = true
			return
		}
		f.open = append(f.open, b)
		r.start, r.last = w == "if" || w == "while" || w == "until" || w == "{", ""
		if r.start {
			r.last = w
		}
		return
	}
	if end, ok := middles[w]; ok {
		switch {
		case n == 0 || f.open[n-1].end != end:
			r.fault = fmt.Sprintf("%q stands outside of its command", w)
		default:
			f.open[n-1].middle = f.open[n-1].middle || w == "then" || w == "do"
			r.start, r.last = true, w
		}
		return
	}
	switch w {
	case "fi", "done", "esac", "}":
		switch {
		case n == 0 || f.open[n-1].end != w:
			if w == "}" && n == 0 {
				r.fault = "a } has no { before it"
				return
			}
			r.fault = fmt.Sprintf("%q ends nothing that is open", w)
		case !f.open[n-1].middle:
			word, missing := f.open[n-1].word, "do"
			if w == "fi" {
				missing = "then"
			}
			r.fault = fmt.Sprintf("%q has no %q", word, missing)
		default:
			f.open = f.open[:n-1]
			r.start, r.last = true, ""
		}
	case "!", "time":
		r.start = true
	default:
		r.word()
	}
}

// pattern reports whether the word that was just read is a pattern of case: the
// next sign that matters is a ) or a |.
func (r *reader) pattern() bool {
	for i := r.i; i < len(r.s); i++ {
		switch r.s[i] {
		case ' ', '\t':
			continue
		case ')':
			return true
		case '|':
			return i+1 < len(r.s) && r.s[i+1] != '|'
		}
		return false
	}
	return false
}

func (r *reader) end() {
	if f := r.top(); f.closer == '"' {
		r.fault = "a double quote is not closed"
		return
	}
	for i := len(r.frames) - 1; i >= 0; i-- {
		f := r.frames[i]
		if n := len(f.open); n > 0 {
			r.fault = fmt.Sprintf("%q is not ended with %q", f.open[n-1].word, f.open[n-1].end)
			return
		}
		if f.closer == ')' {
			r.fault = "a ( is not closed"
			return
		}
	}
	switch r.last {
	case "&&", "||", "|", "|&":
		r.fault = fmt.Sprintf("the script ends with %q", r.last)
	}
}

package filter

import (
	"strconv"
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// The templates of sysdig: the default one, with the container (-pc), with the pod (-pk).
const (
	DefaultTemplate    = "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"
	ContainerTemplate  = "*%evt.num %evt.outputtime %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info"
	KubernetesTemplate = "*%evt.num %evt.outputtime %evt.cpu %k8s.pod.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir %evt.type %evt.info"
)

// TimeForm is how evt.outputtime shows times.
type TimeForm byte

// The forms, with the letters of sysdig's option -t.
const (
	TimeOfDay   TimeForm = 'h' // local time of day; the zero value is the same
	TimeEpoch   TimeForm = 'a' // seconds since the epoch
	TimeFirst   TimeForm = 'r' // since the first event
	TimeLatency TimeForm = 'd' // since the start of the call
	TimeDelta   TimeForm = 'D' // since the line before
)

// FormatOptions tune a Format. The zero value is the default output.
type FormatOptions struct {
	Time   TimeForm
	Buffer BufferForm
	// Full shows payloads whole; without it Dots cuts them to 80 characters, as sysdig
	// does. The other forms, and JSON, never cut.
	Full bool
	// JSON writes one object for each event, with the fields of the template by name,
	// instead of the text.
	JSON bool
}

// Format is a compiled output template. It is not for concurrent use.
type Format struct {
	tokens []token
	// lenient prints a line with <NA> for fields that are missing; without it such a
	// line is left out.
	lenient bool
	opt     FormatOptions
	needs   Needs
	scope   scope
	// order are the fields of an object in the order of their names.
	order []int
	// tmp holds the text form of a field on its way into an object.
	tmp []byte
	// lines counts what was printed, for util.cnt.
	lines uint64
}

// token is a piece of a template: a literal text, or a field.
type token struct {
	lit   string
	name  string // as it is written, the key in JSON
	width int    // columns; 0 is as many as needed
	typ   event.FieldType
	get   getter
	// lastNanos is the time of the latest line, for fields that show differences.
	lastNanos uint64
}

// maxWidth bounds the columns of a field.
const maxWidth = 4096

// NewFormat reads a template: text with fields. %field is replaced, %NNfield padded or
// cut to NN columns, %transformer(field) changed, \n and \t are a line break and a tab;
// there is no way to print a percent sign. A star in front prints lines even where
// fields are missing. sess is as in Compile. The error is an *Error.
func NewFormat(template string, sess *Session, opt FormatOptions) (*Format, error) {
	if sess == nil {
		sess = &Session{}
	}
	f := &Format{opt: opt, scope: scope{Session: sess, form: opt.Buffer, full: opt.Full, json: opt.JSON}}
	if err := f.parse(template); err != nil {
		return nil, err
	}
	if opt.JSON {
		f.order = jsonOrder(f.tokens)
	}
	return f, nil
}

func (f *Format) parse(text string) *Error {
	bad := func(pos, end int, msg, hint string) *Error {
		return &Error{Source: text, Pos: pos, End: end, Msg: msg, Hint: hint}
	}
	if len(text) > maxText {
		return bad(maxText, maxText, "the template is longer than 64 KiB", "")
	}
	i := 0
	if strings.HasPrefix(text, "*") {
		f.lenient = true
		i = 1
	}
	if i == len(text) {
		return bad(0, len(text), "the template is empty", "write fields such as %evt.type")
	}
	c := &checker{source: text}
	for i < len(text) {
		start := i
		n := strings.IndexByte(text[i:], '%')
		if n < 0 {
			n = len(text) - i
		}
		if n > 0 {
			f.tokens = append(f.tokens, token{lit: unescape(text[i : i+n])})
			i += n
			continue
		}
		i++
		t := token{}
		for i < len(text) && isDigit(text[i]) {
			t.width = min(t.width*10+int(text[i]-'0'), maxWidth)
			i++
		}
		if i == len(text) {
			return bad(start, i, "a field is missing behind %", "there is no way to print a percent sign")
		}
		x, end, err := templateField(text, i)
		if err != nil {
			return err
		}
		o, err := c.expr(x)
		if err != nil {
			return err
		}
		if o.def != nil && o.def.FilterOnly {
			return bad(i, end, o.def.Name+" can be used in filters only, it cannot be printed", "")
		}
		t.name, t.get, t.typ = text[i:end], o.getter, o.typ
		if o.def != nil && o.def.Name == "util.cnt" {
			t.get.num = func(*scope) (uint64, bool) { return f.lines + 1, true }
		}
		f.tokens = append(f.tokens, t)
		i = end
	}
	f.needs = c.needs
	return nil
}

// unescape replaces the two escapes of templates.
func unescape(s string) string {
	s = strings.ReplaceAll(s, `\n`, "\n")
	return strings.ReplaceAll(s, `\t`, "\t")
}

// templateField reads the field or transformer at pos. Names end where the longest
// name of the table ends, so that text can follow at once: %proc.name, or %evt.num.
func templateField(text string, pos int) (Expr, int, *Error) {
	p := &parser{lexer: lexer{text: text, pos: pos}}
	name := p.name()
	if _, ok := transformers[name]; ok && p.peek() == '(' {
		p.pos = pos
		x, err := p.expr(true)
		return x, p.pos, err
	}
	def := longestField(name)
	if def == nil {
		end := max(p.pos, pos+1)
		if why := event.FieldForeign(name); why != "" {
			return nil, end, p.fail(pos-1, end, name+" "+why, "")
		}
		return nil, end, p.fail(pos-1, end, "unknown field "+text[pos:min(end, len(text))], suggestField(name))
	}
	f := &Field{Name: def.Name, Pos: pos, End: pos + len(def.Name)}
	p.pos = f.End
	if def.Arg == event.NoArg {
		return f, f.End, nil
	}
	switch p.peek() {
	case '[':
		p.pos++
		arg, err := p.argument(f.End)
		if err != nil {
			return nil, p.pos, err
		}
		f.Arg, f.HasArg, f.End = arg, true, p.pos
	case '.':
		if arg := dottedArg(def, text[p.pos+1:]); arg != "" {
			f.Arg, f.HasArg, f.End = arg, true, p.pos+1+len(arg)
		}
	}
	return f, f.End, nil
}

// longestField is the field with the longest name that the text begins with.
func longestField(text string) *event.Field {
	for n := len(text); n > 0; n-- {
		if def := event.FieldOf(text[:n]); def != nil {
			return def
		}
	}
	return nil
}

// dottedArg is the argument behind a dot: the longest name that makes sense there.
func dottedArg(def *event.Field, text string) string {
	word := 0
	for word < len(text) && isName(text[word]) {
		word++
	}
	ok := func(string) bool { return true }
	switch def.Name {
	case "evt.arg", "evt.rawarg":
		ok = func(s string) bool { _, known := argNames[s]; return known }
	case "evt.abspath":
		ok = func(s string) bool { return s == "src" || s == "dst" }
	case "thread.cgroup":
		n := 0
		for n < word && isLetter(text[n]) {
			n++
		}
		return text[:n]
	}
	for n := word; n > 0; n-- {
		if ok(text[:n]) {
			return text[:n]
		}
	}
	return ""
}

// Needs tells what the template looks at.
func (f *Format) Needs() Needs { return f.needs }

// Append appends the event's line, without a line break at its end, and reports
// whether there is one: a template without star leaves out events that lack a field.
// dst comes back unchanged then. It allocates nothing once dst is large enough.
func (f *Format) Append(dst []byte, ev *event.Event) ([]byte, bool) {
	s := &f.scope
	s.begin(ev)
	start := len(dst)
	var ok bool
	if f.opt.JSON {
		dst, ok = f.appendJSON(dst)
	} else {
		dst, ok = f.appendLine(dst)
	}
	f.lines++
	if !ok {
		return dst[:start], false
	}
	return dst, true
}

func (f *Format) appendLine(dst []byte) ([]byte, bool) {
	whole := true
	for i := range f.tokens {
		t := &f.tokens[i]
		if t.name == "" {
			dst = append(dst, t.lit...)
			continue
		}
		start := len(dst)
		var ok bool
		if dst, ok = f.appendField(dst, t); !ok {
			if !f.lenient {
				whole = false // go on: fields with differences of times must see every event
				continue
			}
			dst = append(dst[:start], "<NA>"...)
		}
		if t.width > 0 {
			dst = fit(dst, start, t.width)
		}
	}
	return dst, whole
}

// fit pads or cuts what stands behind start to a number of columns. Bytes are
// columns, as in sysdig; a character is never cut in two.
func fit(b []byte, start, width int) []byte {
	for len(b)-start < width {
		b = append(b, ' ')
	}
	if end := start + width; len(b) > end {
		for end > start && b[end]&0xc0 == 0x80 {
			end--
		}
		b = b[:end]
		for len(b)-start < width {
			b = append(b, ' ')
		}
	}
	return b
}

// appendField appends the printed form of a field, and false where it is missing.
func (f *Format) appendField(dst []byte, t *token) ([]byte, bool) {
	s, g := &f.scope, &t.get
	if g.delta != noDelta {
		return f.appendDelta(dst, t), true
	}
	if g.put != nil {
		return g.put(s, dst)
	}
	switch {
	case g.num != nil:
		n, ok := g.num(s)
		if !ok {
			return dst, false
		}
		return appendValue(dst, n, t.typ, g.fmt), true
	case g.str != nil:
		v, ok := g.str(s)
		if !ok {
			return dst, false
		}
		return s.appendString(dst, v), true
	case g.real != nil:
		v, ok := g.real(s)
		return strconv.AppendFloat(dst, v, 'f', 1, 64), ok
	case g.addr != nil:
		a, ok := g.addr(s)
		if !ok {
			return dst, false
		}
		return event.AppendIP(dst, a.ip, a.v6), true
	}
	return f.appendMany(dst, g)
}

func appendValue(dst []byte, n uint64, t event.FieldType, format event.Format) []byte {
	if t == event.Boolean {
		return strconv.AppendBool(dst, n != 0)
	}
	width := 8
	if format == event.Hex && t == event.Int {
		width = 4
	}
	return appendNumber(dst, n, format, t == event.Int, width)
}

// appendMany appends the values of a list in brackets; those of ancestors joined with
// blanks.
func (f *Format) appendMany(dst []byte, g *getter) ([]byte, bool) {
	s := &f.scope
	sep := byte(',')
	if g.many == anyOfThem {
		sep = ' '
	} else {
		dst = append(dst, '(')
	}
	n := 0
	next := func() {
		if n++; n > 1 {
			dst = append(dst, sep)
		}
	}
	switch {
	case g.nums != nil:
		s.nums = g.nums(s, s.nums[:0])
		for _, v := range s.nums {
			next()
			dst = strconv.AppendInt(dst, int64(v), 10)
		}
	case g.strs != nil:
		s.strs = g.strs(s, s.strs[:0])
		for _, v := range s.strs {
			next()
			dst = s.appendString(dst, v)
		}
	}
	if g.many != anyOfThem {
		dst = append(dst, ')')
	}
	return dst, n > 0
}

// appendDelta appends fields that depend on the line before.
func (f *Format) appendDelta(dst []byte, t *token) []byte {
	now := f.scope.ev.TsNanos
	if t.get.delta == outputDelta {
		return f.appendOutputTime(dst, t)
	}
	return appendNumber(dst, t.since(now), t.get.fmt, false, 8)
}

// since is the time since the latest line, or the part of it that the field shows.
func (t *token) since(now uint64) uint64 {
	d := uint64(0)
	if t.lastNanos != 0 {
		d = now - t.lastNanos
	}
	t.lastNanos = now
	switch t.get.delta {
	case secondsDelta:
		return d / second
	case nanosDelta:
		return d % second
	}
	return d
}

func (f *Format) appendOutputTime(dst []byte, t *token) []byte {
	s := &f.scope
	now := s.ev.TsNanos
	var d uint64
	switch f.opt.Time {
	case TimeEpoch:
		// sysdig does not pad the part behind the dot here.
		dst = strconv.AppendUint(dst, now/second, 10)
		return strconv.AppendUint(append(dst, '.'), now%second, 10)
	case TimeFirst:
		d = s.sinceFirst()
	case TimeLatency:
		d = s.latency()
	case TimeDelta:
		if t.lastNanos != 0 {
			d = now - t.lastNanos
		}
		t.lastNanos = now
	default:
		return s.appendTime(dst, now, false, true)
	}
	dst = strconv.AppendUint(dst, d/second, 10)
	return appendNanos(append(dst, '.'), d%second)
}

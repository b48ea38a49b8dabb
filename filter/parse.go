package filter

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// Parse reads a filter. The empty filter, which everything passes, is a nil Node.
// The error is an *Error.
//
// The grammar, loosest first; blanks may stand between all words:
//
//	or       = and { "or" and }
//	and      = not { "and" not }
//	not      = "not" not | "(" or ")" | compare
//	compare  = expr "exists" | expr op right | expr listop "(" values ")" | expr textop quant "(" values ")"
//	expr     = field | transformer "(" arg { "," arg } ")"
//	right    = value | "val" "(" field ")" | transformer "(" ... ")"
//	field    = name [ "[" argument "]" ]
func Parse(text string) (Node, error) {
	p := &parser{lexer: lexer{text: text}}
	if len(text) > maxText {
		return nil, p.fail(maxText, maxText, "the filter is longer than 64 KiB", "")
	}
	p.blanks()
	if p.end() {
		return nil, nil
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	p.blanks()
	if !p.end() {
		return nil, p.leftover()
	}
	return n, nil
}

type parser struct {
	lexer
	depth, terms int
}

func (p *parser) or() (Node, *Error) {
	return p.chain("or", p.and, func(t []Node) Node { return &Or{t} })
}
func (p *parser) and() (Node, *Error) {
	return p.chain("and", p.not, func(t []Node) Node { return &And{t} })
}

func (p *parser) chain(word string, term func() (Node, *Error), join func([]Node) Node) (Node, *Error) {
	first, err := term()
	if err != nil {
		return nil, err
	}
	terms := []Node{first}
	for {
		p.blanks()
		if !p.keyword(word) {
			break
		}
		next, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, next)
	}
	if len(terms) == 1 {
		return first, nil
	}
	return join(terms), nil
}

func (p *parser) enter() *Error {
	if p.depth++; p.depth > maxDepth {
		return p.fail(p.pos, p.pos+1, "nested deeper than 100 levels", "")
	}
	return nil
}

func (p *parser) not() (Node, *Error) {
	p.blanks()
	start := p.pos
	switch {
	case p.keyword("not"):
		if err := p.enter(); err != nil {
			return nil, err
		}
		t, err := p.not()
		p.depth--
		if err != nil {
			return nil, err
		}
		return &Not{t}, nil
	case p.take('('):
		if err := p.enter(); err != nil {
			return nil, err
		}
		n, err := p.or()
		p.depth--
		if err != nil {
			return nil, err
		}
		p.blanks()
		if !p.take(')') {
			if p.end() {
				return nil, p.fail(start, start+1, "this bracket is never closed", "add )")
			}
			return nil, p.leftover()
		}
		return n, nil
	}
	return p.compare()
}

// leftover explains what stands where and, or, ) or the end was expected.
func (p *parser) leftover() *Error {
	start := p.pos
	if p.take(')') {
		return p.fail(start, p.pos, "there is no ( for this )", "")
	}
	word := p.operator()
	hint := "write and or or between two conditions"
	switch strings.ToLower(word) {
	case "and", "or", "not":
		hint = "write " + strings.ToLower(word) + ": keywords are lower case"
	case "&&", "&":
		hint = "write and"
	case "":
		if p.bare(); p.pos == start {
			p.pos++
		}
		switch p.text[start:p.pos] {
		case "&&", "&":
			hint = "write and"
		case "||", "|":
			hint = "write or"
		}
	}
	return p.fail(start, p.pos, "expected and, or, ) or the end here", hint)
}

func (p *parser) compare() (Node, *Error) {
	if p.terms++; p.terms > maxTerms {
		return nil, p.fail(p.pos, p.pos+1, "more than 10000 comparisons and values", "")
	}
	left, err := p.expr(false)
	if err != nil {
		return nil, err
	}
	c := &Compare{Left: left}
	p.blanks()
	c.OpPos = p.pos
	word := p.operator()
	c.OpEnd = p.pos
	if c.Op = opOf(word); c.Op == OpNone {
		return nil, p.noOperator(left, word, c.OpPos)
	}
	if c.Op == OpExists {
		return c, nil
	}
	p.blanks()
	if q := quantifiers[p.quantifier()]; q != Single {
		if cl := ops[c.Op].class; cl != classText && cl != classString {
			return nil, p.fail(p.pos, p.pos+5, "oneof, anyof and allof stand behind operators on text", "write in ( ... )")
		}
		c.Quant = q
		p.pos += len(quantifierWords[q])
		p.blanks()
	}
	if c.Op.takesList() || c.Quant != Single {
		return c, p.list(c)
	}
	return c, p.right(c)
}

// quantifier returns oneof, anyof or allof where it is next and a bracket follows.
func (p *parser) quantifier() string {
	rest := p.text[p.pos:]
	if len(rest) < 5 {
		return ""
	}
	if after := strings.TrimLeft(rest[5:], " \t\r\n\v\f"); !strings.HasPrefix(after, "(") {
		return ""
	}
	return rest[:5]
}

// noOperator explains what stands where an operator was expected.
func (p *parser) noOperator(left Expr, word string, pos int) *Error {
	f, isField := left.(*Field)
	switch {
	case word == "" && p.end() || word == "and" || word == "or" || p.peek() == ')' && word == "":
		if isField {
			return p.fail(f.Pos, f.End, f.String()+" stands alone: a condition compares a field with a value", "write "+f.String()+" exists")
		}
		return p.fail(pos, p.pos, "expected an operator here", "")
	case word == "!" || word == "":
		if p.pos == pos {
			p.bare()
		}
		return p.fail(pos, max(p.pos, pos+1), "expected an operator here", suggestOp(p.text[pos:p.pos]))
	}
	return p.fail(pos, p.pos, "unknown operator "+word, suggestOp(word))
}

// list reads the values in brackets behind in, intersects, pmatch and quantifiers.
func (p *parser) list(c *Compare) *Error {
	open := p.pos
	if !p.take('(') {
		if !c.Op.takesList() || p.end() {
			return p.fail(open, open+1, "expected ( and a list of values here", "")
		}
		mark := p.pos
		if r, err := p.rightExpr(); err != nil {
			return err
		} else if r != nil {
			c.Right = r
			return nil
		}
		p.pos = mark
		word := p.bare()
		return p.fail(open, max(p.pos, open+1), "expected ( and a list of values here", "write "+c.Op.String()+" ("+word+")")
	}
	p.blanks()
	if p.take(')') {
		return nil
	}
	for {
		p.blanks()
		v, err := p.value()
		if err != nil {
			return err
		}
		if p.terms++; p.terms > maxTerms {
			return p.fail(p.pos, p.pos+1, "more than 10000 comparisons and values", "")
		}
		c.Values = append(c.Values, v)
		p.blanks()
		if p.take(')') {
			return nil
		}
		if !p.take(',') {
			if p.end() {
				return p.fail(open, open+1, "this bracket is never closed", "add )")
			}
			start := p.pos
			if p.bare(); p.pos == start {
				p.pos++
			}
			return p.fail(start, p.pos, "expected , or ) here", "put values with blanks in quotes")
		}
	}
}

// value reads one literal.
func (p *parser) value() (Literal, *Error) {
	start := p.pos
	if c := p.peek(); c == '"' || c == '\'' {
		s, err := p.quoted()
		return Literal{Text: s, Pos: start, End: p.pos}, err
	}
	s := p.bare()
	if s == "" {
		hint := `write "" for the empty text`
		if c := p.peek(); c == '=' {
			hint = "put values with = in quotes"
		}
		return Literal{}, p.fail(start, start+1, "expected a value here", hint)
	}
	return Literal{Text: s, Pos: start, End: p.pos}, nil
}

// right reads what stands behind an operator that takes one value.
func (p *parser) right(c *Compare) *Error {
	r, err := p.rightExpr()
	if err != nil {
		return err
	}
	if r != nil {
		c.Right = r
		return nil
	}
	v, err := p.value()
	if err != nil {
		return err
	}
	if p.peek() == '(' {
		return p.fail(v.Pos, v.End, "unknown transformer "+v.Text, suggestTransformer(v.Text))
	}
	c.Values = []Literal{v}
	return nil
}

// rightExpr reads val(field) or a transformer, and nothing where neither is next.
func (p *parser) rightExpr() (Expr, *Error) {
	mark := p.pos
	name := p.name()
	p.blanks()
	if name == "" || p.peek() != '(' {
		p.pos = mark
		return nil, nil
	}
	if name == "val" {
		open := p.pos
		p.pos++
		p.blanks()
		x, err := p.expr(true)
		if err != nil {
			return nil, err
		}
		p.blanks()
		if !p.take(')') {
			return nil, p.fail(open, open+1, "this bracket is never closed", "add )")
		}
		f, ok := x.(*Field)
		if !ok {
			pos, end := x.span()
			return nil, p.fail(pos, end, "val( ) holds a field", "write the transformer without val")
		}
		f.Val = true
		return f, nil
	}
	if _, ok := transformers[name]; !ok {
		p.pos = mark
		return nil, nil
	}
	p.pos = mark
	return p.expr(true)
}

// expr reads a field or a transformer. On the right side only the latter may begin
// with a name that is no field.
func (p *parser) expr(right bool) (Expr, *Error) {
	p.blanks()
	start := p.pos
	name := p.name()
	if name == "" {
		return nil, p.noField(start)
	}
	end := p.pos
	p.blanks()
	if p.peek() == '(' {
		return p.call(name, start, end)
	}
	p.pos = end
	return p.field(name, start)
}

// noField explains what stands where a field was expected.
func (p *parser) noField(start int) *Error {
	switch c := p.peek(); {
	case p.end() && start == 0:
		return p.fail(start, start, "the filter is empty", "")
	case p.end():
		return p.fail(start, start, "expected a condition at the end", "")
	case c == '!':
		return p.fail(start, start+1, "expected a field here", "write not")
	case c == '%':
		return p.fail(start, start+1, "expected a field here", "write the field without %")
	case c == '"' || c == '\'':
		return p.fail(start, start+1, "expected a field here: values stand on the right side", "")
	}
	if p.bare(); p.pos == start {
		p.pos++
	}
	return p.fail(start, p.pos, "expected a field here", "")
}

func (p *parser) call(name string, start, end int) (Expr, *Error) {
	if _, ok := transformers[name]; !ok {
		if name == "val" {
			return nil, p.fail(start, end, "val( ) stands on the right side of a comparison", "")
		}
		return nil, p.fail(start, end, "unknown transformer "+name, suggestTransformer(name))
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	open := p.pos
	p.pos++
	c := &Call{Name: name, Pos: start}
	for {
		p.blanks()
		var arg Expr
		var err *Error
		if q := p.peek(); q == '"' || q == '\'' || isDigit(q) {
			var v Literal
			v, err = p.value()
			arg = &v
		} else {
			arg, err = p.expr(true)
		}
		if err != nil {
			return nil, err
		}
		if p.terms++; p.terms > maxTerms {
			return nil, p.fail(p.pos, p.pos+1, "more than 10000 comparisons and values", "")
		}
		c.Args = append(c.Args, arg)
		p.blanks()
		if p.take(')') {
			break
		}
		if !p.take(',') {
			return nil, p.fail(open, open+1, "this bracket is never closed", "add )")
		}
	}
	c.End = p.pos
	return c, nil
}

// field makes a field of a name that was read and of the brackets behind it.
func (p *parser) field(name string, start int) (Expr, *Error) {
	f := &Field{Name: name, Pos: start, End: p.pos}
	if def, arg := splitField(name); def != nil {
		f.Name, f.Arg, f.HasArg = def.Name, arg, arg != ""
	}
	if p.peek() == '[' && !f.HasArg {
		open := p.pos
		p.pos++
		arg, err := p.argument(open)
		if err != nil {
			return nil, err
		}
		f.Arg, f.HasArg, f.End = arg, true, p.pos
	}
	return f, nil
}

// splitField finds the field that a name with dots begins with, and the argument
// that follows it with another dot: evt.arg.fd is evt.arg with the argument fd.
func splitField(name string) (def *event.Field, arg string) {
	if def := event.FieldOf(name); def != nil {
		return def, ""
	}
	for n := strings.LastIndexByte(name, '.'); n > 0; n = strings.LastIndexByte(name[:n], '.') {
		if def := event.FieldOf(name[:n]); def != nil {
			if def.Arg == event.NoArg || name[n+1:] == "" {
				return nil, ""
			}
			return def, name[n+1:]
		}
	}
	return nil, ""
}

package filter

import (
	"strconv"
	"strings"
	"time"

	"github.com/unloop-dev/unloop/event"
)

// checker turns a parsed filter into predicates and says what is wrong with it.
type checker struct {
	source string
	needs  Needs
}

func (c *checker) fail(pos, end int, msg, hint string) *Error {
	return &Error{Source: c.source, Pos: pos, End: end, Msg: msg, Hint: hint}
}

// operand is one side of a comparison: a getter and how it is written.
type operand struct {
	getter
	x   Expr
	def *event.Field // of a plain field
}

func (o *operand) String() string {
	var b strings.Builder
	printExpr(&b, o.x)
	return b.String()
}

// expr resolves a field or a transformer.
func (c *checker) expr(x Expr) (operand, *Error) {
	switch x := x.(type) {
	case *Field:
		return c.field(x)
	case *Call:
		return c.call(x)
	}
	pos, end := x.span()
	return operand{}, c.fail(pos, end, "expected a field here", "")
}

func (c *checker) field(f *Field) (operand, *Error) {
	def := f.lookup()
	if def == nil {
		if why := event.FieldForeign(f.Name); why != "" {
			return operand{}, c.fail(f.Pos, f.End, f.Name+" "+why, "")
		}
		return operand{}, c.fail(f.Pos, f.End, "unknown field "+f.Name, suggestField(f.Name))
	}
	switch {
	case f.HasArg && def.Arg == event.NoArg:
		return operand{}, c.fail(f.Pos, f.End, f.Name+" takes no argument", "write "+f.Name)
	case !f.HasArg && def.Arg == event.RequiredArg:
		return operand{}, c.fail(f.Pos, f.End, f.Name+" needs an argument: "+def.ArgIs, exampleHint(def))
	}
	g, why := getterOf(def, f.Arg, f.HasArg)
	if why != "" {
		return operand{}, c.fail(f.Pos, f.End, why, argHint(f))
	}
	c.needs |= g.needs
	return operand{g, f, def}, nil
}

func exampleHint(def *event.Field) string {
	if def.Example == "" {
		return ""
	}
	return "for example: " + def.Example
}

// argHint suggests another argument for the fields whose arguments are known.
func argHint(f *Field) string {
	switch f.Name {
	case "evt.arg", "evt.rawarg":
		if s := nearest(f.Arg, func(yield func(string) bool) {
			for n := range argNames {
				if !yield(n) {
					return
				}
			}
		}); s != "" {
			return "did you mean " + f.Name + "." + s + "?"
		}
	case "evt.type.is":
		return suggestWord(f.Arg, eventNames())
	}
	return ""
}

func (c *checker) call(x *Call) (operand, *Error) {
	args := make([]argument, len(x.Args))
	for i, a := range x.Args {
		if l, ok := a.(*Literal); ok {
			args[i] = argument{lit: l.Text, isLit: true}
			continue
		}
		o, err := c.expr(a)
		if err != nil {
			return operand{}, err
		}
		args[i] = argument{getter: o.getter}
	}
	t := transformers[x.Name]
	g, why := t.apply(args)
	if why != "" {
		return operand{}, c.fail(x.Pos, x.End, x.Name+" "+why, "write "+t.form)
	}
	return operand{g, x, nil}, nil
}

// compare checks a comparison and makes its predicate.
func (c *checker) compare(n *Compare) (term, *Error) {
	left, err := c.expr(n.Left)
	if err != nil {
		return term{}, err
	}
	if left.def != nil && left.def.PrintOnly {
		f := n.Left.(*Field)
		return term{}, c.fail(f.Pos, f.End, f.Name+" can be printed, not compared", "")
	}
	if err := c.applies(n, &left); err != nil {
		return term{}, err
	}
	if n.Op == OpExists {
		return newTerm(&left.getter, existsPred(&left.getter)), nil
	}
	if n.Right != nil {
		return c.compareFields(n, &left)
	}
	op := n.Op
	if left.def != nil && left.def.Name == "evt.around" {
		if op != OpEqual {
			return term{}, c.fail(n.OpPos, n.OpEnd, "evt.around takes = only", "write =")
		}
		op = OpLessEqual
	}
	p, err := c.literals(n, op, &left)
	if err != nil {
		return term{}, err
	}
	return newTerm(&left.getter, p), nil
}

// applies says whether the operator can be used on the left side.
func (c *checker) applies(n *Compare, left *operand) *Error {
	bad := func(msg string, instead string) *Error {
		return c.fail(n.OpPos, n.OpEnd, msg, instead)
	}
	class, t := ops[n.Op].class, left.typ
	if left.many == list {
		switch n.Op {
		case OpIn, OpIntersects, OpExists, OpEqual:
			return nil
		}
		return bad(left.String()+" is a list: "+n.Op.String()+" does not apply to it", "write intersects ( ... ) or in ( ... )")
	}
	ok := true
	switch class {
	case classOrder:
		ok = t != event.Bytes && t != event.Addr && t != event.Net && t != event.Boolean
	case classText:
		ok = t == event.Text || t == event.Bytes
	case classString, classPath:
		ok = t == event.Text
	case classHex:
		ok = t == event.Bytes
	}
	if ok {
		return nil
	}
	var instead string
	switch {
	case t == event.Addr:
		instead = "write = or in; for networks use " + strings.Replace(left.String(), "ip", "net", 1)
	case t == event.Bytes && n.Op == OpIContains:
		instead = "write contains"
	case class == classHex:
		instead = "write " + strings.TrimPrefix(n.Op.String(), "b")
	case class == classText || class == classString || class == classPath:
		instead = "write ="
	default:
		instead = "write = or !="
	}
	return bad(n.Op.String()+" does not apply to "+left.String()+", which is "+article(t), instead)
}

func article(t event.FieldType) string {
	switch t {
	case event.Text:
		return "text"
	case event.Bytes:
		return "a row of bytes"
	case event.Boolean:
		return "true or false"
	case event.Addr:
		return "an address"
	case event.Net:
		return "compared with a network"
	}
	return "a number"
}

// number reads a value for a field of numbers.
func (c *checker) number(l *Literal, left *operand) (uint64, *Error) {
	bad := func(want, hint string) (uint64, *Error) {
		return 0, c.fail(l.Pos, l.End, left.String()+" is "+want, hint)
	}
	switch left.typ {
	case event.Boolean:
		switch l.Text {
		case "true":
			return 1, nil
		case "false":
			return 0, nil
		}
		hint := "write true or false"
		switch strings.ToLower(l.Text) {
		case "true", "yes", "1", "on":
			hint = "write true"
		case "false", "no", "0", "off":
			hint = "write false"
		}
		return bad("true or false", hint)
	case event.Int:
		if n, err := strconv.ParseInt(l.Text, 10, 64); err == nil {
			return uint64(n), nil
		}
		hint := ""
		if n, err := strconv.ParseInt(l.Text, 0, 64); err == nil {
			hint = "write it in decimal: " + strconv.FormatInt(n, 10)
		}
		return bad("a number", hint)
	case event.PortNum:
		if n, err := strconv.ParseUint(l.Text, 0, 16); err == nil {
			return n, nil
		}
		return bad("a port, 0 to 65535", "")
	case event.Span:
		if d, err := time.ParseDuration(l.Text); err == nil && d >= 0 && !isDigit(l.Text[len(l.Text)-1]) {
			return uint64(d), nil
		}
	}
	digits, base := l.Text, 10
	if h, ok := strings.CutPrefix(strings.ToLower(l.Text), "0x"); ok {
		digits, base = h, 16
	}
	if n, err := strconv.ParseUint(digits, base, 64); err == nil {
		return n, nil
	}
	if left.typ == event.Span {
		return bad("a time in nanoseconds", "write a number, or one with a unit such as 10ms")
	}
	hint := ""
	if strings.HasPrefix(l.Text, "-") {
		hint = "it is never negative"
	}
	return bad("a number", hint)
}

// eventNames are all values of evt.type.
func eventNames() []string {
	seen := map[string]bool{}
	var names []string
	add := func(n string) {
		if n != "" && !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	all := event.Kinds()
	for i := range all {
		add(all[i].Name)
	}
	for id := uint16(0); ; id++ {
		c, ok := event.SyscallOf(id)
		if !ok {
			return names
		}
		add(c.Name)
	}
}

// word checks a value of a field whose values are all known.
func (c *checker) word(l *Literal, left *operand) *Error {
	if left.def == nil || left.def.Name != "evt.type" && left.def.Name != "syscall.type" {
		return nil
	}
	names := eventNames()
	for _, n := range names {
		if n == l.Text {
			return nil
		}
	}
	return c.fail(l.Pos, l.End, "there is no event named "+l.Text, suggestWord(l.Text, names))
}

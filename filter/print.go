package filter

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// Print writes a filter in its canonical form; parsing that gives the same tree.
// The nil Node is the empty text.
func Print(n Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	printNode(&b, n, 0)
	return b.String()
}

// The strengths of binding, loosest first.
const (
	bindOr = iota
	bindAnd
	bindNot
)

func printNode(b *strings.Builder, n Node, bind int) {
	own := bindNot
	switch n.(type) {
	case *Or:
		own = bindOr
	case *And:
		own = bindAnd
	}
	if own < bind {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	switch n := n.(type) {
	case *Or:
		printChain(b, n.Terms, " or ", bindAnd)
	case *And:
		printChain(b, n.Terms, " and ", bindNot)
	case *Not:
		b.WriteString("not ")
		printNode(b, n.Term, bindNot)
	case *Compare:
		printCompare(b, n)
	}
}

// printChain writes terms, each of which binds at least as strongly as bind, so that
// an and inside an and keeps its brackets and with them its place in the tree.
func printChain(b *strings.Builder, terms []Node, word string, bind int) {
	for i, t := range terms {
		if i > 0 {
			b.WriteString(word)
		}
		printNode(b, t, bind)
	}
}

func printCompare(b *strings.Builder, c *Compare) {
	printExpr(b, c.Left)
	b.WriteByte(' ')
	b.WriteString(c.Op.String())
	switch {
	case c.Op == OpExists:
	case c.Right != nil:
		b.WriteByte(' ')
		printExpr(b, c.Right)
	case c.Op.takesList() || c.Quant != Single:
		b.WriteByte(' ')
		if c.Quant != Single {
			b.WriteString(quantifierWords[c.Quant] + " ")
		}
		b.WriteByte('(')
		for i := range c.Values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(Quote(c.Values[i].Text))
		}
		b.WriteByte(')')
	default:
		b.WriteByte(' ')
		b.WriteString(Quote(c.Values[0].Text))
	}
}

func printExpr(b *strings.Builder, x Expr) {
	switch x := x.(type) {
	case *Field:
		if x.Val {
			b.WriteString("val(" + x.String() + ")")
			return
		}
		b.WriteString(x.String())
	case *Call:
		b.WriteString(x.Name)
		b.WriteByte('(')
		for i, a := range x.Args {
			if i > 0 {
				b.WriteString(", ")
			}
			if l, ok := a.(*Literal); ok {
				b.WriteString(quoted(l.Text))
				continue
			}
			printExpr(b, a)
		}
		b.WriteByte(')')
	case *Literal:
		b.WriteString(Quote(x.Text))
	}
}

// String is the field as it is written, argument in square brackets.
func (f *Field) String() string {
	if !f.HasArg {
		return f.Name
	}
	if strings.ContainsAny(f.Arg, `]"'\`) || f.Arg == "" || strings.IndexFunc(f.Arg, unprintable) >= 0 {
		return f.Name + "[" + quoted(f.Arg) + "]"
	}
	return f.Name + "[" + f.Arg + "]"
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f }

// Quote writes a value as it must stand in a filter: in quotes where it is needed.
func Quote(s string) string {
	if s == "" {
		return `""`
	}
	for i := range len(s) {
		if !isBare(s[i]) || s[i] < ' ' || s[i] == 0x7f {
			return quoted(s)
		}
	}
	return s
}

func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			if c < ' ' || c == 0x7f {
				const hex = "0123456789abcdef"
				b.WriteString(`\x`)
				b.WriteByte(hex[c>>4])
				b.WriteByte(hex[c&15])
				continue
			}
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Fields calls do for every field that the filter asks, in the order of the text.
func Fields(n Node, do func(*Field)) {
	switch n := n.(type) {
	case *Or:
		for _, t := range n.Terms {
			Fields(t, do)
		}
	case *And:
		for _, t := range n.Terms {
			Fields(t, do)
		}
	case *Not:
		Fields(n.Term, do)
	case *Compare:
		exprFields(n.Left, do)
		exprFields(n.Right, do)
	}
}

func exprFields(x Expr, do func(*Field)) {
	switch x := x.(type) {
	case *Field:
		do(x)
	case *Call:
		for _, a := range x.Args {
			exprFields(a, do)
		}
	}
}

// lookup is the field's entry in the table, or nil.
func (f *Field) lookup() *event.Field { return event.FieldOf(f.Name) }

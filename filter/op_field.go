package filter

import (
	"strings"

	"github.com/unloop-dev/unloop/event"
)

// compareFields makes the predicate of a comparison of two fields or transformers.
// It is false where one of them is missing.
func (c *checker) compareFields(n *Compare, left *operand) (term, *Error) {
	right, err := c.expr(n.Right)
	if err != nil {
		return term{}, err
	}
	pos, end := n.Right.span()
	if left.many != one || right.many != one && !n.Op.takesList() {
		return term{}, c.fail(pos, end, "fields with several values cannot be compared with each other", "")
	}
	if !comparable(left.typ, right.typ) {
		return term{}, c.fail(pos, end, left.String()+" is "+article(left.typ)+", "+right.String()+" is "+article(right.typ), "")
	}
	g := getter{kinds: unionKinds(left.kinds, right.kinds), cost: left.cost + right.cost}
	p, why := fieldPred(n.Op, left, &right)
	if why != "" {
		return term{}, c.fail(n.OpPos, n.OpEnd, why, "")
	}
	return newTerm(&g, p), nil
}

// comparable reports whether values of two types can be compared.
func comparable(a, b event.FieldType) bool {
	return classOf(a) == classOf(b)
}

func classOf(t event.FieldType) event.FieldType {
	switch t {
	case event.Bytes:
		return event.Text
	case event.Uint, event.PortNum, event.Span, event.Time, event.Boolean:
		return event.Int
	case event.Net:
		return event.Addr
	}
	return t
}

func fieldPred(op Op, left, right *operand) (pred, string) {
	switch {
	case op.takesList() && right.strs != nil && left.str != nil:
		return func(s *scope) bool {
			v, ok := left.str(s)
			if !ok {
				return false
			}
			s.strs = right.strs(s, s.strs[:0])
			for _, w := range s.strs {
				if v == w {
					return true
				}
			}
			return false
		}, ""
	case op.takesList():
		return nil, op.String() + " takes a list of values, or val( ) of a field that is a list"
	case left.str != nil && right.str != nil:
		test := textPair(op)
		if test == nil {
			return nil, op.String() + " takes a value, not a field"
		}
		return func(s *scope) bool {
			a, ok1 := left.str(s)
			b, ok2 := right.str(s)
			return ok1 && ok2 && test(a, b)
		}, ""
	case left.num != nil && right.num != nil:
		if left.typ == event.Int || right.typ == event.Int {
			return func(s *scope) bool {
				a, ok1 := left.num(s)
				b, ok2 := right.num(s)
				return ok1 && ok2 && holds(op, int64(a), int64(b))
			}, ""
		}
		return func(s *scope) bool {
			a, ok1 := left.num(s)
			b, ok2 := right.num(s)
			return ok1 && ok2 && holds(op, a, b)
		}, ""
	case left.addr != nil && right.addr != nil && left.typ == event.Addr:
		return func(s *scope) bool {
			a, ok1 := left.addr(s)
			b, ok2 := right.addr(s)
			return ok1 && ok2 && (a == b) == (op == OpEqual)
		}, ""
	case left.real != nil && right.real != nil:
		return func(s *scope) bool {
			a, ok1 := left.real(s)
			b, ok2 := right.real(s)
			return ok1 && ok2 && holds(op, a, b)
		}, ""
	}
	return nil, "these two cannot be compared"
}

func textPair(op Op) func(a, b string) bool {
	switch op {
	case OpContains:
		return strings.Contains
	case OpIContains:
		return func(a, b string) bool { return containsFold(a, lowerString(b)) }
	case OpStartsWith:
		return strings.HasPrefix
	case OpEndsWith:
		return strings.HasSuffix
	case OpEqual, OpNotEqual, OpLess, OpLessEqual, OpGreater, OpGreaterEqual:
		return func(a, b string) bool { return holds(op, a, b) }
	}
	return nil
}

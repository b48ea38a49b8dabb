package filter

import (
	"slices"
	"strconv"

	"github.com/unloop-dev/unloop/event"
)

// literals makes the predicate of a comparison with literals.
func (c *checker) literals(n *Compare, op Op, left *operand) (pred, *Error) {
	if left.typ == event.Text || left.typ == event.Bytes {
		return c.textLiterals(n, op, left)
	}
	if left.typ == event.Addr || left.typ == event.Net {
		return c.addrLiterals(n, op, left)
	}
	if left.typ == event.Real {
		return c.realLiterals(n, op, left)
	}
	vals := make([]uint64, len(n.Values))
	for i := range n.Values {
		v, err := c.number(&n.Values[i], left)
		if err != nil {
			return nil, err
		}
		vals[i] = v
	}
	if op.takesList() {
		return numPred(&left.getter, newNumSet(vals), op), nil
	}
	if op == OpEqual && left.num != nil {
		get, v := left.num, vals[0]
		return func(s *scope) bool { n, ok := get(s); return ok && n == v }, nil
	}
	return numPred(&left.getter, newNumTest(op, vals[0], left.typ == event.Int), op), nil
}

func (c *checker) textLiterals(n *Compare, op Op, left *operand) (pred, *Error) {
	vals := make([]string, len(n.Values))
	for i := range n.Values {
		l := &n.Values[i]
		vals[i] = l.Text
		if op == OpEqual || op == OpNotEqual || op == OpIn || op == OpIntersects {
			if err := c.word(l, left); err != nil {
				return nil, err
			}
		}
	}
	switch {
	case op == OpPMatch:
		return textPred(&left.getter, newPathSet(vals), op), nil
	case op.takesList():
		return textPred(&left.getter, newTextSet(vals), op), nil
	case op == OpEqual && left.str != nil && n.Quant == Single:
		get, v := left.str, vals[0]
		return func(s *scope) bool { w, ok := get(s); return ok && w == v }, nil
	}
	tests := make([]textTest, len(vals))
	for i := range n.Values {
		t, why := newTextTest(op, vals[i])
		if why != "" {
			l := &n.Values[i]
			return nil, c.fail(l.Pos, l.End, why, "")
		}
		tests[i] = t
	}
	if n.Quant == Single {
		return textPred(&left.getter, tests[0], op), nil
	}
	return textPred(&left.getter, quantified(n.Quant, tests), op), nil
}

// quantified joins tests by a quantifier.
func quantified(q Quantifier, tests []textTest) textTest {
	return func(v string) bool {
		n := 0
		for _, t := range tests {
			if t(v) {
				n++
			}
		}
		switch q {
		case AllOf:
			return n == len(tests)
		case OneOf:
			return n == 1
		}
		return n > 0
	}
}

func (c *checker) addrLiterals(n *Compare, op Op, left *operand) (pred, *Error) {
	var addrs []address
	var nets []network
	for i := range n.Values {
		l := &n.Values[i]
		if left.typ == event.Net {
			v, ok := parseNet(l.Text)
			if !ok {
				return nil, c.fail(l.Pos, l.End, left.String()+" is compared with a network", "write one such as 10.0.0.0/8")
			}
			nets = append(nets, v)
			continue
		}
		v, ok := parseAddr(l.Text)
		if !ok {
			hint := ""
			if _, isNet := parseNet(l.Text); isNet && left.def != nil {
				hint = "for networks use " + netField(left.def.Name)
			}
			return nil, c.fail(l.Pos, l.End, left.String()+" is compared with an address", hint)
		}
		addrs = append(addrs, v)
	}
	test := newAddrSet(addrs)
	if left.typ == event.Net {
		test = newNetSet(nets)
	}
	if op == OpNotEqual {
		in := test
		test = func(a address) bool { return !in(a) }
	}
	return addrPred(&left.getter, test, op), nil
}

func netField(name string) string {
	if n := len(name); n > 2 && event.FieldOf(name[:n-2]+"net") != nil {
		return name[:n-2] + "net"
	}
	return "fd.net"
}

func (c *checker) realLiterals(n *Compare, op Op, left *operand) (pred, *Error) {
	vals := make([]float64, len(n.Values))
	for i := range n.Values {
		l := &n.Values[i]
		v, err := strconv.ParseFloat(l.Text, 64)
		if err != nil {
			return nil, c.fail(l.Pos, l.End, left.String()+" is a number", "")
		}
		vals[i] = v
	}
	get := left.real
	return func(s *scope) bool {
		v, ok := get(s)
		if !ok {
			return false
		}
		if op.takesList() {
			return slices.Contains(vals, v)
		}
		return holds(op, v, vals[0])
	}, nil
}

package filter

// existsPred is true where the getter has a value.
func existsPred(g *getter) pred {
	switch {
	case g.num != nil:
		get := g.num
		return func(s *scope) bool { _, ok := get(s); return ok }
	case g.str != nil:
		get := g.str
		return func(s *scope) bool { _, ok := get(s); return ok }
	case g.real != nil:
		get := g.real
		return func(s *scope) bool { _, ok := get(s); return ok }
	case g.addr != nil:
		get := g.addr
		return func(s *scope) bool { _, ok := get(s); return ok }
	}
	return manyPred(g, nil, nil, nil, false)
}

// numPred lifts a test to a getter of numbers.
func numPred(g *getter, test numTest, op Op) pred {
	if g.num == nil {
		return manyPred(g, test, nil, nil, op == OpNotEqual)
	}
	get := g.num
	return func(s *scope) bool {
		n, ok := get(s)
		return ok && test(n)
	}
}

func textPred(g *getter, test textTest, op Op) pred {
	if g.str == nil {
		return manyPred(g, nil, test, nil, op == OpNotEqual || op == OpIn)
	}
	get := g.str
	return func(s *scope) bool {
		v, ok := get(s)
		return ok && test(v)
	}
}

func addrPred(g *getter, test addrTest, op Op) pred {
	if g.addr == nil {
		return manyPred(g, nil, nil, test, op == OpNotEqual)
	}
	get := g.addr
	return func(s *scope) bool {
		a, ok := get(s)
		return ok && test(a)
	}
}

// manyPred lifts a test to a getter with several values. It is true where one of
// them passes, or where all do: for != on the ends of a connection, for in on lists. A
// field without values is missing. Without any test it only asks for values.
func manyPred(g *getter, num numTest, str textTest, addr addrTest, strict bool) pred {
	all := strict && g.many != anyOfThem
	switch {
	case g.nums != nil:
		get := g.nums
		return func(s *scope) bool {
			s.nums = get(s, s.nums[:0])
			return some(s.nums, num, all)
		}
	case g.strs != nil:
		get := g.strs
		return func(s *scope) bool {
			s.strs = get(s, s.strs[:0])
			return some(s.strs, str, all)
		}
	default:
		get := g.addrs
		return func(s *scope) bool {
			s.ips = get(s, s.ips[:0])
			return some(s.ips, addr, all)
		}
	}
}

// some reports whether one of the values, or all, pass the test; false for no values.
func some[T any, F ~func(T) bool](vals []T, test F, all bool) bool {
	if len(vals) == 0 {
		return false
	}
	if test == nil {
		return true
	}
	for _, v := range vals {
		if test(v) != all {
			return !all
		}
	}
	return all
}

package filter

import (
	"cmp"
	"slices"

	"github.com/unloop-dev/unloop/event"
)

// Filter is a compiled filter. It is not for concurrent use: Fork makes another one.
type Filter struct {
	root Node
	text string
	// may are the kinds for which it can be true, must those for which it is,
	// whatever else the event says. run decides the rest; nil is true.
	may, must kindSet
	run       pred
	needs     Needs
	scope     scope
}

// pred decides whether an event passes.
type pred func(*scope) bool

// term is a predicate with what is known about it without looking at an event.
type term struct {
	run       pred
	may, must kindSet
	cost      int
}

// Compile reads a filter. sess is what it asks for all that is not in the event; nil
// is an empty Session. The error is an *Error.
func Compile(text string, sess *Session) (*Filter, error) {
	root, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return compileNode(root, text, sess)
}

// CompileNode is Compile for a filter that was parsed, or made by a program.
func CompileNode(root Node, sess *Session) (*Filter, error) {
	// The printed form is the text that errors point into.
	return Compile(Print(root), sess)
}

func compileNode(root Node, text string, sess *Session) (*Filter, error) {
	if sess == nil {
		sess = &Session{}
	}
	f := &Filter{root: root, text: text, may: allKinds, must: allKinds, scope: scope{Session: sess}}
	if root == nil {
		return f, nil
	}
	c := &checker{source: text}
	t, err := c.node(root)
	if err != nil {
		return nil, err
	}
	f.may, f.must, f.run, f.needs = t.may, t.must, t.run, c.needs
	return f, nil
}

// Match reports whether the event passes. It allocates nothing, but for regular
// expressions and for containers whose document it reads the first time.
func (f *Filter) Match(ev *event.Event) bool {
	if !f.may.has(ev.Type) {
		return false
	}
	if f.must.has(ev.Type) {
		return true
	}
	f.scope.begin(ev)
	return f.run(&f.scope)
}

// Possible reports whether an event of the kind can pass at all. Readers use it to
// leave out what nobody asks for.
func (f *Filter) Possible(t event.Type) bool { return f.may.has(t) }

// Needs tells what the filter looks at.
func (f *Filter) Needs() Needs { return f.needs }

// Node returns the tree. It must not be changed.
func (f *Filter) Node() Node { return f.root }

// String returns the canonical text.
func (f *Filter) String() string { return Print(f.root) }

// Fork makes another filter for another session.
func (f *Filter) Fork(sess *Session) *Filter {
	// It compiled once.
	g, err := compileNode(f.root, f.text, sess)
	if err != nil {
		return f
	}
	return g
}

func (c *checker) node(n Node) (term, *Error) {
	switch n := n.(type) {
	case *And:
		terms, err := c.nodes(n.Terms)
		if err != nil {
			return term{}, err
		}
		return allOf(terms), nil
	case *Or:
		terms, err := c.nodes(n.Terms)
		if err != nil {
			return term{}, err
		}
		return anyOf(terms), nil
	case *Not:
		t, err := c.node(n.Term)
		if err != nil {
			return term{}, err
		}
		run := t.run
		return term{run: func(s *scope) bool { return !run(s) }, may: t.must.not(), must: t.may.not(), cost: t.cost}, nil
	case *Compare:
		return c.compare(n)
	}
	return term{}, c.fail(0, 0, "empty condition", "")
}

func (c *checker) nodes(nodes []Node) ([]term, *Error) {
	terms := make([]term, len(nodes))
	for i, n := range nodes {
		t, err := c.node(n)
		if err != nil {
			return nil, err
		}
		terms[i] = t
	}
	return terms, nil
}

// byCost orders terms, cheap ones first. Terms have no side effects, so that the order
// is free.
func byCost(a, b term) int { return cmp.Compare(a.cost, b.cost) }

func sumCost(terms []term) int {
	n := 0
	for i := range terms {
		n = min(n+terms[i].cost, 1<<20)
	}
	return n
}

// allOf joins terms with and. What the kind decides is left out of the terms: whoever
// runs it asks may first.
func allOf(terms []term) term {
	t := term{may: allKinds, must: allKinds, cost: sumCost(terms)}
	for i := range terms {
		t.may, t.must = t.may.and(terms[i].may), t.must.and(terms[i].must)
	}
	may := t.may
	rest := slices.DeleteFunc(slices.Clone(terms), func(x term) bool { return may.and(x.must.not()).empty() })
	slices.SortStableFunc(rest, byCost)
	runs := make([]pred, len(rest))
	for i := range rest {
		runs[i] = rest[i].run
	}
	switch len(runs) {
	case 0:
		t.run = func(s *scope) bool { return may.has(s.ev.Type) }
	case 1:
		a := runs[0]
		t.run = func(s *scope) bool { return may.has(s.ev.Type) && a(s) }
	case 2:
		a, b := runs[0], runs[1]
		t.run = func(s *scope) bool { return may.has(s.ev.Type) && a(s) && b(s) }
	default:
		t.run = func(s *scope) bool {
			if !may.has(s.ev.Type) {
				return false
			}
			for _, r := range runs {
				if !r(s) {
					return false
				}
			}
			return true
		}
	}
	return t
}

// anyOf joins terms with or.
func anyOf(terms []term) term {
	t := term{cost: sumCost(terms)}
	for i := range terms {
		t.may, t.must = t.may.or(terms[i].may), t.must.or(terms[i].must)
	}
	must := t.must
	rest := slices.DeleteFunc(slices.Clone(terms), func(x term) bool { return x.may.and(must.not()).empty() })
	slices.SortStableFunc(rest, byCost)
	runs := make([]pred, len(rest))
	for i := range rest {
		runs[i] = rest[i].run
	}
	t.run = func(s *scope) bool {
		if must.has(s.ev.Type) {
			return true
		}
		for _, r := range runs {
			if r(s) {
				return true
			}
		}
		return false
	}
	return t
}

// newTerm makes a term of a predicate on one getter. For the kinds on which the
// getter does not vary the predicate is run now, once.
func newTerm(g *getter, run pred) term {
	t := term{run: run, may: allKinds, cost: g.cost}
	if g.kinds == nil {
		return t
	}
	t.may = *g.kinds
	s := &scope{Session: &Session{}}
	all := event.Kinds()
	for slot := range maxKinds {
		ev := &event.Event{Type: event.Type(slot), FDNum: -1}
		if g.kinds.has(ev.Type) {
			continue
		}
		if slot < len(all) {
			ev.Kind = &all[slot]
		}
		s.begin(ev)
		if run(s) {
			t.may.add(slot)
			t.must.add(slot)
		}
	}
	if t.may == t.must {
		may := t.may
		t.run, t.cost = func(s *scope) bool { return may.has(s.ev.Type) }, 1
	}
	return t
}

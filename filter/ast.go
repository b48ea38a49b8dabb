package filter

// Node is a part of a filter that is true or false for an event: *And, *Or, *Not or
// *Compare.
type Node interface{ node() }

// And is true where all its terms are.
type And struct{ Terms []Node }

// Or is true where one of its terms is.
type Or struct{ Terms []Node }

// Not is true where its term is false.
type Not struct{ Term Node }

// Compare is true where the comparison holds. A missing field makes every
// comparison false, != included.
type Compare struct {
	Left  Expr
	Op    Op
	Quant Quantifier
	// Values are literals behind an operator that takes a list or a quantifier, in
	// brackets; else there is one, or none for exists.
	Values []Literal
	// Right is the other side where it is a field or a transformer; Values is empty then.
	Right Expr
	// OpPos and OpEnd are where the operator stands.
	OpPos, OpEnd int
}

func (*And) node()     {}
func (*Or) node()      {}
func (*Not) node()     {}
func (*Compare) node() {}

// Expr is what is compared: *Field or *Call, and inside a call also *Literal.
type Expr interface {
	// span is where it stands in the filter.
	span() (pos, end int)
}

// Field is a field with its argument.
type Field struct {
	// Name is the name in the table of fields, Arg the argument where HasArg.
	Name   string
	Arg    string
	HasArg bool
	// Val says that it stands on the right side, written val(...).
	Val      bool
	Pos, End int
}

// Call is a transformer applied to something.
type Call struct {
	Name     string
	Args     []Expr
	Pos, End int
}

// Literal is a value as text.
type Literal struct {
	Text     string
	Pos, End int
}

func (f *Field) span() (pos, end int)   { return f.Pos, f.End }
func (c *Call) span() (pos, end int)    { return c.Pos, c.End }
func (l *Literal) span() (pos, end int) { return l.Pos, l.End }

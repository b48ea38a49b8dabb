package inspect

import "strconv"

// Value is one cell of a table: a text, a number, or nothing.
type Value struct {
	Text  string
	Num   float64
	Kind  ValueKind
	exact int64
}

// ValueKind says what a value is.
type ValueKind uint8

// The kinds of values.
const (
	Nothing ValueKind = iota
	Text
	Number
)

func text(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{Text: s, Kind: Text}
}

func number(n int64) Value { return Value{Num: float64(n), exact: n, Kind: Number} }

// positive leaves out the -1 that stands for an unknown number of a process.
func positive(n int64) Value {
	if n < 0 {
		return Value{}
	}
	return number(n)
}

func real(n float64) Value { return Value{Num: n, exact: int64(n), Kind: Number} }

// String is the plain form, without units.
func (v Value) String() string {
	switch v.Kind {
	case Text:
		return v.Text
	case Number:
		if v.Num == float64(v.exact) {
			return strconv.FormatInt(v.exact, 10)
		}
		return strconv.FormatFloat(v.Num, 'f', -1, 64)
	}
	return ""
}

// Int is the number as a whole one.
func (v Value) Int() int64 { return v.exact }

// compare orders values: nothing first, then numbers, then texts.
func (v Value) compare(o Value) int {
	if v.Kind != o.Kind {
		if v.Kind == Nothing || o.Kind == Nothing || v.Kind == Number {
			return boolOrder(v.Kind == Nothing || v.Kind == Number && o.Kind == Text)
		}
		return 1
	}
	switch {
	case v.Kind == Text && v.Text < o.Text, v.Kind == Number && v.Num < o.Num:
		return -1
	case v.Kind == Text && v.Text > o.Text, v.Kind == Number && v.Num > o.Num:
		return 1
	}
	return 0
}

func boolOrder(first bool) int {
	if first {
		return -1
	}
	return 1
}

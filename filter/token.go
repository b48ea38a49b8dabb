package filter

// Op is a comparison operator.
type Op uint8

// The operators.
const (
	OpNone Op = iota
	OpEqual
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpContains
	OpIContains
	OpBContains
	OpStartsWith
	OpBStartsWith
	OpEndsWith
	OpGlob
	OpIGlob
	OpRegex
	OpIn
	OpIntersects
	OpPMatch
	OpExists
)

// opClass is a group of operators that apply to the same types of fields.
type opClass uint8

const (
	classEqual  opClass = iota // every type
	classOrder                 // numbers, times, ports, text
	classText                  // text and bytes
	classString                // text
	classHex                   // bytes, with the value in hex digits
	classSet                   // every type, takes a list
	classPath                  // text, takes a list
	classExists                // every type, takes nothing
)

// opInfo is what the language knows about an operator.
type opInfo struct {
	word  string
	class opClass
	// doc is what completion shows.
	doc string
}

var ops = [...]opInfo{
	OpEqual:        {"=", classEqual, "is equal to, byte by byte"},
	OpNotEqual:     {"!=", classEqual, "is there and is not equal to"},
	OpLess:         {"<", classOrder, "is less than"},
	OpLessEqual:    {"<=", classOrder, "is at most"},
	OpGreater:      {">", classOrder, "is greater than"},
	OpGreaterEqual: {">=", classOrder, "is at least"},
	OpContains:     {"contains", classText, "has it somewhere inside"},
	OpIContains:    {"icontains", classString, "has it somewhere inside, in capitals or not"},
	OpBContains:    {"bcontains", classHex, "has the bytes, given in hex, somewhere inside"},
	OpStartsWith:   {"startswith", classText, "begins with"},
	OpBStartsWith:  {"bstartswith", classHex, "begins with the bytes, given in hex"},
	OpEndsWith:     {"endswith", classText, "ends with"},
	OpGlob:         {"glob", classString, "fits a pattern of *, ? and [...]"},
	OpIGlob:        {"iglob", classString, "fits a pattern, in capitals or not"},
	OpRegex:        {"regex", classString, "fits a regular expression (RE2) from end to end"},
	OpIn:           {"in", classSet, "is one of a list"},
	OpIntersects:   {"intersects", classSet, "has something in common with a list"},
	OpPMatch:       {"pmatch", classPath, "is, or lies below, one of a list of paths"},
	OpExists:       {"exists", classExists, "has a value for this event"},
}

// String is the operator as it is written.
func (o Op) String() string {
	if o == OpNone || int(o) >= len(ops) {
		return "no operator"
	}
	return ops[o].word
}

func (o Op) takesList() bool { return ops[o].class == classSet || ops[o].class == classPath }

// opOf returns the operator with the word, OpNone for another word.
func opOf(word string) Op {
	if word == "==" {
		return OpEqual
	}
	for o := OpEqual; int(o) < len(ops); o++ {
		if ops[o].word == word {
			return o
		}
	}
	return OpNone
}

// Quantifier says how a text operator treats a list of values.
type Quantifier uint8

// The quantifiers.
const (
	Single Quantifier = iota
	AnyOf             // true for at least one value
	AllOf             // true for every value
	OneOf             // true for exactly one value
)

var quantifierWords = [...]string{AnyOf: "anyof", AllOf: "allof", OneOf: "oneof"}

var quantifiers = map[string]Quantifier{"anyof": AnyOf, "allof": AllOf, "oneof": OneOf}

// Bounds of the language. The depth is falcosecurity/libs' own; the others keep the
// cost of a hostile filter small.
const (
	maxText    = 64 << 10 // bytes of a filter
	maxDepth   = 100      // of brackets, not and transformers
	maxTerms   = 10_000   // comparisons and values
	maxPattern = 1 << 10  // bytes of a regular expression or a glob
	maxProg    = 20_000   // instructions of a compiled regular expression
)

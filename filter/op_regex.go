package filter

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// newRegex builds the test of a regular expression in Go's syntax, which is RE2's. It
// must match the whole text. Matching takes time linear in the text; the factor is
// bounded by the size of the compiled program.
func newRegex(expr string) (textTest, string) {
	if len(expr) > maxPattern {
		return nil, "the expression is longer than 1 KiB"
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		var se *syntax.Error
		if errors.As(err, &se) {
			return nil, "invalid regular expression: " + se.Code.String() + quotePart(se.Expr)
		}
		return nil, "invalid regular expression"
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil || len(prog.Inst) > maxProg {
		return nil, "the expression is too large once its repetitions are written out"
	}
	re, err := regexp.Compile(`\A(?:` + expr + `)\z`)
	if err != nil {
		return nil, "invalid regular expression"
	}
	return re.MatchString, ""
}

func quotePart(s string) string {
	if s = strings.Map(plain, s); s == "" {
		return ""
	}
	return ": " + s
}

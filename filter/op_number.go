package filter

import (
	"cmp"
	"slices"
)

// numTest is an operator on numbers with its value built in. Signed numbers come in
// two's complement.
type numTest func(uint64) bool

func newNumTest(op Op, v uint64, signed bool) numTest {
	switch op {
	case OpEqual:
		return func(n uint64) bool { return n == v }
	case OpNotEqual:
		return func(n uint64) bool { return n != v }
	}
	if signed {
		w := int64(v)
		switch op {
		case OpLess:
			return func(n uint64) bool { return int64(n) < w }
		case OpLessEqual:
			return func(n uint64) bool { return int64(n) <= w }
		case OpGreater:
			return func(n uint64) bool { return int64(n) > w }
		default:
			return func(n uint64) bool { return int64(n) >= w }
		}
	}
	switch op {
	case OpLess:
		return func(n uint64) bool { return n < v }
	case OpLessEqual:
		return func(n uint64) bool { return n <= v }
	case OpGreater:
		return func(n uint64) bool { return n > v }
	default:
		return func(n uint64) bool { return n >= v }
	}
}

// holds reports how a comparison of three-way result c ends under an operator of order.
func holds[T cmp.Ordered](op Op, a, b T) bool {
	switch op {
	case OpEqual:
		return a == b
	case OpNotEqual:
		return a != b
	case OpLess:
		return a < b
	case OpLessEqual:
		return a <= b
	case OpGreater:
		return a > b
	}
	return a >= b
}

// few is how long a list may be to be searched one by one.
const few = 8

// newNumSet is the test of in for numbers.
func newNumSet(vals []uint64) numTest {
	if len(vals) <= few {
		return func(n uint64) bool { return slices.Contains(vals, n) }
	}
	m := make(map[uint64]struct{}, len(vals))
	for _, v := range vals {
		m[v] = struct{}{}
	}
	return func(n uint64) bool {
		_, ok := m[n]
		return ok
	}
}

// newTextSet is the test of in for text.
func newTextSet(vals []string) textTest {
	if len(vals) <= few {
		return func(s string) bool { return slices.Contains(vals, s) }
	}
	m := make(map[string]struct{}, len(vals))
	for _, v := range vals {
		m[v] = struct{}{}
	}
	return func(s string) bool {
		_, ok := m[s]
		return ok
	}
}

// newPathSet is the test of pmatch: one of the paths is the text or lies above it. It
// looks up every prefix that ends before a slash, so that long lists cost nothing more.
func newPathSet(vals []string) textTest {
	if len(vals) <= few {
		tests := make([]textTest, len(vals))
		for i, v := range vals {
			tests[i] = pathPrefix(v)
		}
		return func(s string) bool {
			for _, t := range tests {
				if t(s) {
					return true
				}
			}
			return false
		}
	}
	m := make(map[string]struct{}, len(vals))
	for _, v := range vals {
		for len(v) > 0 && v[len(v)-1] == '/' {
			v = v[:len(v)-1]
		}
		m[v] = struct{}{}
	}
	return func(s string) bool {
		for i := 0; i <= len(s); i++ {
			if i == len(s) || s[i] == '/' {
				if _, ok := m[s[:i]]; ok {
					return true
				}
			}
		}
		return false
	}
}

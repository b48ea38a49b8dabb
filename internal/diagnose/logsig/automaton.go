package logsig

import (
	"slices"
	"strings"
)

// automaton is an Aho-Corasick automaton over the literals of all signatures.
// States are numbered breadth first, so that the children of a state are
// neighbours; the states of the first levels, where a scan spends nearly all
// of its time, have full rows, the others their children only and a failure link.
//
// It folds ASCII case and does not see backslashes and NUL bytes: a literal with
// a quotation mark or a slash is found in escaped text as well.
type automaton struct {
	// class maps a byte to a column: 0 is in no literal, skip is not seen at all.
	class   [256]uint8
	columns int
	// rows[state*columns+class] is the next state, for the first full states.
	rows []int32
	full int32
	// The children of state s are first[s] to first[s+1]-1; label is the class
	// that leads to a state.
	first []int32
	label []uint8
	fail  []int32
	// ends is the literal that ends at a state, -1 without; hit is the state
	// itself or the nearest on its failure path that ends one, 0 without.
	ends, hit []int32

	// The signatures of literal i are sigs[of[i]] to sigs[of[i+1]-1].
	of   []int32
	sigs []int32
}

const (
	skip = 255
	// fullDepth is the depth down to which states have full rows. Deeper rows
	// would take more memory than a cache holds; measured with BenchmarkScan.
	fullDepth = 2
	// minLiteral is the least length of a literal, in bytes.
	minLiteral = fullDepth + 2
)

type literal struct {
	text string
	sig  int32
}

// newAutomaton builds the automaton in time linear in the length of the
// literals, after sorting them.
func newAutomaton(all []literal) *automaton {
	slices.SortFunc(all, func(a, b literal) int {
		if c := strings.Compare(a.text, b.text); c != 0 {
			return c
		}
		return int(a.sig - b.sig)
	})
	a := &automaton{sigs: make([]int32, len(all))}
	texts := make([]string, 0, len(all))
	size := 1
	for i, l := range all {
		if i == 0 || l.text != all[i-1].text {
			texts = append(texts, l.text)
			a.of = append(a.of, int32(i))
			size += len(l.text)
		}
		a.sigs[i] = l.sig
	}
	a.of = append(a.of, int32(len(all)))
	a.classes(texts)
	a.grow(texts, size)
	a.link()
	return a
}

func (a *automaton) classes(texts []string) {
	a.columns = 1
	for _, t := range texts {
		for i := range len(t) {
			if b := t[i]; a.class[b] == 0 {
				a.class[b] = uint8(a.columns)
				a.columns++
			}
		}
	}
	for b := byte('a'); b <= 'z'; b++ {
		a.class[b-'a'+'A'] = a.class[b]
	}
	a.class['\\'], a.class[0] = skip, skip
}

// grow makes the states level by level: a state is a range of the sorted
// literals that begin alike.
func (a *automaton) grow(texts []string, size int) {
	type span struct{ lo, hi, depth int32 }
	spans := make([]span, 1, size)
	spans[0] = span{0, int32(len(texts)), 0}
	a.label = make([]uint8, 1, size)
	a.first = make([]int32, 0, size+1)
	a.ends = make([]int32, 0, size)
	for s := 0; s < len(spans); s++ {
		r := spans[s]
		a.first = append(a.first, int32(len(spans)))
		end, i := int32(-1), r.lo
		if i < r.hi && len(texts[i]) == int(r.depth) {
			end = i
			i++
		}
		a.ends = append(a.ends, end)
		for i < r.hi {
			b, j := texts[i][r.depth], i+1
			for j < r.hi && texts[j][r.depth] == b {
				j++
			}
			spans = append(spans, span{i, j, r.depth + 1})
			a.label = append(a.label, a.class[b])
			i = j
		}
		if r.depth <= fullDepth {
			a.full = int32(s) + 1
		}
	}
	a.first = append(a.first, int32(len(spans)))
}

// link sets the failure links and the full rows, in order of depth.
func (a *automaton) link() {
	n := len(a.ends)
	a.fail = make([]int32, n)
	a.hit = make([]int32, n)
	a.rows = make([]int32, int(a.full)*a.columns)
	for s := range int32(n) {
		if a.ends[s] >= 0 {
			a.hit[s] = s
		} else {
			a.hit[s] = a.hit[a.fail[s]]
		}
		if s < a.full {
			row := a.rows[int(s)*a.columns : (int(s)+1)*a.columns]
			if s > 0 {
				copy(row, a.rows[int(a.fail[s])*a.columns:])
			}
			for c := a.first[s]; c < a.first[s+1]; c++ {
				a.fail[c] = row[a.label[c]]
				row[a.label[c]] = c
			}
			continue
		}
		for c := a.first[s]; c < a.first[s+1]; c++ {
			a.fail[c] = a.next(a.fail[s], a.label[c])
		}
	}
}

// next is the state after a byte of class c (never skip).
func (a *automaton) next(s int32, c uint8) int32 {
	for s >= a.full {
		for k, end := a.first[s], a.first[s+1]; k < end; k++ {
			if a.label[k] == c {
				return k
			}
		}
		s = a.fail[s]
	}
	return a.rows[int(s)*a.columns+int(c)]
}

// find calls seen for each literal in text, once for each place it ends at.
func (a *automaton) find(text string, seen func(literal int32)) {
	s := int32(0)
scan:
	for i := range len(text) {
		c := a.class[text[i]]
		if c == skip {
			continue
		}
		for s >= a.full {
			for k, end := a.first[s], a.first[s+1]; k < end; k++ {
				if a.label[k] == c {
					s = k
					// No literal ends on a state reached through a full row: those
					// are at most fullDepth+1 bytes deep.
					for h := a.hit[s]; h != 0; h = a.hit[a.fail[h]] {
						seen(a.ends[h])
					}
					continue scan
				}
			}
			s = a.fail[s]
		}
		s = a.rows[int(s)*a.columns+int(c)]
	}
}

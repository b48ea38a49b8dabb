package logsig

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// maxPlaces is how many lines of one signature are looked at, the last ones.
	maxPlaces = 64
	// maxSame is how many hits of one signature with different names are kept.
	maxSame = 8
	// maxHits is how many hits a Result holds.
	maxHits = 256
	// windowMax is how much of a line an expression is tried on, in bytes: a
	// message and its names are shorter.
	windowMax = 1 << 10
	// maxTried is how many bytes of candidate lines regular expressions are tried
	// on in one Scan, newest first. Only a text made to be slow comes near it.
	maxTried = 4 << 20
)

// engine is the whole table, ready to scan. Rows are in table order: software,
// runtimes, then the signs of success.
type engine struct {
	auto *automaton
	rows []row
	// signs is the number of the first sign.
	signs int
}

type row struct {
	*Signature
	re, not lazy
}

// lazy is a regular expression compiled at its first use. Compiling twice at
// the same time does no harm.
type lazy struct{ p atomic.Pointer[regexp.Regexp] }

func (l *lazy) get(expr string) *regexp.Regexp {
	re := l.p.Load()
	if re == nil {
		re = regexp.MustCompile(`(?i)` + expr)
		l.p.Store(re)
	}
	return re
}

var ready = sync.OnceValue(func() *engine { return newEngine(softwareTables, runtimeTables) })

func newEngine(groups ...[][]Signature) *engine {
	n := len(signTable)
	for _, tables := range groups {
		for _, t := range tables {
			n += len(t)
		}
	}
	e := &engine{rows: make([]row, n), signs: n - len(signTable)}
	literals, i := make([]literal, 0, 2*n), 0
	add := func(table []Signature) {
		for j := range table {
			e.rows[i].Signature = &table[j]
			for _, h := range table[j].Has {
				literals = append(literals, literal{h, int32(i)})
			}
			i++
		}
	}
	for _, tables := range groups {
		for _, t := range tables {
			add(t)
		}
	}
	add(signTable)
	e.auto = newAutomaton(literals)
	return e
}

// Scan finds the table's signatures in a text. It is safe for concurrent use.
func Scan(text string) Result { return ready().scan(text) }

// IsRuntime reports whether a Signature's Of names a language runtime, or no
// program at all, rather than a program.
func IsRuntime(of string) bool { return slices.Contains(runtimes, of) }

func (e *engine) scan(text string) Result {
	text = clean(text)
	places, lines := e.candidates(text)
	s := search{e: e, text: text, seen: map[string]*Hit{}, same: map[*Signature]int{}}
	s.evaluate(places)
	settle(&s, lines)
	return Result{Hits: s.hits, Lines: lines}
}

// place is a piece of a line in which a row's literal was seen.
type place struct{ start, end, line, row int }

// recent holds the last places of one row.
type recent struct {
	at   []place
	next int
}

func (r *recent) add(p place) {
	if len(r.at) < maxPlaces {
		r.at = append(r.at, p)
		return
	}
	r.at[r.next] = p
	r.next = (r.next + 1) % maxPlaces
}

func (r *recent) last() place {
	if len(r.at) < maxPlaces {
		return r.at[len(r.at)-1]
	}
	return r.at[(r.next+maxPlaces-1)%maxPlaces]
}

// candidates runs the automaton over the text and returns the last places of
// every row, newest first, and the number of lines.
func (e *engine) candidates(text string) ([]place, int) {
	found := map[int32]*recent{}
	lines := 0
	var start, end int
	seen := func(lit int32) {
		for _, r := range e.auto.sigs[e.auto.of[lit]:e.auto.of[lit+1]] {
			at := found[r]
			if at == nil {
				at = &recent{}
				found[r] = at
			} else if at.last().start == start {
				continue
			}
			at.add(place{start, end, lines, int(r)})
		}
	}
	for pos := 0; pos < len(text); {
		n := strings.IndexByte(text[pos:], '\n')
		if n < 0 {
			n = len(text) - pos
		}
		lines++
		start, end = pos, pos+n
		if n > lineMax {
			end = pos + lineMax
			e.auto.find(text[start:end], seen)
			start, end = pos+n-min(lineMax, n-lineMax), pos+n
		}
		e.auto.find(text[start:end], seen)
		pos += n + 1
	}
	var all []place
	for _, r := range found {
		all = append(all, r.at...)
	}
	slices.SortFunc(all, func(a, b place) int {
		return cmp.Or(cmp.Compare(b.start, a.start), cmp.Compare(a.row, b.row))
	})
	return all, lines
}

// search is the second half of a scan: candidates become hits.
type search struct {
	e    *engine
	text string
	hits []*Hit
	seen map[string]*Hit
	same map[*Signature]int
	// here are the rows that matched on the line of the text that is looked at.
	here []matched
	// went holds the last line of each sign of success, by its Cause.
	went map[string]int
}

// matched is a row that matched in one of the lines of a record.
type matched struct {
	sig   *Signature
	line  int
	sub   int
	named bool
}

// evaluate tries the candidates, newest first, until the budget is spent.
func (s *search) evaluate(places []place) {
	tried, at := 0, -1
	var lines []string
	for _, p := range places {
		if p.start != at {
			at = p.start
			lines = unescape(strings.TrimSuffix(s.text[p.start:p.end], "\r"))
		}
		if len(s.here) > 0 && s.here[0].line != p.line {
			s.here = s.here[:0]
		}
		if s.known(p) || len(lines) == 1 && s.claimed(p, 0) {
			continue
		}
		if tried += p.end - p.start; tried > maxTried {
			return
		}
		sub, names, ok := s.e.match(p.row, lines)
		if !ok {
			continue
		}
		if p.row >= s.e.signs {
			s.sign(p)
			continue
		}
		if !s.claimed(p, sub) {
			s.add(p, lines, sub, names)
		}
	}
}

// match tries one row on the lines of a record, the last first: it is nearest
// the root.
func (e *engine) match(n int, lines []string) (sub int, names map[string]string, ok bool) {
	r := &e.rows[n]
	for sub = len(lines) - 1; sub >= 0; sub-- {
		line := lines[sub]
		if len(lines) == 1 && len(line) <= windowMax {
			if names, ok = r.match(line); ok {
				return sub, names, true
			}
			continue
		}
		for _, w := range windows(line, r.Has) {
			if names, ok = r.match(w); ok {
				return sub, names, true
			}
		}
	}
	return 0, nil, false
}

func (r *row) match(line string) (names map[string]string, ok bool) {
	timeless := withoutTimes(line)
	if r.Re != "" {
		re := r.re.get(r.Re)
		m := re.FindStringSubmatchIndex(line)
		if m != nil && timeless != line {
			names = groups(re, line, m)
			if host := names["host"]; host != "" && !strings.Contains(timeless, host+":"+names["port"]) && strings.Contains(line, host+":"+names["port"]) {
				m = re.FindStringSubmatchIndex(timeless) // what looked like an address was a time
			}
		}
		if m == nil {
			return nil, false
		}
		names = groups(re, line, m)
	}
	return names, r.Not == "" || !r.not.get(r.Not).MatchString(timeless)
}

// withoutTimes gives a line in which the colons of times of day (10:00:00) are blanks,
// because a time reads like a host with a port otherwise: 01:53 is no name server.
func withoutTimes(line string) string {
	var b []byte
	for at := 0; ; at++ {
		colon := strings.IndexByte(line[at:], ':')
		if colon < 0 {
			break
		}
		at += colon
		if i := at - 2; i >= 0 && i+len("10:00:00") <= len(line) && isTime(line, i) {
			if b == nil {
				b = []byte(line)
			}
			b[i+2], b[i+5] = ' ', ' '
		}
	}
	if b == nil {
		return line
	}
	return string(b)
}

// isTime reports whether a time of day begins at i.
func isTime(s string, i int) bool {
	for k, c := range []byte(s[i : i+8]) {
		if digit := c >= '0' && c <= '9'; k == 2 || k == 5 {
			if c != ':' {
				return false
			}
		} else if !digit {
			return false
		}
	}
	part := func(c byte) bool {
		return c >= '0' && c <= '9' || c == ':' || c == '.' || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	before := i == 0 || !part(s[i-1]) || i > 1 && (s[i-1] == 'T' || s[i-1] == 't') && s[i-2] >= '0' && s[i-2] <= '9'
	after := i+8 == len(s) || s[i+8] != ':' && (s[i+8] < '0' || s[i+8] > '9')
	return before && after
}

// windows returns what of a line is worth an expression: nothing where none of
// the literals stands in it, all of a short line, else what is around the first
// and the last literal.
func windows(line string, literals []string) []string {
	low := strings.ToLower(line)
	first, last := len(low), -1
	for _, h := range literals {
		if i := strings.Index(low, h); i >= 0 {
			first, last = min(first, i), max(last, strings.LastIndex(low, h))
		}
	}
	switch {
	case last < 0:
		return nil
	case len(line) <= windowMax || len(low) != len(line): // folding changed the length: places do not carry over
		return []string{line}
	}
	cut := func(at int) string {
		return line[max(0, at-windowMax/2):min(len(line), at+windowMax/2)]
	}
	if last-first < windowMax/4 {
		return []string{cut(first)}
	}
	return []string{cut(last), cut(first)}
}

func groups(re *regexp.Regexp, line string, m []int) map[string]string {
	var out map[string]string
	for i, name := range re.SubexpNames() {
		name = strings.TrimRight(name, "0123456789")
		if name == "" || m[2*i] < 0 || m[2*i] == m[2*i+1] {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		if out[name] == "" {
			out[name] = line[m[2*i]:m[2*i+1]]
		}
	}
	return out
}

func (s *search) sign(p place) {
	if s.went == nil {
		s.went = map[string]int{}
	}
	cause := s.e.rows[p.row].Cause
	s.went[cause] = max(s.went[cause], p.line)
}

// known reports whether a narrower row of the same cause has named what is wrong
// in this line already.
func (s *search) known(p place) bool {
	sig := s.e.rows[p.row].Signature
	return slices.ContainsFunc(s.here, func(m matched) bool {
		return m.sig.Cause == sig.Cause && m.sig.Level >= sig.Level && m.named
	})
}

// claimed reports whether a row of another cause that stands before this one has
// said what the line means: a fault has one meaning. Hints, vague rows and the
// mere fact of an exception claim nothing and, but for the vague, are not
// displaced either.
func (s *search) claimed(p place, sub int) bool {
	sig := s.e.rows[p.row].Signature
	if sig.Level == Hint || isMere(sig) {
		return false
	}
	return slices.ContainsFunc(s.here, func(m matched) bool {
		return m.sub == sub && m.sig.Cause != sig.Cause && m.sig.Level > Hint && !m.sig.Vague && !isMere(m.sig)
	})
}

func (s *search) add(p place, lines []string, sub int, names map[string]string) {
	sig := s.e.rows[p.row].Signature
	s.here = append(s.here, matched{sig, p.line, sub, names != nil})
	key := sig.Cause + strconv.Itoa(int(sig.Level))
	for _, k := range slices.Sorted(maps.Keys(names)) {
		key += "\x00" + k + "=" + names[k]
	}
	if h := s.seen[key]; h != nil {
		if h.first != p.line {
			h.Count++
			h.first = p.line
		}
		return
	}
	h := &Hit{
		Sig: sig, Level: levelIn(sig, strings.Join(lines, "\n")), Line: p.line, Text: lines[sub], Names: names, Count: 1,
		row: p.row, sub: sub, first: p.line,
	}
	if s.same[sig] == maxSame || len(s.hits) == maxHits {
		return
	}
	s.seen[key] = h
	s.same[sig]++
	s.hits = append(s.hits, h)
}

// levelIn is the level of a signature in a record that has a level of its own.
func levelIn(sig *Signature, record string) Level {
	if sig.AnyLevel || sig.Level == Hint {
		return sig.Level
	}
	switch toneOf(record) {
	case quiet:
		return sig.Level - 1
	case loud:
		return Fatal
	}
	return sig.Level
}

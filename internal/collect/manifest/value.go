package manifest

// classes of the bytes that matter to the scanner of values; all others are 0.
const (
	classOpen = iota + 1
	classClose
	classQuote
)

var class = [256]uint8{'{': classOpen, '[': classOpen, '}': classClose, ']': classClose, '"': classQuote}

// value finds the end of one JSON value in pieces of input. It looks at
// brackets and strings only, so that it runs at the speed of memory; whoever
// decodes the value finds what else is wrong with it.
type value struct {
	depth                    int
	started, quoted, escaped bool
	bare                     bool // a number, true, false or null
}

// feed scans the next piece and returns how many of its bytes belong to the
// value, and whether it ended there. A bare word ends before the byte that ends it.
func (v *value) feed(b []byte) (n int, done bool) {
	i := 0
	for i < len(b) {
		switch {
		case v.escaped:
			v.escaped = false
			i++
			continue
		case v.quoted:
			i = v.text(b, i)
			if !v.quoted && v.depth == 0 {
				return i, true
			}
			continue
		case v.depth == 0:
			if v.bare && ends(b[i]) {
				return i, true
			}
			if !v.started && class[b[i]] == 0 {
				v.bare = true
			}
			v.started = true
		}
		c := class[b[i]]
		if c == 0 && v.depth > 0 {
			for i++; i < len(b) && class[b[i]] == 0; i++ {
			}
			continue
		}
		i++
		switch c {
		case classOpen:
			v.depth++
		case classClose:
			v.depth--
			if v.depth <= 0 {
				return i, true
			}
		case classQuote:
			v.quoted = true
		}
	}
	return i, false
}

// text scans inside a string from i on.
func (v *value) text(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case '"':
			v.quoted = false
			return i + 1
		case '\\':
			i++
			if i == len(b) {
				v.escaped = true
				return i
			}
		}
	}
	return i
}

func ends(c byte) bool {
	switch c {
	case ',', ' ', '\t', '\r', '\n', '}', ']':
		return true
	}
	return false
}

// valueEnd returns the index after the JSON value that starts at i, or -1 where
// it does not end in b.
func valueEnd(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	var v value
	n, done := v.feed(b[i:])
	if !done {
		return -1
	}
	return i + n
}

package logsig

import "strings"

const (
	// tailLines is the least length of the last burst, in lines that are not empty:
	// a screen of text, as `kubectl logs --tail` users look at.
	tailLines = 40
	// aboveTrace is how many lines before the head of a trace belong to it.
	aboveTrace = 20
	// aboveJoin is how many lines of message may stand between two traces of a
	// chain, as Python and .NET write them.
	aboveJoin = 6
	// lastWords is how far behind a Fatal line the end may be, in lines.
	lastWords = 400
	// beside is how many lines of message may stand between a trace and the line
	// that explains it.
	beside = 3
)

// burst is the end of a text, from the first line of its last burst on.
type burst struct {
	// start is the number of its first line, from 1.
	start int
	// prose[i] is how many of its first i lines are no part of a trace.
	prose []int32
}

// findBurst finds the last burst of a text of so many lines. It reads from the
// end and no further than the burst reaches.
func findBurst(text string, lines int) burst {
	back := backward{text: strings.TrimRight(text, "\n"), line: lines}
	back.line -= len(text) - len(back.text) - min(1, len(text)-len(back.text))
	var parts []part // newest first
	take := func(wanted int) {
		for n := 0; n < wanted && back.next(); {
			parts = append(parts, partOf(back.now))
			if parts[len(parts)-1] != blank {
				n++
			}
		}
	}
	take(tailLines)
	// The topmost trace line within the tail: from there up to the head.
	if top := lastIndex(parts, trace); top >= 0 {
		if lastIndex(parts, prose) < top {
			top = climb(&back, &parts)
		}
		take(aboveTrace - (len(parts) - 1 - top))
	}
	b := burst{start: back.line, prose: make([]int32, len(parts)+1)}
	for i := range parts {
		b.prose[i+1] = b.prose[i]
		if parts[len(parts)-1-i] == prose {
			b.prose[i+1]++
		}
	}
	return b
}

// climb follows a trace upward to its head and returns the head's place in parts.
func climb(back *backward, parts *[]part) int {
	top, cross := lastIndex(*parts, trace), 0
	for back.next() {
		p := partOf(back.now)
		*parts = append(*parts, p)
		switch {
		case p == trace:
			top, cross = len(*parts)-1, 0
			if joins(back.now) {
				cross = aboveJoin
			}
		case p == prose && cross > 0:
			cross--
		case p == prose:
			return len(*parts) - 1
		}
	}
	return top
}

func lastIndex(parts []part, p part) int {
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] == p {
			return i
		}
	}
	return -1
}

// near reports whether the lines a and b of the burst are parts of one event: no
// more than a few lines between them are outside of a trace.
func (b *burst) near(x, y int) bool {
	if x > y {
		x, y = y, x
	}
	if x < b.start || y-b.start+1 >= len(b.prose) {
		return false
	}
	return b.prose[y-b.start+1]-b.prose[x-b.start+1] <= beside
}

// left is the number of lines after line x that are outside of a trace.
func (b *burst) left(x int) int {
	if x < b.start || x-b.start+1 >= len(b.prose) {
		return 0
	}
	return int(b.prose[len(b.prose)-1] - b.prose[x-b.start+1])
}

// backward reads a text line by line from its end.
type backward struct {
	text string // what is left, without the last newline
	line int    // the number of the line that now holds; one more before the first call
	now  string
	done bool
	on   bool
}

func (b *backward) next() bool {
	if b.done {
		return false
	}
	if b.on {
		b.line--
	}
	b.on = true
	i := strings.LastIndexByte(b.text, '\n')
	b.now = strings.TrimSuffix(b.text[i+1:], "\r")
	if i < 0 {
		b.done = true
		return true
	}
	b.text = b.text[:i]
	return true
}

// traceStarts are beginnings of lines that belong to a trace or dump without
// being indented.
var traceStarts = []string{
	"Caused by:", "Suppressed:", "Traceback (most recent call last)", "During handling of the above exception",
	"The above exception was the direct cause", "goroutine ", "created by ", "[signal ", "runtime stack:",
	"--- End of ", "---> ", "at ", "... ", "stack backtrace:", "note: run with `RUST_BACKTRACE", "Stack trace:",
	"#0 ", "#1 ", "#2 ", "#3 ", "#4 ", "#5 ", "#6 ", "#7 ", "#8 ", "#9 ", "Node.js v", "exit status 2", "{main}",
	"# ", "VM Arguments:", "Register to memory mapping:", "Stack: [", "Native frames:", "Java frames:", `\t`,
}

// part is what a line is to the text around it.
type part uint8

const (
	prose part = iota
	blank
	trace
)

// partOf: a trace line is indented, begins as one of traceStarts, or is a frame
// or register of a dump.
func partOf(line string) part {
	s := body(line)
	if strings.TrimSpace(s) == "" {
		return blank
	}
	if s[0] == '\t' || strings.HasPrefix(s, "  ") || goFrame(s) || register(s) {
		return trace
	}
	for _, p := range traceStarts {
		if s[0] == p[0] && strings.HasPrefix(s, p) {
			return trace
		}
	}
	return prose
}

// goFrame: "main.(*server).run(0xc000, 0x1)", "panic({0x1, 0x2})".
func goFrame(s string) bool {
	s = strings.TrimSpace(s)
	i := strings.IndexByte(s, '(')
	if i <= 0 || s[len(s)-1] != ')' {
		return false
	}
	return s[:i] == "panic" || strings.IndexByte(s[:i], '.') > 0 && strings.IndexByte(s[:i], ' ') < 0
}

// register: "rax    0x0", "r8 0x0" (Go), "RAX=0x0..., RBX=..." (JVM).
func register(s string) bool {
	i := strings.IndexAny(s, " =")
	return i >= 2 && i <= 6 && strings.HasPrefix(strings.TrimLeft(s[i:], " ="), "0x")
}

// joins: the line says that the exception above it led to the one below.
func joins(line string) bool {
	s := strings.TrimSpace(body(line))
	for _, p := range [...]string{"During handling of", "The above exception", "Caused by:", "--- End of inner", "---> "} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

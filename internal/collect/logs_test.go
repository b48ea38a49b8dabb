package collect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/internal/facts"
)

// lines makes the lines from to to, each with its number.
func lines(from, to, width int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "line %d %s\n", i, strings.Repeat(".", width))
	}
	return b.String()
}

func TestLogText_lineNumbersHold(t *testing.T) {
	for _, c := range []struct {
		name          string
		n, width, cut int
	}{
		{"short", 10, 0, 0}, {"fits", 2000, 100, 0}, {"gap", 5000, 200, 7}, {"gap, odd writes", 5000, 200, 100_003},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLogText(maxTail, 1)
			for rest := lines(1, c.n, c.width); rest != ""; {
				n := len(rest)
				if c.cut > 0 {
					n = min(n, c.cut)
				}
				l.write([]byte(rest[:n]))
				rest = rest[n:]
			}
			text, first := l.text()
			if len(text) > maxTail+maxHead+c.n {
				t.Errorf("%d bytes are kept", len(text))
			}
			seen := 0
			for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				if strings.HasPrefix(line, "line ") {
					seen++
					if !strings.HasPrefix(line, fmt.Sprintf("line %d ", first+i)) {
						t.Fatalf("line %d is %q", first+i, line)
					}
				}
			}
			if !strings.Contains(text, "line 1 ") || !strings.Contains(text, fmt.Sprintf("line %d ", c.n)) {
				t.Error("the first or the last line is gone")
			}
			if whole := c.n*(c.width+8) < maxTail; whole != (seen == c.n) {
				t.Errorf("%d of %d lines", seen, c.n)
			}
		})
	}
}

func TestLogText_longGapKeepsTail(t *testing.T) {
	l := newLogText(maxTail, 1)
	l.write([]byte("head\n"))
	l.write([]byte(strings.Repeat("\n", 10<<20)))
	l.write([]byte("tail\n"))
	text, first := l.text()
	if !strings.HasSuffix(text, "tail\n") || strings.Contains(text, "head") || first+strings.Count(text, "\n")-1 != 10<<20+2 {
		t.Errorf("%d bytes from line %d", len(text), first)
	}
}

func TestLogText_oneLongLine(t *testing.T) {
	l := newLogText(maxTail, 1)
	l.write([]byte("head\n"))
	l.write([]byte(strings.Repeat("x", 1<<20)))
	if text, first := l.text(); first != 2 || len(text) != maxTail {
		t.Errorf("%d bytes from line %d", len(text), first)
	}
}

func TestBudget_everyLogGetsItsShare(t *testing.T) {
	const logs = 1000
	b := newBudget()
	b.expect(logs)
	total := 0
	for range logs {
		n := b.next()
		if n < minTail {
			t.Fatalf("a log gets %d bytes", n)
		}
		b.took(&facts.Log{Text: strings.Repeat("x", n)})
		total += n
	}
	if total > maxLogBytes+logs*minTail {
		t.Errorf("%d bytes in all", total)
	}
}

func TestBudget_endsSomewhere(t *testing.T) {
	b := newBudget()
	b.left = 0
	for range maxOver {
		b.next()
	}
	if n := b.next(); n != 1 || b.refused != 1 {
		t.Errorf("%d bytes, %d refused", n, b.refused)
	}
	s := &facts.Snapshot{}
	b.report(s)
	if len(s.Skipped) != 1 {
		t.Errorf("skipped %q", s.Skipped)
	}
}

package collect

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/facts/convert"
)

// What is kept of one log: a crash is at its end, and its beginning says how the
// program was started.
const (
	maxTail = 256 << 10
	minTail = 8 << 10
	maxHead = 16 << 10
	// maxGapLines is the longest gap that is filled with empty lines; behind a
	// longer one only the tail is kept.
	maxGapLines = 100_000
)

// logText keeps the first and the last part of a text of any length.
//
// Where the two do not meet, Text holds both: the lines between them are empty,
// so that line numbers hold, but for the first, which says how many were left
// out.
type logText struct {
	keep int
	// line is the number of the first line in the input, from 1.
	line int
	head []byte
	// tail holds at most twice keep; dropped bytes went before it, with gap lines.
	tail    []byte
	dropped int64
	gap     int
}

func newLogText(keep, line int) *logText { return &logText{keep: keep, line: line} }

func (l *logText) write(b []byte) {
	if free := min(maxHead, l.keep) - len(l.head); free > 0 && len(l.tail) == 0 {
		n := min(free, len(b))
		l.head = append(l.head, b[:n]...)
		b = b[n:]
	}
	for len(b) > 0 {
		n := min(len(b), 2*l.keep-len(l.tail))
		l.tail = append(l.tail, b[:n]...)
		b = b[n:]
		if len(l.tail) >= 2*l.keep {
			l.drop(len(l.tail) - l.keep)
		}
	}
}

// drop forgets the first n bytes of the tail.
func (l *logText) drop(n int) {
	l.gap += bytes.Count(l.tail[:n], newline)
	l.dropped += int64(n)
	l.tail = l.tail[:copy(l.tail, l.tail[n:])]
}

var newline = []byte{'\n'}

// text returns what was kept and the number of its first line, from 1.
func (l *logText) text() (string, int) {
	if over := len(l.tail) - l.keep; over > 0 && l.dropped > 0 {
		l.drop(over)
	}
	if l.dropped == 0 {
		return string(l.head) + string(l.tail), 1
	}
	// Both parts are cut to whole lines; gap counts the newlines between them.
	if i := bytes.IndexByte(l.tail, '\n'); i >= 0 && i+1 < len(l.tail) {
		l.drop(i + 1)
	}
	head := l.head[:bytes.LastIndexByte(l.head, '\n')+1]
	l.gap += bytes.Count(l.head[len(head):], newline)
	if len(head) == 0 || l.gap > maxGapLines || l.gap < 1 {
		return string(l.tail), 1 + bytes.Count(head, newline) + l.gap
	}
	var b strings.Builder
	b.Write(head)
	fmt.Fprintf(&b, "[%d lines are left out here]", l.gap)
	b.WriteString(strings.Repeat("\n", l.gap))
	b.Write(l.tail)
	return b.String(), 1
}

// writer is who wrote a log.
type writer struct {
	namespace, pod, container string
	previous                  bool
}

// logs makes facts of what was written: one log, or one for each container
// where `kubectl logs --prefix` mixed several.
func (l *logText) logs(of writer, input string) []*facts.Log {
	text, first := l.text()
	text = unframe(text)
	var out []*facts.Log
	for _, part := range unprefix(text, of) {
		log := &facts.Log{
			Namespace: part.of.namespace, Pod: part.of.pod, Container: part.of.container, Previous: part.of.previous,
			Text: part.text, FirstLine: first, Source: facts.Source{Input: input, Line: l.line},
		}
		if why := convert.LogRefusal(log.Text); why != "" {
			log.Text, log.Err = "", why
		}
		if log.Err != "" || log.HasText() {
			out = append(out, log)
		}
	}
	return out
}

// log reads a plain log.
func (c *collector) log(f file, r io.Reader) error {
	of, known := c.pods.writer(f)
	of.previous = of.previous || f.previous
	l := newLogText(c.budget.next(), 1)
	_, err := io.Copy(writeFunc(l.write), r)
	s := &facts.Snapshot{}
	for _, log := range l.logs(of, f.name) {
		if !known && log.Pod == "" {
			log.Origin = hostOrigin(log.Text)
		}
		c.budget.took(log)
		s.Logs = append(s.Logs, log)
	}
	c.add(f, s)
	return err
}

type writeFunc func([]byte)

func (w writeFunc) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// maxLogBytes is how much text of all logs together is kept, while it is shared
// out fairly.
const maxLogBytes = 64 << 20

// fewLogs is how many are always reckoned with: on a stream nobody knows.
const fewLogs = 64

// budget shares maxLogBytes out to the logs that are still to come. Every log
// keeps at least minTail bytes, up to maxOver logs beyond the budget.
type budget struct {
	left    int64
	coming  int
	over    int
	refused int
}

// maxOver is how many logs are kept when the budget is used up.
const maxOver = 2000

func newBudget() *budget { return &budget{left: maxLogBytes} }

// expect says how many logs may come.
func (b *budget) expect(n int) { b.coming = n }

// next returns how many bytes of the tail of the next log are kept.
func (b *budget) next() int {
	n := b.left / int64(max(fewLogs, b.coming))
	b.coming--
	if b.left <= 0 {
		b.over++
	}
	if b.over > maxOver {
		b.refused++
		return 1
	}
	return int(min(max(n, minTail), maxTail))
}

// took says what was kept.
func (b *budget) took(l *facts.Log) { b.left -= int64(len(l.Text)) }

func (b *budget) report(s *facts.Snapshot) {
	if b.refused > 0 {
		s.Skip("%d logs were left out: more than %d MiB of log text", b.refused, maxLogBytes>>20)
	}
}

package collect

import (
	"bytes"

	"github.com/unloop-dev/unloop/internal/collect/manifest"
	"github.com/unloop-dev/unloop/internal/collect/paste"
	"github.com/unloop-dev/unloop/internal/facts"
)

// prose takes the lines of a stream that stand between its objects: framed logs
// of a dump, and kubectl output.
type prose struct {
	c   *collector
	f   file
	pod func(namespace, name string) *facts.Pod
	out *facts.Snapshot
	// buf is the run of text lines that is being collected; start is its first
	// line, next the line that would continue it.
	buf         []byte
	start, next int
	// log is the framed log that is being read; skip says that it is not kept.
	log  *logText
	of   writer
	skip bool
	// some: there was text at all. framed: there was a framed log.
	some, framed, large bool
}

// maxBetween is the longest text between two objects of a stream.
const maxBetween = 8 << 20

func newProse(c *collector, f file) *prose { return &prose{c: c, f: f} }

// line takes one line, or a piece of a very long one.
func (p *prose) line(line []byte, number int) error {
	switch {
	case p.log != nil || p.skip:
		p.inFrame(line)
	case bytes.HasPrefix(line, []byte(manifest.FrameStart)):
		p.flush()
		p.some, p.framed = true, true
		p.begin(line, number)
	default:
		p.some = p.some || len(bytes.TrimSpace(line)) > 0
		if number != p.next {
			p.flush()
		}
		if len(p.buf) == 0 {
			p.start = number
		}
		if len(p.buf)+len(line) > maxBetween {
			p.large = true
			return nil
		}
		p.buf = append(p.buf, line...)
		p.next = number + 1
	}
	return nil
}

// begin starts a framed log:
// "==== START logs for container NAME of pod NAMESPACE/NAME ====".
func (p *prose) begin(line []byte, number int) {
	p.of = writer{}
	text := bytes.TrimSuffix(bytes.TrimSpace(line[len(manifest.FrameStart):]), []byte(" ===="))
	if container, pod, ok := bytes.Cut(text, []byte(" of pod ")); ok {
		namespace, name, _ := bytes.Cut(pod, []byte("/"))
		p.of = writer{namespace: string(namespace), pod: string(name), container: string(container)}
	}
	if known := p.pod(p.of.namespace, p.of.pod); known != nil && well(known) {
		p.skip = true
		return
	}
	p.log = newLogText(p.c.budget.next(), number+1)
}

// inFrame takes a line of the framed log. The end mark follows the last byte of
// the log, which need not be a newline.
func (p *prose) inFrame(line []byte) {
	i := bytes.Index(line, []byte(manifest.FrameEnd))
	if i < 0 && bytes.HasPrefix(line, []byte(manifest.FrameStart)) {
		i = 0 // a new start ends a frame that was cut
	}
	if i < 0 {
		if p.log != nil {
			p.log.write(line)
		}
		return
	}
	if p.log != nil {
		p.log.write(line[:i])
	}
	p.end()
	if bytes.HasPrefix(line[i:], []byte(manifest.FrameStart)) {
		p.begin(line[i:], 0)
	}
}

// end keeps the log of the open frame.
func (p *prose) end() {
	if p.log != nil {
		for _, l := range p.log.logs(p.of, p.f.name) {
			p.c.budget.took(l)
			p.snapshot().Logs = append(p.snapshot().Logs, l)
		}
	}
	p.log, p.skip = nil, false
}

func (p *prose) snapshot() *facts.Snapshot {
	if p.out == nil {
		p.out = &facts.Snapshot{}
	}
	return p.out
}

// flush reads the run of text that was collected.
func (p *prose) flush() {
	p.end()
	if len(bytes.TrimSpace(p.buf)) > 0 {
		s := paste.Parse(p.buf, p.f.name)
		shift(s, p.start-1)
		p.snapshot().Merge(s)
	}
	if p.large {
		p.snapshot().Skip("%s:%d: text beyond %d MiB between objects was left out", p.f.name, p.start, maxBetween>>20)
	}
	p.buf, p.next, p.large = p.buf[:0], 0, false
}

// result is what the text gave; nil for nothing.
func (p *prose) result() *facts.Snapshot { return p.out }

// shift moves the line numbers of a snapshot that was read from the middle of
// an input.
func shift(s *facts.Snapshot, by int) {
	move := func(src *facts.Source) {
		if src.Line > 0 {
			src.Line += by
		}
	}
	for _, p := range s.Pods {
		move(&p.Source)
		if p.Row != nil {
			move(&p.Row.Source)
		}
	}
	for _, w := range s.Workloads {
		move(&w.Source)
	}
	for _, e := range s.Events {
		move(&e.Source)
	}
	for _, n := range s.Nodes {
		move(&n.Source)
	}
	for _, c := range s.Claims {
		move(&c.Source)
	}
	for _, o := range s.Objects {
		move(&o.Source)
	}
	for _, l := range s.Logs {
		move(&l.Source)
	}
}

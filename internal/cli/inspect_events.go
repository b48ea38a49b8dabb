package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/internal/inspect"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/scap/state"
)

// aroundEvents is how many events --around shows where nobody asked for a number.
const aroundEvents = 40

// matcher compiles --filter for a scan; nil without one.
func (o *inspectOptions) matcher() (inspect.Match, error) {
	if o.filter == "" {
		return nil, nil
	}
	sess := &filter.Session{Location: time.Local}
	f, err := o.compile(sess)
	if err != nil {
		return nil, err
	}
	return func(ev *event.Event, tr *state.Tracker) bool {
		sess.State = tr
		sess.See(ev)
		return f.Match(ev)
	}, nil
}

// compile reads --filter; an error shows the place.
func (o *inspectOptions) compile(sess *filter.Session) (*filter.Filter, error) {
	f, err := filter.Compile(o.filter, sess)
	return f, o.atPlace("--filter", err)
}

// atPlace shows where a filter or a template is wrong.
func (o *inspectOptions) atPlace(flag string, err error) error {
	var at *filter.Error
	if !errors.As(err, &at) {
		return err
	}
	fmt.Fprintln(o.env.Err, at.Render())
	hint := "unloop inspect --help"
	if at.Hint != "" {
		hint = at.Hint
	}
	return &usageError{fmt.Sprintf("%s: column %d: %s", flag, at.Column(), at.Msg), hint}
}

// lineFormat makes the template of one line.
func (o *inspectOptions) lineFormat(sess *filter.Session) (*filter.Format, error) {
	opt := filter.FormatOptions{Time: filter.TimeForm(o.timeForm[0]), JSON: o.output == "json"}
	switch {
	case o.ascii:
		opt.Buffer = filter.ASCII
	case o.hexASCII:
		opt.Buffer = filter.HexASCII
	case o.hex:
		opt.Buffer = filter.HexDump
	}
	template := o.format
	if template == "" {
		template = filter.DefaultTemplate
	}
	f, err := filter.NewFormat(template, sess, opt)
	return f, o.atPlace("-p", err)
}

// span is the part of a capture that is printed.
type span struct {
	first    uint64 // number; 0 is open
	from, to uint64 // times; 0 is open
	mark     uint64 // the event that is marked
}

// runEvents answers --events and --around.
func (o *inspectOptions) runEvents(ctx context.Context) error {
	sess := &filter.Session{Location: time.Local}
	var match *filter.Filter
	var err error
	if o.filter != "" {
		if match, err = o.compile(sess); err != nil {
			return err
		}
	}
	format, err := o.lineFormat(sess)
	if err != nil {
		return err
	}
	// Text lines are those of sysdig, which knows the parameters of 2022: recorders have
	// since repeated in the exit what the enter says. JSON has all of them.
	old := &filter.Session{Location: time.Local, Old: true}
	classic := format
	if o.output != "json" {
		if classic, err = o.lineFormat(old); err != nil {
			return err
		}
	}
	var ix *inspect.Index
	var part span
	needs := format.Needs()
	if match != nil {
		needs |= match.Needs()
	}
	if o.from != "" || o.to != "" || o.around != "" || needs&filter.NeedDeath != 0 {
		if o.path == "-" {
			return bad(o.cmd, "--from, --to and the time to a death need a file that can be read twice")
		}
		if ix, err = o.index(ctx, nil); err != nil {
			return err
		}
		if part, err = o.span(ix); err != nil {
			return err
		}
	}
	c, err := o.cursor(ix, part)
	if err != nil {
		return o.cannotRead(err)
	}
	defer c.Close() //nolint:errcheck // only read: closing loses nothing
	for _, s := range []*filter.Session{sess, old} {
		s.State = c.Tracker
		if ix != nil {
			s.Death = ix.DeathOf
			if part != (span{}) {
				// Relative times count from the first event of the file, wherever reading begins.
				s.See(&event.Event{TsNanos: ix.Info.FirstNanos})
			}
		}
	}
	out := o.lineWriter()
	p := &eventPrinter{o: o, c: c, sess: sess, old: old, match: match, format: format, classic: classic, out: out, part: part, mask: masker(o.raw)}
	err = errors.Join(p.run(ctx), out.Flush())
	if st := c.Stats(); err == nil {
		if s := inspect.Damage(&st); s != "" {
			fmt.Fprintln(o.env.Err, "unloop: "+report.Line(o.path)+": damaged: "+s)
		}
	}
	return err
}

func (o *inspectOptions) cursor(ix *inspect.Index, part span) (*inspect.Cursor, error) {
	if o.path == "-" {
		return inspect.NewCursor(o.env.In)
	}
	return ix.Seek(o.path, part.first, part.from)
}

// span reads --from, --to and --around.
func (o *inspectOptions) span(ix *inspect.Index) (part span, err error) {
	if part.from, part.to, err = o.window(ix.Info.FirstNanos, ix.Info.LastNanos); err != nil || o.around == "" {
		return part, err
	}
	n := uint64(aroundEvents)
	if o.limit > 0 {
		n = uint64(o.limit)
	}
	num, perr := strconv.ParseUint(o.around, 10, 63)
	if perr != nil || num >= 1e15 {
		at, err := o.moment("--around", o.around, ix.Info.FirstNanos, ix.Info.LastNanos)
		if err != nil {
			return part, err
		}
		if num, err = o.numberAt(ix, at); err != nil {
			return part, err
		}
	}
	if num == 0 || num > ix.Info.Blocks {
		return part, bad(o.cmd, "--around %s: the capture has events 1 to %d", o.around, ix.Info.Blocks)
	}
	part.mark = num
	// Hidden events and those of a filter are not counted, so the part is wider than what is shown.
	part.first = num - min(num-1, max(n*50, 4000))
	if o.filter != "" {
		part.first = num - min(num-1, max(n*50, 400_000))
	}
	return part, nil
}

// numberAt is the number of the first event at or behind a time.
func (o *inspectOptions) numberAt(ix *inspect.Index, nanos uint64) (uint64, error) {
	c, err := ix.Seek(o.path, 0, nanos)
	if err != nil {
		return 0, o.cannotRead(err)
	}
	defer c.Close() //nolint:errcheck // only read: closing loses nothing
	var ev event.Event
	for {
		if err := c.Next(&ev); err == io.EOF {
			return max(ev.Num, 1), nil
		} else if err != nil {
			return 0, err
		}
		if filter.Visible(&ev) && ev.TsNanos >= nanos {
			return ev.Num, nil
		}
	}
}

// eventPrinter prints the events of a cursor.
type eventPrinter struct {
	o         *inspectOptions
	c         *inspect.Cursor
	sess, old *filter.Session
	match     *filter.Filter
	// format is for kinds of events that are newer than sysdig's, classic for all others.
	format, classic *filter.Format
	out             *lineWriter
	part            span
	mask            *capture.Masker
	line            []byte
}

// render makes the line of an event.
func (p *eventPrinter) render(ev *event.Event) (ok bool) {
	f := p.format
	if filter.VisibleOld(ev) {
		f = p.classic
	}
	p.line, ok = f.Append(p.line[:0], p.mask.Event(ev))
	if ok && !p.o.raw {
		// What the state knows of the process is not in the event.
		if p.out.raw {
			p.line = redactJSON(p.line)
		} else {
			p.line = report.RedactLine(p.line)
		}
	}
	return ok
}

// redactJSON takes credentials out of the texts of a document.
func redactJSON(doc []byte) []byte {
	var out []byte
	from := 0
	for i := 0; i < len(doc); i++ {
		if doc[i] != '"' {
			continue
		}
		end := i + 1
		for end < len(doc) && doc[end] != '"' {
			if doc[end] == '\\' {
				end++
			}
			end++
		}
		if end >= len(doc) {
			break
		}
		var text string
		if json.Unmarshal(doc[i:end+1], &text) == nil {
			if clean := report.Redact(text); clean != text {
				if b, err := json.Marshal(clean); err == nil {
					out = append(append(out, doc[from:i]...), b...)
					from = end + 1
				}
			}
		}
		i = end
	}
	if from == 0 {
		return doc
	}
	return append(out, doc[from:]...)
}

// looksPerEvents is how many events lie between two looks at the context.
const looksPerEvents = 1 << 14

func (p *eventPrinter) run(ctx context.Context) error {
	if p.part.mark > 0 {
		return p.around(ctx)
	}
	var ev event.Event
	skip, left := p.o.offset, p.o.limit
	for n := 0; ; n++ {
		if n%looksPerEvents == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := p.c.Next(&ev); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if !p.wanted(&ev) {
			if p.part.to > 0 && ev.TsNanos > p.part.to+uint64(time.Second) {
				return nil
			}
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if !p.render(&ev) {
			continue
		}
		line := p.line
		if err := p.out.line(line); err != nil {
			return err
		}
		if left > 0 {
			if left--; left == 0 {
				return nil
			}
		}
	}
}

// wanted reports whether the event is one to print.
func (p *eventPrinter) wanted(ev *event.Event) bool {
	p.sess.See(ev)
	p.old.See(ev)
	if !filter.Visible(ev) || ev.Num < p.part.first || ev.TsNanos < p.part.from || p.part.to > 0 && ev.TsNanos > p.part.to {
		return false
	}
	return p.match == nil || p.match.Match(ev)
}

// around prints the events around the marked one: half of them before it.
func (p *eventPrinter) around(ctx context.Context) error {
	n := aroundEvents
	if p.o.limit > 0 {
		n = p.o.limit
	}
	before := make([][]byte, 0, n/2) // a ring once it is full
	next, after := 0, n-n/2
	var ev event.Event
	for steps := 0; after > 0; steps++ {
		if steps%looksPerEvents == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := p.c.Next(&ev); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if ev.Num >= p.part.mark && before != nil {
			for i := range before {
				if err := p.out.line(before[(next+i)%len(before)]); err != nil {
					return err
				}
			}
			before = nil
		}
		if !p.wanted(&ev) && ev.Num != p.part.mark {
			continue
		}
		if !p.render(&ev) {
			continue
		}
		line := p.line
		if ev.Num >= p.part.mark {
			after--
			if err := p.out.marked(line, ev.Num == p.part.mark); err != nil {
				return err
			}
			continue
		}
		switch {
		case cap(before) == 0:
		case len(before) < cap(before):
			before = append(before, append([]byte(nil), line...))
		default:
			before[next] = append(before[next][:0], line...)
			next = (next + 1) % len(before)
		}
	}
	for i := range before {
		if err := p.out.line(before[(next+i)%len(before)]); err != nil {
			return err
		}
	}
	return nil
}

// lineWriter writes lines of a capture: buffered, and with what would move the cursor
// of a terminal made harmless. It is safe for a flush from another goroutine.
type lineWriter struct {
	mu     sync.Mutex
	w      *bufio.Writer
	color  bool
	raw    bool // the text is JSON, which escapes by itself
	breaks bool // line breaks inside of a line are meant
}

func (o *inspectOptions) lineWriter() *lineWriter {
	w := &lineWriter{
		w: bufio.NewWriterSize(o.env.Out, 1<<16), color: o.env.color(), raw: o.output == "json",
		breaks: o.ascii || o.hex || o.hexASCII || o.format != "",
	}
	if o.follow {
		// What is read so far is shown before the pipe is waited for.
		o.env.In = &flushReader{o.env.In, w}
	}
	return w
}

// flushReader flushes the output before it waits for input.
type flushReader struct {
	r io.Reader
	w *lineWriter
}

func (f *flushReader) Read(b []byte) (int, error) {
	if err := f.w.Flush(); err != nil {
		return 0, err
	}
	return f.r.Read(b)
}

// Flush writes what is buffered.
func (w *lineWriter) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Flush()
}

func (w *lineWriter) line(b []byte) error { return w.marked(b, false) }

func (w *lineWriter) marked(b []byte, mark bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.raw {
		harmless(b, w.breaks)
	}
	end := "\n"
	if mark && w.color {
		end = "\x1b[0m\n"
		if _, err := w.w.WriteString("\x1b[7m"); err != nil {
			return err
		}
	}
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	_, err := w.w.WriteString(end)
	return err
}

// harmless replaces control characters in place by dots, as sysdig shows them in data:
// C0 and DEL, and in UTF-8 the C1 ones and the marks that turn the direction of writing.
func harmless(b []byte, breaks bool) {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c >= ' ' && c < 0x7f:
		case c < ' ' || c == 0x7f:
			if !breaks || c != '\n' && c != '\t' {
				b[i] = '.'
			}
		case c == 0xc2 && i+1 < len(b) && b[i+1] < 0xa0:
			b[i], b[i+1] = '.', '.'
		case c == 0xe2 && i+2 < len(b) && (b[i+1] == 0x80 && (b[i+2] >= 0x8e && b[i+2] <= 0x8f || b[i+2] >= 0xa8 && b[i+2] <= 0xae) || b[i+1] == 0x81 && b[i+2] >= 0xa6 && b[i+2] <= 0xa9):
			b[i], b[i+1], b[i+2] = '.', '.', '.'
		}
	}
}

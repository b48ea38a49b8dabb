package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/run"
)

// How the bar behaves.
const (
	// barAfter: a command that takes less leaves no trace of a bar.
	barAfter = time.Second
	barEvery = time.Second
	// barRoom is how many rows must be left for the command.
	barRoom  = 8
	panelRow = 7
)

// barRows is how many rows the bar takes; 0 for none. It is drawn on a terminal only, and
// only where its commands are known.
func (o *runOptions) barRows() int {
	if !o.env.ErrTerminal || o.quiet || o.env.Getenv("TERM") == "dumb" || o.env.Getenv("TERM") == "" {
		return 0
	}
	switch o.view {
	case "auto", "line":
		return 1
	case "panel":
		return panelRow
	}
	return 0
}

// runBar is the lowest rows of a terminal. What the command writes scrolls above them: the
// terminal's scrolling region ends there (DECSTBM, as apt does it). While a program uses the
// terminal as a whole (it turned line editing off) there is no bar.
type runBar struct {
	env  *Env
	w    io.Writer
	tty  *os.File
	rows int

	mu    sync.Mutex
	state barState
	meter meter
	// high and wide are the size of the terminal when the bar was drawn; high is 0 while
	// it is not there. hidden counts those who want it away.
	high, wide int
	hidden     int
	closed     bool
	stop, over chan struct{}
}

// barState is what the bar shows; the zero value shows nothing.
type barState struct {
	status  run.Status
	running bool
	// until is when a back-off ends.
	until time.Time
}

func newRunBar(env *Env, rows int) *runBar {
	tty, ok := env.Err.(*os.File)
	if !ok {
		return nil
	}
	b := &runBar{env: env, w: env.Err, tty: tty, rows: rows, stop: make(chan struct{}), over: make(chan struct{})}
	go b.run()
	return b
}

func (b *runBar) run() {
	defer close(b.over)
	first := time.NewTimer(barAfter)
	defer first.Stop()
	select {
	case <-first.C:
	case <-b.stop:
		return
	}
	tick := time.NewTicker(barEvery)
	defer tick.Stop()
	for {
		b.mu.Lock()
		b.draw()
		b.mu.Unlock()
		select {
		case <-tick.C:
		case <-b.stop:
			return
		}
	}
}

// set gives the bar something else to show.
func (b *runBar) set(s barState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.status.Pid != b.state.status.Pid {
		b.meter = meter{}
	}
	b.state = s
	if b.high > 0 {
		b.draw()
	}
}

// hide removes the bar until show.
func (b *runBar) hide() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hidden++
	b.clear()
}

// show allows it again; it comes with the next tick.
func (b *runBar) show() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hidden--
}

// close removes it for good.
func (b *runBar) close() {
	close(b.stop)
	<-b.over
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.closed = true
}

// clear gives all rows back to the terminal. mu is held.
func (b *runBar) clear() {
	if b.high == 0 {
		return
	}
	// Save the cursor, whole screen, erase the rows, cursor back.
	_, _ = fmt.Fprintf(b.w, "\x1b7\x1b[r\x1b[%d;1H\x1b[J\x1b8", b.high-b.rows+1) // the command goes on whoever sees this
	b.high = 0
}

// draw draws it, or removes it where it must not be. mu is held.
func (b *runBar) draw() {
	wide, high, err := term.GetSize(int(b.tty.Fd()))
	empty := !b.state.running && b.state.until.IsZero()
	if err != nil || b.closed || b.hidden > 0 || b.state.status.Paused || empty || high < b.rows+barRoom || wholeScreen(b.tty) {
		b.clear()
		return
	}
	var out strings.Builder
	if high != b.high || wide != b.wide {
		b.clear()
		// Make room: scroll what stands in the rows up, and come back to the same line.
		out.WriteString(strings.Repeat("\n", b.rows))
		fmt.Fprintf(&out, "\x1b[%dA\x1b7\x1b[1;%dr\x1b8", b.rows, high-b.rows)
		b.high, b.wide = high, wide
	}
	out.WriteString("\x1b7")
	lines := b.lines(wide)
	for i := range b.rows {
		fmt.Fprintf(&out, "\x1b[%d;1H\x1b[2K", high-b.rows+1+i)
		if i < len(lines) {
			out.WriteString(lines[i])
		}
	}
	out.WriteString("\x1b8")
	_, _ = io.WriteString(b.w, out.String()) // as above
}

// lines are the rows, each within the width. The last of them is the state.
func (b *runBar) lines(wide int) []string {
	line := cutCells(b.summary(), wide-1, b.env.unicode())
	if b.env.errColor() {
		line = "\x1b[7m" + line + strings.Repeat(" ", max(wide-1-report.Cells(line), 0)) + "\x1b[0m"
	}
	if b.rows == 1 {
		return []string{line}
	}
	out := []string{line}
	if f := b.state.status.Feed; f != nil {
		calls := f.Recent()
		for _, c := range calls[max(len(calls)-(b.rows-1), 0):] {
			out = append(out, cutCells(callLine(c), wide-1, b.env.unicode()))
		}
	}
	return out
}

// callLine is one call in short.
func callLine(c run.Call) string {
	line := fmt.Sprintf("%s %d %s", c.At.Format("15:04:05.000"), c.Tid, c.Name)
	if c.On != "" {
		line += " " + c.On
	}
	if c.Error != "" {
		line += " " + c.Error
	}
	if c.Times > 1 {
		line += fmt.Sprintf(" (%d times)", c.Times)
	}
	return report.Line(line)
}

// summary is the state in one line.
func (b *runBar) summary() string {
	st := &b.state.status
	if !b.state.running {
		return fmt.Sprintf("unloop: %s waits, starts again in %s; restart %d", report.Line(st.Name), roundly(time.Until(b.state.until).Round(time.Second)), st.Restarts+1)
	}
	parts := []string{fmt.Sprintf("%s pid %d", report.Line(st.Name), st.Pid), "up " + time.Since(st.Since).Round(time.Second).String()}
	switch {
	case len(st.Failing) > 0:
		parts = append(parts, report.Line(strings.Join(st.Failing, "; ")))
	case !st.Started:
		parts = append(parts, "starting")
	case !st.Ready:
		parts = append(parts, "not ready")
	}
	if st.Restarts > 0 {
		parts = append(parts, plural(st.Restarts, "restart"))
	}
	parts = append(parts, b.meter.read(st, time.Now())...)
	return "unloop: " + strings.Join(parts, ", ")
}

// meter makes rates of totals.
type meter struct {
	at    time.Time
	cpu   time.Duration
	calls uint64
}

func (m *meter) read(st *run.Status, now time.Time) []string {
	var parts []string
	gap := now.Sub(m.at).Seconds()
	if st.Group != nil {
		if n, ok := st.Group.MemoryBytes(); ok {
			text := fmt.Sprintf("%.1f", float64(n)/(1<<20))
			if l := st.Limits.MemoryBytes; l > 0 {
				text += fmt.Sprintf("/%.0f", float64(l)/(1<<20))
			}
			parts = append(parts, text+" MiB")
		}
		if t, ok := st.Group.CPU(); ok {
			if !m.at.IsZero() && gap > 0 && t >= m.cpu {
				parts = append(parts, fmt.Sprintf("cpu %.0f%%", (t-m.cpu).Seconds()/gap*100))
			}
			m.cpu = t
		}
	}
	if st.Feed != nil {
		n, lost := st.Feed.Calls()
		if !m.at.IsZero() && gap > 0 && n >= m.calls {
			parts = append(parts, fmt.Sprintf("%.0f calls/s", float64(n-m.calls)/gap))
		}
		if lost > 0 {
			parts = append(parts, fmt.Sprintf("%d lost", lost))
		}
		m.calls = n
	}
	m.at = now
	return parts
}

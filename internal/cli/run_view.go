package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/run"
)

// runView tells on standard error what becomes of a command: lines of its own for what
// happens, and on a terminal a bar below what the command writes. It is a run.Observer.
type runView struct {
	o *runOptions
	w io.Writer

	mu  sync.Mutex
	bar *runBar
	was run.Status
	// told is the summary of the diagnosis before, so that a loop does not repeat it.
	told string
}

func newRunView(o *runOptions) *runView {
	v := &runView{o: o, w: o.env.Err}
	if rows := o.barRows(); rows > 0 {
		v.bar = newRunBar(o.env, rows)
	}
	return v
}

// close removes the bar.
func (v *runView) close() {
	if v.bar != nil {
		v.bar.close()
	}
}

// write writes text between what the command writes.
func (v *runView) write(text string) {
	if v.bar != nil {
		v.bar.hide()
		defer v.bar.show()
	}
	_, _ = io.WriteString(v.w, text) // the command goes on whoever reads this
}

// say writes one line of its own.
func (v *runView) say(format string, args ...any) {
	if !v.o.quiet {
		v.write("unloop: " + report.Line(fmt.Sprintf(format, args...)) + "\n")
	}
}

// Note is part of run.Observer.
func (v *runView) Note(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.say("%s", text)
}

// Started is part of run.Observer.
func (v *runView) Started(st run.Status) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if st.Restarts > 0 {
		v.say("%s runs again, pid %d, restart %d", st.Name, st.Pid, st.Restarts)
	}
	v.was = st
	if v.bar != nil {
		v.bar.set(barState{status: st, running: true})
	}
}

// Changed is part of run.Observer.
func (v *runView) Changed(st run.Status) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.bar != nil && st.Paused {
		v.bar.hide() // the shell writes now
	}
	if fails := strings.Join(st.Failing, "; "); fails != "" && fails != strings.Join(v.was.Failing, "; ") {
		v.say("%s", fails)
	}
	switch {
	case st.Started && !v.was.Started && !st.Ready:
		v.say("%s has started", st.Name)
	case st.Ready && !v.was.Ready:
		v.say("%s is ready", st.Name)
	case !st.Ready && v.was.Ready:
		v.say("%s is not ready", st.Name)
	}
	v.was = st
	if v.bar != nil && !st.Paused {
		v.bar.set(barState{status: st, running: true})
	}
}

// Died is part of run.Observer.
func (v *runView) Died(d *run.Death) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.bar != nil {
		v.bar.set(barState{})
	}
	if d.Fault != nil {
		v.write("unloop: " + report.Line(d.Fault.Plain()) + "\n")
	}
	if d.Asked || v.o.output == "json" {
		return
	}
	if !report.Unwell(d.Diagnosis) {
		if d.Again {
			v.say("%s ended with exit %d", d.Name, d.ExitStatus())
		}
		return
	}
	v.write(v.explained(d))
}

// explained is the diagnosis for a person; in short where the end before had the same.
func (v *runView) explained(d *run.Death) string {
	var b strings.Builder
	text := v.o.env.textOptions(false)
	text.Now, text.Color = v.o.env.Now(), v.o.env.errColor()
	summary := ""
	if len(d.Diagnosis.Findings) > 0 {
		summary = d.Diagnosis.Findings[0].Summary.String()
	}
	if summary != "" && summary == v.told {
		fmt.Fprintf(&b, "unloop: %s ended with exit %d, as before: %s\n", d.Name, d.ExitStatus(), report.Line(summary))
	} else {
		list := unloop.DiagnosisList{APIVersion: unloop.APIVersion, Kind: unloop.ListKind, Items: []unloop.Diagnosis{d.Diagnosis}}
		_ = report.Text(&b, list, text) // a builder takes all
	}
	v.told = summary
	if d.Capture != "" {
		fmt.Fprintf(&b, "unloop: capture %s\n", report.Line(d.Capture))
	}
	return b.String()
}

// Waiting is part of run.Observer.
func (v *runView) Waiting(st run.Status, until time.Time, wait time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.say("%s starts again in %s", st.Name, roundly(time.Until(until)))
	if v.bar != nil {
		v.bar.set(barState{status: st, until: until})
	}
}

// roundly shows a time to a person.
func roundly(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		d = d.Round(time.Second)
	case d >= time.Second:
		d = d.Round(100 * time.Millisecond)
	default:
		d = d.Round(time.Millisecond)
	}
	return d.String()
}

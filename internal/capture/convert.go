package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// Form is what a capture is converted to.
type Form string

// The forms.
const (
	// JSONLines is one object an event, see Line.
	JSONLines Form = "json"
	// Strace is one line a call, as strace -f -tt -T prints it.
	Strace Form = "strace"
)

// ConvertOptions tune Convert.
type ConvertOptions struct {
	Form Form
	// Match, where set, takes only the events for which it is true.
	Match func(*event.Event, *state.Tracker) bool
	// Masker takes credentials out; nil leaves them in.
	Masker *Masker
	// Clean makes a line harmless for a terminal; nil leaves it as it is. Objects never
	// need it.
	Clean func(string) string
}

// Convert writes the events of a capture as text, those that sysdig shows. tr must be
// the reader's sink. It returns how many lines there are.
func Convert(ctx context.Context, r *scap.Reader, tr *state.Tracker, out io.Writer, o ConvertOptions) (uint64, error) {
	w := bufio.NewWriterSize(out, 64<<10)
	line := appendJSON
	if o.Form == Strace {
		line = appendStrace
	}
	var ev event.Event
	var buf []byte
	lines := uint64(0)
	for n := 1; ; n++ {
		if n%(1<<14) == 0 && ctx.Err() != nil {
			return lines, errors.Join(context.Cause(ctx), w.Flush())
		}
		err := r.Next(&ev)
		if err == io.EOF {
			break
		}
		if err != nil {
			return lines, errors.Join(err, w.Flush())
		}
		tr.Apply(&ev)
		if !filter.Visible(&ev) || o.Match != nil && !o.Match(&ev, tr) {
			continue
		}
		if buf = line(buf[:0], o.Masker.Event(&ev), o.Masker); len(buf) == 0 {
			continue
		}
		lines++
		if o.Clean != nil && o.Form == Strace {
			_, err = fmt.Fprintln(w, o.Clean(string(buf)))
		} else {
			_, err = w.Write(append(buf, '\n'))
		}
		if err != nil {
			return lines, err
		}
	}
	return lines, w.Flush()
}

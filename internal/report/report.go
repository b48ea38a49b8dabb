// Package report prints diagnoses and explanations: as text for a terminal, as
// JSON, YAML and Markdown.
//
// It owns the wall between input and screen: whatever a document holds is
// cleaned of terminal escapes and credentials here (clean), before any renderer
// sees it. It judges nothing: the order of findings and their words are those of
// internal/diagnose. It writes to the writer it is given and knows no terminal,
// no clock and no environment; internal/cli tells it what it needs.
package report

import (
	"bufio"
	"io"
	"time"

	"github.com/unloop-dev/unloop"
)

// Options say how a text is laid out. The zero value is 80 columns without colour.
type Options struct {
	// Width is the number of columns; 0 is 80. Lines that are to be copied are never
	// broken, whatever the width.
	Width int
	// Color allows the eight colours of ECMA-48.
	Color bool
	// ASCII keeps unloop's own symbols to ASCII; texts from input stay as they are.
	ASCII bool
	// Verbose shows every subject, finding and piece of evidence in full.
	Verbose bool
	// Now makes ages of times; where it is zero the times themselves are shown.
	Now time.Time
	// Program is what the user calls the program in hints; "" is "unloop".
	Program string
}

const (
	defaultWidth = 80
	minWidth     = 60
	// Longer lines than this are hard to read; only tables and evidence go beyond.
	proseWidth = 110
)

// Text writes the diagnoses for a person.
func Text(w io.Writer, list unloop.DiagnosisList, o Options) error {
	b := bufio.NewWriter(w)
	t := newText(b, o)
	t.list(clean(list))
	return b.Flush()
}

// Unwell reports whether a diagnosis says that something is wrong, found or not.
func Unwell(d unloop.Diagnosis) bool { return !d.Healthy || len(d.Findings) > 0 }

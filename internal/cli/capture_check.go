package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/scap/state"
)

type captureCheckOptions struct {
	env    *Env
	cmd    *cobra.Command
	output string
	path   string
}

// errDamaged is told already: the report is printed.
var errDamaged = errors.New("the capture is damaged")

func newCaptureCheck(env *Env) *cobra.Command {
	o := &captureCheckOptions{env: env}
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Read a capture to its end and say what is wrong with it",
		Long: `check reads a capture to its end and reports what is in it, what is damaged, and
what is lost. A damaged capture can still be inspected: everything around the damage
is read.

Exit status: 0 the file is whole, 1 it is damaged or cannot be read, 2 wrong usage.`,
		Example: `  unloop capture check crash.scap
  unloop capture check crash.scap -o json
  zcat crash.scap.gz | unloop capture check -`,
		ValidArgsFunction: completeCaptures(1),
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if err := oneFile(cmd, args); err != nil {
				return err
			}
			if err := checkOutput(cmd, o.output, "text", "json"); err != nil {
				return err
			}
			o.path = args[0]
			return o.run(cmd.Context())
		},
	}
	addOutput(cmd, &o.output, "text", "json")
	return cmd
}

func (o *captureCheckOptions) run(ctx context.Context) error {
	tr := state.New()
	r, err := openCapture(o.env, o.path)(tr)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	rep, err := capture.Check(ctx, r, tr)
	if err != nil {
		return err
	}
	if o.output == "json" {
		enc := json.NewEncoder(o.env.Out)
		enc.SetIndent("", "  ")
		err = enc.Encode(struct {
			File    string `json:"file"`
			Damaged bool   `json:"damaged"`
			*capture.Report
		}{o.path, rep.Damaged(), rep})
	} else {
		err = o.print(rep)
	}
	if err == nil && rep.Damaged() {
		return &failure{what: o.path + ": " + errDamaged.Error()}
	}
	return err
}

func (o *captureCheckOptions) print(r *capture.Report) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, report.Line(fmt.Sprintf(format, args...)))
	}
	wrapping := "plain"
	if r.Compression != "" {
		wrapping = r.Compression
		if r.Members > 1 {
			wrapping += ", " + count(uint64(r.Members), "member")
		}
	}
	line("file", "%s: format %s, %s, %s", o.path, r.Version, wrapping, count(uint64(max(r.Bytes, 0)), "byte"))
	if r.Sections > 1 {
		line("sections", "%d captures one behind the other", r.Sections)
	}
	line("events", "%s, %s of them for the state only", count(r.Events, "event"), count(r.Hidden, "event"))
	if r.LastNanos > 0 {
		first := time.Unix(0, int64(r.FirstNanos))
		line("time", "%s, %s long", first.UTC().Format("2006-01-02 15:04:05.000Z"), time.Duration(r.LastNanos-r.FirstNanos).Round(time.Millisecond))
	}
	line("machine", "%s: %s and %s at the beginning or met on the way", report.Line(r.Host), count(uint64(r.Threads), "thread"), count(uint64(r.Containers), "container"))
	for _, f := range r.Faults {
		line("damaged", "at byte %d: %s %s", f.Offset, f.Block, f.What)
	}
	if more := r.FaultCount - uint64(len(r.Faults)); more > 0 {
		line("damaged", "at %s more", count(more, "place"))
	}
	lost := func(n uint64, noun, why string) {
		if n > 0 {
			line("lost", "%s %s", count(n, noun), why)
		}
	}
	lost(r.BadEvents, "event", "with a wrong inside")
	lost(r.BadEntries, "entry", "of processes, descriptors or users")
	lost(uint64(max(r.LostBytes, 0)), "byte", "in which no block was found")
	if r.Truncated {
		line("lost", "what stood behind the end: the file is cut")
	}
	note := func(n uint64, noun, why string) {
		if n > 0 {
			line("note", "%s %s", count(n, noun), why)
		}
	}
	note(r.Drops, "drop event", "tell that the recorder lost events")
	note(r.Backwards, "event", "whose time lies before that of the event in front")
	note(r.Unmatched, "enter", "without the exit of the same call: libs from 0.21 on may stop there")
	note(r.WithoutEnter, "exit", "without an enter, so that the descriptor is not known")
	note(r.UnknownThreads, "event", "of threads that the capture did not introduce before")
	note(r.UnknownTypes, "event", "of a code that is not known")
	note(r.UnknownBlocks, "block", "of a type that is not known")
	note(r.BadParams, "event", "with a parameter of a wrong size")
	if r.Damaged() {
		line("result", "damaged")
	} else {
		line("result", "whole")
	}
	_, err := fmt.Fprint(o.env.Out, b.String())
	return err
}

package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/scap/state"
)

func newCapture(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "List, fetch and make captures; check, cut, merge, convert and redact them",
		Long: `capture works on .scap files as wholes: captures of unloop, Sysdig, Falco and
Stratoshark, plain or compressed. What it writes is read by sysdig 0.29.3 and all
later readers. An output file appears when it is complete, or not at all.

list, get and start reach the recorders of a cluster (unloop record), or a folder or
bucket that they write to.`,
		Example: `  unloop capture check crash.scap
  unloop capture cut crash.scap --from -5s -w last.scap
  unloop capture redact crash.scap -w share.scap.gz
  unloop capture list -n shop
  unloop capture start web-0 --for 30s -o web-0.scap.gz`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(newCaptureCheck(env), newCaptureConvert(env), newCaptureCut(env), newCaptureDump(env), newCaptureGet(env), newCaptureList(env), newCaptureMerge(env), newCaptureRedact(env), newCaptureStart(env))
	return cmd
}

// completeCaptures completes files that may be captures, up to a number of them.
func completeCaptures(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return []string{"scap", "gz", "zst", "lz4"}, cobra.ShellCompDirectiveFilterFileExt
	}
}

// oneFile checks that a command got one file.
func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return bad(cmd, "%s takes one file, got %d", cmd.Name(), len(args))
	}
	return nil
}

// eventFilter compiles --filter into a predicate; nil without one.
func eventFilter(env *Env, cmd *cobra.Command, text string) (func(*event.Event, *state.Tracker) bool, error) {
	if text == "" {
		return nil, nil
	}
	sess := &filter.Session{Location: time.Local}
	f, err := filter.Compile(text, sess)
	var at *filter.Error
	if errors.As(err, &at) {
		fmt.Fprintln(env.Err, report.Line(at.Error()))
		return nil, bad(cmd, "--filter: column %d: %s", at.Column(), at.Msg)
	}
	if err != nil {
		return nil, err
	}
	return func(ev *event.Event, tr *state.Tracker) bool {
		sess.State = tr
		sess.See(ev)
		return filter.Visible(ev) && f.Match(ev)
	}, nil
}

// addFilter adds --filter with the completion of its fields.
func addFilter(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "filter", "", "only events that match `EXPR`, in the language of sysdig and Falco")
	_ = cmd.RegisterFlagCompletionFunc("filter", func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) { // it fails for unknown flags only
		return completeFields(typed, ""), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// addShowCredentials adds the flag of commands that print what a capture holds.
func addShowCredentials(cmd *cobra.Command, into *bool) {
	cmd.Flags().BoolVar(into, "show-credentials", false, "leave in what looks like a credential")
}

// masker takes credentials out of events before they are printed; nil with raw.
func masker(raw bool) *capture.Masker {
	if raw {
		return nil
	}
	return &capture.Masker{Mask: report.Redact}
}

// cleaner makes a line fit for a terminal, with raw without looking for credentials.
func cleaner(raw bool) func(string) string {
	if raw {
		return report.RawLine
	}
	return report.Line
}

// count writes a number with its noun, thousands apart.
func count(n uint64, noun string) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n == 1 {
		return s + " " + noun
	}
	if strings.HasSuffix(noun, "y") {
		return s + " " + strings.TrimSuffix(noun, "y") + "ies"
	}
	return s + " " + noun + "s"
}

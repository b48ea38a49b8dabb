package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/capture"
)

type captureCutOptions struct {
	env      *Env
	cmd      *cobra.Command
	out      outFile
	path     string
	from, to string
	filter   string
}

func newCaptureCut(env *Env) *cobra.Command {
	o := &captureCutOptions{env: env}
	cmd := &cobra.Command{
		Use:   "cut FILE",
		Short: "Write a part of a capture, by time or by filter, as a capture of its own",
		Long: `cut writes the events of a time, or those that match a filter. The result is a whole
capture: its process list is the state at its first event, of the processes that act
in it and of their parents. With a filter, calls that change the state without matching
(opens, forks, connects) are written too, marked so that readers use them and do not
show them. Events are counted anew.`,
		Example: `  unloop capture cut big.scap --from -5s -w last.scap
  unloop capture cut big.scap --from 15:04:05 --to 15:04:10 -w part.scap.gz
  unloop capture cut big.scap --filter 'k8s.pod.name = web-1' -w web-1.scap`,
		ValidArgsFunction: completeCaptures(1),
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			return inSteps(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.from, "from", "", "begin at `TIME`: 2.5s from the start, -1s from the end, 15:04:05.2, or with a date")
	f.StringVar(&o.to, "to", "", "end at `TIME`")
	addFilter(cmd, &o.filter)
	o.out.add(cmd)
	return cmd
}

func (o *captureCutOptions) complete(args []string) error {
	if err := oneFile(o.cmd, args); err != nil {
		return err
	}
	o.path = args[0]
	return nil
}

func (o *captureCutOptions) validate() error {
	switch {
	case o.path == "-":
		return bad(o.cmd, "a capture is read twice to be cut: give a file, not standard input")
	case o.from == "" && o.to == "" && o.filter == "":
		return bad(o.cmd, "nothing says which part: give --from, --to or --filter")
	}
	return o.out.validate(o.cmd)
}

func (o *captureCutOptions) run(ctx context.Context) (err error) {
	match, err := eventFilter(o.env, o.cmd, o.filter)
	if err != nil {
		return err
	}
	p := startProgress(o.env, "cutting "+o.path)
	defer p.stop()
	src := openCapture(o.env, o.path)
	opt := capture.CutOptions{Match: match}
	if o.from != "" || o.to != "" {
		first, last, err := timesOf(ctx, src)
		if err != nil {
			return err
		}
		for _, end := range []struct {
			flag, text string
			to         *uint64
		}{{"--from", o.from, &opt.From}, {"--to", o.to, &opt.To}} {
			if end.text == "" {
				continue
			}
			t, ok := parseMoment(end.text, first, last)
			if !ok {
				return bad(o.cmd, "%s %q: want a duration such as 2.5s or -1s, or a time such as 15:04:05.2 or 2006-01-02T15:04:05Z", end.flag, end.text)
			}
			*end.to = t
		}
		if opt.To != 0 && opt.To < opt.From {
			return bad(o.cmd, "--to %s lies before --from %s", o.to, o.from)
		}
	}
	defer func() { err = o.out.finish(err) }()
	res, err := capture.Cut(ctx, src, o.out.target(), opt)
	if err != nil {
		return emptyPart(err, "no event of "+o.path+" lies in that part")
	}
	p.stop()
	fmt.Fprintf(o.env.Err, "unloop: %s: %s, %s for the state only, %s in the process list\n", o.out.path, count(res.Shown, "event"), count(res.Hidden, "event"), count(uint64(res.Threads), "thread"))
	if res.Left > 0 {
		fmt.Fprintf(o.env.Err, "unloop: %s could not be written and were left out\n", count(res.Left, "event"))
	}
	return nil
}

// timesOf finds the times of the first and the last call of a capture.
func timesOf(ctx context.Context, src capture.Source) (first, last uint64, err error) {
	r, err := src(nil)
	if err != nil {
		return 0, 0, err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	var ev event.Event
	for n := 1; ; n++ {
		if n%(1<<16) == 0 && ctx.Err() != nil {
			return 0, 0, context.Cause(ctx)
		}
		if err := r.Next(&ev); err == io.EOF {
			return first, last, nil
		} else if err != nil {
			return 0, 0, err
		}
		if ev.Kind == nil || ev.Kind.Flags&event.HasExit == 0 {
			continue
		}
		if first == 0 {
			first = ev.TsNanos
		}
		last = max(last, ev.TsNanos)
	}
}

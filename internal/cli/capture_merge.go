package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/internal/report"
)

type captureMergeOptions struct {
	env   *Env
	cmd   *cobra.Command
	out   outFile
	paths []string
	same  bool
}

func newCaptureMerge(env *Env) *cobra.Command {
	o := &captureMergeOptions{env: env}
	cmd := &cobra.Command{
		Use:   "merge FILE FILE...",
		Short: "Put several captures together in the order of their times",
		Long: `merge writes the events of several captures in the order of their times. Captures of
one machine, as their host name and boot time tell, keep their process numbers. To
those of a second machine 8388608 is added, to those of a third twice that, and so on,
which is more than Linux counts processes; numbers inside of containers stay.`,
		Example: `  unloop capture merge node-1.scap node-2.scap -w both.scap
  unloop capture merge part-1.scap part-2.scap --same-host -w whole.scap.gz`,
		ValidArgsFunction: completeCaptures(0),
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd, o.paths = cmd, args
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.same, "same-host", false, "take all captures for ones of the same machine")
	o.out.add(cmd)
	return cmd
}

// maxMerged bounds how many files are open at once.
const maxMerged = 256

func (o *captureMergeOptions) validate() error {
	stdin := 0
	for _, p := range o.paths {
		if p == "-" {
			stdin++
		}
	}
	switch {
	case len(o.paths) < 2:
		return bad(o.cmd, "merge takes two files at least, got %d", len(o.paths))
	case len(o.paths) > maxMerged:
		return bad(o.cmd, "merge takes %d files at most, got %d", maxMerged, len(o.paths))
	case stdin > 1:
		return bad(o.cmd, "standard input can be read once only")
	}
	return o.out.validate(o.cmd)
}

func (o *captureMergeOptions) run(ctx context.Context) (err error) {
	var sources []capture.Source
	for _, p := range o.paths {
		sources = append(sources, openCapture(o.env, p))
	}
	p := startProgress(o.env, "merging "+plural(len(o.paths), "capture"))
	defer p.stop()
	defer func() { err = o.out.finish(err) }()
	res, err := capture.Merge(ctx, sources, o.out.target(), capture.MergeOptions{SameHost: o.same})
	if err != nil {
		return emptyPart(err, "the captures hold no event")
	}
	p.stop()
	fmt.Fprintf(o.env.Err, "unloop: %s: %s\n", o.out.path, count(res.Events, "event"))
	for i, shift := range res.Shift {
		if shift > 0 {
			fmt.Fprintf(o.env.Err, "unloop: process numbers of %s (machine %s) are %d higher\n", report.Line(o.paths[i]), report.Line(res.Hosts[i]), shift)
		}
	}
	if res.Left > 0 {
		fmt.Fprintf(o.env.Err, "unloop: %s could not be written and were left out\n", count(res.Left, "event"))
	}
	return nil
}

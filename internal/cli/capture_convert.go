package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/scap/state"
)

type captureConvertOptions struct {
	env    *Env
	cmd    *cobra.Command
	out    outFile
	path   string
	form   string
	filter string
	raw    bool
}

var captureForms = []string{string(capture.JSONLines), string(capture.Strace)}

func newCaptureConvert(env *Env) *cobra.Command {
	o := &captureConvertOptions{env: env}
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Write the events of a capture as JSON lines or as strace does",
		Long: `convert writes the events of a capture as text: "json" is one object an event, with
its process, container, result and arguments; "strace" is one line a call, as
strace -f -tt -T prints them. Without -w the text goes to standard output. What
looks like a credential is replaced, as everywhere, unless --show-credentials asks for
it. Texts are as the capture holds them otherwise, but for what would upset a terminal.`,
		Example: `  unloop capture convert crash.scap --to strace
  unloop capture convert crash.scap --to json --filter 'evt.failed = true' | jq .args.name
  unloop capture convert crash.scap --to json -w crash.jsonl`,
		ValidArgsFunction: completeCaptures(1),
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if err := oneFile(cmd, args); err != nil {
				return err
			}
			if !slices.Contains(captureForms, o.form) {
				return bad(cmd, "--to %q: want json or strace", o.form)
			}
			o.path = args[0]
			if o.out.path != "" {
				if err := o.out.validate(cmd); err != nil {
					return err
				}
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.form, "to", captureForms[0], "the `FORM`: json or strace")
	_ = cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions(captureForms, cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags only
	f.StringVarP(&o.out.path, "write", "w", "", "write to `FILE`, which appears when it is complete")
	f.BoolVar(&o.out.force, "force", false, "replace a file that is there")
	addFilter(cmd, &o.filter)
	addShowCredentials(cmd, &o.raw)
	return cmd
}

func (o *captureConvertOptions) run(ctx context.Context) (err error) {
	match, err := eventFilter(o.env, o.cmd, o.filter)
	if err != nil {
		return err
	}
	tr := state.New()
	r, err := openCapture(o.env, o.path)(tr)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read: closing loses nothing
	w := o.env.Out
	if o.out.path != "" {
		if w, err = o.out.create(); err != nil {
			return err
		}
		defer func() { err = o.out.finish(err) }()
	}
	_, err = capture.Convert(ctx, r, tr, w, capture.ConvertOptions{Form: capture.Form(o.form), Match: match, Masker: masker(o.raw), Clean: cleaner(o.raw)})
	return err
}

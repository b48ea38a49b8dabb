package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/internal/report"
)

type captureRedactOptions struct {
	env   *Env
	cmd   *cobra.Command
	out   outFile
	path  string
	keep  []string
	args  bool
	paths bool
}

var keepable = []string{"env", "payloads", "secrets"}

func newCaptureRedact(env *Env) *cobra.Command {
	o := &captureRedactOptions{env: env}
	cmd := &cobra.Command{
		Use:   "redact FILE",
		Short: "Copy a capture without what must not be shared",
		Long: `redact copies a capture without the environments of programs, without the bytes that
were read and written, and without what looks like a credential in command lines and
container descriptions. --args takes all arguments out, --paths the names in paths that
are not the system's own; the same name becomes the same word, so that the story can
still be followed.

What remains is said at the end. Look at the result before you share it:
a credential in a form that nobody knows is not recognised.`,
		Example: `  unloop capture redact crash.scap -w share.scap.gz
  unloop capture redact crash.scap --args --paths -w share.scap.gz
  unloop capture redact crash.scap --keep payloads -w share.scap.gz`,
		ValidArgsFunction: completeCaptures(1),
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			return inSteps(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.keep, "keep", nil, "leave `KINDS` in: env, payloads, secrets")
	_ = cmd.RegisterFlagCompletionFunc("keep", cobra.FixedCompletions(keepable, cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags only
	f.BoolVar(&o.args, "args", false, "take out all arguments of programs")
	f.BoolVar(&o.paths, "paths", false, "take out names in paths, but for those of the system")
	o.out.add(cmd)
	return cmd
}

func (o *captureRedactOptions) complete(args []string) error {
	if err := oneFile(o.cmd, args); err != nil {
		return err
	}
	o.path = args[0]
	return nil
}

func (o *captureRedactOptions) validate() error {
	for _, k := range o.keep {
		if !slices.Contains(keepable, k) {
			return bad(o.cmd, "--keep %q: want env, payloads or secrets", k)
		}
	}
	return o.out.validate(o.cmd)
}

func (o *captureRedactOptions) run(ctx context.Context) (err error) {
	keeps := func(kind string) bool { return slices.Contains(o.keep, kind) }
	salt := make([]byte, 32)
	_, _ = rand.Read(salt) // it never fails
	p := startProgress(o.env, "redacting "+o.path)
	defer p.stop()
	defer func() { err = o.out.finish(err) }()
	opt := capture.RedactOptions{
		KeepEnv: keeps("env"), KeepPayloads: keeps("payloads"), KeepSecrets: keeps("secrets"),
		Args: o.args, Paths: o.paths, Mask: report.Redact, Salt: salt,
	}
	res, err := capture.Redact(ctx, openCapture(o.env, o.path), o.out.target(), opt)
	if err != nil {
		return emptyPart(err, o.path+" holds no event")
	}
	p.stop()
	fmt.Fprintf(o.env.Err, "unloop: %s: %s\n", o.out.path, count(res.Events, "event"))
	fmt.Fprintf(o.env.Err, "unloop: taken out: %s, %s, %s, %s, %s, %s\n", count(res.Env, "environment"), count(res.Payloads, "payload"),
		count(res.Args, "argument list"), count(res.Secrets, "credential"), count(res.Paths, "path"), count(res.Dropped, "unknown event"))
	fmt.Fprintf(o.env.Err, "unloop: still in it: %s\n", strings.Join(remains(opt), ", "))
	return nil
}

// remains lists what somebody who gets the file can still read in it.
func remains(o capture.RedactOptions) []string {
	out := []string{"names and numbers of processes", "users", "network addresses", "names, images and labels of containers and pods", "times and results of calls"}
	if !o.Args {
		out = append(out, "command lines")
	}
	if o.Paths {
		out = append(out, "paths of the system, and the first directory and the ending of others")
	} else {
		out = append(out, "paths")
	}
	if o.KeepEnv {
		out = append(out, "environments")
	}
	if o.KeepPayloads {
		out = append(out, "what was read and written")
	}
	if o.KeepSecrets {
		out = append(out, "credentials in command lines")
	}
	return out
}

package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/capture"
	"github.com/unloop-dev/unloop/scap"
)

type captureDumpOptions struct {
	env      *Env
	path     string
	from, to uint64
	bytes    int
	raw      bool
}

func newCaptureDump(env *Env) *cobra.Command {
	o := &captureDumpOptions{env: env}
	cmd := &cobra.Command{
		Use:   "dump FILE",
		Short: "Print the blocks of a capture with their fields",
		Long: `dump prints each block of a capture: its offset after unpacking, its type, its
length, and what each field holds. It is for people who write readers and writers. What
looks like a credential is replaced unless --show-credentials asks for it.`,
		Example: `  unloop capture dump crash.scap | less
  unloop capture dump crash.scap --from-event 18000 --to-event 18020`,
		ValidArgsFunction: completeCaptures(1),
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneFile(cmd, args); err != nil {
				return err
			}
			if o.to > 0 && o.to < o.from {
				return bad(cmd, "--to-event %d lies before --from-event %d", o.to, o.from)
			}
			o.path = args[0]
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&o.from, "from-event", 0, "begin at the event block `N`, counted from 1, and leave metadata out")
	f.Uint64Var(&o.to, "to-event", 0, "end at the event block `N`")
	f.IntVar(&o.bytes, "bytes", 64, "show `N` bytes of texts and buffers")
	addShowCredentials(cmd, &o.raw)
	return cmd
}

func (o *captureDumpOptions) run(ctx context.Context) error {
	in := o.env.In
	if o.path != "-" {
		f, err := os.Open(o.path)
		if err != nil {
			return notCapture(o.path, err)
		}
		defer f.Close()
		in = f
	}
	err := capture.Dump(ctx, in, &cleanWriter{w: o.env.Out, clean: cleaner(o.raw)}, capture.DumpOptions{From: o.from, To: o.to, Bytes: o.bytes, Masker: masker(o.raw)})
	var format *scap.FormatError
	if errors.As(err, &format) {
		return &failure{what: "the chain of blocks breaks", err: err, hint: "unloop capture check " + o.path}
	}
	return err
}

// cleanWriter makes whole lines harmless for a terminal. Texts in a dump are quoted
// already; this is the second wall.
type cleanWriter struct {
	w     io.Writer
	clean func(string) string
	rest  []byte
}

func (c *cleanWriter) Write(b []byte) (int, error) {
	c.rest = append(c.rest, b...)
	end := strings.LastIndexByte(string(c.rest), '\n')
	if end < 0 {
		return len(b), nil
	}
	var out strings.Builder
	for line := range strings.Lines(string(c.rest[:end+1])) {
		text := strings.TrimLeft(line, " ")
		out.WriteString(line[:len(line)-len(text)])
		out.WriteString(c.clean(strings.TrimSuffix(text, "\n")))
		out.WriteByte('\n')
	}
	c.rest = append(c.rest[:0], c.rest[end+1:]...)
	_, err := io.WriteString(c.w, out.String())
	return len(b), err
}

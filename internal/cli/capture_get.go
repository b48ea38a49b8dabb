package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/fleet"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/shelf"
)

// addFile adds -o FILE, which the other capture commands call -w: both work.
func (o *outFile) addFile(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.path, "output", "o", "", "write the capture to `FILE`")
	f.StringVarP(&o.path, "write", "w", "", "the same as -o")
	f.BoolVar(&o.force, "force", false, "replace a file that is there")
}

type captureGetOptions struct {
	env  *Env
	cmd  *cobra.Command
	from captureFlags
	name string
	out  outFile
}

func newCaptureGet(env *Env) *cobra.Command {
	o := &captureGetOptions{env: env, from: captureFlags{cluster: kube.NewFlags()}}
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Fetch a capture that a recorder has made",
		Long: `get fetches a capture by the name that list shows, from a folder or bucket or from the
recorders of the cluster. The cluster decides who may: "get pods" and "get pods/log" in
the pod's namespace. Recorders get your token to see whose it is, except where you may
"create serviceaccounts/token" there.`,
		Example: `  unloop capture get shop/20260314T030800.123456789Z_web-0_app_death_1f3c9a-7ab2dq.scap.gz -o crash.scap.gz
  unloop capture get "$(unloop capture list web-0 -n shop -o name | head -1)" -o crash.scap.gz`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if len(args) != 1 {
				return bad(cmd, "get takes one name, got %d", len(args))
			}
			o.name = args[0]
			return o.run(cmd.Context())
		},
	}
	o.from.add(cmd.Flags())
	o.out.addFile(cmd)
	addClusterFlags(cmd.Flags(), o.from.cluster)
	return cmd
}

func (o *captureGetOptions) run(ctx context.Context) error {
	e, ok := catalog.Parse(o.name)
	if !ok {
		return &usageError{fmt.Sprintf("%q is no name of a capture: want NAMESPACE/FILE as list shows it", o.name), "unloop capture list -A -o name"}
	}
	if err := o.out.validate(o.cmd); err != nil {
		return err
	}
	src, err := o.from.open(ctx)
	if err != nil {
		return err
	}
	defer src.close()
	n, err := save(ctx, src, e, &o.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.env.Err, "unloop: %s: %s\n", o.out.path, size(n))
	return nil
}

// save fetches a capture into a file that appears when it is complete.
func save(ctx context.Context, src captures, e catalog.Entry, out *outFile) (n int64, err error) {
	r, want, err := src.get(ctx, e)
	switch {
	case errors.Is(err, shelf.ErrNotFound), errors.Is(err, fleet.ErrNotFound):
		return 0, &failure{what: "there is no capture " + e.Name, hint: "unloop capture list -A -o name"}
	case err != nil:
		return 0, err
	}
	defer r.Close()
	defer func() { err = out.finish(err) }()
	w, err := out.create()
	if err != nil {
		return 0, err
	}
	if want < 0 && e.Bytes > 0 {
		want = e.Bytes
	}
	var from io.Reader = r
	if want >= 0 {
		from = io.LimitReader(r, want+1) // whatever the other side sends
	}
	n, err = io.Copy(w, from)
	switch {
	case err != nil || want < 0 || n == want:
	case n > want:
		err = &failure{what: fmt.Sprintf("%s is longer than the %d bytes that were told", e.Name, want), hint: "unloop capture list -A -o json"}
	default:
		err = &failure{what: fmt.Sprintf("%s broke off after %d of %d bytes", e.Name, n, want), hint: "unloop capture get " + e.Name + " -o " + out.path}
	}
	return n, err
}

type captureStartOptions struct {
	env       *Env
	cmd       *cobra.Command
	from      captureFlags
	pod       string
	container string
	during    time.Duration
	out       outFile
}

func newCaptureStart(env *Env) *cobra.Command {
	o := &captureStartOptions{env: env, from: captureFlags{cluster: kube.NewFlags()}}
	cmd := &cobra.Command{
		Use:   "start POD",
		Short: "Record a container that runs, for a time",
		Long: `start asks the recorder of the pod's node for a capture: what it has kept of the
container until now, and what comes within a time. The cluster decides who may:
"get pods" and "create pods/exec" in the pod's namespace. The recorder gets your token to
see whose it is. The capture also stays with the recorder.`,
		Example: `  unloop capture start web-0 -n shop --for 30s -o web-0.scap.gz
  unloop capture start web-0 -c app -o now.scap.gz`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if len(args) != 1 || args[0] == "" {
				return bad(cmd, "start takes one pod, got %d", len(args))
			}
			o.pod = args[0]
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.during, "for", 0, "record for this `TIME` from now on, too")
	f.StringVarP(&o.container, "container", "c", "", "the `CONTAINER`, where the pod has several")
	o.from.addRecorders(f)
	o.out.addFile(cmd)
	addClusterFlags(f, o.from.cluster)
	return cmd
}

func (o *captureStartOptions) run(ctx context.Context) error {
	if o.during < 0 || o.during > catalog.MaxDuring {
		return bad(o.cmd, "--for %v: want a duration up to %v", o.during, catalog.MaxDuring)
	}
	if o.out.path != "" {
		if err := o.out.validate(o.cmd); err != nil {
			return err
		}
	}
	ns, err := o.from.cluster.Namespace()
	if err != nil {
		return err
	}
	src, err := o.from.openFleet(ctx)
	if err != nil {
		return err
	}
	defer src.close()
	node, err := src.f.NodeOf(ctx, ns, o.pod)
	if err != nil {
		return remote(err)
	}
	if node == "" {
		return &failure{what: fmt.Sprintf("pod %q runs on no node yet", o.pod), hint: "unloop diagnose " + o.pod + " -n " + ns}
	}
	p := startProgress(o.env, fmt.Sprintf("recording on node %s for %v", node, o.during))
	e, err := src.f.Start(ctx, catalog.StartRequest{Namespace: ns, Pod: o.pod, Container: o.container, For: o.during.String()}, node)
	p.stop()
	if err != nil {
		return remote(err)
	}
	fmt.Fprintln(o.env.Out, e.Name)
	if o.out.path == "" {
		return nil
	}
	n, err := save(ctx, src, e, &o.out)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.env.Err, "unloop: %s: %s, %s\n", o.out.path, count(e.Events, "event"), size(n))
	return nil
}

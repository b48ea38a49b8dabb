package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/run"
)

type runOptions struct {
	env *Env
	cmd *cobra.Command

	restart     string
	output      string
	quiet       bool
	view        string
	name        string
	dir         string
	vars        []string
	memory, cpu string
	pids        int64
	probes      map[run.ProbeKind]*string
	grace       time.Duration
	backoff     time.Duration
	maxBackoff  time.Duration
	maxRestarts int
	file        string
	container   string
	record      string
	captures    string
	keep        int

	// Made by complete.
	cfg      run.Config
	manifest *run.Manifest
}

var (
	runFormats = []string{"text", "json"}
	runViews   = []string{"auto", "line", "panel", "off"}
)

// exitStatus is a status of a command that was run, not of unloop's own work.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func newRun(env *Env) *cobra.Command {
	o := &runOptions{env: env, probes: map[run.ProbeKind]*string{run.Liveness: new(string), run.Readiness: new(string), run.Startup: new(string)}}
	cmd := &cobra.Command{
		Use:   "run [-f POD.yaml] -- COMMAND [ARG]...",
		Short: "Run a command as a kubelet would, record it, and explain its ends",
		Long: `run runs one command on this machine, without a cluster, under a kubelet's rules:
restart policy with its back-off, limits of memory, processor and processes, and
liveness, readiness and startup probes. It records the last system calls, and on each
bad end says why, on standard error, and keeps the recording as a capture.

Rules come from flags, or from a pod or workload with -f; flags win. Probes are given as
http://:8080/healthz, https://..., tcp://:5432, grpc://:9000/SERVICE or exec:COMMAND, and
behind commas delay=5s, period=10s, timeout=1s, failures=3, successes=1, grace=30s.

The command keeps standard input, output and error and the terminal, and gets the
signals. SIGINT, SIGTERM and SIGQUIT, and Ctrl-C at the terminal, end it whatever the
policy. As root, or with CAP_BPF and CAP_PERFMON, eBPF records all calls; else ptrace
records those that tell most. With -o json the diagnoses go to standard output at the
end, and what the command writes there goes to standard error.

Exit status: that of the command's last life, 128 and the number for a signal, 127 not
found, 126 not executable, 2 wrong usage.`,
		Example: `  unloop run -- ./server --port 8080
  unloop run --restart OnFailure --memory 256Mi -- ./worker
  unloop run --restart Always --max-backoff 5s -- python3 app.py
  unloop run --liveness http://:8080/healthz,period=2s -- ./server
  unloop run --startup 'exec:test -e /tmp/up' -- ./slow-start
  unloop run -f deployment.yaml -c app -- ./server   the rules of a manifest
  unloop run -o json -- make test 2>/dev/null | jq '.items[].findings[0]'`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			return inSteps(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.SetInterspersed(false) // what follows the command is the command's
	f.StringVar(&o.restart, "restart", string(run.Never), "start it again: `POLICY` is Never, OnFailure or Always; with -f that of the manifest")
	f.DurationVar(&o.backoff, "backoff", 0, "the first wait between restarts, `TIME` such as 1s; a kubelet's is 10s")
	f.DurationVar(&o.maxBackoff, "max-backoff", 0, "the longest wait between restarts; a kubelet's is 5m0s")
	f.IntVar(&o.maxRestarts, "max-restarts", -1, "end after `N` restarts; -1 is without bound")
	f.StringVar(&o.memory, "memory", "", "most memory, `SIZE` such as 64Mi")
	f.StringVar(&o.cpu, "cpu", "", "most processor time, `AMOUNT` such as 500m or 2")
	f.Int64Var(&o.pids, "pids", 0, "most processes and threads, `N`")
	f.StringVar(o.probes[run.Liveness], "liveness", "", "kill it when `PROBE` fails")
	f.StringVar(o.probes[run.Readiness], "readiness", "", "show whether `PROBE` passes")
	f.StringVar(o.probes[run.Startup], "startup", "", "hold the other probes back until `PROBE` passes")
	f.DurationVar(&o.grace, "grace", 0, "`TIME` from SIGTERM to SIGKILL after a failed probe; a kubelet's is 30s")
	f.StringVarP(&o.file, "filename", "f", "", "take the rules from the pod or workload in `FILE`, - for standard input")
	f.StringVarP(&o.container, "container", "c", "", "with -f: the container `NAME`")
	f.StringArrayVarP(&o.vars, "env", "e", nil, "set `NAME=VALUE` for the command; may be repeated")
	f.StringVarP(&o.dir, "workdir", "w", "", "run it in the folder `DIR`")
	f.StringVar(&o.name, "name", "", "what reports and captures call it; the program's name without")
	f.StringVar(&o.record, "record", string(run.RecordAuto), "record with `METHOD`: "+strings.Join(run.Methods, ", "))
	f.StringVar(&o.captures, "captures", "", "keep captures in the folder `DIR`, none with \"\"; $XDG_STATE_HOME/unloop/captures by default")
	f.IntVar(&o.keep, "keep", 20, "keep the newest `N` captures of a command of this name; 0 keeps all")
	f.StringVar(&o.view, "view", "auto", "on a terminal, show the state as `VIEW`: "+strings.Join(runViews, ", "))
	f.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing but the diagnosis of each end")
	addOutput(cmd, &o.output, runFormats...)
	for flag, values := range map[string][]string{"restart": run.Policies, "record": run.Methods, "view": runViews} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags only
	}
	for _, flag := range []string{"liveness", "readiness", "startup"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions([]string{"http://:", "https://:", "tcp://:", "grpc://:", "exec:"}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)) // as above
	}
	_ = cmd.MarkFlagDirname("captures")                         // as above
	_ = cmd.MarkFlagDirname("workdir")                          // as above
	_ = cmd.MarkFlagFilename("filename", "yaml", "yml", "json") // as above
	return cmd
}

// completeCommand lets the shell complete files: what follows is a command line of its own.
func completeCommand(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

// complete reads what stands on the command line, and the manifest.
func (o *runOptions) complete(args []string) error {
	c := &o.cfg
	c.Argv, c.Dir, c.Env = args, o.dir, os.Environ()
	c.Restart, c.Record = run.Policy(o.restart), run.Method(o.record)
	if o.file != "" {
		if err := o.readManifest(); err != nil {
			return err
		}
		o.takeManifest()
	}
	c.Env = append(c.Env, o.vars...)
	c.Backoff, c.MaxBackoff, c.MaxRestarts, c.Keep = o.backoff, o.maxBackoff, o.maxRestarts, o.keep
	if o.grace > 0 {
		c.Grace = o.grace
	}
	if err := o.limits(); err != nil {
		return err
	}
	for _, kind := range []run.ProbeKind{run.Startup, run.Liveness, run.Readiness} {
		text := *o.probes[kind]
		if text == "" {
			continue
		}
		p, err := run.ParseProbe(kind, text)
		if err != nil {
			return bad(o.cmd, "--%s: %v", kind, err)
		}
		c.Probes = slices.DeleteFunc(c.Probes, func(x run.Probe) bool { return x.Kind == kind })
		c.Probes = append(c.Probes, p)
	}
	c.Captures = o.captures
	if !o.cmd.Flags().Changed("captures") {
		c.Captures = o.env.captures()
	}
	if len(c.Argv) > 0 {
		c.Name = cmp.Or(o.name, filepath.Base(c.Argv[0]))
	}
	c.Program = o.env.name()
	return nil
}

// captures is the folder for captures where no flag names one; "" where there is no home.
func (env *Env) captures() string {
	state := env.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the XDG base directory specification has relative ones ignored
		home := env.Getenv("HOME")
		if home == "" {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "unloop", "captures")
}

func (o *runOptions) readManifest() error {
	name, in := o.file, o.env.In
	if name == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(o.file)
		if err != nil {
			return &failure{what: "manifest " + o.file, err: plainError(err)}
		}
		defer f.Close()
		in = f
	}
	const most = 8 << 20 // ReadManifest takes less and says so
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return &failure{what: "manifest " + name, err: plainError(err)}
	}
	if o.manifest, err = run.ReadManifest(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), o.container); err != nil {
		return &failure{what: "manifest " + name, err: err}
	}
	return nil
}

// plainError leaves the name of the call and the path out.
func plainError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// takeManifest takes over what no flag says.
func (o *runOptions) takeManifest() {
	c, m := &o.cfg, o.manifest
	if len(c.Argv) == 0 {
		c.Argv = m.Argv
	} else if len(c.Argv) == 1 && len(m.Args) > 0 {
		c.Argv = append(c.Argv, m.Args...) // as an image's command gets them
	}
	c.Dir = cmp.Or(c.Dir, m.Dir)
	c.Env = append(c.Env, m.Env...)
	if !o.cmd.Flags().Changed("restart") {
		c.Restart = m.Restart
	}
	c.Limits, c.Grace = m.Limits, m.Grace
	c.Probes = append(c.Probes, m.Probes...)
	o.name = cmp.Or(o.name, m.Container)
}

// limits reads the amounts.
func (o *runOptions) limits() error {
	for _, x := range []struct {
		flag, text string
		into       *int64
		milli      bool
	}{{"memory", o.memory, &o.cfg.Limits.MemoryBytes, false}, {"cpu", o.cpu, &o.cfg.Limits.MilliCPU, true}} {
		if x.text == "" {
			continue
		}
		q, err := resource.ParseQuantity(x.text)
		if err != nil || q.Sign() <= 0 {
			return bad(o.cmd, "--%s %q: want an amount such as %s", x.flag, x.text, map[string]string{"memory": "64Mi", "cpu": "500m"}[x.flag])
		}
		*x.into = q.Value()
		if x.milli {
			*x.into = q.MilliValue()
		}
	}
	if o.cmd.Flags().Changed("pids") {
		o.cfg.Limits.Pids = o.pids
	}
	return nil
}

// validate checks what cannot go together.
func (o *runOptions) validate() error {
	if err := checkOutput(o.cmd, o.output, runFormats...); err != nil {
		return err
	}
	switch {
	case !slices.Contains(run.Policies, string(o.cfg.Restart)):
		return bad(o.cmd, "unknown restart policy %q: want %s", o.restart, strings.Join(run.Policies, ", "))
	case !slices.Contains(run.Methods, o.record):
		return bad(o.cmd, "unknown method of recording %q: want %s", o.record, strings.Join(run.Methods, ", "))
	case !slices.Contains(runViews, o.view):
		return bad(o.cmd, "unknown view %q: want %s", o.view, strings.Join(runViews, ", "))
	case o.backoff < 0 || o.maxBackoff < 0 || o.grace < 0:
		return bad(o.cmd, "a time cannot be negative")
	case o.pids < 0:
		return bad(o.cmd, "--pids %d: want a number from 1", o.pids)
	case o.keep < 0:
		return bad(o.cmd, "--keep %d: want 0 or more", o.keep)
	case o.container != "" && o.file == "":
		return bad(o.cmd, "-c chooses a container of a manifest: give one with -f")
	case len(o.cfg.Argv) == 0 && o.manifest != nil:
		return &usageError{fmt.Sprintf("container %q has no command in %s: that of its image is not known here", o.manifest.Container, o.file), o.cmd.CommandPath() + " -f " + o.file + " -- COMMAND"}
	case len(o.cfg.Argv) == 0:
		return &usageError{"no command to run", o.cmd.CommandPath() + " -- COMMAND"}
	case o.cfg.Argv[0] == "":
		return bad(o.cmd, "the command's name is empty")
	}
	for _, v := range o.vars {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return bad(o.cmd, "-e %q: want NAME=VALUE", v)
		}
	}
	return nil
}

func (o *runOptions) run(ctx context.Context) error {
	if o.env.Run == nil {
		return &failure{what: "commands cannot be run here"}
	}
	c := &o.cfg
	c.In, c.Out, c.Err = file(o.env.In), file(o.env.Out), file(o.env.Err)
	if o.output == "json" {
		c.Out = c.Err
	}
	v := newRunView(o)
	c.Observer = v
	if o.manifest != nil && len(o.manifest.Left) > 0 {
		v.Note("not taken from " + o.file + ": " + strings.Join(o.manifest.Left, ", "))
	}
	// Signals go to the command; the first one ends what waits for nothing else.
	res, err := o.env.Run(context.WithoutCancel(ctx), *c)
	v.close()
	if err != nil {
		return &failure{what: "running " + c.Name, err: err}
	}
	if o.output == "json" {
		if err := o.printJSON(res); err != nil {
			return err
		}
	}
	return exitStatus(res.ExitStatus)
}

// file is the file behind a stream; nil where there is none.
func file(stream any) *os.File {
	f, _ := stream.(*os.File)
	return f
}

// printJSON prints all ends, oldest first.
func (o *runOptions) printJSON(res *run.Result) error {
	list := unloop.DiagnosisList{APIVersion: unloop.APIVersion, Kind: unloop.ListKind, Items: []unloop.Diagnosis{}}
	for _, d := range res.Deaths {
		list.Items = append(list.Items, d.Diagnosis)
	}
	if res.LeftOut > 0 {
		list.Skipped = append(list.Skipped, plural(res.LeftOut, "earlier end"))
	}
	return report.JSON(o.env.Out, list)
}

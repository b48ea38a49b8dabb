// Package cli is the command line: it reads flags, joins the collectors with the
// diagnosis and the report, and turns the outcome into an exit status.
//
// One file per command, each with its options, complete (fills in what the
// environment knows), validate (pure) and run. Whatever a command needs of the
// world comes in Env. The package holds no knowledge about Kubernetes failures
// (internal/diagnose) and none about how an answer looks (internal/report).
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/run"
)

// Exit statuses.
const (
	exitFine     = 0
	exitFailed   = 1 // the work could not be done
	exitUsage    = 2 // the command line is wrong
	exitFindings = 3 // something is wrong with what was looked at
)

// steps are the parts of a command in their order.
type steps interface {
	complete(args []string) error
	validate() error
	run(ctx context.Context) error
}

// inSteps runs a command part by part, to the first error.
func inSteps(ctx context.Context, o steps, args []string) error {
	if err := o.complete(args); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	return o.run(ctx)
}

// Env is what a command may know and touch of the world.
type Env struct {
	// Program is the name the program was called by (argv[0]).
	Program  string
	In       io.Reader
	Out, Err io.Writer
	// InTerminal, OutTerminal and ErrTerminal tell which of the three a person sees.
	InTerminal, OutTerminal, ErrTerminal bool
	// Width is the number of columns of the terminal; 0 where there is none.
	Width  int
	Getenv func(string) string
	Now    func() time.Time
	// Windows: the console takes Unicode whatever the locale says.
	Windows bool
	// Read collects from files, folders and, for "-", from In.
	Read func(ctx context.Context, paths []string, stdin io.Reader, o collect.Options) (*facts.Snapshot, error)
	// Live collects from a cluster.
	Live func(context.Context, kube.Config) (*facts.Snapshot, error)
	// Run runs a command; nil where that is not possible.
	Run run.Func
}

// usageError is a command line that cannot be carried out.
type usageError struct{ what, hint string }

func (e *usageError) Error() string { return e.what }
func (e *usageError) Hint() string  { return e.hint }

// failure is work that could not be done, with a command that brings the user on.
type failure struct {
	what, hint string
	err        error
}

func (e *failure) Error() string {
	if e.err == nil {
		return e.what
	}
	return e.what + ": " + e.err.Error()
}
func (e *failure) Hint() string  { return e.hint }
func (e *failure) Unwrap() error { return e.err }

// errFindings is no failure: the answer is printed, and something is wrong.
var errFindings = errors.New("findings")

// Main runs one command line and returns the exit status.
func Main(ctx context.Context, env Env, args []string) int {
	root := newRoot(&env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var status exitStatus
	switch {
	case errors.As(err, &status):
		return int(status)
	case err == nil:
		return exitFine
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, syscall.EPIPE):
		return exitFailed // who read the output has gone and hears nothing any more
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(env.Err, "unloop: interrupted")
		return exitFailed
	}
	env.complain(err)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// complain writes an error and its hint, one line each.
func (env *Env) complain(err error) {
	fmt.Fprintln(env.Err, "unloop: "+report.Line(err.Error()))
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		fmt.Fprintln(env.Err, "hint: "+report.Line(env.called(hinted.Hint())))
	}
}

// called writes a hint's command the way the user calls the program.
func (env *Env) called(command string) string {
	if rest, ok := strings.CutPrefix(command, "unloop "); ok {
		return env.name() + " " + rest
	}
	return command
}

// name is what the user types: "unloop", or "kubectl unloop" for the plugin.
func (env *Env) name() string {
	base := strings.TrimSuffix(filepath.Base(filepath.ToSlash(env.Program)), ".exe")
	if strings.HasPrefix(base, "kubectl-") {
		return "kubectl unloop"
	}
	return "unloop"
}

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "unloop",
		Short: "Find out why a pod crashes",
		Long: `unloop finds out why a Kubernetes pod crashes: it names the root cause as a
chain of whys, shows the evidence, and says what fixes it.`,
		Example: `  unloop diagnose                          every unhealthy pod of the namespace
  unloop diagnose web-7d9c5b8f6c-x2x9k     one pod
  unloop diagnose deployment/web -n shop   the pods of a workload
  kubectl describe pod web | unloop diagnose -f -
  unloop explain 137                       what an exit code means`,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: env.name()},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err.Error(), cmd.CommandPath() + " --help"}
	})
	root.SetUsageFunc(usage)
	root.SetHelpCommand(&cobra.Command{Use: "help [COMMAND]", Short: "Help about a command", RunE: func(cmd *cobra.Command, args []string) error {
		about, rest, err := root.Find(args)
		if err != nil || len(rest) > 0 {
			return unknownCommand(root, strings.Join(args, " "))
		}
		return about.Help()
	}})
	root.AddCommand(newCapture(env), newDiagnose(env), newExplain(env), newInspect(env), newRecord(env), newRun(env), newVersion(env))
	return root
}

// unknownCommand suggests what was meant; a name of a pod is the likeliest.
func unknownCommand(cmd *cobra.Command, word string) error {
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		return &usageError{fmt.Sprintf("unknown command %q", word), cmd.CommandPath() + " " + near[0]}
	}
	return &usageError{fmt.Sprintf("unknown command %q", word), cmd.CommandPath() + " diagnose " + word}
}

// bad is a usage error of a command.
func bad(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), cmd.CommandPath() + " --help"}
}

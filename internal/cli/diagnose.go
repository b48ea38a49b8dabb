package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/unloop-dev/unloop"
	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/rules"
)

type diagnoseOptions struct {
	env     *Env
	cmd     *cobra.Command
	cluster *kube.Flags

	files    []string
	all      bool
	selector string
	output   string
	verbose  bool

	// from says where the recorder's captures are; opened is that place.
	from   captureFlags
	opened *opened
	// recordings are those that were read.
	recordings []facts.Recording
	// Made by complete.
	choice choice
}

var diagnoseFormats = []string{"text", "json", "yaml", "markdown"}

func newDiagnose(env *Env) *cobra.Command {
	o := &diagnoseOptions{env: env, cluster: kube.NewFlags()}
	cmd := &cobra.Command{
		Use:   "diagnose [POD | TYPE/NAME]...",
		Short: "Name the root cause of failing pods",
		Long: `diagnose names the root cause of each failing pod, as a chain of whys with its
evidence and with what fixes it.

It reads a cluster, with read-only requests; or, with -f, files: manifests, the
output of kubectl get -o yaml or json, of kubectl describe, logs, events, the folder
of kubectl cluster-info dump, or captures of system calls (.scap). Kinds are
recognised from the content. A capture explains the ends of containers and processes
that it holds, alone or together with what else is known of their pods.

Where recorders run in the cluster (unloop record), their captures of pods that are not
well are joined, if you may "create serviceaccounts/token" in the pod's namespace: the
token that is made lets the recorders show those captures and is good for nothing else.
Your own token is sent to them only where --recorders names their namespace;
--recorders "" leaves them alone.

Exit status: 0 nothing is wrong, 3 something is, 2 wrong usage, 1 failed.`,
		Example: `  unloop diagnose                                every unhealthy pod of the namespace
  unloop diagnose -A                             of all namespaces
  unloop diagnose web-7d9c5b8f6c-x2x9k -n shop   one pod
  unloop diagnose deployment/web -o json         the pods of a workload
  kubectl describe pod web | unloop diagnose -f -
  unloop diagnose -f describe.txt -f previous.log
  unloop diagnose -f crash.scap -f pod.yaml       the last calls before an end
  unloop diagnose web-0 --captures /var/lib/unloop/captures
  unloop diagnose -f dump/ -n shop -l app=web`,
		Annotations:       map[string]string{},
		ValidArgsFunction: completeTypes,
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			return inSteps(cmd.Context(), o, args)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.files, "filename", "f", nil, "read `PATH`, not a cluster: a file, a folder, or - for standard input; may be repeated")
	f.StringVarP(&o.selector, "selector", "l", "", "only pods whose labels match `SELECTOR` (app=web,tier!=db)")
	f.BoolVarP(&o.all, "all-namespaces", "A", false, "all namespaces")
	addOutput(cmd, &o.output, diagnoseFormats...)
	f.BoolVar(&o.verbose, "verbose", false, "show every subject, finding and piece of evidence in full")
	o.from.cluster = o.cluster
	f.StringVar(&o.from.place, "captures", "", "join the captures of unloop record in `PLACE`, a folder or s3://BUCKET")
	f.StringVar(&o.from.recorders, "recorders", catalog.RecorderNamespace, "join the captures of the cluster's recorders in `NAMESPACE`, \"\" for none; named here, they may get your token (docs/record.md)")
	addClusterFlags(f, o.cluster)
	return cmd
}

// clusterFlags are the flags of kubectl that people type; the others work unseen.
var clusterFlags = map[string]string{
	"namespace":  "look in namespace `NAME`, not in that of the context",
	"context":    "use the context `NAME` of the kubeconfig",
	"kubeconfig": "read the kubeconfig `FILE`",
}

// addClusterFlags adds kubectl's flags, and shows the few that people type.
func addClusterFlags(f *pflag.FlagSet, cluster *kube.Flags) {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	cluster.AddTo(set)
	set.VisitAll(func(flag *pflag.Flag) {
		if say, ok := clusterFlags[flag.Name]; ok {
			flag.Usage = say
		} else {
			flag.Hidden = true
		}
		flag.Annotations = map[string][]string{clusterFlag: nil}
		f.AddFlag(flag)
	})
}

// complete reads what stands on the command line.
func (o *diagnoseOptions) complete(args []string) error {
	refs, err := refsOf(args)
	if err != nil {
		return &usageError{err.Error(), o.cmd.CommandPath() + " --help"}
	}
	o.choice.refs = refs
	if o.selector != "" {
		if o.choice.selector, err = labels.Parse(o.selector); err != nil {
			return bad(o.cmd, "selector %q: %v", o.selector, err)
		}
	}
	o.from.consent = o.cmd.Flags().Changed("recorders")
	if ns := o.cmd.Flags().Lookup("namespace"); ns.Changed && !o.all {
		o.choice.namespace = ns.Value.String()
	}
	return nil
}

// validate checks what cannot go together.
func (o *diagnoseOptions) validate() error {
	if err := checkOutput(o.cmd, o.output, diagnoseFormats...); err != nil {
		return err
	}
	stdin := 0
	for _, f := range o.files {
		switch f {
		case "":
			return bad(o.cmd, "-f needs a file, a folder or -")
		case "-":
			stdin++
		}
	}
	switch {
	case stdin > 1:
		return bad(o.cmd, "standard input can be read once only: -f - stands %d times", stdin)
	case len(o.files) == 0 && len(o.choice.refs) > 0 && o.all:
		return bad(o.cmd, "a name cannot be looked up in all namespaces: give either names or -A")
	case len(o.files) == 0 && len(o.choice.refs) > 0 && o.selector != "":
		return bad(o.cmd, "names and a selector exclude each other")
	}
	return nil
}

func (o *diagnoseOptions) run(ctx context.Context) error {
	defer o.closeCaptures()
	snap, err := o.collect(ctx)
	if err != nil {
		return err
	}
	if err := o.joinCaptures(ctx, snap); err != nil {
		return err
	}
	for _, s := range snap.Skipped {
		fmt.Fprintln(o.env.Err, "unloop: skipped: "+report.Line(s))
	}
	subjects := facts.Join(snap)
	if len(subjects) == 0 {
		if err := o.refused(snap); err != nil {
			return err
		}
	}
	chosen, idle, err := o.choice.pick(subjects, snap)
	if err != nil {
		return o.notInInput(err)
	}
	list := unloop.DiagnosisList{
		APIVersion: unloop.APIVersion, Kind: unloop.ListKind, Skipped: snap.Skipped,
		Items: append(diagnoseAll(chosen), idle...),
	}
	o.recordings = snap.Recordings
	if err := o.print(list); err != nil {
		return err
	}
	for _, d := range list.Items {
		if report.Unwell(d) {
			return errFindings
		}
	}
	return nil
}

// diagnoseAll works on the subjects side by side: the engine is pure, and a large
// cluster has hundreds that are not well.
func diagnoseAll(subjects []*facts.Facts) []unloop.Diagnosis {
	list := rules.All()
	out := make([]unloop.Diagnosis, len(subjects))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(subjects)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(subjects); i = next.Add(1) - 1 {
				out[i] = diagnose.Run(subjects[i], list)
			}
		})
	}
	wg.Wait()
	diagnose.Order(out, list)
	return out
}

func (o *diagnoseOptions) print(list unloop.DiagnosisList) error {
	text := o.env.textOptions(o.verbose)
	if len(o.files) == 0 {
		text.Now = o.env.Now()
	}
	switch o.output {
	case "json":
		return report.JSON(o.env.Out, list)
	case "yaml":
		return report.YAML(o.env.Out, list)
	case "markdown":
		return report.Markdown(o.env.Out, list, text)
	}
	if len(list.Items) == 0 {
		fmt.Fprintln(o.env.Err, "unloop: "+o.none())
		return nil
	}
	return report.Text(o.env.Out, list, text)
}

// none says that there is nothing to look at, which is no failure.
func (o *diagnoseOptions) none() string {
	what := "no pods"
	switch n := len(o.recordings); {
	case n > 0 && n == len(o.files) && o.selector == "" && o.choice.namespace == "":
		ends := 0
		for _, r := range o.recordings {
			ends += r.Ends
		}
		what = fmt.Sprintf("no process in %s ended badly (ends seen: %d)", strings.Join(o.files, ", "), ends)
	case len(o.files) > 0:
		what = "nothing to diagnose in " + strings.Join(o.files, ", ") + ": no pod, workload, event, node, log or recorded end of a process"
	}
	if o.selector != "" {
		what += fmt.Sprintf(" with labels %q", o.selector)
	}
	switch ns := o.choice.namespace; {
	case o.all:
		what += " in any namespace"
	case ns != "":
		what += fmt.Sprintf(" in namespace %q", ns)
	}
	return what
}

// refused tells that there are no subjects because the user may not see them.
func (o *diagnoseOptions) refused(snap *facts.Snapshot) error {
	for _, d := range snap.Denied {
		if d.Kind&facts.Status == 0 {
			continue
		}
		where := " -n " + o.choice.namespace
		if o.all {
			where = " -A"
		}
		return &failure{what: "pods cannot be read: " + d.Reason, hint: "kubectl auth can-i list pods" + where}
	}
	return nil
}

// notInInput adds a hint to the error about a name that is not there.
func (o *diagnoseOptions) notInInput(err error) error {
	hint := o.cmd.CommandPath()
	for _, f := range o.files {
		hint += " -f " + f
	}
	return &failure{what: err.Error(), hint: hint}
}

func (o *diagnoseOptions) collect(ctx context.Context) (*facts.Snapshot, error) {
	if len(o.files) > 0 {
		return o.read(ctx)
	}
	cfg := kube.Config{Namespace: o.choice.namespace, AllNamespaces: o.all, Selector: o.selector}
	if o.joins() {
		cfg.Captures = o.expects
	}
	for _, r := range o.choice.refs {
		cfg.Names = append(cfg.Names, r.Kind+"/"+r.Name)
	}
	var err error
	if cfg.RESTConfig, err = o.cluster.RESTConfig(); err != nil {
		return nil, o.noCluster(err)
	}
	if cfg.Namespace == "" && !o.all {
		if cfg.Namespace, err = o.cluster.Namespace(); err != nil {
			return nil, o.noCluster(err)
		}
		o.choice.namespace = cfg.Namespace
	}
	p := startProgress(o.env, "asking the API server")
	defer p.stop()
	cfg.Progress = func(step kube.Progress) {
		if step.Total > 0 {
			p.say("reading %s: %d of %d", step.Reading, step.Done, step.Total)
		} else {
			p.say("reading %s: %d", step.Reading, step.Done)
		}
	}
	return o.env.Live(ctx, cfg)
}

// noCluster points a user who pipes text into the command to -f.
func (o *diagnoseOptions) noCluster(err error) error {
	if errors.Is(err, kube.ErrConfig) && !o.env.InTerminal {
		return &failure{what: err.Error(), hint: "unloop diagnose -f -   (reads what is piped in, instead of a cluster)"}
	}
	return err
}

// read collects from files. A read from a terminal or a pipe cannot be called
// off, so an interrupt does not wait for it: the process ends.
func (o *diagnoseOptions) read(ctx context.Context) (*facts.Snapshot, error) {
	p := startProgress(o.env, "reading "+strings.Join(o.files, ", "))
	defer p.stop()
	for _, f := range o.files {
		if f == "-" && o.env.InTerminal {
			fmt.Fprintln(o.env.Err, "unloop: reading from the terminal; Ctrl-D ends the text")
		}
	}
	type result struct {
		snap *facts.Snapshot
		err  error
	}
	done := make(chan result, 1)
	step := collect.Options{Progress: func(at collect.Progress) {
		p.say("reading %s: %s, %d MiB", report.Line(at.Input), plural(at.Files, "file"), at.Bytes>>20)
	}}
	go func() {
		snap, err := o.env.Read(ctx, o.files, o.env.In, step)
		done <- result{snap, err}
	}()
	select {
	case r := <-done:
		var bad *collect.InputError
		if errors.As(r.err, &bad) {
			return nil, &failure{what: bad.Error(), hint: bad.Hint}
		}
		return r.snap, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

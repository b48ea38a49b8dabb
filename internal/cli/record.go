package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/client-go/rest"

	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/access"
	"github.com/unloop-dev/unloop/internal/bpf"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/internal/flight/trigger"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/node"
	"github.com/unloop-dev/unloop/internal/recorder"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/shelf"
)

type recordOptions struct {
	env     *Env
	cmd     *cobra.Command
	cluster *kube.Flags

	captures      string
	on            []string
	after         time.Duration
	budget        string
	keepAge       time.Duration
	keepCount     int
	keepBytes     string
	burst         int
	every         time.Duration
	node          string
	listen, serve string
	parents       []string
	kubepods      []string
	podLogs       string
	containerLogs string
	images        bool

	// Made by complete.
	trigger        trigger.Options
	reasons        []string // of events of Kubernetes
	budgetN, keepN int64
}

// kubepods are the top groups of the kubelet's two drivers, and those of kind's nodes.
var kubepods = []string{"/kubepods", "/kubepods.slice", "/kubelet/kubepods", "/kubelet.slice/kubelet-kubepods.slice"}

func newRecord(env *Env) *cobra.Command {
	o := &recordOptions{env: env, cluster: kube.NewFlags()}
	cmd := &cobra.Command{
		Use:   "record",
		Short: "Keep the last system calls of every container, and save them when one dies",
		Long: `record is the flight recorder of one node. It keeps the last system calls of every
container in bounded memory and writes them to a capture when the container ends
abnormally, or when another trigger fires. It needs Linux 5.10 or later with BTF and the
capabilities CAP_BPF and CAP_PERFMON, before 5.11 CAP_SYS_RESOURCE too;
deploy/recorder.yaml runs it on every node of a cluster, and docs/record.md says what
each right is for.

Captures go to a folder or, in builds with buckets, to s3://BUCKET. Their names tell
namespace, time, pod, container and trigger:

  shop/20260314T030800.123456789Z_web-0_app_death_1f3c9a-7ab2dq.scap.gz

Triggers (--on): death (an end with an exit code other than 0, by a signal or for want of
memory), oom (an end for want of memory alone), any (every end), restarts:N/TIME (a container
of a pod has ended N times within TIME, however it ended), filter:EXPR (an event that passes
a filter in the language of sysdig and Falco), event:REASON (Kubernetes reports an event of
this reason about a pod whose container runs; needs the rights to list and watch events).`,
		Example: `  unloop record --captures /var/lib/unloop/captures
  unloop record --captures ./captures --parents /my-jobs --on any
  unloop record --captures ./captures --on death --on 'filter:evt.type = connect and evt.res = ECONNREFUSED' --after 2s
  unloop record --captures ./captures --on death --on event:Unhealthy
  unloop record --captures s3://crashes?region=eu-central-1 --listen :9644 --serve :9645`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if len(args) > 0 {
				return bad(cmd, "record takes no arguments, got %q", args[0])
			}
			if err := o.complete(); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.captures, "captures", "/var/lib/unloop/captures", "write captures to `PLACE`: a folder, or s3://BUCKET?region=REGION")
	f.StringArrayVar(&o.on, "on", []string{"death", "restarts:5/10m"}, "capture on `TRIGGER`: death, oom, any, restarts:N/TIME, filter:EXPR or event:REASON; may be repeated")
	f.DurationVar(&o.after, "after", 0, "for filters and events, also what follows within this `TIME`")
	f.StringVar(&o.budget, "budget", "256Mi", "keep system calls in at most this much `MEMORY`")
	f.IntVar(&o.burst, "burst", 3, "at most `N` captures of one workload and trigger at once ...")
	f.DurationVar(&o.every, "every", 10*time.Minute, "... and then one every `TIME`")
	f.DurationVar(&o.keepAge, "keep-age", 7*24*time.Hour, "remove this node's captures that are older than `TIME`; 0 keeps them")
	f.IntVar(&o.keepCount, "keep-count", 1000, "keep at most `N` captures of this node; 0 is without bound")
	f.StringVar(&o.keepBytes, "keep-bytes", "2Gi", "keep at most this many `BYTES` of captures of this node; 0 is without bound")
	f.StringVar(&o.node, "node", "", "the `NAME` of this node (default $NODE_NAME, else the machine's)")
	f.StringVar(&o.listen, "listen", "", "serve /healthz, /readyz and /metrics on `ADDRESS`, to anybody: they tell nothing of workloads")
	f.StringVar(&o.serve, "serve", "", "serve captures on `ADDRESS` over TLS, to those whom the cluster lets")
	f.StringSliceVar(&o.parents, "parents", nil, "also record the children of these control `GROUPS` (paths from the root of their tree)")
	f.StringSliceVar(&o.kubepods, "kubepods", kubepods, "the kubelet's top control `GROUPS`")
	f.StringVar(&o.podLogs, "pod-logs", node.PodLogs, "the kubelet's `FOLDER` of pods' logs, for names")
	f.StringVar(&o.containerLogs, "container-logs", node.ContainerLogs, "the kubelet's `FOLDER` of links to containers' logs, for names")
	f.BoolVar(&o.images, "images", false, "note the image of a container: asks the API server for its pod")
	addClusterFlags(f, o.cluster)
	_ = cmd.RegisterFlagCompletionFunc("on", cobra.FixedCompletions([]string{"death", "oom", "any", "restarts:5/10m", "filter:", "event:Unhealthy"}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)) // it fails for unknown flags only
	return cmd
}

// reasonForm is how the API server lets the reason of an event look (kubernetes 1.36,
// pkg/apis/core/validation/events.go): up to 128 bytes; those of all components are one word.
var reasonForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

func (o *recordOptions) complete() error {
	t := trigger.Options{NoDeaths: true, NoOOM: true, AfterNanos: uint64(max(o.after, 0)), Limits: trigger.Limits{Burst: o.burst, EveryNanos: uint64(max(o.every, 0))}}
	for _, on := range o.on {
		if expr, ok := strings.CutPrefix(on, "filter:"); ok {
			t.Filters = append(t.Filters, expr)
			continue
		}
		for _, word := range strings.Split(on, ",") {
			switch strings.TrimSpace(word) {
			case "death":
				t.NoDeaths, t.NoOOM = false, false
			case "oom":
				t.NoOOM = false
			case "any":
				t.NoDeaths, t.NoOOM, t.Exits = false, false, true
			default:
				name, value, _ := strings.Cut(strings.TrimSpace(word), ":")
				var err error
				switch name {
				case "restarts":
					t.Restarts, err = trigger.ParseRate(value)
				case "event":
					if !reasonForm.MatchString(value) {
						err = fmt.Errorf("the reason %q: want a word such as Unhealthy", value)
					}
					o.reasons = append(o.reasons, value)
				default:
					err = errors.New("want death, oom, any, restarts:N/TIME, filter:EXPR or event:REASON")
				}
				if err != nil {
					return bad(o.cmd, "--on %q: %v", word, err)
				}
			}
		}
	}
	o.trigger = t
	for _, q := range []struct {
		flag, text string
		to         *int64
	}{{"--budget", o.budget, &o.budgetN}, {"--keep-bytes", o.keepBytes, &o.keepN}} {
		n, err := resource.ParseQuantity(q.text)
		if err != nil || n.Sign() < 0 {
			return bad(o.cmd, "%s %q: want a number of bytes such as 256Mi", q.flag, q.text)
		}
		*q.to = n.Value()
	}
	if o.node == "" {
		o.node = o.env.Getenv("NODE_NAME")
	}
	if o.node == "" {
		name, err := os.Hostname()
		if err != nil {
			return bad(o.cmd, "the machine has no name (%v): give --node", err)
		}
		o.node = name
	}
	return nil
}

// leastBudget is less than one busy container needs.
const leastBudget = 4 << 20

func (o *recordOptions) validate() error {
	switch {
	case o.budgetN < leastBudget:
		return bad(o.cmd, "--budget %s: at least 4Mi are needed", o.budget)
	case o.after < 0 || o.after > time.Hour:
		return bad(o.cmd, "--after %v: want a duration up to 1h", o.after)
	case o.burst < 1 || o.every <= 0:
		return bad(o.cmd, "--burst and --every must be positive")
	case o.keepAge < 0 || o.keepCount < 0:
		return bad(o.cmd, "--keep-age and --keep-count must not be negative")
	}
	for _, p := range o.groups() {
		if !strings.HasPrefix(p, "/") || strings.Contains(p, "..") {
			return bad(o.cmd, "control group %q: want a path from the root of its tree, such as /my-jobs", p)
		}
	}
	for _, expr := range o.trigger.Filters {
		_, err := filter.Compile(expr, nil)
		var at *filter.Error
		if errors.As(err, &at) {
			fmt.Fprintln(o.env.Err, report.Line(at.Error()))
			return bad(o.cmd, "--on filter: column %d: %s", at.Column(), at.Msg)
		}
		if err != nil {
			return bad(o.cmd, "--on filter: %v", err)
		}
	}
	return nil
}

// groups are the control groups that containers are looked for in.
func (o *recordOptions) groups() []string { return slices.Concat(o.parents, o.kubepods) }

func (o *recordOptions) say(format string, args ...any) {
	fmt.Fprintln(o.env.Err, "unloop: "+report.Line(fmt.Sprintf(format, args...)))
}

// run opens everything before the first hook is set, records, and closes in the opposite
// order; the order within the recorder is internal/recorder's.
func (o *recordOptions) run(ctx context.Context) error {
	place, err := shelf.Open(ctx, o.captures, true)
	if err != nil {
		return &failure{what: "no place for captures at " + o.captures, err: err, hint: "unloop record --captures FOLDER"}
	}
	defer place.Close() //nolint:errcheck // what was kept is on disk already
	cfg := recorder.Config{
		Shelf: place, Node: o.node, Trigger: o.trigger, Flight: flight.Options{BudgetBytes: o.budgetN},
		Keep: shelf.Keep{Age: o.keepAge, Count: o.keepCount, Bytes: o.keepN}, Log: o.say,
	}
	names := node.NewNames(o.podLogs, o.containerLogs)
	if err := names.Readable(); err == nil {
		cfg.Names = names
	} else if !errors.Is(err, os.ErrNotExist) {
		o.say("containers will have no names: %v", err)
	}
	gate, err := o.access(&cfg)
	if err != nil {
		return err
	}
	open, secure, err := o.listeners()
	if err != nil {
		return err
	}
	src, err := bpf.New(bpf.Options{Parents: o.parents, Kubepods: o.kubepods})
	if err != nil {
		closeAll(open, secure)
		return &failure{what: "nothing can be recorded here", err: err, hint: "unloop record --help"}
	}
	cfg.Source = src
	r, err := recorder.New(cfg)
	if err != nil {
		closeAll(open, secure)
		return errors.Join(err, src.Close())
	}
	debug.FreeOSMemory() // the kernel's types took most of it, and are read no more
	o.say("records on node %s, captures go to %s", o.node, place.Place())
	if src.Empty() {
		o.say("none of the control groups %s is here yet; containers are recorded once one is made; --kubepods and --parents name others", strings.Join(o.groups(), ", "))
	}
	return o.serveAndRun(ctx, r, gate, open, secure)
}

func closeAll(all ...net.Listener) {
	for _, l := range all {
		if l != nil {
			l.Close()
		}
	}
}

// serveAndRun ends the servers with the recorder, and the recorder with the first server
// that fails.
func (o *recordOptions) serveAndRun(ctx context.Context, r *recorder.Recorder, gate *access.Gate, open, secure net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	serve := func(l net.Listener, tls bool) {
		if l == nil {
			return
		}
		h := r.Open()
		if tls {
			h = r.API(gate)
		}
		wg.Go(func() {
			if err := recorder.Serve(ctx, l, h, tls); err != nil {
				cancel(&failure{what: "the server on " + l.Addr().String() + " ended", err: err})
			}
		})
	}
	serve(open, false)
	serve(secure, true)
	err := r.Run(ctx)
	var served *failure
	if errors.As(context.Cause(ctx), &served) {
		err = served
	}
	cancel(nil)
	wg.Wait()
	return err
}

// access makes what needs the API server.
func (o *recordOptions) access(cfg *recorder.Config) (*access.Gate, error) {
	if o.serve == "" && !o.images && len(o.reasons) == 0 {
		return nil, nil
	}
	rc, err := o.cluster.RESTConfig()
	if err != nil {
		return nil, err
	}
	if o.images {
		cfg.Image = images(rc)
	}
	if len(o.reasons) > 0 {
		cfg.Events = podEvents(rc, o.reasons)
	}
	if o.serve == "" {
		return nil, nil
	}
	gate, err := access.New(rc)
	if err != nil {
		return nil, &failure{what: "the API server cannot be asked for rights", err: err}
	}
	return gate, nil
}

// images asks the API server for the pod of a container.
func images(rc *rest.Config) func(context.Context, node.Name, string) (string, error) {
	return func(ctx context.Context, n node.Name, id string) (string, error) {
		return kube.Image(ctx, rc, n.Namespace, n.Pod, n.Container, id)
	}
}

// podEvents watches the events of the reasons.
func podEvents(rc *rest.Config, reasons []string) func(context.Context, func(recorder.PodEvent)) error {
	return func(ctx context.Context, do func(recorder.PodEvent)) error {
		return kube.WatchEvents(ctx, rc, reasons, func(e *facts.Event) {
			do(recorder.PodEvent{
				Namespace: e.Object.Namespace, Pod: e.Object.Name, UID: e.Object.UID, Container: e.Container(), Text: e.Reason + ": " + e.Message,
			})
		})
	}
}

func (o *recordOptions) listeners() (open, secure net.Listener, err error) {
	listen := func(flag, address string) (net.Listener, error) {
		if address == "" {
			return nil, nil
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, &failure{what: fmt.Sprintf("%s %s", flag, address), err: err}
		}
		return l, nil
	}
	if open, err = listen("--listen", o.listen); err != nil {
		return nil, nil, err
	}
	if secure, err = listen("--serve", o.serve); err != nil {
		closeAll(open)
		return nil, nil, err
	}
	return open, secure, nil
}

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/unloop-dev/unloop/internal/catalog"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/report"
)

type captureListOptions struct {
	env       *Env
	cmd       *cobra.Command
	from      captureFlags
	pod       string
	container string
	all       bool
	output    string
}

var listFormats = []string{"table", "json", "yaml", "name"}

func newCaptureList(env *Env) *cobra.Command {
	o := &captureListOptions{env: env, from: captureFlags{cluster: kube.NewFlags()}}
	cmd := &cobra.Command{
		Use:   "list [POD]",
		Short: "List the captures that recorders have made",
		Long: `list shows captures of unloop record, the newest first: those of a folder or bucket,
or those that the recorders of the cluster have and the user may see. The cluster decides
that: "get pods" in the pod's namespace. Recorders get your token to see whose it is, except
where you may "create serviceaccounts/token" in the one namespace that is listed.`,
		Example: `  unloop capture list -n shop
  unloop capture list web-7d9c5b8f6c-x2x9k -n shop -o json
  unloop capture list --captures /var/lib/unloop/captures`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if len(args) > 1 {
				return bad(cmd, "list takes one pod, got %d", len(args))
			}
			if len(args) == 1 {
				o.pod = strings.TrimPrefix(strings.TrimPrefix(args[0], "pod/"), "pods/")
			}
			if err := checkOutput(cmd, o.output, listFormats...); err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	o.from.add(f)
	f.StringVarP(&o.container, "container", "c", "", "only captures of this `CONTAINER`")
	f.BoolVarP(&o.all, "all-namespaces", "A", false, "all namespaces; without -n a folder shows all of them, too")
	addOutput(cmd, &o.output, listFormats...)
	addClusterFlags(f, o.from.cluster)
	return cmd
}

func (o *captureListOptions) run(ctx context.Context) error {
	ns, err := o.from.namespaceOf(o.cmd, o.all)
	if err != nil {
		return err
	}
	src, err := o.from.open(ctx)
	if err != nil {
		return err
	}
	defer src.close()
	list, err := src.list(ctx, catalog.Query{Namespace: ns, Pod: o.pod, Container: o.container})
	if err != nil {
		return remote(err)
	}
	for _, s := range list.Incomplete {
		fmt.Fprintln(o.env.Err, "unloop: not listed: "+report.Line(s))
	}
	switch o.output {
	case "json":
		enc := json.NewEncoder(o.env.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(list)
	case "yaml":
		text, err := yaml.Marshal(list)
		if err != nil {
			return err
		}
		_, err = o.env.Out.Write(text)
		return err
	case "name":
		for _, e := range list.Items {
			fmt.Fprintln(o.env.Out, e.Name)
		}
		return nil
	}
	if len(list.Items) == 0 {
		where := "in any namespace"
		if ns != "" {
			where = fmt.Sprintf("in namespace %q", ns)
		}
		fmt.Fprintln(o.env.Err, "unloop: no captures "+where)
		return nil
	}
	return o.table(list.Items)
}

func (o *captureListOptions) table(items []catalog.Entry) error {
	w := tabwriter.NewWriter(o.env.Out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tPOD\tCONTAINER\tTRIGGER\tWHY\tEVENTS\tSIZE\tNAME")
	for _, e := range items {
		pod := e.Pod
		if pod == "" {
			pod = "-"
		}
		why := e.Text
		if why == "" {
			why = "-"
		}
		events := "-"
		if e.Events > 0 {
			events = fmt.Sprint(e.Events)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", e.Time.Local().Format(time.DateTime), report.Line(pod), report.Line(e.Container), report.Line(e.Trigger), report.Line(why), events, size(e.Bytes), e.Name)
	}
	return w.Flush()
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

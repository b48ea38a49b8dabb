package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/diagnose"
	"github.com/unloop-dev/unloop/internal/diagnose/know"
	"github.com/unloop-dev/unloop/internal/report"
	"github.com/unloop-dev/unloop/internal/rules"
)

type explainOptions struct {
	env    *Env
	cmd    *cobra.Command
	list   bool
	family string
	output string
}

var explainFormats = []string{"text", "json", "markdown"}

func newExplain(env *Env) *cobra.Command {
	o := &explainOptions{env: env}
	cmd := &cobra.Command{
		Use:   "explain QUERY...",
		Short: "Say what an exit code, signal, reason, message or cause means",
		Long: `explain says what is known about an exit code, a signal, a reason or STATUS
word, a message of Kubernetes, or a cause that diagnose names. It needs no cluster.`,
		Example: `  unloop explain 137
  unloop explain SIGTERM
  unloop explain CrashLoopBackOff
  unloop explain "back-off 5m0s restarting failed container"
  unloop explain oom-container-limit
  unloop explain --list --family image`,
		ValidArgsFunction: completeTopics,
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.cmd = cmd
			if err := o.validate(args); err != nil {
				return err
			}
			if o.list {
				return o.printList()
			}
			return o.run(args)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.list, "list", false, "list the causes that diagnose knows")
	f.StringVar(&o.family, "family", "", "with --list: only causes of the family `NAME`")
	addOutput(cmd, &o.output, explainFormats...)
	_ = cmd.RegisterFlagCompletionFunc("family", cobra.FixedCompletions(familyIDs(), cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags only
	return cmd
}

func (o *explainOptions) validate(args []string) error {
	if err := checkOutput(o.cmd, o.output, explainFormats...); err != nil {
		return err
	}
	switch {
	case o.list && len(args) > 0:
		return bad(o.cmd, "--list takes no query, got %q", args[0])
	case o.list && o.output == "markdown":
		return bad(o.cmd, "--list prints text or json")
	case !o.list && o.family != "":
		return bad(o.cmd, "--family goes with --list")
	case !o.list && len(args) == 0:
		return &usageError{"nothing to explain: want an exit code, a signal, a reason, a message or a cause", o.cmd.CommandPath() + " CrashLoopBackOff"}
	}
	if _, ok := know.FamilyByID(o.family); o.family != "" && !ok {
		return &usageError{fmt.Sprintf("unknown family %q: want %s", o.family, strings.Join(familyIDs(), ", ")), o.cmd.CommandPath() + " --list"}
	}
	return nil
}

func (o *explainOptions) run(args []string) error {
	var all report.Answer
	for _, q := range queriesOf(args) {
		topics, causes := lookUp(q)
		if len(topics)+len(causes) == 0 {
			return o.unknown(q)
		}
		all.Items = append(all.Items, topics...)
		all.Causes = append(all.Causes, causes...)
	}
	all.Explanation = report.NewExplanation(all.Items, nil)
	switch o.output {
	case "json":
		return report.AnswerJSON(o.env.Out, all)
	case "markdown":
		return report.AnswerMarkdown(o.env.Out, all)
	}
	return report.AnswerText(o.env.Out, all, o.env.textOptions(false))
}

func (o *explainOptions) printList() error {
	var causes []report.CauseDoc
	for _, r := range rules.All() {
		if o.family == "" || string(r.Family) == o.family {
			causes = append(causes, docOf(r))
		}
	}
	if o.output == "json" {
		return report.AnswerJSON(o.env.Out, report.Answer{Explanation: report.NewExplanation(nil, nil), Causes: causes})
	}
	slices.SortStableFunc(causes, func(a, b report.CauseDoc) int {
		return cmp.Compare(slices.Index(familyIDs(), a.Family), slices.Index(familyIDs(), b.Family))
	})
	return report.CauseTable(o.env.Out, causes, o.env.textOptions(false))
}

// unknown is the error for a miss, with the names that are spelt alike.
func (o *explainOptions) unknown(query string) error {
	near := know.Suggest(query)
	if len(near) == 0 {
		return &usageError{fmt.Sprintf("unknown topic %q", query), o.cmd.CommandPath() + " --list"}
	}
	return &usageError{fmt.Sprintf("unknown topic %q: spelt alike are %s", query, strings.Join(near, ", ")), o.cmd.CommandPath() + " " + near[0]}
}

// lookUp finds what is known under one name.
func lookUp(query string) (topics []know.Topic, causes []report.CauseDoc) {
	if r := ruleOf(query); r != nil {
		return nil, []report.CauseDoc{docOf(r)}
	}
	if c, ok := know.CauseByID(strings.ToLower(query)); ok {
		return nil, []report.CauseDoc{docOf(&diagnose.Rule{
			ID: c.ID, Family: diagnose.Family(c.Family), Title: "In the catalogue; no rule of this version recognises it.", Doc: diagnose.Doc{Means: c.Means},
		})}
	}
	return know.Lookup(query), nil
}

func docOf(r *diagnose.Rule) report.CauseDoc {
	c := report.CauseDoc{
		ID: r.ID, Family: string(r.Family), Title: r.Title, Since: r.Since,
		Means: r.Doc.Means, Why: r.Doc.Why, Confirm: r.Doc.Confirm, Remedy: r.Doc.Remedy, Refs: r.Doc.Refs,
	}
	for _, n := range r.Doc.NotThis {
		c.NotThis = append(c.NotThis, report.Neighbour(n))
	}
	return c
}

func ruleOf(id string) *diagnose.Rule {
	id = strings.ToLower(strings.TrimSpace(id))
	for _, r := range rules.All() {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// queriesOf splits a command line into queries: "137 SIGTERM" are two, "exit 137"
// is one, and so is a message that was pasted without quotes.
func queriesOf(args []string) []string {
	whole := strings.Join(args, " ")
	if len(args) == 1 {
		return args
	}
	together := know.Lookup(whole)
	if len(together) > 0 && (together[0].Kind == know.ExitTopic || together[0].Kind == know.SignalTopic) {
		return []string{whole}
	}
	for _, a := range args {
		topics, causes := lookUp(a)
		if len(topics)+len(causes) == 0 && len(together) > 0 {
			return []string{whole}
		}
	}
	return args
}

func familyIDs() []string {
	var out []string
	for _, f := range know.Families {
		out = append(out, f.ID)
	}
	return out
}

func completeTopics(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	var out []string
	for _, r := range rules.All() {
		if strings.HasPrefix(r.ID, toComplete) {
			out = append(out, r.ID+"\t"+r.Title)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/inspect"
)

// addCompletions completes views, columns, keys and the fields of filters.
func (o *inspectOptions) addCompletions(cmd *cobra.Command) {
	noFile := cobra.ShellCompDirectiveNoFileComp
	reg := func(flag string, do func(typed string) ([]string, cobra.ShellCompDirective)) {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) { // it fails for unknown flags only
			return do(typed)
		})
	}
	reg("view", func(string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, v := range inspect.Views() {
			out = append(out, v.ID+"\t"+v.About)
		}
		return out, noFile
	})
	reg("sort", func(string) ([]string, cobra.ShellCompDirective) {
		var out []string
		if v := inspect.ViewByID(o.view); v != nil {
			for _, c := range v.Columns {
				out = append(out, c.Name+"\t"+c.About)
			}
		}
		return out, noFile
	})
	reg("select", func(string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, k := range inspect.Keys() {
			out = append(out, k+"=")
		}
		return out, noFile | cobra.ShellCompDirectiveNoSpace
	})
	reg("filter", func(typed string) ([]string, cobra.ShellCompDirective) {
		return completeFields(typed, ""), noFile | cobra.ShellCompDirectiveNoSpace
	})
	reg("print", func(typed string) ([]string, cobra.ShellCompDirective) {
		return completeFields(typed, "%"), noFile | cobra.ShellCompDirectiveNoSpace
	})
	reg("time", func(string) ([]string, cobra.ShellCompDirective) {
		return []string{"h\tclock", "a\tabsolute", "r\tsince the first event", "d\tsince the call began", "D\tsince the line before"}, noFile
	})
}

// completeFields completes the field at the end of what was typed.
func completeFields(typed, lead string) []string {
	start := strings.LastIndexAny(typed, " (%") + 1
	if lead == "%" {
		start = strings.LastIndex(typed, "%") + 1
	}
	word := typed[start:]
	var out []string
	for _, f := range event.Fields() {
		if strings.HasPrefix(f.Name, word) {
			s := typed[:start]
			if lead == "%" && start == 0 {
				s = "%"
			}
			out = append(out, s+f.Name+"\t"+f.Doc)
		}
	}
	return out
}

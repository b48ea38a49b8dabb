package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/unloop-dev/unloop/internal/report"
)

// addOutput adds -o with the formats of one command, the first being the default.
func addOutput(cmd *cobra.Command, into *string, formats ...string) {
	cmd.Flags().StringVarP(into, "output", "o", formats[0], "print as `FORMAT`: "+strings.Join(formats, ", "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // it fails for unknown flags only
}

func checkOutput(cmd *cobra.Command, got string, formats ...string) error {
	if slices.Contains(formats, got) {
		return nil
	}
	return bad(cmd, "unknown output format %q: want %s", got, strings.Join(formats, ", "))
}

// textOptions lays a text out for where it goes.
func (env *Env) textOptions(verbose bool) report.Options {
	return report.Options{
		Width: env.columns(), Color: env.color(), ASCII: !env.unicode(), Verbose: verbose, Program: env.name(),
	}
}

// columns: COLUMNS wins, because whoever sets it means it; then the terminal.
func (env *Env) columns() int {
	if n, err := strconv.Atoi(env.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	return env.Width
}

// color follows no-color.org and the terminal's own word for having none.
func (env *Env) color() bool {
	return env.OutTerminal && env.Getenv("NO_COLOR") == "" && env.Getenv("TERM") != "dumb"
}

// errColor is color for standard error.
func (env *Env) errColor() bool {
	return env.ErrTerminal && env.Getenv("NO_COLOR") == "" && env.Getenv("TERM") != "dumb"
}

// unicode reads the locale as POSIX does: the first of the three that is set.
func (env *Env) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return env.Windows
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package cli

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker in releases; else the build's own stamp is shown.
var version string

// versionInfo is the document of `unloop version -o json`.
type versionInfo struct {
	Version string `json:"version"`
	// Commit and Date are those of the source; "" where the build was not stamped.
	Commit string `json:"commit,omitempty"`
	Date   string `json:"date,omitempty"`
	// Modified: the source had changes beyond the commit.
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readVersion() versionInfo {
	v := versionInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v.orDevel()
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.Date = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v.orDevel()
}

func (v versionInfo) orDevel() versionInfo {
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = "devel"
	}
	return v
}

func (v versionInfo) String() string {
	s := "unloop " + v.Version
	if v.Commit != "" {
		s += " (" + v.Commit[:min(len(v.Commit), 12)]
		if v.Modified {
			s += ", modified"
		}
		s += ")"
	}
	return fmt.Sprintf("%s, %s, %s", s, v.Go, v.Platform)
}

func newVersion(env *Env) *cobra.Command {
	var output string
	formats := []string{"text", "json"}
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return bad(cmd, "version takes no arguments, got %q", args[0])
			}
			return checkOutput(cmd, output, formats...)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			if output == "json" {
				e := json.NewEncoder(env.Out)
				e.SetIndent("", "  ")
				return e.Encode(v)
			}
			_, err := fmt.Fprintln(env.Out, v)
			return err
		},
	}
	addOutput(cmd, &output, formats...)
	return cmd
}

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/unloop-dev/unloop/internal/captext"
	"github.com/unloop-dev/unloop/internal/run"
	"github.com/unloop-dev/unloop/scap"
)

func TestMain(m *testing.M) {
	run.Stub() // unloop run starts this binary to become the command
	testscript.Main(m, map[string]func(){"unloop": main, "kubectl-unloop": main})
}

// TestScripts runs the binary as a user does. Beside testscript's own commands
// there are "exits STATUS PROGRAM ARGS..." and "scap TEXT CAPTURE", which compiles the text
// form of a capture.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"scap": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: scap TEXT CAPTURE")
				}
				var b bytes.Buffer
				ts.Check(captext.Compile(&b, ts.ReadFile(args[0]), scap.WriteOptions{Gzip: strings.HasSuffix(args[1], ".gz")}))
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o644))
			},
			"truncate": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 2 {
					ts.Fatalf("usage: truncate FILE BYTES-LESS")
				}
				less, err := strconv.ParseInt(args[1], 10, 64)
				ts.Check(err)
				st, err := os.Stat(ts.MkAbs(args[0]))
				ts.Check(err)
				ts.Check(os.Truncate(ts.MkAbs(args[0]), st.Size()-less))
			},
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: exits STATUS PROGRAM ARGS...")
				}
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				got := 0
				var exit *exec.ExitError
				if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
					got = exit.ExitCode()
				} else {
					ts.Check(err)
				}
				if got != want {
					ts.Fatalf("exit status %d, want %d", got, want)
				}
			},
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("KUBECONFIG", e.WorkDir+"/no-kubeconfig")
			e.Setenv("LC_ALL", "C.UTF-8")
			return os.MkdirAll(e.WorkDir+"/home", 0o755)
		},
	})
}

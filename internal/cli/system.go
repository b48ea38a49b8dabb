package cli

import (
	"os"
	"runtime"
	"time"

	"golang.org/x/term"

	"github.com/unloop-dev/unloop/internal/collect"
	"github.com/unloop-dev/unloop/internal/kube"
	"github.com/unloop-dev/unloop/internal/run"
)

// System is the Env of the running process: its streams and terminal, the files
// and the clusters it reaches.
func System() Env {
	env := Env{
		Program: os.Args[0], In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal: isTerminal(os.Stdin), OutTerminal: isTerminal(os.Stdout), ErrTerminal: isTerminal(os.Stderr),
		Getenv: os.Getenv, Now: time.Now, Windows: runtime.GOOS == "windows",
		Read: collect.Read, Live: kube.Collect, Run: run.Run,
	}
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		env.Width = w
	}
	return env
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

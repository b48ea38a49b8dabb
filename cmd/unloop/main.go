// Command unloop finds out why a Kubernetes pod crashes. Installed as
// kubectl-unloop it is the plugin `kubectl unloop`.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/unloop-dev/unloop/internal/cli"
	"github.com/unloop-dev/unloop/internal/run"
)

func main() {
	run.Stub()
	delayCollection()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first interrupt the default holds again: a second one ends at once.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Main(ctx, cli.System(), os.Args[1:]))
}

// firstHeap is when garbage is collected first, in percent of Go's least heap of
// 4 MiB: at about 32 MiB. One pod is diagnosed with less, so that most runs never
// collect, which is a third of their time; larger ones go on with Go's default.
const firstHeap = 800

func delayCollection() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(firstHeap)
	gone := &struct{ p *int }{}
	runtime.AddCleanup(gone, func(percent int) { debug.SetGCPercent(percent) }, usual)
}

//go:build !linux || (!amd64 && !arm64)

package ptrace

import (
	"context"
	"fmt"
	"runtime"
	"syscall"

	"github.com/unloop-dev/unloop/internal/flight"
)

var errPlatform = fmt.Errorf("%w: it needs Linux on amd64 or arm64, this is %s on %s", ErrUnsupported, runtime.GOOS, runtime.GOARCH)

// Source runs one command and sees its system calls. It is made by Start.
type Source struct{}

// Stub becomes the command and does not return where this process was started as a stub;
// else it returns at once. It must be called before anything else of main.
func Stub() {}

// Supported reports what is in the way of tracing on this machine, as an error around
// ErrUnsupported; nil where nothing is. It starts a stub to find out, which takes some
// milliseconds.
func Supported() error { return errPlatform }

// Start starts the stub of the command and attaches to it. The command itself runs once
// Run is called. A command that cannot be executed is no error here: it ends as a shell
// would let it end, see Exit.Err. The error is around ErrUnsupported where tracing is
// not possible.
func Start(c Command) (*Source, error) { return nil, errPlatform }

// Run lets the command run and delivers what it does to h, from one goroutine, until all
// of its processes are gone. When ctx ends they are killed, and Run gives the context's cause
// once they are gone. Died is called when the main process ends, Gone at the end.
func (s *Source) Run(ctx context.Context, h flight.Handler) error { return errPlatform }

// Pid is the number of the main process.
func (s *Source) Pid() int { return 0 }

// Signal sends a signal to the main process, or to its process group where it has
// one of its own. It gives os.ErrProcessDone where it has ended.
func (s *Source) Signal(sig syscall.Signal) error { return errPlatform }

// Wait waits until the main process has ended and tells how. It may be called from any
// goroutine, any number of times; Run must be called for it to return.
func (s *Source) Wait() Exit { return Exit{} }

// Done is closed when the main process has ended.
func (s *Source) Done() <-chan struct{} { return nil }

// Close ends a source for which Run is not called.
func (s *Source) Close() error { return nil }

//go:build !linux || !(amd64 || arm64)

package bpf

import (
	"context"
	"fmt"
	"runtime"

	"github.com/unloop-dev/unloop/internal/flight"
)

// Source sees the system calls of containers; there is none on this platform.
type Source struct{}

var errPlatform = fmt.Errorf("%w: it needs Linux on amd64 or arm64, this is %s on %s", ErrUnsupported, runtime.GOOS, runtime.GOARCH)

// Supported says in one line which requirement is missing.
func Supported() error { return errPlatform }

// FindHierarchy finds the tree of control groups that tells containers apart.
func FindHierarchy() (Hierarchy, error) { return Hierarchy{}, errPlatform }

// New fails on this platform.
func New(Options) (*Source, error) { return nil, errPlatform }

// Run fails on this platform.
func (*Source) Run(context.Context, flight.Handler) error { return errPlatform }

// Ready fails on this platform.
func (*Source) Ready() error { return errPlatform }

// Empty is true: there are no groups.
func (*Source) Empty() bool { return true }

// Stats is empty.
func (*Source) Stats() Stats { return Stats{} }

// Close does nothing.
func (*Source) Close() error { return nil }

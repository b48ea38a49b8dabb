//go:build !linux

package run

import (
	"context"
	"errors"
)

// errPlatform says that there is nothing to run a command with here.
var errPlatform = errors.New("it needs Linux: control groups, signals and the recorder are its")

// Stub returns at once on this platform.
func Stub() {}

// Run fails on this platform.
func Run(context.Context, Config) (*Result, error) { return nil, errPlatform }

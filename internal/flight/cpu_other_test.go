//go:build !linux

package flight

// threadNanos is not measured here.
func threadNanos() int64 { return 0 }

//go:build linux && (amd64 || arm64)

package bpf

import (
	"syscall"
	"testing"
	"time"
)

// BenchmarkNew is loading and attaching, and removing again.
func BenchmarkNew(b *testing.B) {
	need(b)
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	for b.Loop() {
		s, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	b.ReportMetric(float64(after.Utime.Nano()-before.Utime.Nano())/float64(time.Millisecond)/float64(b.N), "user-ms/op")
	b.ReportMetric(float64(after.Stime.Nano()-before.Stime.Nano())/float64(time.Millisecond)/float64(b.N), "sys-ms/op")
}

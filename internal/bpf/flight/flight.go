// Package flight holds the eBPF programs of the flight recorder, compiled: the C beside
// this file, its objects for both architectures, and the Go that loads them. What the
// programs do is written in README.md; internal/bpf runs them.
package flight

//go:generate go run ../../tools/needclang
//go:generate go tool -modfile=../../../tools/go.mod bpf2go -go-package flight -target amd64,arm64 -cflags "-O2 -Wall -mcpu=v3" Flight flight.c
//go:generate env UNLOOP_WRITE_SUMS=1 go test -run TestObjectsFresh -count=1 .

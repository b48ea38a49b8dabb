//go:build linux && (amd64 || arm64)

package ptrace

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/flight"
)

func init() {
	programs["opens"] = func() { // opens and closes a file N times
		for range count() {
			fd, err := unix.Open("/etc/hostname", unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				os.Exit(1)
			}
			unix.Close(fd)
		}
	}
	programs["reads"] = func() { // reads and writes N times
		in, _ := unix.Open("/dev/zero", unix.O_RDONLY, 0)
		out, _ := unix.Open("/dev/null", unix.O_WRONLY, 0)
		b := make([]byte, 64)
		for range count() {
			if n, _ := unix.Read(in, b); n != 64 {
				os.Exit(1)
			}
			if n, _ := unix.Write(out, b); n != 64 {
				os.Exit(1)
			}
		}
	}
	programs["spin"] = func() {
		x := uint64(1)
		for range count() {
			x = x*6364136223846793005 + 1442695040888963407
		}
		os.Setenv("X", fmt.Sprint(x))
	}
	programs["nothing"] = func() {}
}

func count() int {
	n, _ := strconv.Atoi(os.Getenv("N"))
	return n
}

type counter struct {
	quietHandler
	events int
}

func (c *counter) Event(flight.Slot, *event.Event) { c.events++ }

func runBare(b testing.TB, c Command) {
	b.Helper()
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Env = c.Env
	if err := cmd.Run(); err != nil {
		b.Fatal(err)
	}
}

func runTraced(b testing.TB, c Command) int {
	b.Helper()
	s, err := Start(c)
	if err != nil {
		b.Fatal(err)
	}
	h := &counter{}
	if err := s.Run(context.Background(), h); err != nil {
		b.Fatal(err)
	}
	if e := s.Wait(); e.Code != 0 || e.Signal != 0 {
		b.Fatalf("%v: %+v", c.Args, e)
	}
	return h.events
}

// BenchmarkRun is the time of whole commands, bare and seen.
func BenchmarkRun(b *testing.B) {
	need(b)
	for _, c := range []struct {
		name string
		cmd  Command
	}{
		{"true", Command{Args: []string{"true"}}},
		{"shell", Command{Args: []string{"sh", "-c", "for i in 1 2 3; do ls / >/dev/null; done"}}},
		{"python", Command{Args: []string{"/usr/bin/python3", "-c", "import json, ssl, http.client"}}},
		{"perl", Command{Args: []string{"perl", "-MPOSIX", "-e", "1"}}},
		{"opens-300", self(b, "opens", "N=300")},
		{"nothing", self(b, "nothing")},
		{"read-write-200k", self(b, "reads", "N=200000")},
		{"spin-200M", self(b, "spin", "N=200000000")},
	} {
		c.cmd.Stderr = nil
		b.Run(c.name+"/bare", func(b *testing.B) {
			for b.Loop() {
				runBare(b, c.cmd)
			}
		})
		b.Run(c.name+"/seen", func(b *testing.B) {
			events := 0
			for b.Loop() {
				events += runTraced(b, c.cmd)
			}
			b.ReportMetric(float64(events)/float64(b.N), "events/run")
		})
	}
}

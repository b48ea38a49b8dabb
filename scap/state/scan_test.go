//go:build unix

package state

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap"
)

// cpuSeconds is what the process has used of processors, user and system.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// makeBusy writes a capture with the mix of a busy node: a third open and close, reads and
// writes, plain calls, switches, of 200 threads with 500 files.
func makeBusy(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "busy.scap")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w, err := scap.NewWriter(f, scap.WriteOptions{})
	if err != nil {
		b.Fatal(err)
	}
	for tid := range int64(200) {
		w.AddThread(event.Thread{Tid: 1000 + tid, Pid: 1000 + tid, Ptid: 1, Comm: "busy", Exe: "busy", Cwd: "/srv"})
	}
	var build scap.Builder
	x := uint64(1)
	for i := range 60_000 {
		x = x*6364136223846793005 + 1442695040888963407
		tid := 1000 + int64(x>>40%200)
		file := fmt.Sprintf("/usr/share/app/%d/data.json", x>>20%500)
		ts := uint64(i) * 10_000
		for _, e := range []struct {
			typ event.Type
			v   []any
		}{
			{306, []any{-100, file, 1, 0}}, {307, []any{9, -100, file, 1, 0, 8, 99}},
			{6, []any{9, 80}}, {7, []any{80, make([]byte, 80), 9, 80}},
			{0, []any{20, 5}}, {1, []any{20, 5}}, {152, []any{1, 0, 0, 1, 2, 3}},
			{4, []any{9}}, {5, []any{0, 9}},
		} {
			if err := w.Write(&build, e.typ, ts, tid, 0, e.v...); err != nil {
				b.Fatal(err)
			}
			ts += 500
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkScan reads a busy capture, or the one that UNLOOP_BIG names, with and without
// the state. It reports events a second of one processor.
func BenchmarkScan(b *testing.B) {
	path := os.Getenv("UNLOOP_BIG")
	if path == "" {
		path = makeBusy(b)
	}
	debug.SetGCPercent(100)
	for _, mode := range []string{"walk", "state"} {
		b.Run(mode, func(b *testing.B) {
			n := uint64(0)
			before := cpuSeconds()
			for b.Loop() {
				tr := New()
				opt := scap.ReadOptions{Map: os.Getenv("UNLOOP_MAP") != ""}
				if mode == "state" {
					opt.Meta = tr
				}
				r, err := scap.Open(path, opt)
				if err != nil {
					b.Fatal(err)
				}
				var ev event.Event
				for r.Next(&ev) == nil {
					if mode == "state" {
						tr.Apply(&ev)
					}
				}
				n += r.Stats().Events
				r.Close()
			}
			b.ReportMetric(float64(n)/(cpuSeconds()-before)/1e6, "Mevents/cpu-s")
		})
	}
}

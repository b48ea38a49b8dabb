package inspect

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// bigCapture is the capture that the scenarios of scanning read: UNLOOP_BIG_CAPTURE
// names one of gigabytes; otherwise one of the captures of other programs is taken.
func bigCapture(b *testing.B) string {
	if path := os.Getenv("UNLOOP_BIG_CAPTURE"); path != "" {
		return path
	}
	return filepath.Join(captures.Folder(b), "sysflow-telemetry_sf-collector__db0808f_full_capture.scap")
}

// BenchmarkScan_stateOnly is the floor: reading and state without an index.
func BenchmarkScan_stateOnly(b *testing.B) {
	path := bigCapture(b)
	events := 0
	for b.Loop() {
		tr := state.New()
		r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
		if err != nil {
			b.Fatal(err)
		}
		var ev event.Event
		for r.Next(&ev) == nil {
			tr.Apply(&ev)
		}
		events += int(r.Stats().Events)
		r.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}

// BenchmarkScan_index builds the whole index.
func BenchmarkScan_index(b *testing.B) { benchmarkScan(b, nil) }

// BenchmarkScan_beside builds it with two processors.
func BenchmarkScan_beside(b *testing.B) { benchmarkScan(b, beside) }

func benchmarkScan(b *testing.B, by Beside) {
	path := bigCapture(b)
	blocks := 0
	for b.Loop() {
		ix, err := Open(context.Background(), path, Options{Beside: by})
		if err != nil {
			b.Fatal(err)
		}
		blocks += int(ix.Info.Blocks)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(blocks), "ns/event")
}

// BenchmarkAsk_views asks for the first page of each view.
func BenchmarkAsk_views(b *testing.B) {
	ix, err := Open(context.Background(), bigCapture(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range views {
		b.Run(v.ID, func(b *testing.B) {
			for b.Loop() {
				if _, err := ix.Run(Query{View: v.ID, Limit: 25}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("overview", func(b *testing.B) {
		for b.Loop() {
			if _, err := ix.Overview(Query{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLoad_index reads the index of the capture back, as every further question does.
func BenchmarkLoad_index(b *testing.B) {
	ix, err := Open(context.Background(), bigCapture(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	var file bytes.Buffer
	if err := ix.write(&file, Identity{}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := readIndex(bytes.NewReader(file.Bytes()), int64(file.Len()), Identity{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(file.Len())/(1<<20), "MiB")
}

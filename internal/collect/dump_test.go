package collect

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/internal/collect/golden"
	"github.com/unloop-dev/unloop/internal/facts"
	"github.com/unloop-dev/unloop/internal/tools/gendump/fleet"
)

// dumpOf writes a made-up dump and returns its folder and size in bytes.
func dumpOf(t testing.TB, o fleet.Options) (string, int64) {
	t.Helper()
	dir := t.TempDir()
	if err := fleet.Write(dir, o); err != nil {
		t.Fatal(err)
	}
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			info, e := d.Info()
			size, err = size+info.Size(), e
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, size
}

func readDump(t testing.TB, dir string) *facts.Snapshot {
	t.Helper()
	s, err := Read(context.Background(), []string{dir}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRead_generatedDump(t *testing.T) {
	o := fleet.Options{Pods: 300, Failing: 30, Events: 900, Namespaces: 3, Seed: 3, ManagedFields: true, Logs: true}
	for _, format := range []string{"json", "yaml"} {
		o.Format = format
		dir, _ := dumpOf(t, o)
		s := readDump(t, dir)
		if len(s.Pods) != o.Pods || len(s.Events) != o.Events || len(s.Logs) != o.Failing || len(s.Skipped) != 0 || len(s.Nodes) != 6 || s.ServerVersion != "v1.34.2" {
			t.Errorf("%s: %d pods, %d events, %d logs, %d nodes of %s, skipped %q", format, len(s.Pods), len(s.Events), len(s.Logs), len(s.Nodes), s.ServerVersion, s.Skipped)
		}
		for _, kind := range []string{"Pod", "Event", "Service", "Deployment", "ReplicaSet", "DaemonSet", "ReplicationController"} {
			if !s.Complete(kind, "team-01") || s.Complete(kind, "elsewhere") {
				t.Errorf("%s: %s is not marked as it should", format, kind)
			}
		}
		if again := golden.Text(readDump(t, dir)); again != golden.Text(s) {
			t.Errorf("%s: a second read gives something else", format)
		}
	}
}

// BenchmarkReadDump reads the dump of a small cluster: a tenth of what has to be
// read in two seconds.
func BenchmarkReadDump(b *testing.B) {
	dir, size := dumpOf(b, fleet.Options{Pods: 1000, Failing: 50, Events: 4000, Namespaces: 10, Seed: 1, ManagedFields: true, Logs: true})
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if s := readDump(b, dir); len(s.Pods) != 1000 {
			b.Fatalf("%d pods", len(s.Pods))
		}
	}
}

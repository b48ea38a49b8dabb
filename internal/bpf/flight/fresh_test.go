package flight

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sourcesFile holds the hash of what the objects were made of. `make generate` writes it
// after the objects.
const sourcesFile = "sources.sha256"

// The objects are committed so that building needs no clang; this finds those that are
// older than their sources, and those that were changed by hand.
func TestObjectsFresh(t *testing.T) {
	want, err := os.ReadFile(sourcesFile)
	if err != nil {
		t.Fatal(err)
	}
	got := sums(t)
	if os.Getenv("UNLOOP_WRITE_SUMS") != "" {
		if err := os.WriteFile(sourcesFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(want) {
		t.Errorf("sources or objects have changed since %s was written: make generate\nit has\n%s\nthere are\n%s", sourcesFile, want, got)
	}
}

func sums(t *testing.T) string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*.c", "*.h", "flight.go", "*_bpfel.go", "*_bpfel.o"} {
		m, err := filepath.Glob(pattern)
		if err != nil || len(m) == 0 {
			t.Fatalf("no %s here: %v", pattern, err)
		}
		files = append(files, m...)
	}
	slices.Sort(files)
	var b strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%x  %s\n", sha256.Sum256(data), f)
	}
	return b.String()
}

//go:build unix

package inspect

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/scap/state"
)

// TestOpen_fileIsCutMeanwhile: a file that is cut while it is read gives an error.
func TestOpen_fileIsCutMeanwhile(t *testing.T) {
	data := bytes.Repeat(sampleBytes(t), 1+(1<<20)/len(sampleBytes(t)))
	path := filepath.Join(t.TempDir(), "cut.scap")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	done := false
	_, err := Open(t.Context(), path, Options{Match: func(*event.Event, *state.Tracker) bool {
		if !done {
			done = true
			if err := os.Truncate(path, 64<<10); err != nil {
				t.Error(err)
			}
		}
		return true
	}})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
}

package collect

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/unloop-dev/unloop/internal/collect/golden"
)

// lay writes the files of a case to a folder.
func lay(t testing.TB, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRead_goldens(t *testing.T) {
	golden.Run(t, "*.txtar", func(t *testing.T, files []txtar.File) string {
		s, err := Read(context.Background(), []string{lay(t, files)}, nil, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return golden.Text(s)
	})
}

// read reads one text from stdin.
func read(t testing.TB, text string) (string, *InputError) {
	t.Helper()
	s, err := Read(context.Background(), []string{"-"}, strings.NewReader(text), Options{})
	if err != nil {
		var e *InputError
		if !errors.As(err, &e) {
			t.Fatalf("error %v is no InputError", err)
		}
		return "", e
	}
	return golden.Text(s), nil
}

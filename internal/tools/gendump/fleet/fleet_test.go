package fleet

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWrite_sameSeedSameBytes(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	o := Options{Pods: 30, Failing: 6, Events: 100, Namespaces: 2, Seed: 7, ManagedFields: true, Logs: true}
	for _, dir := range []string{a, b} {
		if err := Write(dir, o); err != nil {
			t.Fatal(err)
		}
	}
	files := 0
	err := filepath.WalkDir(a, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		rel, _ := filepath.Rel(a, p)
		x, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		y, err := os.ReadFile(filepath.Join(b, rel))
		if err == nil && !bytes.Equal(x, y) {
			t.Errorf("%s differs", rel)
		}
		return err
	})
	if err != nil || files != 1+2*7+30 {
		t.Errorf("%d files, %v", files, err)
	}
}

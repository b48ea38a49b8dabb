// Package captures finds captures of other programs, which never enter the repository. It is
// imported by tests only, and imports nothing, so that every package's may.
package captures

import (
	"os"
	"path/filepath"
	"testing"
)

// variable names a folder with captures; without it one beside the checkout is looked for.
const variable = "UNLOOP_CAPTURES"

// Folder is the folder with the captures; it skips the test where there is none.
func Folder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		dir = beside(t)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("skipped: no captures of other programs: %v (%s names their folder)", err, variable)
	}
	return dir
}

// Files are the captures; it skips the test where there is none.
func Files(t testing.TB) []string {
	t.Helper()
	dir := Folder(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.scap"))
	if err != nil || len(files) == 0 {
		t.Skipf("skipped: no captures of other programs in %s (%s names their folder)", dir, variable)
	}
	return files
}

// File is a file in the folder; it skips the test where it is missing.
func File(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(Folder(t), name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no capture of another program: %v (%s names their folder)", err, variable)
	}
	return path
}

// beside is the folder beside the checkout, of which the test's package is a part.
func beside(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "../shared/captures")
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test runs outside of the module")
		}
	}
}

//go:build linux && (amd64 || arm64)

package bpf

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A runtime's first stage may join the group, run itself anew there and leave once it has
// made the first process of the container's namespace: nothing has ended then.
func TestSource_runtimeLeaves(t *testing.T) {
	w := newWorld(t, Options{})
	path, s := w.container()
	dir := t.TempDir()
	runc, up, on := filepath.Join(dir, "runc"), filepath.Join(dir, "up"), filepath.Join(dir, "on")
	if err := os.Symlink("/bin/sh", runc); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{up, on} {
		if err := syscall.Mkfifo(p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const script = `unshare --pid --fork /bin/sh -c 'echo up > "$0"; read go < "$1"; exit 5' "$0" "$1" & read up < "$0"; exit 0`
	_ = w.start(path, runc, "-c", script, up, on).Wait()
	if err := os.WriteFile(on, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.tape.until(t, "the death", func() bool { return len(w.tape.died[s]) > 0 })
	rmdir(t, w.h.Dir(path))
	w.tape.until(t, "the end of the container", func() bool { return w.tape.gone[s] })
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 5 {
		t.Errorf("died %+v, want one end with status 5", d)
	}
}

//go:build linux && (amd64 || arm64)

package bpf

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/unloop-dev/unloop/internal/flight"
)

// busy holds the source in the handler, so that nobody reads the rings meanwhile, and has
// the ring of births and deaths full of other programs' before it calls do.
func (w *world) busy(do func()) {
	w.t.Helper()
	w.tape.mu.Lock()
	defer w.tape.cond.Broadcast()
	defer w.tape.mu.Unlock()
	path, _ := w.container()
	_ = w.start(path, "/bin/sh", "-c", "i=0; while [ $i -lt 400 ]; do /bin/true; i=$((i+1)); done").Wait()
	do()
}

// gate starts a shell that says that it has begun, and gives how to let it go on, to its end.
func (w *world) gate(path, then string) (open func()) {
	w.t.Helper()
	r, wr, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = wr.Close(); _ = r.Close() })
	cmd := w.start(path, "/bin/sh", "-c", "echo begun; read go < /proc/"+fmt.Sprint(os.Getpid())+"/fd/"+fmt.Sprint(r.Fd())+"; "+then)
	return func() {
		_ = wr.Close()
		_ = cmd.Wait()
	}
}

// gone removes a container where it is still there, and waits until its end was told.
func (w *world) gone(path string, s flight.Slot) {
	w.t.Helper()
	rmdir(w.t, w.h.Dir(path))
	w.tape.until(w.t, "the end of the container", func() bool { return w.tape.gone[s] })
}

// Where the ring was full, an end is told all the same: with its status, from what the
// kernel's side noted.
func TestMissed_end(t *testing.T) {
	w := newWorld(t, Options{RingBytes: 1})
	path, s := w.container()
	gate := w.gate(path, "exit 7")
	w.tape.until(t, "its beginning", func() bool { return w.tape.has(s, "begun") })
	w.busy(func() { gate() })
	w.tape.until(t, "the death", func() bool { return len(w.tape.died[s]) > 0 })
	now := w.tape.now()
	if now.lost[flight.LostRing] == 0 {
		t.Fatal("nothing was lost: the test does not fill the ring")
	}
	if d := now.died[s]; len(d) != 1 || d[0].Code != 7 || d[0].Unknown || d[0].TsNanos == 0 {
		t.Errorf("died %+v, want one with code 7", d)
	}
	inOrder(t, w.lines(s), `write .*data=begun`, `procexit status=1792 ret=7`)
	w.gone(path, s)
	if d := w.tape.now().died[s]; len(d) != 1 {
		t.Errorf("died %+v, want one", d)
	}
}

// Nothing of a container came through, not even that it was made.
func TestMissed_all(t *testing.T) {
	for _, kept := range []bool{true, false} {
		t.Run(fmt.Sprintf("kept=%v", kept), func(t *testing.T) {
			w := newWorld(t, Options{RingBytes: 1})
			var path string
			var s flight.Slot
			w.busy(func() {
				path, s = w.container()
				_ = w.start(path, "/bin/sh", "-c", "exit 8").Wait()
				if !kept {
					rmdir(t, w.h.Dir(path))
				}
			})
			w.tape.until(t, "the death", func() bool { return len(w.tape.died[s]) > 0 })
			// Which of its processes was the main one cannot be known.
			now := w.tape.now()
			if d := now.died[s]; len(d) != 1 || !d[0].Unknown || !d[0].Abnormal() {
				t.Errorf("died %+v, want one of unknown code", d)
			}
			want := path
			if !kept {
				want = ""
			}
			if o := now.opened[s]; o.Whole || o.Cgroup != want {
				t.Errorf("opened %+v, want %q and not whole", o, want)
			}
			w.gone(path, s)
		})
	}
}

// needNamespaces skips a test where no PID namespace can be made.
func needNamespaces(t *testing.T) {
	t.Helper()
	need(t)
	if out, err := exec.Command("/usr/bin/unshare", "--pid", "--fork", "/bin/true").CombinedOutput(); err != nil {
		t.Skipf("skipped: no PID namespace can be made here: %v: %s", err, out)
	}
}

// The first process of a PID namespace is the main one, whatever else was lost.
func TestMissed_first(t *testing.T) {
	needNamespaces(t)
	w := newWorld(t, Options{RingBytes: 1})
	var s flight.Slot
	w.busy(func() {
		var path string
		path, s = w.container()
		_ = w.start(path, "/usr/bin/unshare", "--pid", "--fork", "/bin/sh", "-c", "/bin/sh -c 'exit 2'; exit 9").Wait()
	})
	w.tape.until(t, "the death", func() bool { return len(w.tape.died[s]) > 0 })
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 9 || d[0].Unknown {
		t.Errorf("died %+v, want one with code 9", d)
	}
}

// A namespace within the container is not the container.
func TestSource_nestedNamespace(t *testing.T) {
	needNamespaces(t)
	w := newWorld(t, Options{})
	_, s := w.run("/usr/bin/unshare", "--pid", "--fork", "/bin/sh", "-c", "/usr/bin/unshare --pid --fork /bin/sh -c 'exit 3'; /bin/true; exit 5")
	if d := w.tape.now().died[s]; len(d) != 1 || d[0].Code != 5 {
		t.Errorf("died %+v, want one with code 5", d)
	}
}

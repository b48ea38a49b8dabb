//go:build linux && (amd64 || arm64)

package bpf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/filter"
	"github.com/unloop-dev/unloop/internal/flight"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// need skips a test where the machine cannot run it, and says why.
func need(t testing.TB) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: making control groups and loading programs needs root")
	}
	if err := supported(); err != nil {
		if errors.Is(err, ErrUnsupported) {
			t.Skipf("skipped: %v", err)
		}
		t.Fatal(err)
	}
}

var supported = sync.OnceValue(Supported)

// tape keeps what a handler is given.
type tape struct {
	mu     sync.Mutex
	cond   *sync.Cond
	opened map[flight.Slot]flight.Opening
	events map[flight.Slot][]taped
	died   map[flight.Slot][]flight.Death
	gone   map[flight.Slot]bool
	lost   map[flight.LossCause]uint64
	count  int
	light  bool // counts only
	bad    []error
}

type taped struct {
	ev event.Event
}

func newTape() *tape {
	t := &tape{
		opened: map[flight.Slot]flight.Opening{}, events: map[flight.Slot][]taped{},
		died: map[flight.Slot][]flight.Death{}, gone: map[flight.Slot]bool{}, lost: map[flight.LossCause]uint64{},
	}
	t.cond = sync.NewCond(&t.mu)
	return t
}

func (t *tape) locked(do func()) {
	t.mu.Lock()
	do()
	t.mu.Unlock()
	t.cond.Broadcast()
}

func (t *tape) Open(s flight.Slot, o flight.Opening) { t.locked(func() { t.opened[s] = o }) }
func (t *tape) Event(s flight.Slot, ev *event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.cond.Broadcast()
	t.count++
	if _, ok := t.opened[s]; !ok {
		t.bad = append(t.bad, fmt.Errorf("event of slot %d before it was opened", s))
	}
	if t.light {
		return
	}
	if err := scap.Portable(ev); err != nil && len(t.bad) < 10 {
		t.bad = append(t.bad, fmt.Errorf("%s: %w", ev.Name(), err))
	}
	c := *ev
	c.Lens, c.Data = append([]byte(nil), ev.Lens...), append([]byte(nil), ev.Data...)
	t.events[s] = append(t.events[s], taped{c})
}

// Call makes the events of a call at once, as a recorder does once they are read.
func (t *tape) Call(s flight.Slot, c *flight.Call) bool {
	t.mu.Lock()
	expand := t.opened[s].Expand
	t.mu.Unlock()
	enter, exit, ok := expand(c.Raw)
	if !ok {
		t.locked(func() { t.bad = append(t.bad, fmt.Errorf("call of code %d is not read: %x", c.Exit, c.Raw)) })
		return true
	}
	for i, p := range []flight.Params{enter, exit} {
		typ := c.Exit - 1 + event.Type(i)
		t.Event(s, &event.Event{TsNanos: c.TsNanos, Tid: c.Tid, CPU: c.CPU, Type: typ, NParams: p.N, Lens: p.Lens, Data: p.Data, Kind: event.KindOf(typ), FDNum: -1})
	}
	return true
}

func (t *tape) Lost(_ flight.Slot, c flight.LossCause, n uint64) { t.locked(func() { t.lost[c] += n }) }
func (t *tape) Died(s flight.Slot, d flight.Death) {
	t.locked(func() { t.died[s] = append(t.died[s], d) })
}
func (t *tape) Gone(s flight.Slot) { t.locked(func() { t.gone[s] = true }) }

// now is what there is up to now, for reading while the source goes on.
func (t *tape) now() *tape {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &tape{
		opened: maps.Clone(t.opened), events: maps.Clone(t.events), died: maps.Clone(t.died), gone: maps.Clone(t.gone),
		lost: maps.Clone(t.lost), count: t.count, bad: slices.Clone(t.bad),
	}
}

// until waits until a condition holds, for at most a generous while.
func (t *tape) until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	over := time.AfterFunc(30*time.Second, t.cond.Broadcast)
	defer over.Stop()
	deadline := time.Now().Add(30 * time.Second)
	t.mu.Lock()
	defer t.mu.Unlock()
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not within 30 s", what)
		}
		t.cond.Wait()
	}
}

// world is a source that runs, with a parent group of its own.
type world struct {
	t      testing.TB
	src    *Source
	tape   *tape
	h      Hierarchy
	parent string // path of the parent group
	n      int
	newest string // path of the latest container
}

// newWorld starts a source that records each child of a fresh group. Where the test does
// not choose, the ring holds all of a test, however late a loaded machine reads it.
func newWorld(t testing.TB, opt Options) *world {
	t.Helper()
	need(t)
	h, err := FindHierarchy()
	if err != nil {
		t.Fatal(err)
	}
	if opt.Hierarchy.Mode != ModeNone {
		h = opt.Hierarchy
	}
	w := &world{t: t, tape: newTape(), h: h, parent: fmt.Sprintf("/unloop-bpf-test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))}
	w.mkdir(w.parent)
	opt.Hierarchy = h
	if opt.RingBytes == 0 {
		opt.RingBytes = 128 << 20
	}
	if opt.Parents == nil && opt.Kubepods == nil {
		opt.Parents = []string{w.parent}
	}
	w.src, err = New(opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.src.Run(ctx, w.tape) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		for _, err := range w.tape.now().bad {
			t.Error(err)
		}
		if n := w.src.Stats().Bad; n != 0 {
			t.Errorf("%d records were not understood", n)
		}
	})
	return w
}

// where is a pattern where the kernel has a helper, else empty: it matches every line.
func (w *world) where(helper, pattern string) string {
	w.t.Helper()
	kernel := w.src.opt.kernel
	if kernel == nil {
		kernel = kernelTypes(w.t)
	}
	if has(kernel, helper) {
		return pattern
	}
	return ""
}

// mkdir makes a group that is removed after the test.
func (w *world) mkdir(path string) string {
	w.t.Helper()
	dir := w.h.Dir(path)
	if err := os.Mkdir(dir, 0o755); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { rmdir(w.t, dir) })
	return dir
}

// rmdir removes a group whose processes may be ending still.
func rmdir(t testing.TB, dir string) {
	for until := time.Now().Add(20 * time.Second); ; {
		err := os.Remove(dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(until) {
			t.Errorf("control group %s stays: %v", dir, err)
			return
		}
		var ts = syscall.Timespec{Nsec: 2e6}
		_ = syscall.Nanosleep(&ts, nil)
	}
}

// container makes a group below the parent and gives its slot.
func (w *world) container() (path string, s flight.Slot) {
	w.t.Helper()
	w.n++
	path = fmt.Sprintf("%s/c%d", w.parent, w.n)
	w.newest = path
	return path, w.slot(w.mkdir(path))
}

func (w *world) slot(dir string) flight.Slot {
	w.t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		w.t.Fatal(err)
	}
	return flight.Slot(st.Ino)
}

// start starts a command inside of a group: a shell joins it and becomes the command.
func (w *world) start(path string, argv ...string) *exec.Cmd {
	w.t.Helper()
	cmd := exec.Command("/bin/sh", append([]string{"-c", `echo $$ > "$0" && exec "$@"`, filepath.Join(w.h.Dir(path), "cgroup.procs")}, argv...)...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "SECRET=hunter2", "EMPTY="}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

// run runs a command in a fresh container to its end and returns the lines of its events.
func (w *world) run(argv ...string) (lines []string, s flight.Slot) {
	w.t.Helper()
	path, s := w.container()
	cmd := w.start(path, argv...)
	_ = cmd.Wait()
	w.tape.until(w.t, "the death of "+strings.Join(argv, " "), func() bool { return len(w.tape.died[s]) > 0 })
	return w.lines(s), s
}

// lines are the events of a container, one line each.
func (w *world) lines(s flight.Slot) []string {
	w.t.Helper()
	w.tape.mu.Lock()
	defer w.tape.mu.Unlock()
	return w.tape.lines(s)
}

// lines writes what was seen of a container as a capture and reads it back, so that what
// is compared is what a reader of the file sees.
func (t *tape) lines(s flight.Slot) []string {
	file := t.capture(s)
	var out []string
	tr := state.New()
	r, err := scap.NewReader(bytes.NewReader(file), scap.ReadOptions{Meta: tr, Strict: true})
	if err != nil {
		return []string{err.Error()}
	}
	f, ferr := filter.NewFormat("*%evt.dir %evt.type %evt.args [%proc.name] [%fd.name]", &filter.Session{}, filter.FormatOptions{Full: true})
	if ferr != nil {
		return []string{ferr.Error()}
	}
	var ev event.Event
	for err = r.Next(&ev); err == nil; err = r.Next(&ev) {
		tr.Apply(&ev)
		b, _ := f.Append(nil, &ev)
		out = append(out, strings.TrimSuffix(string(b), "\n"))
	}
	if err != io.EOF {
		out = append(out, err.Error())
	}
	return out
}

func (t *tape) capture(s flight.Slot) []byte {
	var file bytes.Buffer
	w, err := scap.NewWriter(&file, scap.WriteOptions{})
	if err != nil {
		return nil
	}
	if b := t.opened[s].Before; b != nil {
		if err := w.WriteState(b); err != nil {
			t.bad = append(t.bad, err)
		}
	}
	for i := range t.events[s] {
		if err := w.WriteEvent(&t.events[s][i].ev); err != nil {
			t.bad = append(t.bad, err)
		}
	}
	if err := w.Close(); err != nil {
		t.bad = append(t.bad, err)
	}
	return file.Bytes()
}

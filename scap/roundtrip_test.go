package scap_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/unloop-dev/unloop/event"
	"github.com/unloop-dev/unloop/internal/testkit/captures"
	"github.com/unloop-dev/unloop/scap"
	"github.com/unloop-dev/unloop/scap/state"
)

// rewrite copies a capture from r through our writer. From event number from on, the
// state before it is written instead of the metadata.
func rewrite(t testing.TB, path string, out io.Writer, opt scap.WriteOptions, from uint64) {
	t.Helper()
	w, err := scap.NewWriter(out, opt)
	if err != nil {
		t.Fatal(err)
	}
	tr := state.New()
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ev event.Event
	for {
		err := r.Next(&ev)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if ev.Num == from {
			if err := w.WriteState(tr); err != nil {
				t.Fatal(err)
			}
		}
		if ev.Num >= from {
			if err := w.WriteEvent(&ev); err != nil {
				t.Fatalf("event %d: %v", ev.Num, err)
			}
		}
		tr.Apply(&ev)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// dumpEvents gives one line an event, with all bytes.
func dumpEvents(t testing.TB, r *scap.Reader) []string {
	t.Helper()
	var lines []string
	var ev event.Event
	for {
		err := r.Next(&ev)
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%d %d %d %d %d %v %x %x", ev.TsNanos, ev.Tid, ev.CPU, ev.Type, ev.NParams, ev.Large, ev.Lens, ev.Data))
	}
}

func TestRoundTrip_eventsAreEqual(t *testing.T) {
	for _, path := range captures.Files(t) {
		for _, opt := range []scap.WriteOptions{{}, {Gzip: true, MemberBytes: 64 << 10, Index: true, Level: 1}} {
			var out bytes.Buffer
			rewrite(t, path, &out, opt, 1)
			orig, err := scap.Open(path, scap.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			want := dumpEvents(t, orig)
			orig.Close()
			r, err := scap.NewReaderAt(bytes.NewReader(out.Bytes()), int64(out.Len()), scap.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := dumpEvents(t, r)
			s := r.Stats()
			r.Close()
			if s.DamageCount > 0 || s.BadMeta > 0 || s.BadEvents > 0 {
				t.Errorf("%s: %+v %v", filepath.Base(path), s, s.Damage)
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s, %+v: %d events came back as %d", filepath.Base(path), opt, len(want), len(got))
			}
		}
	}
}

// sysdig runs the reference reader over a file.
func sysdig(t testing.TB, path string) (string, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	// Without the number and without container events, which both may differ.
	cmd := exec.Command("sysdig", "-r", path, "-p",
		"*%evt.rawtime %evt.cpu %proc.name %thread.tid %proc.pid %proc.ppid %proc.exepath %proc.cwd %proc.args %user.uid %user.name %container.id %container.name %fd.name %evt.dir %evt.type %evt.info",
		"not evt.type=container")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	return stdout.String(), stderr.String()
}

func TestRoundTrip_sysdigSaysTheSame(t *testing.T) {
	if _, err := exec.LookPath("sysdig"); err != nil {
		t.Skip("sysdig is not installed; it is the reader to agree with")
	}
	for _, path := range captures.Files(t) {
		want, _ := sysdig(t, path)
		if want == "" {
			continue // it reads nothing, or prints nothing
		}
		out := filepath.Join(t.TempDir(), "out.scap")
		f, err := os.Create(out)
		if err != nil {
			t.Fatal(err)
		}
		rewrite(t, path, f, scap.WriteOptions{Gzip: true, MemberBytes: 128 << 10, Index: true, Level: 1,
			Private: &scap.Private{Facts: []scap.Fact{{Name: "pod", Value: "x"}}}}, 1)
		f.Close()
		got, complaint := sysdig(t, out)
		if got == want {
			continue
		}
		w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
		n := 0
		for i := range min(len(w), len(g)) {
			if w[i] != g[i] {
				if n++; n <= 2 {
					t.Logf("%s line %d\n want %s\n got  %s", filepath.Base(path), i, w[i], g[i])
				}
			}
		}
		t.Errorf("%s: %d lines, want %d, %d differ; %s", filepath.Base(path), len(g), len(w), n, complaint)
	}
}

// A capture cut in the middle, with the state written in front, must read like the
// end of the whole one.
func TestRoundTrip_cutReadsLikeTheRest(t *testing.T) {
	for _, path := range captures.Files(t) {
		r, err := scap.Open(path, scap.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var ev event.Event
		total := uint64(0)
		for r.Next(&ev) == nil {
			total++
		}
		r.Close()
		from := total/2 + 1
		var out bytes.Buffer
		rewrite(t, path, &out, scap.WriteOptions{}, from)

		want := describe(t, mustOpen(t, path), from)
		got := describe(t, mustRead(t, out.Bytes()), 0)
		if len(want) != len(got) {
			t.Errorf("%s: %d events, want %d", filepath.Base(path), len(got), len(want))
			continue
		}
		n := 0
		for i := range want {
			if want[i] != got[i] {
				if n++; n <= 3 {
					a, b := apart(want[i], got[i])
					t.Logf("%s\n want %s\n got  %s", filepath.Base(path), a, b)
				}
			}
		}
		if n > 0 {
			t.Errorf("%s: %d of %d events differ", filepath.Base(path), n, len(want))
		}
	}
}

type stateReader struct {
	*scap.Reader
	tr *state.Tracker
}

func mustOpen(t testing.TB, path string) stateReader {
	t.Helper()
	tr := state.New()
	r, err := scap.Open(path, scap.ReadOptions{Meta: tr})
	if err != nil {
		t.Fatal(err)
	}
	return stateReader{r, tr}
}

func mustRead(t testing.TB, b []byte) stateReader {
	t.Helper()
	tr := state.New()
	r, err := scap.NewReader(bytes.NewReader(b), scap.ReadOptions{Meta: tr})
	if err != nil {
		t.Fatal(err)
	}
	return stateReader{r, tr}
}

// describe gives one line for each event from a number on that is not a container's:
// what the state adds to it.
func describe(t testing.TB, r stateReader, from uint64) []string {
	t.Helper()
	defer r.Close()
	var lines []string
	var ev event.Event
	// Calls that were under way at the cut cannot be joined behind it.
	under, blind := map[int64]event.Type{}, map[int64]bool{}
	for {
		err := r.Next(&ev)
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		r.tr.Apply(&ev)
		if ev.Num < from || ev.Kind == nil || ev.Kind.Name == "container" {
			continue
		}
		joined := ev.IsEnter() || under[ev.Tid] == ev.Type
		if ev.Kind.Flags&event.HasExit != 0 && ev.IsEnter() {
			under[ev.Tid] = ev.Type | 1
		} else if !ev.IsEnter() {
			if !joined && ev.Kind.Name == "execve" {
				blind[ev.Tid] = true // its enter, which names the file, lies before the cut
			}
			under[ev.Tid] = 0
		}
		line := fmt.Sprintf("%d %d %s %v", ev.TsNanos, ev.Tid, ev.Kind.Name, ev.IsEnter())
		if th := ev.Thread; th != nil && !th.Unknown && joined && !blind[ev.Tid] {
			id := ""
			if th.Container != nil {
				id = th.Container.ID
			}
			line += fmt.Sprintf(" %d %d %q %q %q %q %q %d %d %d %d %s %q", th.Pid, th.Ptid, th.Comm, th.Exe, th.ExePath, th.Args,
				strings.TrimSuffix(th.Dir(), "/"), th.UID, th.GID, th.Sid, th.VMRSSKiB, id, th.Environ())
			if f := ev.FD; f != nil && f.Kind <= event.FDFile {
				line += fmt.Sprintf(" fd %d %d %q %v", ev.FDNum, f.Kind, f.String(), f.L4)
			}
		}
		lines = append(lines, line)
	}
}

// apart cuts two strings to where they begin to differ.
func apart(a, b string) (string, string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(i-60, 0)
	return a[from:min(i+60, len(a))], b[from:min(i+60, len(b))]
}
